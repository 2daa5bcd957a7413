"""What each rule of the catalogue does to a few spikes, by hand; and that all of them say what they are."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import plasticity
from neurosim.cards.card import named_card
from neurosim.errors import ContentError, NetworkError, UnitError
from neurosim.plasticity import RULES, load_rule
from neurosim.plasticity.products import not_a_polynomial
from neurosim.units import Hz, ms, mV
from tests.unit.rule_reference import run_rule

DT = 1e-3
POLYNOMIAL = sorted(set(RULES) - {"clopath", "guetig_stdp", "power_law_stdp", "ebcp"})


def kept(steps, tau=20.0):
    """What a trace keeps in so many milliseconds."""
    return np.exp(-steps / tau)


def learn(rule, pre, post, w=0.5, steps=100, signals=None, variable="w"):
    """Change of one weight by spikes at these steps."""
    trains = [np.zeros((steps, 1)) for _ in range(2)]
    for train, times in zip(trains, (pre, post), strict=True):
        train[list(times)] = 1
    return run_rule(rule, *trains, [[w]], DT, signals=signals)[-1][variable][0, 0] - (w if variable == "w" else 0)


def test_there_are_enough_and_they_cite():
    assert len(RULES) >= 14
    papers = {name: entry.factory().paper for name, entry in RULES.items()}
    assert [name for name, paper in papers.items() if "doi:10." not in paper] == ["hebb"]
    assert all(paper for paper in papers.values())


@pytest.mark.parametrize("name", RULES)
def test_each_says_what_it_is(name):
    entry = RULES[name]
    assert entry.name == name == entry.factory().name and getattr(plasticity, name) is entry.factory
    assert 20 < len(entry.summary) < 128 and "\\" not in entry.summary
    for parameter in named_card(name).parameters:
        assert parameter.kind and parameter.meaning, f"{name}: {parameter.name} is not documented"
    if name != "desire":
        assert entry.factory().equation and ".. math::" in entry.factory.__doc__
    assert all(p.default is not p.empty for p in inspect.signature(entry.factory).parameters.values())


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_polynomials_have_products(name):
    products = load_rule(name).products
    assert products and all(np.isfinite(p.coefficient) and p.coefficient for p in products)


@pytest.mark.parametrize("name", ["guetig_stdp", "power_law_stdp"])
def test_powers_are_polynomials_only_where_whole(name):
    assert any(map(not_a_polynomial, load_rule(name).products))
    assert not any(map(not_a_polynomial, load_rule(name, mu=1).products))


def test_importing_the_rules_loads_no_engine():
    code = "import sys, neurosim.plasticity; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"brian2", "sympy", "numba", "matplotlib"} & set(loaded)


def test_unknown_names():
    with pytest.raises(ContentError, match="Did you mean 'pair_stdp'"):
        load_rule("pair_sdtp")
    with pytest.raises(NetworkError, match="a_plus"):
        named_card("pair_stdp", a_pluss=1)
    with pytest.raises(UnitError, match="second"):
        load_rule("hebb", tau=20)


@pytest.mark.parametrize("name", ["pair_stdp", "nearest_neighbour_stdp"])
def test_pairs(name):
    rule = load_rule(name)
    assert_allclose(learn(rule, [20], [30]), 0.005 * kept(10))
    assert_allclose(learn(rule, [30], [20]), -0.00525 * kept(10))
    assert_allclose(learn(rule, [20], [20]), 0.005 - 0.00525)


def test_all_pairs_or_the_nearest():
    assert_allclose(learn(load_rule("pair_stdp"), [10, 20], [30]), 0.005 * (kept(10) + kept(20)))
    assert_allclose(learn(load_rule("nearest_neighbour_stdp"), [10, 20], [30]), 0.005 * kept(10))


def test_bounds_are_hard_and_optional():
    big = {"a_plus": 1.0, "a_minus": 2.0}
    assert learn(load_rule("pair_stdp", **big, bounds=(0, 1)), [20], [30]) == 0.5
    assert learn(load_rule("pair_stdp", **big), [20], [30]) == pytest.approx(kept(10))
    assert learn(load_rule("pair_stdp", **big), [30], [20]) == -0.5
    assert learn(load_rule("pair_stdp", **big, bounds=None), [30], [20]) == pytest.approx(-2 * kept(10))


def test_units_of_the_weights():
    rule = load_rule("pair_stdp", a_plus=0.01 * mV, a_minus=0.02 * mV, tau_plus=10 * ms, bounds=(0 * mV, 2 * mV))
    assert rule.bounds == (0, pytest.approx(2e-3)) and rule.traces["x"].tau == pytest.approx(0.01)
    assert_allclose(learn(rule, [20], [30], w=1e-3), 1e-5 * kept(10, 10.0))
    for rule in (load_rule("guetig_stdp", w_max=3 * mV), load_rule("diehl_cook", eta=0.1 * mV, w_max=3 * mV, mu=0)):
        assert rule.bounds == (0, pytest.approx(3e-3))
    assert load_rule("van_rossum_stdp", a_plus=1 * mV).parameters["a_plus"] == pytest.approx(1e-3)
    assert load_rule("power_law_stdp", w_0=1 * mV).parameters["w_0"] == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("name", "up", "down"),
    [
        ("multiplicative_stdp", 0.005 * 0.8, -0.005 * 1.05 * 0.2),
        ("van_rossum_stdp", 0.005, -0.01 * 0.2),
        ("guetig_stdp", 0.005 * 0.8**0.5, -0.005 * 1.05 * 0.2**0.5),
        ("power_law_stdp", 0.1 * 0.2**0.4, -0.1 * 0.11 * 0.2),
    ],
)
def test_dependence_on_the_weight(name, up, down):
    rule = load_rule(name)
    assert_allclose(learn(rule, [20], [30], w=0.2), up * kept(10))
    assert_allclose(learn(rule, [30], [20], w=0.2), down * kept(10))


def test_guetig_between_additive_and_multiplicative():
    for mu, other in ((0, "pair_stdp"), (1, "multiplicative_stdp")):
        got, expected = learn(load_rule("guetig_stdp", mu=mu), [20], [30]), learn(load_rule(other), [20], [30])
        assert_allclose(got, expected)


def test_triplets():
    rule = load_rule("triplet_stdp")
    assert set(rule.traces) == {"r1", "o1", "o2"} and set(rule.parameters) == {"a3_plus", "a2_minus"}
    assert learn(rule, [20], [30]) == 0
    pair = -7.1e-3 * kept(10, 33.7)
    assert_allclose(learn(rule, [30], [20]), pair)
    assert_allclose(learn(rule, [30], [20, 40]), pair + 6.5e-3 * kept(10, 16.8) * kept(20, 114.0))


def test_full_triplets():
    rule = load_rule("triplet_stdp", **plasticity.HIPPOCAMPUS)
    assert set(rule.traces) == {"r1", "r2", "o1", "o2"}
    pair = 6.1e-3 * kept(10, 16.8)
    assert_allclose(learn(rule, [20], [30]), pair)
    third = -kept(10, 33.7) * (1.6e-3 + 1.4e-3 * kept(20, 946.0))
    assert_allclose(learn(rule, [20, 40], [30]), pair + third)
    assert set(load_rule("triplet_stdp", **plasticity.HIPPOCAMPUS_MINIMAL).traces) == {"r1", "o1", "o2"}
    assert load_rule("triplet_stdp", **plasticity.VISUAL_CORTEX_MINIMAL) == load_rule("triplet_stdp")
    assert set(load_rule("triplet_stdp", **plasticity.VISUAL_CORTEX).traces) == {"r1", "r2", "o1", "o2"}


def test_triplets_of_nothing():
    with pytest.raises(NetworkError, match="changes nothing"):
        load_rule("triplet_stdp", a3_plus=0, a2_minus=0)


def test_diehl_cook():
    rule = load_rule("diehl_cook")
    assert_allclose(learn(rule, [20], [30], w=0.2), 0.01 * (kept(10) - 0.4) * 0.8)
    assert_allclose(learn(rule, [], [30], w=0.2), -0.01 * 0.4 * 0.8)
    assert learn(rule, [30], [20], w=0.2) == learn(rule, [], [20], w=0.2)
    assert_allclose(learn(load_rule("diehl_cook", mu=0), [], [30]), -0.004)
    assert_allclose(learn(load_rule("diehl_cook", mu=2), [], [30], w=0.2), -0.004 * 0.64)
    with pytest.raises(NetworkError, match="mu = 0.5"):
        load_rule("diehl_cook", mu=0.5)


def test_inhibition():
    rule = load_rule("inhibitory_stdp", rho_0=10 * Hz)
    alpha = 2 * 10 * 0.02
    assert_allclose(learn(rule, [20], []), -0.01 * alpha)
    for pre, post in ((20, 30), (30, 20)):
        assert_allclose(learn(rule, [pre], [post]), 0.01 * (kept(10) - alpha))
    mirrored = load_rule("inhibitory_stdp", eta=-0.01, rho_0=10 * Hz)
    assert rule.bounds == (0, np.inf) and mirrored.bounds == (-np.inf, 0)
    assert_allclose(learn(mirrored, [20], [30], w=-0.5), -learn(rule, [20], [30]))


def test_inhibition_rests_at_the_target_rate():
    steps, draw = 200_000, np.random.default_rng(0)
    pre = draw.random((steps, 1)) < 10 * DT
    for rate, sign in ((4, -1), (16, 1)):
        post = draw.random((steps, 1)) < rate * DT
        rule = load_rule("inhibitory_stdp", eta=1e-4, rho_0=8 * Hz)
        changed = run_rule(rule, pre[:20_000], post[:20_000], [[0.5]], DT)[-1]["w"][0, 0] - 0.5
        assert np.sign(changed) == sign


def test_hebb_and_instar():
    assert_allclose(learn(load_rule("hebb"), [20], [30]), 0.005 * kept(10))
    assert learn(load_rule("hebb"), [30], [20]) == 0
    assert_allclose(learn(load_rule("instar", gain=2.0), [20], [30]), 0.02 * (2 * kept(10) - 0.5))
    assert learn(load_rule("instar"), [20], [20], w=1.0) == 0


def test_oja_keeps_its_norm():
    """Where the post trace is w @ x, a weight of norm 1 along the input stays; a longer one shrinks, a shorter one grows."""
    rule = load_rule("oja", period=1)
    (update,) = rule.updates
    x = np.array([0.6, 0.8])
    for scale, sign in ((1.0, 0.0), (2.0, -1.0), (0.5, 1.0)):
        w = scale * x
        added = eval(update.text, {}, {**rule.parameters, "x": x, "w": w, "y": w @ x})
        assert_allclose(np.sign(np.round(added @ x, 12)), sign)
    assert load_rule("oja").updates[0].gate.period == 8


def test_bcm_slides():
    """Poisson spikes at the fixed-point rate do nothing on average; the threshold is the square of the mean."""
    rule = load_rule("bcm", rho_0=10 * Hz)
    (update,) = rule.updates
    for rate in (5.0, 10.0, 20.0):
        y = rate * 0.02
        values = {**rule.parameters, "x": 1.0, "s": y + 0.02, "y": y + 1}
        assert_allclose(eval(update.text, {}, values), 0.01 * (y - y**2 / 0.2), atol=1e-15)
    slow = rule.traces["s"]
    assert slow.impulse * 1.0 == pytest.approx(0.02) and slow.peak * slow.impulse == pytest.approx(40 * 0.02)


def test_reward_turns_tags_into_weights():
    rule = load_rule("reward_stdp")
    reward = np.zeros(100)
    assert_allclose(learn(rule, [20], [30], signals={"M": reward}, variable="tag"), 0.1 * kept(10) * kept(69, 1000))
    assert learn(rule, [20], [30], signals={"M": reward}) == 0
    reward[60] = 0.5
    assert_allclose(learn(rule, [20], [30], signals={"M": reward}), 0.1 * 0.5 * 0.1 * kept(10) * kept(30, 1000))
    assert_allclose(learn(rule, [30], [20], signals={"M": reward}), -0.1 * 0.5 * 0.15 * kept(10) * kept(30, 1000))


@pytest.mark.parametrize(("name", "down"), [("mstdp", -0.01), ("ecd", 0.01)])
@pytest.mark.parametrize("signal", [1.0, -1.0, 0.0])
def test_signals_of_the_step(name, down, signal):
    rule = load_rule(name)
    signals = {rule.signals[0]: np.full(100, signal)}
    assert_allclose(learn(rule, [20], [30], signals=signals), signal * 0.01 * kept(10))
    assert_allclose(learn(rule, [30], [20], signals=signals), signal * down * kept(10))


def test_delta_is_for_each_neuron():
    pre, post = np.zeros((50, 1)), np.zeros((50, 2))
    pre[10] = 1
    error = np.zeros((50, 2))
    error[15:18] = [1.0, -0.5]
    end = run_rule(load_rule("delta"), pre, post, [[0.5, 0.5]], DT, signals={"M": error})[-1]["w"]
    total = 0.001 * (kept(5) + kept(6) + kept(7))
    assert_allclose(end, [[0.5 + total, 0.5 - 0.5 * total]])


def test_desire_is_in_the_catalogue():
    assert RULES["desire"].factory is plasticity.desire and load_rule("desire").needs_training_loop
