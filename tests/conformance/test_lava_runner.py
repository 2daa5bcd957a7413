"""Running exported graphs: samples, failures, time-outs, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from neurosim.backends.lava import connections as lava_connections
from neurosim.backends.lava import interpreter as lava_python
from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.interpreter import require_lava
from neurosim.backends.lava.runner import run_lava
from neurosim.errors import LavaError, NetworkError, UnsupportedError
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.steps import LIFS, SOURCE, chip_neuron, float_neuron

STEPS = 20


def network(delay=3, biased=True):
    """Every kind of neuron, each driven by the source and by itself."""
    rng = np.random.default_rng(3)
    kwargs = {"du": np.array(400), "dv": np.array(100), "v_th": np.array(150), "bias_mant": np.array(60 * biased)}
    extra = {"refractory": 2, "dtheta": np.array(300), "theta_jump": np.array(90), "interval": 7, "offset": 3}
    names = [kind.lower() for kind in LIFS]
    return FixedProgram(
        "all_kinds",
        1e-3,
        (
            FixedPopulation("s", 6, SOURCE),
            *(FixedPopulation(n, 4, chip_neuron(kind, **kwargs, **extra)) for n, kind in zip(names, LIFS, strict=True)),
        ),
        (
            *(FixedProjection(f"s_{name}", "s", name, rng.integers(-60, 120, (6, 4))) for name in names),
            *(
                FixedProjection(f"{name}_self", name, name, rng.integers(-60, 60, (4, 4)), delays=np.asarray(delay, np.int32))
                for name in names
            ),
        ),
    )


def float_network():
    """As `network`, in float; the refractory neuron is Lava's own here."""
    rng = np.random.default_rng(4)
    fields = {"du": np.array(0.3), "dv": np.array(0.05), "v_th": np.array(1.0), "bias": np.array(0.1)}
    extra = {"refractory": 2, "dtheta": np.array(0.1), "theta_jump": np.array(0.5), "interval": 7, "offset": 3}
    names = [kind.lower() for kind in LIFS]
    return StepProgram(
        "all_kinds",
        1e-3,
        (
            StepPopulation("s", 6, SOURCE),
            *(StepPopulation(name, 4, float_neuron(kind, **fields, **extra)) for name, kind in zip(names, LIFS, strict=True)),
        ),
        tuple(StepProjection(f"s_{name}", "s", name, rng.normal(0.2, 0.5, (6, 4))) for name in names),
    )


def left_behind(folder):
    """Command lines of running processes that mention `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and int(entry.parent.name) != os.getpid():
            found.append(command)
    return found


def raster(seed, samples=3):
    return (np.random.default_rng(seed).random((samples, STEPS, 6)) < 0.3).astype(np.uint8)


@needs_lava
@pytest.mark.slow
@pytest.mark.parametrize("program", [network(), float_network()], ids=["fixed", "float"])
def test_samples_do_not_see_each_other(program):
    """The results of a sample are the same whichever came before, for every kind of neuron, delays and beats included."""
    given = raster(0)
    probes = [(p.name, s) for p in program.populations[1:] for s in "uv"]
    order = [2, 0, 1]
    first = run_lava(program, STEPS, inputs={"s": given}, probes=probes, timeout=TIMEOUT)
    second = run_lava(program, STEPS, inputs={"s": given[order]}, probes=probes, timeout=TIMEOUT)
    for population in program.populations:
        assert np.array_equal(first.raster(population.name)[order], second.raster(population.name)), population.name
        assert first.raster(population.name).any()
    for probe in probes:
        assert np.array_equal(first.states[probe][order], second.states[probe]), probe


@needs_lava
def test_recording_says_what_ran():
    run = run_lava(network(biased=False), STEPS, timeout=TIMEOUT)
    assert run.info["engine"] == "lava" and run.info["tag"] == "fixed_pt" and run.info["versions"]["lava"] == "0.10.0"
    assert run.samples == 1 and run.steps == STEPS and len(run.spikes["s"]) == 0 and len(run.spikes["lif"]) == 0
    json.dumps(run.info)


@needs_lava
def test_failure_carries_lavas_traceback_and_leaves_nothing(monkeypatch, tmp_path):
    """Lava's delayed connections fail inside a child for delays above 63, where Lava itself would hang."""
    monkeypatch.setattr(lava_connections, "MAX_DELAY", 1000)
    with pytest.raises(LavaError, match="Lava failed while it ran 'all_kinds'") as caught:
        run_lava(network(delay=64), STEPS, timeout=TIMEOUT, folder=tmp_path)
    assert "DelayDense Process 'delays' expects values between 0 and 63" in str(caught.value)
    assert not left_behind(tmp_path)


@needs_lava
def test_timeout_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(LavaError, match="did not finish 'all_kinds' within 8 s"):
        run_lava(network(), 10**5, timeout=8, folder=tmp_path)
    assert not left_behind(tmp_path)


@needs_lava
def test_graph_stands_alone(tmp_path):
    """Run from another folder by a Python that refuses to import neurosim."""
    graph = write_graph(network(), tmp_path / "graph")
    np.savez(tmp_path / "inputs.npz", s=raster(1))
    (tmp_path / "neurosim.py").write_text("raise ImportError('the graph imported neurosim')\n")
    command = ["--steps", str(STEPS), "--inputs", "inputs.npz", "--out", "out.npz", "--probe", "lif.v", "adaptivelif.theta"]
    lava = require_lava()
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(lava.folder or "")])}
    subprocess.run([lava.python, str(graph), *command], cwd=tmp_path, env=env, check=True, timeout=TIMEOUT)
    with np.load(tmp_path / "out.npz") as out:
        assert out["state/lif.v"].shape == out["state/adaptivelif.theta"].shape == (3, STEPS, 4)
        assert out["spikes/lif"].shape[1] == 4 and out["spikes/lif"][:, 0].max() == 2


@needs_lava
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--hw"], "lava-loihi"),
        (["--tag", "floating_pt"], "the parameters of this graph are for fixed_pt"),
        (["--inputs", "wrong.npz"], "expected shape (samples, steps, 6), found (3, 20, 5)"),
    ],
)
def test_command_line_says_what_is_wrong(tmp_path, arguments, expected):
    graph = write_graph(network(), tmp_path)
    np.savez(tmp_path / "inputs.npz", s=raster(1))
    np.savez(tmp_path / "wrong.npz", s=raster(1)[:, :, :5])
    lava = require_lava()
    command = [lava.python, str(graph), "--steps", "5", "--inputs", "inputs.npz", "--out", "out.npz", *arguments]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT, env=lava.environment()
    )
    assert ended.returncode and expected in ended.stderr and "Traceback" not in ended.stderr


def test_without_lava(monkeypatch):
    monkeypatch.setattr(lava_python, "lava_python", lambda: lava_python.LavaPython("python", None, ""))
    with pytest.raises(UnsupportedError, match=r"no lava-nc for python, expected version 0\.10\.0: run 'neurosim lava setup'"):
        run_lava(network(), STEPS)


@needs_lava
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"inputs": {"t": raster(0)}}, "Unknown source 't'"),
        ({"inputs": {"s": raster(0)[:, :5]}}, r"Source 's': input has shape \(3, 5, 6\); expected .* \(3, 20, 6\)"),
        ({"probes": [("s", "v")]}, "Unknown population 's'"),
        ({"probes": [("lif", "theta")]}, "Unknown variable 'theta'"),
    ],
)
def test_arguments_that_do_not_fit(arguments, expected):
    with pytest.raises(NetworkError, match=expected):
        run_lava(network(), STEPS, **arguments)
