"""Exported projects, run by a Python with Lava and nothing of neurosim: equal to the emulator, other samples, hostile use."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
import venv
from pathlib import Path

import numpy as np
import pytest

from neurosim import deploy
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.project_sources import described_sources
from neurosim.errors import NetworkError
from neurosim.program.inputs import count_steps, input_rasters
from neurosim.units import ms
from tests.conformance.lava_children import needs_lava
from tests.conformance.lava_only import lava_only, run_alone
from tests.conformance.project_networks import CASES, LEARNING, pairs, sources

pytestmark = needs_lava


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The interpreter of an environment with Lava only."""
    return lava_only(tmp_path_factory.mktemp("environment") / "lava only")


def exported(case, folder):
    deployment = deploy(case.network, allow=case.allow)
    return deployment, deployment.write_lava(folder, case.duration, **case.given)


def arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def rows(spikes):
    return {tuple(row) for row in np.stack([spikes.sample, spikes.step, spikes.neuron, spikes.payload], axis=1).tolist()}


def test_the_environment_has_only_lava(alone, tmp_path):
    for module in ("neurosim", "brian2", "numba", "h5py"):
        assert "No module named" in run_alone(alone, "-c", f"import {module}", cwd=tmp_path).stderr
    assert run_alone(alone, "-c", "import numpy, scipy, networkx, asteval", cwd=tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_alone_it_equals_the_emulator(name, alone, tmp_path):
    """Spikes, final weights and predictions, of the samples that are stored."""
    case = CASES[name]()
    deployment, graph = exported(case, tmp_path / "a folder é")
    ended = run_alone(alone, graph, cwd=tmp_path)
    assert ended.returncode == 0 and ended.stdout.splitlines()[-1] == "equal to the emulator", ended.stderr + ended.stdout
    found, program = arrays(tmp_path / "results.npz"), deployment.program
    steps = count_steps(case.network, case.duration)
    given = {key: case.given.get(key) for key in ("images", "labels")}
    run = emulate(program, steps, inputs=input_rasters(case.network, steps, **given), signals=case.given.get("signals", {}))
    for population in program.populations:
        if not population.neuron.is_source:
            assert {tuple(row) for row in found[f"spikes/{population.name}"].tolist()} == rows(run.spikes[population.name])
    assert (name in LEARNING) == bool(run.final_weights())
    for projection, weights in run.final_weights().items():
        assert np.array_equal(found[f"weights/{projection}"], weights)
        learned = next(p for p in program.projections if p.name == projection)
        assert np.count_nonzero(weights != learned.stored_weights) > 5, f"{projection} learns"


def test_a_file_of_other_samples(alone, tmp_path):
    """Images and labels that the export did not know, drawn as the emulator draws them."""
    case = sources()
    deployment, graph = exported(case, tmp_path / "out")
    rng = np.random.default_rng(8)
    images = rng.random((7, 6))
    np.savez(tmp_path / "batch.npz", images=images, truth=rng.integers(0, 3, 7))
    options = ["--inputs", "batch.npz", "--samples", "3", "--steps", "25", "--out", "mine", "--readout", "神経.first"]
    ended = run_alone(alone, graph, *options, "--probe", "神経.v", cwd=tmp_path)
    assert ended.returncode == 0 and "equal to" not in ended.stdout, ended.stderr
    program, found = deployment.program, arrays(tmp_path / "mine.npz")
    run = emulate(program, 25, inputs=input_rasters(case.network, 25, images[:3]), probes=[("神経", "v")])
    assert {tuple(row) for row in found["spikes/神経"].tolist()} == rows(run.spikes["神経"])
    assert np.array_equal(found["state/神経.v"], run.states["神経", "v"])
    raster = run.raster("神経") != 0
    first = np.where(raster.any(axis=1), raster.argmax(axis=1), 25)
    assert np.array_equal(found["readout/scores"], 25 - first)
    assert np.array_equal(found["readout/prediction"], first.argmin(axis=1))
    assert "accuracy: " in ended.stdout and "of 3 samples" in ended.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    _, graph = exported(pairs(), folder / "kept")
    np.savez(folder / "wrong.npz", input=np.zeros((1, 150, 19), int))
    np.savez(folder / "float.npz", input=np.zeros((1, 150, 20)))
    np.savez(folder / "other.npz", output=np.zeros((1, 150, 5), int))
    np.savez(folder / "pixels.npz", images=np.zeros((1, 20)))
    np.savez(folder / "several.npz", input=np.zeros((2, 150, 20), int), truth=np.zeros(3, int))
    np.savez(folder / "none.npz", input=np.zeros((0, 150, 20), int))
    np.savez(folder / "large.npz", input=np.full((1, 2, 20), 2**32) * np.eye(2, 20, dtype=int))
    np.savez(folder / "pair.npz", input=np.zeros((2, 150, 20), int))
    np.savez(folder / "truth.npz", input=np.zeros((2, 150, 20), int), truth=np.zeros(2))
    np.savez(folder / "evil.npz", input=np.array([{}], dtype=object))
    (folder / "text.npz").write_text("no archive")
    return graph.parent


WRONG = {
    "--inputs absent.npz": "absent.npz: the file is missing, damaged",
    "--inputs text.npz": "text.npz: the file is missing, damaged",
    "--inputs evil.npz": "not a .npz file of numbers (Object arrays cannot be loaded",
    "--inputs wrong.npz": "input: expected shape (samples, steps, 20), found (1, 150, 19)",
    "--inputs float.npz": "input: payloads are float64; expected whole numbers",
    "--inputs other.npz": "output: unknown; expected 'images', 'labels', 'truth', 'signals/NAME' or a source ('input')",
    "--inputs pixels.npz": "images: this network has no input of images",
    "--inputs several.npz": "different numbers of samples",
    "--inputs none.npz": "none.npz: no samples",
    "--inputs large.npz": "input: payloads from 0 to 4294967296; expected whole numbers from -2147483648 to 2147483647",
    "--inputs pair.npz --samples 3": "--samples 3: pair.npz has 2",
    "--inputs truth.npz": "truth: expected (2,) whole numbers, found float64 of shape (2,)",
    "--signal M=1": "third factor 'M': unknown; expected one of none",
    "--signal M": "--signal M: expected NAME=VALUE",
    "--signal M=nan": "third factor 'M': expected finite numbers",
    "--steps 0": "--steps 0: expected a number of at least 1",
    "--hw-tag ucoded": "it selects models for a board; give --hw, too",
    "--watch input_output.weights:often": "expected PROJECTION.VAR:N with a whole number N",
    "--tag floating_pt": "the parameters of this graph are for fixed_pt",
}
"""Options -> what the program says."""
ALL_AT_ONCE = """
import contextlib, io, json, sys
sys.path.insert(0, {folder!r})
import verify
from harness_arguments import arguments
from harness_inputs import read_samples
for options in json.loads({options!r}):
    said = io.StringIO()
    sys.argv = ["graph.py", *options.split()]
    with contextlib.redirect_stderr(said):
        try:
            read_samples(arguments("fixed_pt", verify.project()), verify.project(), dict(input=20), verify.FOLDER)
        except SystemExit as end:
            print(json.dumps([options, str(end), said.getvalue()]))
"""


def test_what_is_wrong_is_named(alone, project):
    """All in one process, without Lava; the harness ends the program in each case."""
    script = ALL_AT_ONCE.format(folder=str(project), options=json.dumps(list(WRONG)))
    ended = run_alone(alone, "-c", script, cwd=project.parent)
    said = {options: end + words for options, end, words in map(json.loads, ended.stdout.splitlines())}
    assert said.keys() == WRONG.keys(), ended.stderr
    for options, words in WRONG.items():
        assert words in said[options], said[options]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--readout output.latest", "expected POPULATION.KIND of the populations ['output']"),
        ("--out absent/results.npz", "expected the name of a file in a folder that exists"),
        ("--probe output.x", "--probe output.x: unknown; expected a state of one of output"),
    ],
)
def test_a_run_that_cannot_end_well_does_not_begin(options, words, alone, project):
    ended = run_alone(alone, project / "graph.py", *options.split(), cwd=project.parent)
    assert ended.returncode and words in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def damaged(project, folder, change):
    copy = Path(shutil.copytree(project, folder / "copy"))
    change(copy)
    return copy / "graph.py"


