import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import neurosim
from neurosim.cli import app
from neurosim.cli.output import plain
from neurosim.cli.values import parse_duration
from neurosim.errors import UnitError
from neurosim.results.recording import Recording
from neurosim.train.desire.training import Training

HEAVY = ("brian2", "numba", "matplotlib", "lava", "pydantic", "sympy", "h5py", "sklearn")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def invoke(line, code=0):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == code, result.stderr
    return result


def result_of(line):
    """The JSON object; nothing else is on standard output."""
    out = invoke(f"{line} --json").stdout
    assert out.count("\n") == 1
    return json.loads(out)


@pytest.mark.parametrize(("module", "also"), [("neurosim", {"scipy", "rich", "typer"}), ("neurosim.cli", {"scipy"})])
def test_import_is_light(module, also):
    code = f"import sys; import {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not ({*HEAVY} | also) & set(loaded)


def test_every_public_name_is_there():
    assert {"simulate", "deploy", "train", "compare", "Network"} <= set(neurosim.__all__)
    assert all(getattr(neurosim, name) is not None for name in neurosim.__all__)
    assert set(neurosim.__all__) <= set(dir(neurosim))


def test_a_function_and_its_package_have_one_name():
    code = "import neurosim.train.desire.loop, neurosim; print(callable(neurosim.train))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True\n"


@pytest.mark.parametrize("line", ["--help", "simulate --help", "data --help", "train --help"])
def test_help_loads_no_engine(line):
    code = f"import sys; sys.argv = ['neurosim', *{line.split()}]; from neurosim.cli import main; import atexit\n"
    code += "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Typer itself looks for pydantic.
    assert "Usage" in done.stdout and not ({*HEAVY, "scipy"} - {"pydantic"}) & set(done.stderr.split())


def test_console_script():
    done = subprocess.run(
        [sys.executable, "-c", "from neurosim.cli import main; main()", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("neurosim 0.")


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("200ms", 0.2), ("0.5 s", 0.5), ("2min", 120), ("50*us", 5e-5), ("1e2ms", 0.1)]
)
def test_durations(text, seconds):
    assert float(parse_duration(text)) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "1 mV", "-1s", "0ms", "1s 2ms", "nans", "e5s", "infs"])
def test_durations_that_are_none(text):
    with pytest.raises(UnitError, match="--duration"):
        parse_duration(text)


def test_catalogues():
    assert {"brunel", "desire_mlp"} <= {m["name"] for m in result_of("models")["models"]}
    assert {"loihi1", "loihi2"} <= {t["name"] for t in result_of("targets")["targets"]}
    found = {d["name"]: d["where"] for d in result_of("data list")["datasets"]}
    assert found["digits"] == "built in" and "mnist" in found
    for line in ("models", "targets", "data list"):
        assert invoke(line).stderr == ""


def test_data_check():
    found = result_of("data check digits")
    assert (found["train"], found["test"], found["image_shape"]) == (1437, 360, [8, 8])
    assert "1437 training" in invoke("data check digits").stdout


def test_simulate_and_compare(tmp_path):
    first = result_of("simulate feedforward --duration 100ms --set seed=3 --out a.h5 --figure a.svg")
    assert first["steps"] == 100 and first["seed"] == 3 and first["populations"]["hidden"]["n"] == 50
    assert Recording.load("a.h5").steps == 100
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    invoke("simulate feedforward --duration 100ms --set seed=3 --integration step --out b.h5")
    same = result_of("compare a.h5 a.h5 --readout output")
    assert same["identical"] and same["readout"]["agreement"] == 1
    other = result_of("compare a.h5 b.h5 --figure c.png")
    assert [p["population"] for p in other["populations"]] == ["input", "hidden", "output"]
    assert (tmp_path / "c.png").stat().st_size > 10_000
    assert "Every spike is the same." in invoke("compare a.h5 a.h5").stdout


REWARDED = """
import numpy as np
from neurosim import LIF, Network, PoissonInput, Population, Projection
from neurosim.plasticity import mstdp
from neurosim.units import Hz, ms, mV

def build(seed=0):
    cells = Population("cells", 2, LIF(tau_m=20 * ms, v_th=2 * mV, tau_syn=5 * ms))
    learns = Projection("noise", "cells", np.full((10, 2), 2.0) * mV, plasticity=mstdp(eta=0.1 * mV, bounds=(0 * mV, 4 * mV)))
    return Network("rewarded", [Population("noise", 10, PoissonInput(40 * Hz)), cells], [learns], seed=seed)
"""


def test_third_factors_of_the_command_line():
    Path("rewarded.py").write_text(REWARDED)
    assert "--signal M=1" in invoke("simulate rewarded.py --duration 300ms", 1).stderr
    assert "--signal M: expected name=number" in invoke("simulate rewarded.py --signal M", 1).stderr
    invoke("simulate rewarded.py --duration 300ms --signal M=1 --out r.h5")
    assert np.ptp(Recording.load("r.h5").final_weights()["noise_cells"]) > 0
    assert result_of("reproduce r.h5")["equal"]
    run = result_of("deploy rewarded.py --run emulator --duration 300ms --signal M=0.5")["run"]
    assert run["populations"][0]["equal"]


def test_simulate_images():
    found = result_of("simulate desire_mlp --data digits --samples 3 --set sizes=(64,20,10)")
    assert found["samples"] == 3 and found["steps"] == 21


