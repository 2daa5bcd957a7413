"""Recordings that are written while a run goes on: equal to those in memory, small in memory, readable after a kill."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
import warnings

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import LIF, Network, PoissonInput, Population, Probe, Projection, Recording, Sparse, deploy, start
from neurosim.errors import DataError, NeurosimError, UncheckedFile, UsageError
from neurosim.plasticity import pair_stdp
from neurosim.results import recording_stream
from neurosim.units import Hz, ms, mV, second

RULE = pair_stdp(a_plus=0.2 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV))
WIRES = sparse.random_array((40, 30), density=0.1, rng=np.random.default_rng(0), format="csr")


def network(plastic=True, probes=True):
    parts = [Population("z_in", 40, PoissonInput(80 * Hz)), Population("a_out", 30, LIF(tau_m=20 * ms, v_th=4 * mV))]
    dense = np.random.default_rng(1).uniform(0, 1, (40, 30)) * mV
    wires = [
        Projection("z_in", "a_out", Sparse(WIRES, 3 * mV), plasticity=RULE if plastic else None, name="sparse"),
        Projection("z_in", "a_out", dense, plasticity=RULE if plastic else None, name="dense"),
    ]
    watched = [
        Probe("a_out", "v", every=3 * ms, average="time", neurons=[1, 5]),
        Probe("sparse", "w", every=20 * ms),
        Probe("dense", "x" if plastic else "w", every=50 * ms),
    ]
    return Network("stream", parts, wires, watched * probes)


def assert_equal(found, expected):
    assert (found.steps, found.samples, found.sizes, list(found.spikes)) == (
        expected.steps, expected.samples, expected.sizes, list(expected.spikes),
    )  # fmt: skip
    for name, train in expected.spikes.items():
        for column in ("sample", "step", "neuron", "payload"):
            assert_array_equal(getattr(found.spikes[name], column), getattr(train, column))
    assert found.states.keys() == expected.states.keys()
    for key, values in expected.states.items():
        assert_array_equal(found.states[key], values)
        assert_array_equal(found.steps_of(*key), expected.steps_of(*key))
    for own, other in ((found.weights, expected.weights), (found.synapses, expected.synapses)):
        assert own.keys() == other.keys()
        for key, trace in other.items():
            assert type(own[key].values) is type(trace.values)
            assert_array_equal(own[key].steps, trace.steps)
            assert_array_equal(own[key].values, trace.values)


BEGIN = {
    "emulator": start,
    "fixed": lambda n: deploy(n).start("fixed"),
    "Brian2": lambda n: start(n, on="brian2"),
}


@pytest.mark.parametrize("begin", BEGIN.values(), ids=BEGIN)
def test_the_file_equals_the_recording_in_memory(begin, tmp_path):
    one, other = begin(network()), begin(network())
    other.to(tmp_path / "run.h5")
    for duration in (13, 100, 37, 1, 60):
        one.advance(duration * ms)
        other.advance(duration * ms)
        with pytest.raises(UsageError, match=r"written to .*run.h5; call close"):
            _ = other.recording
        assert_array_equal(other.recent(10 * ms).spikes["a_out"].step, one.recent(10 * ms).spikes["a_out"].step)
    other.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Recording.load(tmp_path / "run.h5")
    assert_equal(found, one.recording)
    assert found.info["ended"] and found.info.get("overflows") == one.recording.info.get("overflows")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file["spikes/a_out/step"].chunks and file.attrs["format"] == "neurosim recording"
    assert_equal(_saved(found, tmp_path), found)


def _saved(recording, folder):
    recording.save(folder / "again.h5")
    return Recording.load(folder / "again.h5")


def test_a_run_goes_on_after_its_file_was_closed(tmp_path):
    run = start(network())
    run.advance(40 * ms)
    run.to(tmp_path / "one.h5")
    run.advance(30 * ms)
    run.to(tmp_path / "two.h5")
    run.advance(20 * ms)
    run.close()
    run.close()
    run.advance(10 * ms)
    steps = [Recording.load(tmp_path / name).steps for name in ("one.h5", "two.h5")]
    assert steps == [30, 20] and run.recording.steps == 10


def test_a_run_that_does_not_advance_has_a_file_without_steps(tmp_path):
    run = start(network())
    run.advance(10 * ms)
    run.to(tmp_path / "run.h5")
    run.close()
    found = Recording.load(tmp_path / "run.h5")
    found.save(tmp_path / "again.h5")
    for each in (found, Recording.load(tmp_path / "again.h5")):
        assert each.steps == 0 and each.info["ended"] and len(each.spikes["a_out"]) == 0
        assert np.all(np.isnan(each.rates("a_out"))) and all(values.shape[1] == 0 for values in each.states.values())
        for name, weights in each.final_weights().items():
            now = run.weights[name]
            assert_array_equal(weights, now.toarray() if hasattr(now, "toarray") else now)


def test_it_is_read_while_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("neurosim.backends.running.output._WAIT", -1.0)
    one, run = start(network()), start(network())
    run.to(tmp_path / "run.h5")
    with pytest.warns(UncheckedFile, match="was not closed"):
        assert Recording.load(tmp_path / "run.h5").steps == 0
    for _ in range(3):
        one.advance(25 * ms)
        run.advance(25 * ms)
        with pytest.warns(UncheckedFile, match="was not closed"):
            found = Recording.load(tmp_path / "run.h5")
        assert found.steps == run.step and not found.info["ended"]
        assert_array_equal(found.spikes["a_out"].step, one.recording.spikes["a_out"].step)
    run.close()


SCRIPT = """
import sys
from neurosim import start
from neurosim.units import ms, second
from tests.unit.test_recording_stream import network
import neurosim.backends.running.output as output
output._WAIT = 0.02
run = start(network())
run.to(sys.argv[1])
print("begun", flush=True)
while True:
    run.advance(200 * ms)