def heavier(folder):
    found = arrays(folder / "weights.npz")
    np.savez(folder / "weights.npz", **{name: values + 1 for name, values in found.items()})


def reseeded(folder):
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**content, "seed": content["seed"] + 1}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (heavier, "weights.npz was changed"),
        (lambda folder: (folder / "weights.npz").unlink(), "weights.npz: missing. Copy the whole folder again"),
        (lambda folder: (folder / "processes" / "recorder.py").unlink(), "processes/recorder.py: missing"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: missing, damaged"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "not the manifest of an exported graph"),
        (lambda folder: (folder / "processes" / "more.py").write_text("1"), "processes/more.py is not of this export"),
        (lambda folder: (folder / "expected.npz").write_bytes(b""), "expected.npz was changed"),
        (reseeded, "manifest.json was changed"),
    ],
)
def test_changed_and_missing_files_are_named(change, words, alone, project, tmp_path):
    ended = run_alone(alone, damaged(project, tmp_path, change), cwd=tmp_path)
    assert ended.returncode and words in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def test_changed_weights_run_if_that_is_accepted_and_are_told_from_the_emulator(alone, project, tmp_path):
    ended = run_alone(alone, damaged(project, tmp_path, heavier), "--accept-changes", cwd=tmp_path)
    assert ended.returncode == 1 and "weights.npz was changed" in ended.stderr
    assert "differs from the emulator:\n" in ended.stdout and "final weights differ" in ended.stdout