def test_deploy(tmp_path):
    found = result_of("deploy feedforward --out chip --run emulator --duration 100ms --weight-bits 4")
    assert {"report.html", "graph.py", "weights.npz", "manifest.json"} <= {p.name for p in (tmp_path / "chip").iterdir()}
    assert found["target"] == "loihi2" and found["losses"] and found["run"]["populations"][0]["equal"]
    assert "--weight-bits 4" in (tmp_path / "chip" / "report.html").read_text()
    assert str(tmp_path) not in (tmp_path / "chip" / "report.html").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["chip"]


def test_deploy_stores_samples(tmp_path):
    """Those of a run, of a duration or of a data set; without them, the project needs a file."""
    for options, stored in (("", None), ("--duration 30ms", {"steps": 30, "samples": 1})):
        result_of(f"deploy feedforward --out chip {options}")
        content = json.loads((tmp_path / "chip" / "manifest.json").read_text())
        assert content["stored"] == stored and (tmp_path / "chip" / "expected.npz").exists() == bool(stored)
    result_of("deploy desire_mlp --set sizes=(64,20,10) --data digits --samples 3 --out chip")
    content = json.loads((tmp_path / "chip" / "manifest.json").read_text())
    assert content["stored"] == {"steps": 21, "samples": 3} and content["readout"] == "output.count"
    assert content["command"].endswith("--data digits --samples 3") and "report.html" in content["files"]


def test_deploy_places_and_prices(tmp_path):
    line = "deploy feedforward --target loihi1 --run emulator --duration 100ms --place --price --picture chip.png"
    found = result_of(line)
    assert found["fit"]["fits"] and found["fit"]["placement"]["cores"] == 1 and found["fit"]["violations"] == []
    assert not found["fit"]["placement"]["weighed_by_spikes"] and found["placement"]["weighed_by_spikes"]
    assert found["price"]["events"]["synaptic_operations"] > 0
    assert all(estimate["source"] for estimate in found["price"]["estimates"])
    assert (tmp_path / "chip.png").read_bytes().startswith(b"\x89PNG")


def test_deploy_reports_drift_and_calibrates(tmp_path):
    line = "deploy desire_mlp --set sizes=(64,12,10) --data digits --samples 5 --weight-bits 3"
    found = result_of(f"{line} --report out --calibrate")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"report.html", "drift.json", "drift.svg"}
    assert found["drift"]["explained"] is not None and found["calibration"]["tried"] > 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Drift and its causes" in page and "--calibrate --set &#39;sizes=(64,12,10)&#39; --data digits --samples 5" in page
    for places, words in (
        ("--out out --report out", "--out and --report are both out"),
        ("--report out --out ./out/.", "--out and --report are both out"),
        ("--report .", "--report '.': expected the name of a folder"),
        ("--picture cores.foo", "--picture cores.foo: expected a name that ends in one of"),
    ):
        assert words in " ".join(invoke(f"{line} {places}", code=1).stderr.split())
    # Without --weight-bits, weights have all bits of the chip.
    assert result_of(f"{line.replace('--weight-bits 3', '')} --calibrate")["calibration"]["tried"] > 0
    assert "--calibrate chooses clips" in " ".join(invoke(f"{line} --calibrate --clip 1.0", code=1).stderr.split())


def test_deploy_says_whether_it_fits():
    assert "number of probes" in result_of("deploy feedforward")["fit"]["not_checked"]


def test_deploy_reset_allowed():
    found = result_of("deploy brunel --set n_e=40 --allow reset_to_rest")
    assert "allowed" in {loss["kind"] for loss in found["losses"]}


def test_train_resume_and_deploy():
    line = "train desire_mlp --set sizes=64,20,10 --out run"
    first = result_of(f"{line} --epochs 1 --figure curve.png")
    assert first["epochs"] == 1 and first["folder"] == "run"
    second = result_of(f"{line} --epochs 2 --resume")
    assert second["epochs"] == 2 and second["history"][0]["train_accuracy"] == first["history"][0]["train_accuracy"]
    assert len(Training.load("run/training.h5").history) == 2
    assert "after 2 epochs" in Path("run/report.html").read_text()
    found = result_of("deploy run/training.h5 --run emulator --data digits --samples 20")
    assert found["network"] == "desire_mlp" and 0 <= found["run"]["readout"]["accuracy_a"] <= 1


def test_bench(tmp_path, monkeypatch):
    (tmp_path / "benchmark_toy.py").write_text(
        "def run(size):\n    print('noise')\n"
        "    return {'cases': {'one': {'ratio': 1.25, 'equal': True}}, 'size': size, 'left_out': ['two: no torch']}\n"
    )
    monkeypatch.setattr("neurosim.cli.bench.list_content", lambda kind: ["benchmark_toy"])
    monkeypatch.setattr("neurosim.cli.bench.content_path", lambda kind, name: tmp_path / f"{name}.py")
    found = {"cases": {"one": {"ratio": 1.25, "equal": True}}, "size": "full", "left_out": ["two: no torch"]}
    assert result_of("bench toy --size full") == found
    shown = invoke("bench toy").stdout
    assert "1.25" in shown and "Left out: two: no torch" in shown


def test_demo(monkeypatch):
    found = {"accuracy_float": 0.95, "accuracy_fixed": 0.94, "brian2_identical": True, "lava_identical": True}
    given = {}
    monkeypatch.setattr("neurosim.demo.run_demo", lambda out, **options: given.update(out=out, **options) or found)
    assert result_of("demo --out here --seeds 1 --epochs 2") == found
    assert (str(given["out"]), given["seeds"], given["epochs"]) == ("here", 1, 2)


def test_plain_values():
    values = {"a": np.float64(1.5), "b": np.int32(2), 3: (np.nan, np.inf), "d": np.array([True, False]), "e": None}
    assert plain(values) == {"a": 1.5, "b": 2, "3": [None, None], "d": [True, False], "e": None}
