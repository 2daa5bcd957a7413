"""Short-term plasticity: its closed form, and that Brian2 and the emulator agree on every spike's worth."""

import numpy as np
import pytest
from scipy import sparse

from neurosim import (
    LIF,
    Network,
    NeurosimError,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    emulate_network,
    per_step,
    simulate,
)
from neurosim.plasticity import PlasticityRule, pre
from neurosim.units import Hz, ms, mV, second

DEPRESSING = ShortTermPlasticity(U=0.45, tau_d=200 * ms, tau_f=50 * ms)
KINDS = {
    "depressing": DEPRESSING,
    "facilitating": ShortTermPlasticity(U=0.02, tau_d=100 * ms, tau_f=100 * ms, f=0.1),
    "depression only": ShortTermPlasticity(U=0.5, tau_d=300 * ms),
    "facilitation only": ShortTermPlasticity(U=0.1, tau_f=300 * ms, f=0.3),
}


def network(short_term, raster, weights=None, rule=None, **neuron):
    n = raster.shape[1]
    weights = np.eye(n) if weights is None else weights
    return Network(
        name="short_term",
        populations=[
            Population("pre", n, SpikeRaster(raster)),
            # Keeps nothing from step to step: v is what arrived.
            Population("post", n, LIF(**({"tau_m": per_step(0.0), "v_th": 1e9} | neuron))),
        ],
        projections=[Projection("pre", "post", weights, short_term=short_term, plasticity=rule)],
        probes=[Probe("post", "v")],
    )


def regular(rates, steps):
    """One neuron a rate (Hz), its spikes 1/rate apart."""
    raster = np.zeros((steps, len(rates)), np.uint8)
    for i, rate in enumerate(rates):
        raster[:: round(1000 / rate), i] = 1
    return raster


@pytest.mark.parametrize("kind", KINDS)
def test_a_regular_train_ends_at_the_closed_form(kind):
    rates = [1, 5, 10, 20, 50, 100]
    raster = regular(rates, 10_001)
    arrived = emulate_network(network(KINDS[kind], raster), 10.001 * second).states["post", "v"][0]
    last = [values[values > 0][-1] for values in arrived.T]
    assert np.allclose(last, KINDS[kind].steady_state(np.array(rates) * Hz), rtol=1e-6)


def test_the_first_spike_is_worth_U_and_the_regimes_differ():
    raster = regular([50], 200)
    depressing, facilitating = (
        emulate_network(network(KINDS[kind], raster), 200 * ms).states["post", "v"][0, :, 0] for kind in list(KINDS)[:2]
    )
    depressing, facilitating = depressing[depressing > 0], facilitating[facilitating > 0]
    assert depressing[0] == 0.45 and facilitating[0] == 0.02
    assert depressing[-1] < 0.5 * depressing[0] and facilitating[-1] > 2 * facilitating[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_brian2_and_the_emulator_agree(kind, form):
    rng = np.random.default_rng(3)
    raster = (rng.random((300, 6)) < 0.1).astype(np.uint8)
    weights = form(rng.normal(0, 1, (6, 6)) * (rng.random((6, 6)) < 0.6))
    described = network(KINDS[kind], raster, weights, tau_m=20 * ms, v_th=0.5, tau_syn=5 * ms)
    ours = emulate_network(described, 300 * ms)
    theirs = simulate(described, 300 * ms, integration="step", progress=False)
    assert np.allclose(ours.states["post", "v"], theirs.states["post", "v"], rtol=0, atol=1e-12)
    assert np.array_equal(ours.raster("post"), theirs.raster("post"))


def test_with_long_term_plasticity_beside_it():
    rng = np.random.default_rng(4)
    raster = (rng.random((200, 5)) < 0.2).astype(np.uint8)
    rule = PlasticityRule("hebb", traces={"x": pre(tau=20 * ms)}, on_post={"w": "0.01 * x"})
    described = network(DEPRESSING, raster, rng.uniform(0, 1, (5, 5)), rule, tau_m=20 * ms, v_th=0.5)
    ours = emulate_network(described, 200 * ms)
    theirs = simulate(described, 200 * ms, integration="step", progress=False)
    assert np.array_equal(ours.raster("post"), theirs.raster("post")) and ours.raster("post").any()
    assert np.allclose(ours.final_weights()["pre_post"], theirs.final_weights()["pre_post"], rtol=0, atol=1e-12)


def test_in_volts_and_continuous_time():
    raster = regular([20], 500)
    described = network(DEPRESSING, raster, np.eye(1) * mV, tau_m=1 * ms, v_th=1000 * mV)
    v = simulate(described, 500 * ms, progress=False).states["post", "v"][0, :, 0]
    jumps = v[1::50][1:]
    assert np.isclose(jumps[-1] / (1e-3 * np.exp(-1)), DEPRESSING.steady_state(20 * Hz), rtol=1e-3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"U": 0.0, "tau_d": 1 * ms}, "U = 0.0"),
        ({"U": 1.5, "tau_d": 1 * ms}, "U = 1.5"),
        ({"U": 0.5}, "give tau_d, tau_f"),
        ({"U": 0.5, "tau_d": 0 * ms}, "tau_d"),
        ({"U": 0.5, "tau_f": 3 * mV}, "tau_f"),
        ({"U": 0.5, "tau_f": 3 * ms, "f": 2.0}, "f = 2.0"),
    ],
)
def test_wrong_parameters_are_named(given, words):
    with pytest.raises(NeurosimError, match=words):
        ShortTermPlasticity(**given)