def test_without_lava(project, tmp_path):
    """A Python that has neither Lava nor NumPy learns what to install."""
    venv.EnvBuilder(symlinks=True).create(tmp_path / "bare")
    ended = run_alone(tmp_path / "bare" / "bin" / "python", project / "graph.py", cwd=tmp_path)
    assert ended.returncode and "pip install" in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def test_a_later_export_removes_files_of_an_earlier_one(tmp_path):
    """But not those of the user."""
    exported(CASES["integrated"](), tmp_path)
    mine = tmp_path / "microcode" / "Mine.py"
    mine.write_text("")
    before = {path.name for path in (tmp_path / "processes").glob("*.py")}
    deploy(pairs().network).write_lava(tmp_path)
    after = {path.name for path in (tmp_path / "processes").glob("*.py")}
    assert any(name.startswith("leakyintegrator") for name in before) and not (after - before)
    assert not any(name.startswith("leakyintegrator") for name in after)
    assert mine.exists() and not (tmp_path / "samples.npz").exists() and not (tmp_path / "expected.npz").exists()


def test_nothing_is_a_pickle_and_nothing_imports_neurosim(project, tmp_path):
    _, graph = exported(CASES["phases"](), tmp_path / "phases")
    for folder in (project, graph.parent):
        files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert {path.suffix for path in files} <= {".py", ".npz", ".json", ".md"}
        for path in files:
            if path.suffix == ".npz":
                assert all(values.dtype.kind in "biufU" for values in arrays(path).values())
            elif path.suffix == ".py":
                text = path.read_text()
                assert "import neurosim" not in text and "from neurosim" not in text and "pickle" not in text.replace(
                    "allow_pickle=False", ""
                )


def test_the_manifest_holds_report_placement_and_checksums(tmp_path):
    deployment, graph = exported(sources(), tmp_path)
    content = json.loads(graph.with_name("manifest.json").read_text())
    assert len(content["report"]["losses"]) == len(deployment.report.losses) > 3
    assert [entry["kind"] for entry in content["report"]["losses"]] == [loss.kind for loss in deployment.report.losses]
    placed = deployment.place()
    assert content["placement"]["fits"] and len(content["placement"]["cores_used"]) == placed.cores
    for name, place in placed.core_of.items():
        parts = [part for core in content["placement"]["cores_used"] for part in core["slices"].get(name, [])]
        assert sorted(k for first, end in parts for k in range(first, end)) == list(range(len(place)))
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert set(content["files"]) == written - {"manifest.json"}
    assert content["command"] == "Deployment.write_lava" and content["versions"]["lava-nc"] == "0.10.0"
    units = content["units"]
    assert units["state_per_described_unit"]["神経"] == deployment.scale_of("神経")


def test_a_source_that_only_neurosim_can_draw_is_stored():
    """An input or an encoder that a user derives may send something else than its base."""
    from dataclasses import replace

    from neurosim import ImageInput, RateCoding

    class Mine(RateCoding):
        pass

    network = sources().network
    mine = replace(network.populations[0], neuron=ImageInput(Mine(20)))
    changed = replace(network, populations=[mine, *network.populations[1:]])
    entries, _ = described_sources(changed, deploy(changed).program)
    assert [entry["kind"] for entry in entries[:2]] == ["file", "images"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"images": np.zeros((2, 6))}, "samples are given without their duration"),
        ({"duration": 5 * ms}, "no images were given"),
        ({"readout": "nowhere.count"}, "Unknown population 'nowhere'"),
        ({"readout": "noise_cells.latest"}, "Unknown kind 'latest'"),
        ({"duration": 5 * ms, "images": np.zeros((2, 6)), "truth": [0, 1, 2]}, "truth: labels have shape"),
        ({"duration": 5 * ms, "images": np.zeros((2, 6)), "labels": [0, 1]}, "has no LabelInput"),
    ],
)
def test_an_export_that_does_not_fit_writes_nothing(given, words, tmp_path):
    with pytest.raises(NetworkError, match=words):
        deploy(sources().network).write_lava(tmp_path / "out", **given)
    assert not list(tmp_path.iterdir())


def test_interrupted_it_leaves_nothing(alone, project, tmp_path):
    """Ctrl-C while it starts; `tests/acceptance/test_lava_kill.py` interrupts a run."""
    command = [str(alone), str(project / "graph.py"), "--steps", "1000000", "--out", "r.npz"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        _, words = run.communicate(timeout=60)
    assert run.returncode and "Traceback" not in words and not list(tmp_path.iterdir()), words


DROPPED = """
import os, signal, sys, time
sys.path.insert(0, {folder!r})
import compat, harness_ends


class Freed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)


harness_ends.PATIENCE = 0.2
harness_ends.show_failures()
try:
    Freed()
    time.sleep(20)
except harness_ends.GivenUp:
    print("ended")
"""


def test_a_signal_that_python_drops_is_raised_again(alone, project, tmp_path):
    """What a handler raises while an object is freed does not reach the program."""
    ended = run_alone(alone, "-c", DROPPED.format(folder=str(project)), cwd=tmp_path)
    assert ended.stdout == "ended\n" and "Exception ignored" in ended.stderr
