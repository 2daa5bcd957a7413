"""A run that is cut into stretches, saved and resumed equals one that is not, on every execution that can be cut."""

import os

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import deploy, resume, simulate, start
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import UnsupportedError
from neurosim.units import ms
from tests.conformance.running_networks import STEPS, cuts, random_network, signals_of

COUNT = 200 if os.environ.get("NEUROSIM_FULL") else 12
WHOLE = {
    "emulator": lambda network, signals: emulate_network(network, STEPS * ms, signals=signals),
    "fixed": lambda network, signals: deploy(network).emulate(STEPS * ms, signals=signals),
    "Brian2 step": lambda network, signals: simulate(network, STEPS * ms, signals=signals, integration="step"),
    "Brian2 exact": lambda network, signals: simulate(network, STEPS * ms, signals=signals),
}
BEGIN = {
    "emulator": start,
    "fixed": lambda network: deploy(network).start("fixed"),
    "Brian2 step": lambda network: start(network, on="brian2", integration="step"),
    "Brian2 exact": lambda network: start(network, on="brian2"),
}
SOME = [("emulator", k) for k in range(COUNT)] + [("fixed", k) for k in range(COUNT)]
SOME += [(on, k) for on in ("Brian2 step", "Brian2 exact") for k in range(max(2, COUNT // 6 if COUNT < 200 else COUNT))]


def assert_equal(found, expected):
    for name, spikes in expected.spikes.items():
        for column in ("step", "neuron", "payload"):
            assert_array_equal(getattr(found.spikes[name], column), getattr(spikes, column))
    for key, values in expected.states.items():
        assert_array_equal(found.states[key], values)
    for name, trace in expected.weights.items():
        assert_array_equal(found.weights[name].steps, trace.steps)
        assert_array_equal(found.weights[name].values, trace.values)


@pytest.mark.parametrize(("on", "seed"), SOME)
def test_cuts_change_nothing(on, seed):
    network, rng = random_network(seed), np.random.default_rng(seed + 1000)
    signals = signals_of(network, rng)
    try:
        whole = WHOLE[on](network, signals)
    except UnsupportedError as error:
        pytest.skip(str(error))
    run, done = BEGIN[on](network), 0
    for length in cuts(rng):
        run.advance(length * ms, signals={name: values[done : done + length] for name, values in signals.items()})
        done += length
    assert len(whole.spikes["inputs"]) > 20
    assert_equal(run.recording, whole)


@pytest.mark.parametrize(("on", "seed"), SOME[:: 1 if COUNT == 200 else 3])
def test_resumed_runs_go_on(on, seed, tmp_path):
    network, rng = random_network(seed, probes=False), np.random.default_rng(seed + 2000)
    signals = signals_of(network, rng)
    cut = int(rng.integers(1, STEPS))
    first, then = ({name: part(values) for name, values in signals.items()} for part in (lambda v: v[:cut], lambda v: v[cut:]))
    try:
        run = BEGIN[on](network)
    except UnsupportedError as error:
        pytest.skip(str(error))
    run.advance(cut * ms, signals=first)
    run.save(tmp_path / "run.h5")
    other = resume(tmp_path / "run.h5", deploy(network) if on == "fixed" else network)
    assert other.step == cut
    rest = [each.advance((STEPS - cut) * ms, signals=then) for each in (run, other)]
    assert_equal(rest[1], rest[0])
    assert_array_equal(other.weights["plastic"], run.weights["plastic"])
    for key in run.synapses:
        assert_array_equal(other.synapses[key], run.synapses[key])


def test_whole_runs_draw_their_inputs_piece_by_piece(monkeypatch):
    network = random_network(1)
    whole = emulate_network(network, STEPS * ms)
    monkeypatch.setattr("neurosim.backends.running.run._PAYLOADS", 100)
    assert_equal(emulate_network(network, STEPS * ms), whole)
