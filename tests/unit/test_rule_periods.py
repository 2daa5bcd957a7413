"""Periods of rules in time become steps in a network; a rule with one stays one rule for networks of any dt."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import Network, PoissonInput, Population, Projection, deploy, emulate_network, simulate, start
from neurosim.errors import NetworkError, UnitError, UnsupportedError
from neurosim.plasticity import PlasticityRule, gated, pre
from neurosim.plasticity.literals import milliseconds
from neurosim.units import Hz, ms, mV, second
from tests.unit.rule_networks import assert_alike, teaching


def counting(every, **more):
    """A rule that adds 1 to each weight at regular times."""
    return PlasticityRule("counting", every=every, parameters={"one": 1.0}, **more)


def network(rule, dt=1 * ms, **more):
    return teaching(rule, np.zeros((3, 2)), dt=dt, **more)


def last(recording):
    return recording.final_weights()["pre_post"]


@pytest.mark.parametrize(("dt", "expected"), [(1 * ms, 10), (0.5 * ms, 10), (10 * ms, 10)])
@pytest.mark.parametrize("run", [emulate_network, lambda *a: simulate(*a, integration="step"), simulate])
def test_one_rule_for_every_dt(run, dt, expected):
    rule = counting([(10 * ms, {"w": "one"})])
    assert_allclose(last(run(network(rule, dt, tau=20 * ms), 100 * ms)), np.full((3, 2), expected), rtol=1e-14)


def test_steps_and_times_side_by_side():
    rule = counting([(7, {"w": "one"}), (20 * ms, {"w": "100 * one"})])
    assert last(emulate_network(network(rule), 100 * ms))[0, 0] == 14 + 500
    assert last(simulate(network(rule), 100 * ms, integration="step"))[0, 0] == 14 + 500
    assert [str(u.gate) for u in rule.updates] == ["every 7", "every 20 ms"]


def test_a_time_equals_its_steps():
    in_time = counting([(4 * ms, {"w": "one"})])
    in_steps = counting({4: {"w": "one"}})
    assert in_time.in_steps(1e-3).updates == in_steps.updates
    assert in_steps.in_steps(1e-3) is in_steps
    assert in_time.in_steps(0.5e-3).updates[0].gate.period == 8
    assert counting({milliseconds(4): {"w": "one"}}).updates == in_time.updates


def test_constants_and_gates_keep_the_period():
    rule = counting([(10 * ms, {"w": "one"})])
    run = start(network(rule))
    run.advance(20 * ms)
    run.constants["pre_post", "one"] = 0.5
    run.advance(20 * ms)
    assert run.weights["pre_post"][0, 0] == 3
    assert [u.gate for u in gated(rule).updates] == [u.gate for u in rule.updates]


def test_a_chip_takes_powers_of_two_of_its_steps():
    def made(period):
        rule = PlasticityRule(
            "decay",
            traces={"x": pre(20 * ms)},
            every=[(period, {"w": "-c * w"})],
            parameters={"c": 0.125},
            bounds=(0 * mV, 1 * mV),
        )
        return teaching(rule, np.full((3, 2), 0.5), unit=mV)

    chip = deploy(made(4 * ms), "loihi2")
    assert next(p for p in chip.program.projections if p.name == "pre_post").rule.decimation == 2
    with pytest.raises(UnsupportedError, match="the period is 10 steps"):
        deploy(made(10 * ms), "loihi2")


@pytest.mark.parametrize("period", [2.5 * ms, 0.1 * ms])
def test_no_whole_number_of_steps(period):
    with pytest.raises(NetworkError, match=r"'pre_post': Rule 'counting': every .* ms: .* steps of 0.001 s; expected a whole"):
        network(counting([(period, {"w": "one"})]))


@pytest.mark.parametrize(
    ("every", "error", "part"),
    [
        ([(0 * ms, {"w": "one"})], NetworkError, "above zero"),
        ([(-1 * ms, {"w": "one"})], NetworkError, "above zero"),
        ([(3 * mV, {"w": "one"})], UnitError, "second"),
        ([(0.5, {"w": "one"})], NetworkError, "such as 10"),
        ([(np.inf * second, {"w": "one"})], NetworkError, "finite"),
        ([([1, 2] * ms, {"w": "one"})], NetworkError, "one number"),
        ([(10 * ms,)], NetworkError, "periods with updates"),
        (10 * ms, NetworkError, "periods with updates"),
        ([(10 * ms, "one")], NetworkError, "every 10 ms"),
    ],
)
def test_wrong_periods(every, error, part):
    with pytest.raises(error, match=part):
        counting(every)


def test_random_networks():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        period = float(rng.integers(1, 9)) * ms
        rule = PlasticityRule(
            "mixed",
            traces={"x": pre(20 * ms)},
            on_post={"w": "0.1 * x"},
            every=[(period, {"w": "-0.05 * w"}), (3, {"w": "0.01 * x"})],
            bounds=(0.0, 2.0),
        )
        assert_alike(teaching(rule, rng.uniform(0, 1, (6, 4)), seed=seed))


def test_poisson_inputs_need_no_other_dt():
    cells = network(counting([(10 * ms, {"w": "one"})])).population("post")
    made = Network(
        "poisson",
        [Population("in", 3, PoissonInput(50 * Hz)), cells],
        [Projection("in", "post", np.zeros((3, 2)), plasticity=counting([(10 * ms, {"w": "one"})]))],
        dt=2 * ms,
    )
    assert emulate_network(made, 100 * ms).final_weights()["in_post"][0, 0] == 10