"""


@pytest.mark.parametrize("seconds", [0.15, 0.4, 0.83])
def test_a_killed_run_leaves_a_file_up_to_its_last_piece(seconds, tmp_path):
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, tmp_path / "run.h5"], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert child.stdout.readline() == b"begun\n"
    time.sleep(1 + seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with pytest.warns(UncheckedFile, match="was not closed"):
        found = Recording.load(tmp_path / "run.h5")
    assert found.steps >= 200 and not found.info["ended"]
    run = start(network())
    run.advance(found.steps * ms)
    for name, train in run.recording.spikes.items():
        assert_array_equal(found.spikes[name].step, train.step)
    for key, values in run.recording.states.items():
        assert_array_equal(found.states[key], values)
    expected = run.recording.weights["sparse"]
    assert_array_equal(found.weights["sparse"].values, np.asarray(expected.values)[expected.steps < found.steps])
    assert "dense" not in found.weights


def peak_of(stretches, folder):
    """Largest memory (bytes) of a run that writes to a file, and the bytes of what it recorded."""
    quiet = network(False, False)
    run = start(Network("flat", quiet.populations, quiet.projections, [Probe("a_out", "v")]))
    run.to(folder / "run.h5", keep=10 * ms)
    run.advance(500 * ms)
    tracemalloc.start()
    for _ in range(stretches):
        run.advance(500 * ms)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    run.close()
    whole = Recording.load(folder / "run.h5")
    assert whole.steps == 500 * (stretches + 1)
    return peak, whole.states["a_out", "v"].nbytes


def test_memory_does_not_grow(tmp_path, monkeypatch):
    monkeypatch.setattr("neurosim.backends.running.output._WAIT", -1.0)
    (short, _), (long, recorded) = peak_of(5, tmp_path), peak_of(80, tmp_path)
    assert long < short + 500_000 < recorded / 4


def test_a_full_disk_is_found_before_it_is_full(tmp_path, monkeypatch):
    run = start(network())
    run.to(tmp_path / "run.h5")
    run.advance(10 * ms)
    monkeypatch.setattr("neurosim.backends.running.output._WAIT", -1.0)
    run.advance(10 * ms)
    monkeypatch.setattr(recording_stream.shutil, "disk_usage", lambda folder: type("Use", (), {"free": 1 << 20}))
    with pytest.raises(NeurosimError, match="1 MiB are free on the disk"):
        run.advance(10 * ms)
    with pytest.warns(UncheckedFile):
        assert Recording.load(tmp_path / "run.h5").steps == 20


def test_a_file_that_a_run_writes_is_not_replaced_by_another_run(tmp_path):
    path = tmp_path / "run.h5"
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, path], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert child.stdout
    child.stdout.readline()
    other = start(network())
    with pytest.raises(UsageError, match="another run is writing this file"):
        other.to(path)
    child.kill()
    child.wait()
    child.stdout.close()
    other.to(path)
    with pytest.raises(NeurosimError, match="another run is writing this file"):
        start(network()).to(path)
    other.advance(20 * ms)
    other.close()
    assert Recording.load(path).steps == 20
    assert [found.name for found in tmp_path.iterdir()] == ["run.h5"]


def test_what_cannot_be_written_is_refused(tmp_path):
    run = start(network())
    run.advance(7 * ms)
    with pytest.raises(NeurosimError, match="cannot be written"):
        run.to(tmp_path / "nowhere" / "run.h5")
    with pytest.raises(NeurosimError, match="second"):
        run.to(tmp_path / "run.h5", keep=3 * mV)
    run.advance(5 * ms)
    assert run.recording.steps == 12                              # what was recorded before stays


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_refused(seed, tmp_path):
    run = start(network())
    run.to(tmp_path / "run.h5")
    run.advance(1 * second)
    run.close()
    content, rng = bytearray((tmp_path / "run.h5").read_bytes()), np.random.default_rng(seed)
    at = int(rng.integers(len(content)))
    content[at] ^= 1 << int(rng.integers(8))
    (tmp_path / "run.h5").write_bytes(content[: len(content) - (int(rng.integers(1, 5000)) if seed % 2 else 0)])
    with pytest.raises(DataError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Recording.load(tmp_path / "run.h5")
