"""Lowering and quantisation: nothing lost without a line in the report, nothing accepted that does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import (
    LIF,
    AdaptiveLIF,
    AllToAll,
    Izhikevich,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    Transposed,
    Uniform,
    per_step,
)
from neurosim.backends.deployment import deploy
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.program.fixed import SignMode, infer_sign_mode, store
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-60 * mV, tau_syn=5 * ms)


def network(neuron=CELL, weights=None, delay=None, current=None, n=20):
    pattern = AllToAll(Uniform(-2 * mV, 6 * mV)) if weights is None else weights
    return Network(
        "n",
        [Population("i", 30, PoissonInput(100 * Hz)), Population("a", n, neuron, current=current)],
        [Projection("i", "a", pattern, delay=delay)],
        [Probe("a", "v")],
        seed=3,
    )


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("mean", [-1.0, 0.0, 1.0])
def test_weights_are_rounded_to_the_nearest_stored_value(bits, mean):
    if bits == 1 and mean == 0.0:
        with pytest.raises(QuantisationError, match="both signs need at least 2 bits"):
            deploy(network(weights=AllToAll(Normal(0 * mV, 0.8 * mV))), weight_bits=1)
        return
    described = network(weights=AllToAll(Normal(mean * 3 * mV, 0.8 * mV)))
    deployed = deploy(described, weight_bits=bits)
    (fixed,) = deployed.program.projections
    np.testing.assert_array_equal(fixed.stored_weights, fixed.weights)
    wanted = np.asarray(deployed.float_program.projections[0].weights) * deployed.program.population("a").scale
    step = 2.0**fixed.weight_exp * 2 ** (8 - bits + (fixed.sign_mode is SignMode.MIXED))
    top = np.abs(fixed.weights).max() * 2.0**fixed.weight_exp
    inside = np.abs(wanted) <= top
    assert np.abs(wanted - fixed.weights * 2.0**fixed.weight_exp)[inside].max() <= step / 2 * (1 + 1e-9)


def test_stored_weights_match_lavas_rules():
    weights = np.array([-300, -3, -1, 0, 1, 3, 255, 300])
    np.testing.assert_array_equal(store(weights, SignMode.MIXED, 8), [-256, -4, -2, 0, 0, 2, 254, 254])
    np.testing.assert_array_equal(store(weights, SignMode.EXCITATORY, 7), [0, 0, 0, 0, 0, 2, 254, 254])
    np.testing.assert_array_equal(store(weights, SignMode.INHIBITORY, 8), [-255, -3, -1, 0, 0, 0, 0, 0])
    assert infer_sign_mode(np.zeros((2, 2))) is SignMode.EXCITATORY


def test_float_and_integers_agree_in_described_units():
    deployed = deploy(network(current=2 * mV))
    floats, integers = (deployed.emulate(500 * ms, arithmetic=a) for a in ("float", "fixed"))
    assert abs(floats.counts("a").sum() - integers.counts("a").sum()) <= 0.02 * floats.counts("a").sum() + 2
    v = [r.states["a", "v"] for r in (floats, integers)]
    assert -65e-3 < v[0].min() and v[0].max() <= -50e-3 + 1e-9
    np.testing.assert_allclose(v[0][:, :15], v[1][:, :15], atol=1e-4)


def test_every_loss_is_reported():
    deployed = deploy(network(current=1.2345 * mV, delay=2.4 * ms))
    fields = {(loss.where, loss.field) for loss in deployed.report.losses}
    assert {("a", "du"), ("a", "dv"), ("a", "v_th"), ("a", "bias"), ("i_a", "weights"), ("i_a", "delay")} <= fields
    assert all(check.ok for check in deployed.report.checks)


def test_exact_fields_are_not_reported():
    neuron = LIF(tau_m=per_step(0.75), v_th=1.0)
    described = Network(
        "n",
        [Population("i", 2, PoissonInput(10 * Hz)), Population("a", 2, neuron)],
        [Projection("i", "a", np.array([[255.0, 0.0], [0.0, 255.0]]) / 4096)],
    )
    assert not deploy(described).report.losses


def test_clip_cuts_and_says_so():
    weights = np.full((30, 20), 1.0)
    weights[0, 0] = 100.0
    deployed = deploy(network(weights=weights * mV), clip=2e-3 * 0.04)
    clips = [loss for loss in deployed.report.losses if loss.kind == "clip"]
    assert len(clips) == 1 and "1 of 600 weights" in clips[0].text


def test_saturated_bias_is_reported_as_such():
    tiny = AllToAll(0.001 * mV)
    report = deploy(network(weights=tiny, current=9 * mV)).report
    kinds = {loss.field: loss.kind for loss in report.losses}
    assert kinds["bias"] in ("rounding", "saturation")
    big = Network("n", [Population("a", 1, LIF(tau_m=per_step(0.5), v_th=1.0), current=1e4)])
    assert {"bias": "saturation"}.items() <= {x.field: x.kind for x in deploy(big).report.losses}.items()


def test_weakest_projection_gets_no_negative_exponent():
    described = Network(
        "n",
        [Population("i", 10, PoissonInput(10 * Hz)), Population("a", 10, CELL)],
        [Projection("i", "a", AllToAll(6 * mV)), Projection("a", "a", AllToAll(-0.8 * mV))],
    )
    assert all(p.weight_exp >= 0 for p in deploy(described).program.projections)


@pytest.mark.parametrize(
    ("described", "options", "error", "words"),
    [
        (lambda: network(delay=70 * ms), {}, QuantisationError, "delay in steps is 70; the target allows 63"),
        (lambda: network(), {"weight_bits": 9}, QuantisationError, "weight_bits = 9"),
        (lambda: network(), {"weight_bits": 0}, QuantisationError, "weight_bits = 0"),
        (lambda: network(Izhikevich()), {}, UnsupportedError, "'a': Izhikevich has no difference form"),
        (lambda: network(LIF(tau_m=9 * ms, v_th=9 * mV, v_reset=1 * mV)), {}, UnsupportedError, "reset_to_rest"),
        (lambda: network(), {"allow": {"magic"}}, UnsupportedError, "magic"),
        (
            lambda: network(AdaptiveLIF(tau_m=9 * ms, v_th=9 * mV, tau_theta=50 * ms, theta_jump=1 * mV)),
            {"target": "loihi1"},
            UnsupportedError,
            "does not support the dynamics adaptive_lif",
        ),
        (
            lambda: network(RefractoryLIF(tau_m=9 * ms, v_th=9 * mV, refractory=100 * ms)),
            {},
            QuantisationError,
            "refractory steps",
        ),
        (
            lambda: network(LIF(tau_m=9 * ms, v_th=9 * mV, tau_syn={"e": 1 * ms, "default": 2 * ms})),
            {},
            UnsupportedError,
            "receptors",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(described, options, error, words):
    with pytest.raises(error, match=words):
        deploy(described(), **options)


def test_reset_to_rest_can_be_allowed():
    deployed = deploy(network(LIF(tau_m=9 * ms, v_th=9 * mV, v_reset=1 * mV)), allow={"reset_to_rest"})
    allowed = [loss for loss in deployed.report.losses if loss.kind == "allowed"]
    assert [(x.where, x.field, x.wanted, x.got) for x in allowed] == [("a", "v_reset", 1e-3, 0.0)]


def test_weights_read_backwards_need_a_receptor_of_their_own():
    """At the first one the emulator would take integers of one scale for those of another."""
    cells = [Population(name, 5, LIF(tau_m=20 * ms, v_th=v_th)) for name, v_th in (("a", 1.0), ("b", 30.0))]
    wires = [Projection("a", "b", AllToAll(0.5)), Projection("b", "a", Transposed("a_b"))]
    with pytest.raises(UnsupportedError, match="'b_a'.*transposed integers of 'a_b'.*'default' of 'a'.*its own weights"):
        deploy(Network("both_ways", cells, wires), allow={"weight_transport"})


def test_all_exceeded_limits_are_named_at_once():
    held = RefractoryLIF(tau_m=20 * ms, v_th=1.0, refractory=80 * ms)
    described = Network(
        "n",
        [Population("i", 2, PoissonInput(100 * Hz)), Population("a", 2, held), Population("b", 2, held)],
        [Projection("i", "a", np.full((2, 2), 1.0), delay=100 * ms), Projection("i", "b", np.full((2, 2), 1.0))],
    )
    with pytest.raises(QuantisationError) as error:
        deploy(described, "loihi1")
    for text in ("a: refractory steps is 79", "b: refractory steps is 79", "i_a: delay in steps is 100; the target allows 62"):
        assert text in str(error.value)
