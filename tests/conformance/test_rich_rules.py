"""Random rules with all that a rule can declare in simulation: Brian2 step by step equals the emulator in float.

Rules with random texts (choices, comparisons, logic, states of the post neurons, traces from before a spike) are compared, too.
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
from neurosim.plasticity import PlasticityRule, broadcast, normalise, post, post_state, pre, synaptic
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


class Written:
    """Random expressions of a rule: choices, comparisons, logic and functions of all factors that a simulation has."""

    def __init__(self, rng, names, before):
        self._rng, self._names, self._before = rng, names, before

    def _one(self, *choices):
        return choices[self._rng.integers(len(choices))]

    def number(self):
        """A constant that no factor is likely to equal, so that rounding decides no comparison."""
        return repr(round(float(self._rng.uniform(-0.7, 1.3)), 4))

    def value(self, depth):
        if depth == 0:
            read = f"before({self._one('x', 'y')})" if self._before and self._rng.random() < 0.15 else self._one(*self._names)
            return self._one(read, read, read, self.number())
        one, other = (self.value(depth - 1) for _ in range(2))
        return self._one(
            f"({one} + {other})",
            f"({one} - {other})",
            f"{one} * {other}",
            f"where({self.truth(depth - 1)}, {one}, {other})",
            f"{self.value(depth - 1)} * ({self.truth(depth - 1)})",
            f"{self._one('min', 'max')}({one}, {other})",
            f"{self._one('relu', 'step', 'abs')}({one} - {self.number()})",
            f"clip({one}, -0.5, 0.8)",
            f"{one} / (1.5 + abs({other}))",
            f"exp(-abs({one}))",
        )

    def truth(self, depth):
        compared = f"{self.value(0)} {self._one('>', '<', '>=', '<=')} {self.number()}"
        if depth <= 0:
            return compared
        return self._one(
            compared,
            f"{self.value(depth - 1)} > {self.number()}",
            f"({self.truth(depth - 1)}) and ({self.truth(depth - 1)})",
            f"({self.truth(depth - 1)}) or ({self.truth(depth - 1)})",
            f"not ({self.truth(depth - 1)})",
        )


def written_rule(rng, states):
    """A random rule; with `states`, it reads states of the post neurons, which need one delay for all synapses."""
    names = ("x", "y", "c", "m", "M", "w", "a", "b", *(("f", "v") if states else ()))

    def update(before=True):
        text = Written(rng, names, before).value(int(rng.integers(1, 3)))
        return f"eta * clip({text}, -3, 3)"

    def updates(before=True):
        targets = rng.permutation(["w", "c", "m"])[: int(rng.integers(1, 4))]
        return {str(target): update(before) for target in targets}

    return PlasticityRule(
        "written",
        traces={
            "x": pre(15 * ms, mode=str(rng.choice(["add", "overwrite", "saturate"])), impulse=0.5),
            "y": post(25 * ms),
            **({"f": post(float(rng.uniform(3, 40)) * ms, of="v", delay=int(rng.integers(0, 5)) * ms)} if states else {}),
        },
        variables={"c": synaptic(rng.uniform(10, 80) * ms, start=0.3), "m": synaptic(decay=1, start=-0.2)},
        modulators={"M": broadcast(), **({"v": post_state("v")} if states else {})},
        on_pre=updates(),
        on_post={**updates(), "w": "eta * (1 - w)"} if rng.integers(2) else updates(),
        every=[(int(rng.integers(1, 9)), {"w": update()}), (float(rng.integers(1, 9)) * ms, updates())],
        at={"sample_end": updates(before=False)},
        parameters={"eta": 0.05, "a": Uniform(0, 1), "b": round(float(rng.uniform(0.1, 0.9)), 3)},
        bounds=(0.0, 2.0),
    )


def written_network(seed):
    """As `rich_network`, without units."""
    rng = np.random.default_rng([seed, 9])
    n_pre, n_post = int(rng.integers(3, 10)), int(rng.integers(2, 7))
    shape, begin = (n_pre, n_post), {"v": Uniform(0, 0.7)}
    populations = [
        Population("inputs", n_pre, PoissonInput(rng.uniform(50, 200) * Hz)),
        Population("cells", n_post, LIF(tau_m=rng.uniform(5, 30) * ms, v_th=rng.uniform(0.5, 1.2)), initial=begin),
    ]
    weights = rng.uniform(0.1, 0.8, shape)
    if rng.integers(2):
        weights = sparse.csr_array(np.where(rng.random(shape) < 0.7, weights, 0.0))
    delay, several = _delay(rng, shape)
    back = Projection("cells", "cells", -rng.uniform(0, 0.1, (n_post, n_post)), delay=2 * ms, name="back")
    plastic = Projection("inputs", "cells", weights, plasticity=written_rule(rng, not several), delay=delay, name="plastic")
    probes = [Probe("plastic", name, every=int(rng.integers(5, 60)) * ms) for name in ("w", "c", "m")]
    return Network(f"written_{seed}", populations, [plastic, back], probes, dt=1 * ms, seed=seed)


@pytest.mark.parametrize("seed", range(COUNT))
def test_written_rules(seed):
    network, signals = written_network(seed), {"M": np.round(np.random.default_rng(seed).uniform(-1, 1, STEPS), 2)}
    ours = emulate_network(network, STEPS * ms, signals=signals)
    theirs = simulate(network, STEPS * ms, signals=signals, integration="step", progress=False)
    assert ours.counts("cells").sum() > 0
    assert_alike(theirs, ours, 1e-9)
    found = [ours.weights["plastic"].values, *(ours.synapses["plastic", name].values for name in ("c", "m"))]
    assert max(np.ptp(np.asarray(values), axis=0).max() for values in found) > 1e-3
