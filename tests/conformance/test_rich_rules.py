"""Random rules with all that a rule can declare in simulation: Brian2 step by step equals the emulator in float.

Periods in time, normalisation, variables and parameters of single synapses, delays and sparse weights come together, in
networks whose spikes follow from what was learned; cuts, saving and resuming change nothing.
"""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Sparse,
    Uniform,
    emulate_network,
    resume,
    simulate,
    start,
)
from neurosim.plasticity import PlasticityRule, broadcast, normalise, post, pre, synaptic
from neurosim.units import Hz, ms, mV

STEPS = 200
COUNT = 60 if os.environ.get("NEUROSIM_FULL") else 6


def rich_network(seed):
    rng = np.random.default_rng(seed)
    n_pre, n_post = int(rng.integers(3, 12)), int(rng.integers(2, 8))
    shape = n_pre, n_post
    populations = [
        Population("inputs", n_pre, PoissonInput(rng.uniform(50, 200) * Hz)),
        Population("cells", n_post, LIF(tau_m=rng.uniform(5, 30) * ms, v_th=rng.uniform(3, 8) * mV)),
    ]
    delay, several = _delay(rng, shape)
    weights, rule = _weights(rng, shape), _rule(rng, shape, several)
    plastic = Projection("inputs", "cells", weights, plasticity=rule, delay=delay, name="plastic")
    back = Projection("cells", "cells", -rng.uniform(0, 0.5, (n_post, n_post)) * mV, delay=2 * ms, name="back")
    probes = [Probe("plastic", name, every=int(rng.integers(5, 60)) * ms) for name in ("w", "tag", "c", "m")]
    return Network(f"rich_{seed}", populations, [plastic, back], probes, dt=1 * ms, seed=seed)


def _delay(rng, shape):
    """A delay, and whether synapses have several."""
    several = bool(rng.integers(2))
    return (rng.integers(0, 6, shape) if several else int(rng.integers(0, 6))) * ms, several


def _weights(rng, shape):
    dense = rng.uniform(0.5, 3, shape)
    if rng.integers(2):
        return dense * mV
    return Sparse(sparse.csr_array(np.where(rng.random(shape) < 0.7, dense, 0.0)), mV)


def _rule(rng, shape, several):
    eta = [
        lambda: rng.uniform(0.0, 0.4, shape) * mV,
        lambda: rng.uniform(0.0, 0.4, shape[1]) * mV,
        lambda: rng.uniform(0.0, 0.4, (shape[0], 1)) * mV,
        lambda: Normal(0.2 * mV, 0.1 * mV),
        lambda: 0.2 * mV,
    ][rng.integers(5)]()
    period = int(rng.integers(1, 40))
    when = [{"at": "sample_start"}, {"every": period}, {"every": float(period) * ms}][rng.integers(3)]
    scaled = normalise(rng.uniform(5, 20) * mV, ("post", "pre")[rng.integers(2)], **when)
    return PlasticityRule(
        "rich",
        traces={"x": pre(20 * ms, channel=("spike", "arrival")[rng.integers(2)]), "y": post(15 * ms), "tag": synaptic(40 * ms)},
        variables={"c": synaptic(rng.uniform(10, 80) * ms), "m": synaptic(decay=1, start=rng.uniform(0.1, 1.0))},
        modulators={"M": broadcast()},
        on_pre={"c": "-0.2 * y", "m": "-0.02 * m", "tag": "b * y"},
        on_post={"c": "0.1 * x", "w": "-0.3 * eta * y", "m": "0.01 * (1 - m)"},
        every=[(float(rng.integers(1, 9)) * ms, {"w": "eta * c * m * M"}), (int(rng.integers(1, 9)), {"w": "0.1 * eta * tag"})],
        parameters={"eta": eta, "b": Uniform(-1, 1)},
        bounds=(0 * mV, 4 * mV),
        normalise=None if several or rng.integers(2) else scaled,
    )


@pytest.mark.parametrize("seed", range(COUNT))
def test_brian2_and_the_emulator(seed):
    network, rng = rich_network(seed), np.random.default_rng(seed + 500)
    signals = {"M": np.round(rng.uniform(-1, 1, STEPS), 2)}
    ours = emulate_network(network, STEPS * ms, signals=signals)
    theirs = simulate(network, STEPS * ms, signals=signals, integration="step", progress=False)
    assert ours.counts("cells").sum() > 5
    assert_alike(theirs, ours, 1e-9)
    weights = np.asarray(ours.final_weights()["plastic"])
    assert np.abs(weights - _dense(network.weights("plastic"))).max() > 1e-5
    run, done = start(network), 0
    for length in np.diff([0, *np.sort(rng.choice(np.arange(1, STEPS), 4, replace=False)), STEPS]):
        run.advance(length * ms, signals={"M": signals["M"][done : done + length]})
        done += length
    assert_alike(run.recording, ours, 0.0)


@pytest.mark.parametrize(("seed", "on"), [(seed, {}) for seed in range(COUNT)] + [(0, {"on": "brian2", "integration": "step"})])
def test_resumed_runs_go_on(seed, on, tmp_path):
    network = rich_network(seed + 1000)
    run = start(network, **on)
    run.signals["M"] = 0.5
    run.advance(70 * ms)
    run.save(tmp_path / "run.h5")
    other = resume(tmp_path / "run.h5", network)
    recordings = [each.advance(80 * ms) for each in (run, other)]
    assert_array_equal(recordings[0].raster("cells"), recordings[1].raster("cells"))
    assert_array_equal(_dense(run.weights["plastic"]), _dense(other.weights["plastic"]))
    for key in run.synapses:
        assert_array_equal(run.synapses[key], other.synapses[key])


def assert_alike(found, expected, tolerance):
    for name in ("inputs", "cells"):
        assert_array_equal(found.raster(name), expected.raster(name))
    for kind in ("weights", "synapses"):
        for key, trace in getattr(expected, kind).items():
            values = getattr(found, kind)[key].values
            assert_allclose(values, trace.values, rtol=tolerance, atol=tolerance * 1e-3, err_msg=str(key))


def _dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)
