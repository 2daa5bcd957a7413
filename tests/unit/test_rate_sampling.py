"""Samplers of binary units: their transitions are exact, and what they draw follows from them."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import NetworkError
from neurosim.rate.exact import RestrictedMachine, divergence, states
from neurosim.rate.sampling import (
    AtOnce,
    InBlocks,
    Langevin,
    OneByOne,
    PairwiseMachine,
    TestedLangevin,
    probabilities,
    relaxation,
    stationary,
)


def pairwise(units=4, seed=0):
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((units, units))
    return PairwiseMachine((w + w.T) / 2 * (1 - np.eye(units)), rng.standard_normal((units, 1)))


def restricted(seed=1):
    rng = np.random.default_rng(seed)
    return RestrictedMachine(rng.standard_normal((3, 4)), rng.standard_normal((4, 1)), rng.standard_normal((3, 1)))


def far(one, other):
    return float(np.abs(one - other).max())


@pytest.mark.parametrize("model", [pairwise(), restricted()], ids=["pairwise", "restricted"])
def test_the_rise_is_the_derivative_of_the_log_probability(model):
    s = np.random.default_rng(3).random((4, 6))
    for unit in range(4):
        step = np.zeros((4, 1))
        step[unit] = 1e-6
        slope = (model.log_weight(s + step) - model.log_weight(s - step)) / 2e-6
        np.testing.assert_allclose(model.rise(s)[unit], slope, atol=1e-8)


def test_probabilities_equal_the_definition():
    model = pairwise(3)
    weight = [np.exp(model.biases[:, 0] @ s + s @ model.weights @ s / 2) for s in states(3).T]
    np.testing.assert_allclose(probabilities(model, 3), weight / np.sum(weight), rtol=1e-12)


EXACT = [(OneByOne(), pairwise()), (OneByOne(), restricted()), (InBlocks(), restricted()), (TestedLangevin(0.3), pairwise()),
         (TestedLangevin(0.3), restricted())]  # fmt: skip


@pytest.mark.parametrize(("sampler", "model"), EXACT, ids=lambda x: type(x).__name__)
def test_exact_samplers_leave_the_model_as_it_is(sampler, model):
    moves, p = sampler.transitions(model, 4), probabilities(model, 4)
    np.testing.assert_allclose(moves.sum(axis=1), 1, rtol=1e-12)
    assert far(p @ moves, p) < 1e-14 and far(stationary(moves), p) < 1e-10


def test_tested_proposals_are_in_detailed_balance():
    model = pairwise()
    flow = probabilities(model, 4)[:, None] * TestedLangevin(0.5).transitions(model, 4)
    assert far(flow, flow.T) < 1e-15


def test_untested_samplers_are_biased_and_langevin_less_so_for_small_steps():
    model, p = pairwise(), probabilities(pairwise(), 4)
    found = [divergence(stationary(Langevin(a).transitions(model, 4)), p) for a in (0.05, 0.1, 0.3, 1.0)]
    assert found == sorted(found) and 0 < found[0] < 1e-4 < found[-1]
    assert divergence(stationary(AtOnce().transitions(model, 4)), p) > 1e-3


def test_langevin_is_a_unit_with_half_the_weights_that_holds_on_to_its_state():
    model, alpha = pairwise(), 0.2
    own = PairwiseMachine(model.weights / 2 + np.eye(4) / alpha, model.biases / 2 - 1 / (2 * alpha))
    assert far(Langevin(alpha).transitions(model, 4), AtOnce().transitions(own, 4)) < 1e-14
    s, d = states(4), model.rise(states(4))
    changes = 1 / (1 + np.exp(-((1 - 2 * s) * d / 2 - 1 / (2 * alpha))))
    one = 1 / (1 + np.exp(-Langevin(alpha).inputs(model, s)))
    np.testing.assert_allclose(np.where(s, 1 - one, one), changes, rtol=1e-12)


@pytest.mark.parametrize(
    ("sampler", "model"),
    [*EXACT, (AtOnce(), pairwise()), (Langevin(0.5), pairwise())],
    ids=lambda x: type(x).__name__,
)
def test_what_is_drawn_follows_from_the_transitions(sampler, model):
    """One step of many chains from two states has the probabilities of the rows of both."""
    rng = np.random.default_rng(0)
    for row in (5, 14):
        start = np.repeat(states(4)[:, [row]], 40_000, axis=1)
        drawn = np.bincount((np.array([8, 4, 2, 1]) @ sampler.step(model, start, rng)).astype(int), minlength=16) / 40_000
        assert far(drawn, sampler.transitions(model, 4)[row]) < 0.012


def test_relaxation_of_a_chain_of_two_states():
    moves = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert relaxation(moves) == pytest.approx(-1 / np.log(0.7))
    np.testing.assert_allclose(stationary(moves), [2 / 3, 1 / 3], rtol=1e-12)
    assert relaxation(TestedLangevin(0.1).transitions(pairwise(), 4)) > relaxation(OneByOne().transitions(pairwise(), 4))


def test_what_does_not_fit_is_refused():
    with pytest.raises(NetworkError, match=r"Langevin\.alpha = 0; expected a number above 0"):
        Langevin(0.0)
    with pytest.raises(NetworkError, match="found a PairwiseMachine; expected a RestrictedMachine"):
        InBlocks().transitions(pairwise(), 4)
