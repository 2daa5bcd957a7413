"""Samples of a running network: Brian2 step by step equals the emulator in float after each rest, in random networks.

The networks have noise, delays, graded inputs, short-term plasticity, currents and rates that change in time, spike trains,
periods, normalisation and updates at the end of a sample; between stretches, the protocol rests, keeps states, ends samples,
sets currents and weights, freezes weights, and saves and resumes.
"""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    LIF,
    AdaptiveLIF,
    Network,
    PoissonCounts,
    PoissonInput,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeArray,
    Timed,
    Uniform,
    deploy,
    resume,
    start,
)
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.plasticity import PlasticityRule, broadcast, normalise, post, post_state, pre, synaptic
from neurosim.units import Hz, ms, mV

COUNT = 40 if os.environ.get("NEUROSIM_FULL") else 5
STEP = {"on": "brian2", "integration": "step"}
ROWS = 40


def random_network(seed):
    rng = np.random.default_rng([seed, 7])
    n, m = (int(k) for k in rng.integers(3, 8, 2))
    rates = Timed(rng.uniform(20, 300, (ROWS, n)) * Hz, 9 * ms)
    spikes = SpikeArray(rng.integers(0, 4, 30), rng.permutation(60)[:30] * ms)
    current = Timed(rng.uniform(-1, 6, (ROWS, m)) * mV, 9 * ms) if rng.integers(2) else rng.uniform(0, 3, m) * mV
    populations = [
        Population("inputs", n, PoissonInput(rates)),
        Population("counts", 3, PoissonCounts(200 * Hz)),
        Population("train", 4, spikes),
        Population("cells", m, _neuron(rng), current=current, initial={"v": Uniform(0 * mV, 3 * mV)}),
    ]
    late = rng.integers(0, 6, (3, m)) * ms
    projections = [
        Projection("inputs", "cells", rng.uniform(1, 3, (n, m)) * mV, plasticity=_rule(rng), delay=_delay(rng), name="plastic"),
        Projection("counts", "cells", rng.uniform(0, 2, (3, m)) * mV, delay=late, graded=True),
        Projection("train", "cells", rng.uniform(1, 6, (4, m)) * mV, short_term=ShortTermPlasticity(U=0.4, tau_d=80 * ms)),
        Projection("cells", "cells", -rng.uniform(0, 0.5, (m, m)) * mV, delay=7 * ms, name="back"),
    ]
    probes = [Probe("cells", "v"), *(Probe("plastic", name, every=13 * ms) for name in ("w", "tag", "c"))]
    return Network(f"samples_{seed}", populations, projections, probes, dt=1 * ms, seed=seed)


def _delay(rng):
    return int(rng.integers(0, 5)) * ms


def _neuron(rng):
    given = {"tau_m": rng.uniform(5, 30) * ms, "v_th": rng.uniform(3, 8) * mV}
    if rng.integers(2):
        return AdaptiveLIF(**given, theta_jump=0.5 * mV, tau_theta=60 * ms)
    noise = {"v": 0.5 * mV / ms**0.5} if rng.integers(2) else {}
    return LIF(**given, **({"noise": noise} if noise else {}))


def _rule(rng):
    when = [{"at": "sample_start"}, {"at": "sample_end"}, {"every": int(rng.integers(5, 40))}][rng.integers(3)]
    return PlasticityRule(
        "sampled",
        traces={"x": pre(20 * ms), "y": post(15 * ms), "tag": synaptic(40 * ms), "f": post(10 * ms, of="v")},
        variables={"c": synaptic(30 * ms, start=0.5)},
        modulators={"M": broadcast(), "v": post_state("v")},
        on_pre={"c": "-0.2 * y", "tag": "0.3 * f / (1 * mV)"},
        on_post={"c": "0.1 * x", "w": "0.2 * eta * x"},
        every={7: {"w": "eta * c * M"}},
        at={"sample_end": {"w": "eta * (M * tag - 0.1 * y) + 0.02 * where(v > f, v, f)", "c": "0.5 * x - 0.2 * c"}},
        parameters={"eta": 0.2 * mV, "mV": 1 * mV},
        bounds=(0 * mV, 4 * mV),
        normalise=normalise(rng.uniform(5, 15) * mV, **when) if rng.integers(2) else None,
    )


