"""``neurosim study`` and ``neurosim reproduce`` as a user types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import h5py
import pytest
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.cli.settings import parse_settings
from neurosim.errors import UsageError
from neurosim.files.json_file import with_checksum
from neurosim.files.seal import reseal

STUDY = """
from neurosim.study import Grid, Measure, Size, Study, Timing

def trial(t):
    (t.folder / "kept.txt").write_text("artefact")
    if t.parameters["x"] == 13:
        raise ValueError("unlucky")
    return {"m": t.parameters["x"] + t.rng("noise").uniform(), "speed": t.parameters["x"]}

STUDY = Study(
    name="toy", question="Does it grow?", trial=trial, parameters=Grid({"x": [1, 2], "kind": ["a", "b"]}), seeds=6,
    measures={"m": Measure("mV", "sum"), "speed": Timing("1/s", "of this machine")},
    expected="it grows", check=check if "check" in globals() else None, ci=Size(seeds=2),
)
"""


@pytest.fixture(autouse=True)
def _study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("toy.py").write_text(STUDY)


def invoke(line, code=0):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == code, (result.stdout, result.stderr)
    return result


def result_of(line):
    return json.loads(invoke(f"{line} --json").stdout)


@pytest.fixture
def ran():
    return result_of("study toy.py --size ci")


def test_run_writes_everything(ran):
    assert (len(ran["trials"]), ran["open"], ran["failures"], ran["as_expected"]) == (8, 0, [], None)
    names = {path.name for path in Path("studies/toy").iterdir()}
    assert names >= {"study.db", "report.html", "result.json", "trials.csv", "figure.svg", "figure.png", "v1"}
    assert len(list(Path("studies/toy/v1").glob("*/kept.txt"))) == 8
    page = Path("studies/toy/report.html").read_text()
    for text in ("Does it grow?", "m ranges from", "neurosim study run toy.py --size ci", "bootstrap", "commit", "<svg"):
        assert text in page


def test_results_name_no_machine(ran):
    import platform

    for name in ("report.html", "result.json", "trials.csv"):
        text = Path("studies/toy", name).read_text()
        assert platform.node() not in text and str(Path.cwd()) not in text


def test_show_and_export(ran):
    shown = invoke("study show toy").stdout
    assert "8 trials done, 0 failed, 0 open" in shown and "Does it grow?" in shown
    invoke("study export toy out.csv")
    rows = list(csv.DictReader(Path("out.csv").open()))
    assert len(rows) == 8 and set(rows[0]) == {"x", "kind", "seed", "m", "speed", "seconds"}
    assert invoke("study export toy out.txt", 1).stderr.startswith("error: out.txt: Unknown suffix '.txt'")


def test_parquet(ran):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    invoke("study export toy out.parquet")
    assert parquet.read_table("out.parquet").num_rows == 8


def test_figure_and_its_bytes(ran):
    invoke("study figure toy a.svg")
    invoke("study figure studies/toy/study.db b.svg")
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()
    assert "expected a name that ends in" in invoke("study figure toy a.txt", 1).stderr


def test_list_and_index(ran):
    found = result_of("study list")
    assert "desire_bits" in [s["name"] for s in found["studies"]]
    assert [(r["folder"], r["done"]) for r in found["results"]] == [("toy", 8)]
    Path("studies/bad").mkdir()
    Path("studies/bad/study.db").write_text("nonsense")
    invoke("study index")
    page = Path("studies/index.html").read_text()
    assert "Does it grow?" in page and "cannot be read" in page


def test_compare_pairs_by_seed_and_the_other_parameters():
    invoke("study run toy.py")
    found = result_of("study compare toy:x=1 toy:x=2")["measures"][0]
    assert found["paired"]["n"] == 12
    assert found["paired"]["difference"]["mean"] == pytest.approx(1)
    assert result_of("study compare toy:x=1,kind=a toy@1:x=2,kind=b")["measures"][0]["paired"]["n"] == 6
    assert "no finished trial" in invoke("study compare toy:x=7 toy:x=1", 1).stderr
    assert "expected PARAMETER=VALUE, where PARAMETER is one of x, kind" in invoke("study compare toy:y=7 toy:x=1", 1).stderr
    assert "found several trials with seed 0" in invoke("study compare toy toy:x=1", 1).stderr


def test_settings_choose_values():
    found = result_of("study run toy.py --set x=5 --set kind=c,d --size ci")
    assert {(t["parameters"]["x"], t["parameters"]["kind"]) for t in found["trials"]} == {(5, "c"), (5, "d")}
    assert found["command"] == "neurosim study run toy.py --size ci --set x=5 --set kind=c,d"
    assert "Unknown parameter 'y': expected one of kind, x" in invoke("study toy.py --set y=1", 1).stderr


def test_settings_as_typed():
    assert parse_settings(["eta=1e-4,1e-3", "rule=stdp, desire", "sizes=(1, 2),(3, 4)", "on=True"]) == {
        "eta": [1e-4, 1e-3],
        "rule": ["stdp", "desire"],
        "sizes": [(1, 2), (3, 4)],
        "on": [True],
    }
    for text in ("eta", "=3", "eta="):
        with pytest.raises(UsageError, match="expected name=value"):
            parse_settings([text])


def test_settings_with_units():
    Path("toy.py").write_text(STUDY.replace('t.parameters["x"]', 'float(t.parameters["x"])'))
    found = result_of("study toy.py --size ci --set x=5*ms,0.01*second")
    assert [t["measures"]["speed"] for t in found["trials"]] == [0.005] * 4 + [0.01] * 4
    assert "--set x=5*ms,10*ms" in found["command"]
    assert result_of("study export toy o.csv") and "x (second)" in Path("o.csv").read_text()


def test_failures_are_told_after_everything_is_written():
    result = invoke("study toy.py --size ci --set x=1,13", 1)
    assert "4 trials failed, the first with: ValueError: unlucky" in result.stderr
    assert "Failed trials" in Path("studies/toy/report.html").read_text()
    assert 'raise ValueError("unlucky")' in invoke("study show toy").stdout


@pytest.mark.parametrize(
    ("reached", "verdict", "text"), [("pass", True, "As expected: it grows"), ("1 / 0", False, "Not as expected: division")]
)
def test_what_was_expected_is_checked(reached, verdict, text):
    Path("toy.py").write_text(f"def check(table):\n    {reached}\n{STUDY}")
    assert result_of("study toy.py --size ci")["as_expected"] is verdict
    assert text in Path("studies/toy/report.html").read_text()


def test_usage_errors():
    assert "Unknown study 'nosuch'" in invoke("study nosuch", 1).stderr
    assert "Unknown size 'huge'" in invoke("study toy.py --size huge", 1).stderr
    assert "no results there" in invoke("study show nosuch", 1).stderr
    invoke("study run toy.py --nosuch", 2)


def test_reproduce_says_equal(ran):
    for place in ("studies/toy", "studies/toy/study.db", "studies/toy/result.json"):
        found = result_of(f"reproduce {place}")
        assert found["equal"] and "8 trials" in found["compared"]
        assert found["notes"] == ["speed is a timing and was not compared"]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda r: r["trials"][3]["measures"].update(m=0.0), "trial x=1, kind=b, seed=1: m: 0.0 in the file, "),
        (lambda r: r["trials"][0]["parameters"].update(x=9), "trial x=9, kind=a, seed=0: in the file, but the study has no"),
        (lambda r: r["trials"][0]["data"].update(digits={}), "trial x=1, kind=a, seed=0: data digits: in the file"),
        (lambda r: r.update(source=r["source"].replace('"] + t', '"] - t')), "trial x=1, kind=a, seed=0: m:"),
        (lambda r: r.update(source=r["source"].replace("== 13", "== 2")), "trial x=2, kind=a, seed=0: fails now (ValueError"),
    ],
)
def test_reproduce_names_the_first_difference(ran, change, difference):
    path = Path("studies/toy/result.json")
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(with_checksum(stored)))
    assert f"DIFFERS: {difference}" in invoke(f"reproduce {path} --trust", 1).stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("processor", "share", "equal"), [("another", 1e-7, True), ("another", 1e-5, False), (None, 1e-7, False)]
)
def test_another_processor_may_round_otherwise(ran, processor, share, equal):
    path = Path("studies/toy/result.json")
    stored = json.loads(path.read_text())
    for made in stored["provenance"]:
        made["processor"] = processor or made["processor"]
    measures = [trial["measures"] for trial in stored["trials"]]
    measures[3]["m"] += share * max(abs(m["m"]) for m in measures)
    path.write_text(json.dumps(with_checksum(stored)))
    said = invoke(f"reproduce {path}", 0 if equal else 1).stdout.replace("\n", " ")
    assert ("equal: study toy" if equal else "DIFFERS: trial x=1, kind=b, seed=1: m:") in said
    assert ("another processor (another; this one is" in said) == bool(processor)


def test_reproduce_refuses_what_it_does_not_know(ran):
    Path("x.json").write_text("{")
    Path("y.json").write_text("{}")
    assert "damaged, incomplete or not JSON" in invoke("reproduce x.json", 1).stderr
    assert "a file of this kind cannot be reproduced" in invoke("reproduce y.json", 1).stderr
    assert "no such file" in invoke("reproduce z.json", 1).stderr


def test_reproduce_training_and_recording():
    invoke("train desire_mlp --epochs 1 --out t --set sizes=(64,10) --validation 300")
    assert result_of("reproduce t/training.h5")["equal"]
    invoke("pack t/training.h5 --out small.h5")
    assert result_of("reproduce small.h5")["equal"]
    with h5py.File("t/training.h5", "r+") as file:
        name = next(iter(file["weights"]))
        file[f"weights/{name}"][3, 4] += 1e-12
    assert "does not match its seal" in invoke("reproduce t/training.h5", 1).stderr
    reseal("t/training.h5")
    assert f"weights {name}[3, 4]" in result_differs("reproduce t/training.h5")
    invoke("simulate desire_mlp --set sizes=(64,10) --data digits --samples 2 --integration step --out r.h5")
    assert result_of("reproduce r.h5")["equal"]
    with h5py.File("r.h5", "r+") as file:
        file["spikes/image/payload"][0] += 1
    reseal("r.h5")
    assert "spikes image payload[0]" in result_differs("reproduce r.h5")


def result_differs(line):
    found = json.loads(invoke(f"{line} --json", 1).stdout)
    assert not found["equal"]
    return found["difference"]
