"""One table, every execution: the same spikes, states and weights, or a refusal for the reason that the table names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from neurosim.analysis.comparison import compare
from neurosim.backends.executions import OWN, Execution
from neurosim.errors import QuantisationError, UnsupportedError
from tests.conformance.scenarios import SCENARIOS, Scenario

TIMEOUT = 120
NEAR = {"Brian2 exact": "emulator float", "emulator fixed": "emulator float", "emulator loihi1": "emulator fixed"}
"""Executions with other arithmetic, and the one from whose spike counts they must not differ by much."""
LEARNING = [row for row in SCENARIOS if any(p.plasticity for p in row.network.projections)]
ROWS = {scenario.name: scenario for scenario in SCENARIOS}


def cells(names, refused: bool) -> Iterator:
    """Cells of the table, as parameters of a test."""
    for row in SCENARIOS:
        for name in names:
            if (name in row.unsupported) == refused:
                yield pytest.param(row, OWN[name], id=f"{row.name} - {name}")


@cache
def recorded(row: str, name: str, times: int = 1):
    """The row in an execution, which runs once for all tests."""
    scenario, execution = ROWS[row], OWN[name]
    if execution.missing():
        pytest.skip(execution.missing())
    return execution.run(scenario.workload, times * scenario.duration, timeout=TIMEOUT, **scenario.arguments)


def test_the_table_names_executions():
    assert len(ROWS) == len(SCENARIOS)
    assert {name for row in SCENARIOS for name in row.unsupported} <= OWN.keys()
    assert {e.equals for e in OWN.values()} - {""} | set(NEAR) | set(NEAR.values()) <= OWN.keys()


@pytest.mark.parametrize(("row", "execution"), cells(OWN, refused=True))
def test_refused(row: Scenario, execution: Execution):
    (reason,) = execution.refuses(row.workload)
    assert re.search(row.unsupported[execution.name], reason), reason
    with pytest.raises((QuantisationError, UnsupportedError)) as error:
        execution.run(row.workload, row.duration, **row.arguments)
    assert " ".join(str(error.value).split()) == reason


@pytest.mark.parametrize(("row", "execution"), cells([n for n, e in OWN.items() if not e.equals], refused=False))
def test_runs(row: Scenario, execution: Execution):
    assert execution.refuses(row.workload) == ()
    assert recorded(row.name, execution.name).counts(row.busy).sum() > 10


@pytest.mark.parametrize(("row", "execution"), cells([n for n, e in OWN.items() if e.equals], refused=False))
def test_equal(row: Scenario, execution: Execution):
    """Every spike; states, weights, tags and traces up to rounding errors in float, and bit for bit in integers."""
    assert execution.refuses(row.workload) == ()
    wanted, found = recorded(row.name, execution.equals), recorded(row.name, execution.name)
    same = compare(wanted, found)
    assert same.identical, same.first
    tolerance = 0 if execution.equals == "emulator fixed" else 1e-9
    for key, values in wanted.states.items():
        np.testing.assert_allclose(found.states[key], values, rtol=0, atol=tolerance, err_msg=str(key))
    for key, trace in (wanted.weights | wanted.synapses).items():
        other = (found.weights | found.synapses)[key]
        assert np.array_equal(trace.steps, other.steps), key
        np.testing.assert_allclose(other.values, trace.values, rtol=0, atol=tolerance, err_msg=str(key))


@pytest.mark.parametrize("row", LEARNING, ids=lambda row: row.name)
def test_rows_that_learn_do(row: Scenario):
    for name in ("emulator float", "emulator fixed"):
        for projection, trace in recorded(row.name, name).weights.items():
            start = np.asarray(row.network.weights(projection))
            assert np.abs(trace.values[-1] - start).max() > 0, (name, projection)


@pytest.mark.parametrize(
    ("row", "name"),
    [(r, n) for r in SCENARIOS for n in NEAR if not {n, NEAR[n]} & r.unsupported.keys()],
    ids=lambda value: getattr(value, "name", value),
)
def test_near(row: Scenario, name: str):
    """Other arithmetic changes single spikes, but not how many there are."""
    found, wanted = (recorded(row.name, which, 4).counts(row.busy).sum() for which in (name, NEAR[name]))
    assert abs(found - wanted) <= 0.1 * wanted + 3