def acts(seed):
    """A random protocol: functions of the run, and numbers of steps to run between them."""
    rng = np.random.default_rng([seed, 8])
    known = [
        lambda run: run.rest(),
        lambda run: run.rest(keep=["v"]),
        lambda run: (run.end_sample(), run.rest()),
        lambda run: run.end_sample(),
        lambda run: run.currents.__setitem__("cells", Timed([0, 6, 2, *[3] * ROWS] * mV, 11 * ms)),
        lambda run: run.currents.__setitem__("cells", 2 * mV),
        lambda run: run.weights.__setitem__("plastic", run.weights["plastic"] * 0.9),
        lambda run: run.inputs.__setitem__("inputs", PoissonInput(Timed([200, 20, *[100] * ROWS] * Hz, 5 * ms))),
        lambda run: run.learning(not run.learns),
    ]
    chosen = [known[0], known[2], *(known[k] for k in rng.integers(0, len(known), 4)), known[0]]
    return [(chosen[k], int(rng.integers(5, 45))) for k in rng.permutation(len(chosen))]


def performed(run, seed):
    """What a protocol records, and how it ends."""
    run.signals["M"] = 0.7
    run.advance(23 * ms)
    for act, steps in acts(seed):
        act(run)
        run.advance(steps * ms)
    run.end_sample()
    return run.recording, {key: run.synapses[key] for key in run.synapses}, run.weights["plastic"]


def assert_alike(found, expected):
    one, other = found[0], expected[0]
    for name in one.spikes:
        assert_array_equal(one.raster(name), other.raster(name), err_msg=name)
    assert_allclose(one.states["cells", "v"], other.states["cells", "v"], rtol=1e-9, atol=1e-13)
    for kind in ("weights", "synapses"):
        for key, trace in getattr(other, kind).items():
            assert_allclose(getattr(one, kind)[key].values, trace.values, rtol=1e-9, atol=1e-12, err_msg=str(key))
    for key, values in expected[1].items():
        assert_allclose(found[1][key], values, rtol=1e-9, atol=1e-12, err_msg=str(key))
    assert_allclose(found[2], expected[2], rtol=1e-9)


@pytest.mark.parametrize("seed", range(COUNT))
def test_brian2_rests_as_the_emulator_does(seed):
    network = random_network(seed)
    ours = performed(start(network), seed)
    assert ours[0].counts("cells").sum() > 5 and np.abs(ours[2] - network.weights("plastic")).max() > 1e-5
    assert_alike(performed(start(network, **STEP), seed), ours)


ON = {"emulator": {}, "Brian2 step": STEP, "Brian2 exact": {"on": "brian2"}}


@pytest.mark.parametrize("on", ON)
def test_resumed_runs_rest_and_go_on(on, tmp_path):
    network = random_network(COUNT)
    run = start(network, **ON[on])
    run.signals["M"] = 0.7
    for steps in (31, 17):
        run.advance(steps * ms)
        run.currents["cells"] = Timed([1, 5, *[2] * ROWS] * mV, 11 * ms)
        run.rest(keep="v")
    run.advance(9 * ms)
    run.save(tmp_path / "run.h5")
    runs = [run, resume(tmp_path / "run.h5", network)]
    for each in runs:
        each.forget()
        each.advance(15 * ms)
        each.end_sample()
        each.rest()
        each.advance(40 * ms)
    one, other = (each.recording for each in runs)
    assert len(one.spikes["cells"]) > 3
    for name in ("inputs", "train", "cells"):
        assert_array_equal(one.raster(name), other.raster(name))
    assert_array_equal(one.states["cells", "v"], other.states["cells", "v"])
    assert_array_equal(one.weights["plastic"].values, other.weights["plastic"].values)


