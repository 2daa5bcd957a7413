"""Every rule of the catalogue becomes data and comes back equal, unless a training loop computes a part of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neurosim.errors import DataError, UnsupportedError
from neurosim.plasticity import RULES, PlasticityRule, load_rule, normalise, pre, synaptic
from neurosim.plasticity.stored import rule_data, rule_of
from neurosim.units import ms, mV


def again(rule):
    return rule_of(json.loads(json.dumps(rule_data(rule))), "here")


@pytest.mark.parametrize("name", list(RULES))
def test_rules_of_the_catalogue(name):
    rule = load_rule(name)
    if rule.needs_training_loop:
        with pytest.raises(UnsupportedError, match="is computed by an object of a training loop"):
            rule_data(rule)
        return
    assert again(rule) == rule
    assert [str(u.gate) for u in again(rule).updates] == [str(u.gate) for u in rule.updates]


def test_units_periods_phases_and_sums():
    rule = PlasticityRule(
        "all",
        traces={"x": pre(tau=20 * ms, mode="saturate", peak=1.0), "tag": synaptic(decay=0.9, peak=2 * mV)},
        parameters={"eta": 0.1 * mV, "k": 3},
        on_pre={"tag": "eta * x"},
        every=[(10 * ms, {"w": "tag"}), (7, {"tag": "-tag"})],
        at={"sample_end": {"w": "k * tag"}},
        bounds=(0 * mV, 5 * mV),
        normalise=normalise(to=20 * mV, over="pre", at="sample_end"),
    )
    assert again(rule) == rule
    assert again(rule).limits[1].dim is not None and again(rule).bounds == (0.0, 5e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("traces"), "KeyError: 'traces'"),
        (lambda d: d.update(name=3), "its parts make no rule"),
        (lambda d: d["parameters"].update(eta=[1.0, [0.0] * 3]), "a dimension has seven finite powers"),
        (lambda d: d["parameters"].update(eta=[float("nan"), [0.0] * 7]), "its parts make no rule"),
        (lambda d: d["updates"][0].update(text="().__class__"), "its parts make no rule"),
        (lambda d: d["updates"][0]["gate"].update(kind="__class__"), "KeyError"),
        (lambda d: d["traces"]["x"].update(mode="grow"), "damaged, or written by another version"),
        (lambda d: d["traces"]["x"].update(tau=-1.0), "its parts make no rule"),
        (lambda d: d.update(modulators={"M": {"supplier": ["a"], "peak": 1}}), "supplier of a modulator is no text"),
        (lambda d: d.update(bounds=[1, 2, 3]), "damaged, or written by another version"),
    ],
)
def test_data_that_is_no_rule(change, message):
    data = rule_data(PlasticityRule(traces={"x": pre(tau=20 * ms)}, parameters={"eta": 0.1}, on_post={"w": "eta * x"}))
    change(data)
    with pytest.raises(DataError, match=message):
        rule_of(data, "here")
    assert np.isfinite(rule_data(load_rule("pair_stdp"))["parameters"]["a_plus"][0])
