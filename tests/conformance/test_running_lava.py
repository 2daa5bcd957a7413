"""A run in Lava that is cut into stretches equals one on the emulator that is not, bit for bit in the integers of the chip."""

import os
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import Uniform, deploy, start
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import LavaError, NetworkError, UnsupportedError
from neurosim.units import ms, mV
from tests.conformance.running_networks import STEPS, cuts, random_network, signals_of
from tests.conformance.test_running import assert_equal

COUNT = 30 if os.environ.get("NEUROSIM_FULL") else 12


def runnable(seed):
    """A random network, its deployment, and its run in Lava."""
    network = random_network(seed)
    try:
        chip = deploy(network)
        return network, chip, chip.start("lava")
    except UnsupportedError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("seed", range(COUNT))
def test_cuts_change_nothing_in_lava(seed):
    network, chip, run = runnable(seed)
    rng, done = np.random.default_rng(seed + 1000), 0
    signals = signals_of(network, rng)
    for length in cuts(rng):
        run.advance(length * ms, signals={name: values[done : done + length] for name, values in signals.items()})
        done += length
    assert_equal(run.recording, chip.emulate(STEPS * ms, signals=signals))


@pytest.mark.parametrize("seed", [1, 2, 4, 7])
def test_cuts_change_no_spike_of_lava_in_float(seed):
    network, rng = random_network(seed), np.random.default_rng(seed + 1000)
    run = start(network, on="lava")
    for length in cuts(rng):
        run.advance(length * ms)
    whole, found = emulate_network(network, STEPS * ms), run.recording
    assert len(whole.spikes["cells"]) > 50
    assert_array_equal(found.spikes["cells"].step, whole.spikes["cells"].step)
    assert_array_equal(found.spikes["cells"].neuron, whole.spikes["cells"].neuron)
    assert_allclose(found.weights["plastic"].values, whole.weights["plastic"].values, rtol=1e-9, atol=1e-12)


def protocol(run):
    """Begin elsewhere, run, halve weights, set states, and run on."""
    run.states["cells", "v"] = Uniform(0 * mV, 3 * mV)
    run.advance(50 * ms)
    run.weights["plastic"] = run.weights["plastic"] / 2
    run.states["cells", "v"] = 2 * mV
    run.weights["plastic"] = run.weights["plastic"] + 0.001
    run.advance(37 * ms)
    return run


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_what_is_set_in_lava_has_the_effect_that_it_has_on_the_emulator(seed):
    _, chip, run = runnable(seed)
    lava, emulator = protocol(run), protocol(chip.start("fixed"))
    assert_equal(lava.recording, emulator.recording)
    assert_array_equal(lava.states["cells", "v"], emulator.states["cells", "v"])
    for key in emulator.synapses:
        if key[1] not in ("tag", "aux"):
            assert_allclose(lava.synapses[key], emulator.synapses[key])


def test_lava_refuses_by_name_what_it_cannot_do(tmp_path):
    run = runnable(1)[2]
    with pytest.raises(UnsupportedError, match="before|advance"):
        run.synapses["plastic", "r1"]
    run.advance(5 * ms)
    for attempt in (
        lambda: run.save(tmp_path / "run.h5"),
        lambda: run.learning(False),
        lambda: run.rest(),
        lambda: run.weights.__setitem__("back", run.weights["back"]),
    ):
        with pytest.raises(UnsupportedError, match=r"Lava.* cannot"):
            attempt()
    with pytest.raises(NetworkError, match="shape"):
        run.weights["plastic"] = np.zeros((2, 2))
    run.advance(5 * ms)


def test_a_run_whose_lava_was_killed_says_so_and_cannot_go_on():
    run = runnable(1)[2]
    run.advance(5 * ms)
    subprocess.run(["pkill", "-9", "-f", f"{run._engine._lava._folder}/harness_stretches.py"], check=True)
    with pytest.raises(LavaError, match="ended"):
        run.advance(5 * ms)
    with pytest.raises(LavaError, match="start it again"):
        run.advance(5 * ms)