def in_time(on="emulator", chip=False):
    """Currents, rates and spike trains that change in time, without chance, and with nothing on its way at their end."""
    populations = [
        Population("rates", 2, PoissonInput(Timed([0, 1000, 0, 0] * Hz, 10 * ms))),
        Population("train", 1, SpikeArray([0], [4] * ms)),
        Population("cells", 3, LIF(tau_m=10 * ms, v_th=5 * mV), current=Timed([0, 8, 0, 0] * mV, 10 * ms)),
    ]
    weights = {"rates": np.full((2, 3), 0.5) * mV, "train": np.full((1, 3), 2.0) * mV}
    projections = [Projection(name, "cells", values, delay=3 * ms) for name, values in weights.items()]
    network = Network("in_time", populations, projections, [Probe("cells", "v")], dt=1 * ms)
    return deploy(network).start("fixed") if chip else start(network, **ON[on])


@pytest.mark.parametrize("begin", [*(lambda on=on: in_time(on) for on in ON), lambda: in_time(chip=True)], ids=[*ON, "fixed"])
def test_a_rest_begins_a_sample_like_the_first(begin):
    run = begin()
    first = run.advance(40 * ms)
    run.rest()
    run.advance(15 * ms)
    run.rest()
    again = run.advance(40 * ms)
    assert first.counts("rates").sum() == 20 and len(first.spikes["cells"]) > 3
    for name in ("rates", "train", "cells"):
        assert_array_equal(again.raster(name), first.raster(name))
    assert_array_equal(again.states["cells", "v"], first.states["cells", "v"])


@pytest.mark.parametrize("on", ON)
def test_what_is_set_during_a_sample_begins_anew_in_the_next(on):
    run = in_time(on)
    run.advance(17 * ms)
    run.currents["cells"] = Timed([0, 20, 0, 0] * mV, 10 * ms)
    run.inputs["train"] = SpikeArray([0, 0], [0, 5] * ms)
    run.inputs["rates"] = PoissonInput(0 * Hz)
    run.rest()
    first = run.advance(33 * ms)
    assert_array_equal(np.nonzero(first.raster("train")[0, :, 0])[0], [0, 5])
    run.rest()
    assert_array_equal(run.advance(33 * ms).states["cells", "v"], first.states["cells", "v"])


def test_an_image_is_shown_once():
    from neurosim import AllToAll, ImageInput, RateCoding

    cells = Population("cells", 2, LIF(tau_m=10 * ms, v_th=50 * mV))
    described = Network("seen", [Population("pixels", 4, ImageInput(RateCoding(10))), cells], [
        Projection("pixels", "cells", AllToAll(1 * mV))
    ])  # fmt: skip
    run = start(described)
    run.show(np.ones(4))
    run.rest()
    assert run.advance(10 * ms).counts("pixels").sum() > 0
    run.rest()
    assert run.advance(10 * ms).counts("pixels").sum() == 0


@pytest.mark.parametrize("seed", range(2))
def test_the_end_of_a_sample_is_that_of_simulate(seed):
    from neurosim import emulate_network, simulate

    network, signals = random_network(seed + 100), {"M": np.full(60, 0.7)}
    for whole, on in (
        (simulate(network, 60 * ms, signals=signals, integration="step"), STEP),
        (simulate(network, 60 * ms, signals=signals), {"on": "brian2"}),
        (emulate_network(network, 60 * ms, signals=signals), {}),
    ):
        run = start(network, **on)
        run.advance(60 * ms, signals=signals)
        before = run.weights["plastic"]
        run.end_sample()
        assert_allclose(run.recording.final_weights()["plastic"], whole.final_weights()["plastic"], rtol=1e-12)
        assert np.abs(run.weights["plastic"] - before).max() > 1e-7


def test_names_that_cannot_be_kept():
    network = random_network(0)
    start(network).rest(keep=["arriving", "deficit", "v"])
    for on in ({}, STEP):
        with pytest.raises(NetworkError, match="Unknown state 'w'.*'?v'?"):
            start(network, **on).rest(keep="w")
    with pytest.raises(UnsupportedError, match="Brian2 step cannot keep 'arriving' at rest"):
        start(network, **STEP).rest(keep=["v", "arriving"])
