"""Studies as descriptions: plans, values, tables, statistics."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats as scipy_stats

from neurosim.errors import UsageError
from neurosim.study import Choice, Grid, Integers, LogRange, Measure, Random, Range, Search, Size, Study, Trial
from neurosim.study.stats import paired, summary
from neurosim.study.table import Row, Table, ordered
from neurosim.study.values import canonical, described, lively, plain, trial_key
from neurosim.units import mV


def nothing(t):
    return {"m": 0.0}


def study(**changes):
    said = {"name": "s", "question": "?", "trial": nothing, "parameters": Grid({"a": [1, 2]})}
    said["measures"] = {"m": Measure("1", "")}
    return Study(**(said | changes))


def points(plan, score=lambda point, measure: 0.0):
    return [point for batch in plan.rounds(score) for point in batch]


def test_grid_visits_every_combination():
    assert points(Grid({"a": [1, 2], "b": ["x", "y", "z"]})) == [{"a": a, "b": b} for a in (1, 2) for b in "xyz"]
    assert len(Grid({"a": [1, 2], "b": [0]})) == 2


def test_random_points_do_not_depend_on_how_many():
    ranges = {"a": Range(0, 1), "b": LogRange(1e-4, 1), "c": Integers(1, 3), "d": Choice(["x", "y"])}
    few, many = points(Random(ranges, 5)), points(Random(ranges, 50))
    assert many[:5] == few
    assert {p["c"] for p in many} == {1, 2, 3} and {p["d"] for p in many} == {"x", "y"}
    assert all(0 <= p["a"] <= 1 and 1e-4 <= p["b"] <= 1 for p in many)
    assert points(Random(ranges, 5, seed=1)) != few


def test_search_finds_the_top_and_repeats_itself():
    pytest.importorskip("optuna", reason="the extra search is not installed")
    plan = Search({"a": Range(-1, 1)}, 40, "m")
    score = lambda point, measure: -((point["a"] - 0.3) ** 2)  # noqa: E731
    found = points(plan, score)
    assert len(found) == 40 and found == points(plan, score)
    assert abs(max(found, key=lambda p: score(p, "m"))["a"] - 0.3) < 0.1


def test_settings_replace_values_and_know_their_names():
    assert points(study().design(settings={"a": [7]}).plan) == [{"a": 7}]
    random = Random({"a": Range(0, 1)}, 3).with_values({"a": [5]})
    assert [p["a"] for p in points(random)] == [5, 5, 5]
    with pytest.raises(UsageError, match="Unknown parameter 'aa'.*Did you mean 'a'"):
        study().design(settings={"aa": [7]})


def test_sizes():
    small = study(ci=Size(Grid({"a": [1]}), seeds=2))
    assert len(small.design("full")) == 10 and len(small.design("ci")) == 2
    with pytest.raises(UsageError, match="Unknown size 'tiny': expected one of ci, full"):
        small.design("tiny")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a/b"}, "names a folder"),
        ({"measures": {}}, "at least one measure"),
        ({"measures": {"a": Measure("1", "")}}, "has the name of a measure or of another column"),
        ({"seeds": [1, 1]}, "different numbers"),
        ({"seeds": 0}, "expected a count"),
    ],
)
def test_a_study_is_checked_when_it_is_made(changes, message):
    with pytest.raises(UsageError, match=message):
        study(**changes)


@pytest.mark.parametrize("values", ["abc", [], 3])
def test_a_grid_is_checked_when_it_is_made(values):
    with pytest.raises(UsageError, match="to a list of values|expected a list"):
        Grid({"a": values})


@pytest.mark.parametrize("make", [lambda: Range(1, 0), lambda: LogRange(0, 1), lambda: Integers(2, 1), lambda: Choice([])])
def test_a_range_is_checked_when_it_is_made(make):
    with pytest.raises(UsageError, match="expected"):
        make()


@pytest.mark.parametrize("value", [1, 0.1, "x", None, True, [1, [2.5, "y"]], np.float64(0.1), np.int32(3), 5 * mV, [1, 2] * mV])
def test_values_survive_storage(value):
    stored = plain(value, "v")
    back = lively(json.loads(canonical(stored)))
    assert np.all(back == value)
    assert plain(back, "v") == stored


def test_values_that_cannot_be_stored_are_refused():
    with pytest.raises(UsageError, match="v = <object"):
        plain(object(), "v")


def test_a_trial_is_named_by_content_not_by_order():
    assert trial_key({"a": 1, "b": 2}, 0) == trial_key({"b": 2, "a": 1}, 0) != trial_key({"a": 1, "b": 2}, 1)
    assert described({"a": plain(5 * mV, "a"), "b": 0.1}, 3) == "a=5 mV, b=0.1, seed=3"


def test_streams_depend_on_seed_and_name_only(tmp_path):
    one, other = Trial({"a": 1}, 0, tmp_path), Trial({"a": 2}, 0, tmp_path)
    assert one.rng("x").random() == other.rng("x").random() != one.rng("y").random()
    assert one.rng("x").random() != Trial({"a": 1}, 1, tmp_path).rng("x").random()


@pytest.fixture
def table():
    rows = [Row({"a": a, "b": b}, s, {"m": 10 * a + s}, {}, 0.1, f"{a}{b}{s}") for s in (1, 0) for b in "yx" for a in (10, 9)]
    return Table(("a", "b"), ("m",), ordered(rows, ("a", "b")))


def test_table_is_in_order_of_parameters(table):
    assert table.column("a") == [9] * 4 + [10] * 4
    assert table.column("seed") == [0, 1] * 4
    assert [values for values, _ in table.by("b", "a")] == [("x", 9), ("y", 9), ("x", 10), ("y", 10)]
    assert len(table.where(a=9, seed=1)) == 2
    with pytest.raises(UsageError, match="Unknown column 'c'"):
        table.column("c")


def test_summary_is_scipys():
    values = np.random.default_rng(3).normal(5, 2, 12)
    found = summary(values)
    assert (found.n, found.mean, found.sd) == (12, pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert found.low < found.mean < found.high
    assert found == summary(values.tolist())
    half = scipy_stats.t.ppf(0.975, 11) * found.sd / np.sqrt(12)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.25)


def test_few_or_equal_values():
    assert summary([]).n == 0
    one, equal = summary([3.0]), summary([2.0, 2.0])
    assert (one.mean, np.isnan(one.sd)) == (3, True)
    assert (equal.low, equal.high, equal.sd) == (2, 2, 0)


def test_paired_tests_are_scipys():
    rng = np.random.default_rng(0)
    a, noise = rng.normal(size=10), rng.normal(0.5, 0.1, 10)
    found = paired(a, a + noise)
    assert found.difference.mean == pytest.approx(noise.mean())
    assert found.t_test == pytest.approx(scipy_stats.ttest_rel(a + noise, a).pvalue)
    assert found.wilcoxon == pytest.approx(2 / 2**10)
    assert np.isnan(paired(a, a).t_test) and paired(a, a + 1).t_test == 0
