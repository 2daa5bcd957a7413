"""Rules become data for a file, and come back equal."""

import json

import pytest

from neurosim import Uniform
from neurosim.errors import UnsupportedError
from neurosim.plasticity import PlasticityRule, normalise, post, post_state, pre, synaptic, time_step
from neurosim.plasticity.catalogue import RULES, load_rule
from neurosim.plasticity.stored import rule_data, rule_of
from neurosim.units import ms, second

EVERYTHING = PlasticityRule(
    "everything",
    traces={"x": pre(20 * ms), "mean": post(10 * ms, of="v", delay=3 * ms)},
    variables={"c": synaptic(1 * second, start=0.5)},
    modulators={"u": post_state("v")},
    parameters={"h": time_step(), "a": 0.1},
    on_pre={"c": "a * where(mean > u, 1, 0)", "w": "c * before(x) * a"},
    every=[(4 * ms, {"w": "-a * w * h / h"})],
    normalise=normalise(2.0, every=9 * ms),
)


@pytest.mark.parametrize("rule", [EVERYTHING, *(load_rule(name) for name in RULES if name != "desire")], ids=lambda r: r.name)
def test_rules_come_back_equal(rule):
    assert rule_of(json.loads(json.dumps(rule_data(rule))), "file") == rule


def test_what_is_no_data_is_refused_by_name():
    varied = PlasticityRule("varied", traces={"x": pre(20 * ms)}, on_pre={"w": "a * x"}, parameters={"a": Uniform(0, 1)})
    with pytest.raises(UnsupportedError, match="'a' differs between synapses"):
        rule_data(varied)
    with pytest.raises(UnsupportedError, match="training loop"):
        rule_data(load_rule("desire"))
