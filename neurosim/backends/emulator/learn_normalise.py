"""Normalisation of weights in float as text: a sum over the synapses of each neuron, in their order, and one factor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neurosim.plasticity.products import SMALLEST_SHARE, GateKind, Normalisation

SAMPLE_START, SAMPLE_END = 2, 1
"""Phases in which `learn` is called by the host; in a step, the phase is 0."""
_FACTORS = f"""
def factors(totals: P[f64], n: i64, to: f64):
    for i in range(n):
        totals[i] = to / totals[i] if totals[i] / to > {SMALLEST_SHARE!r} else 1.0
"""
_GIVEN = "weight: P[f64], n_pre: i64, n_post: i64, totals: P[f64], to: f64, low: f64, high: f64"
_DENSE = """
def normalise({given}):
    clear(totals, {n})
    for i in range(n_pre):
        here = weight + i * n_post
        for j in range(n_post):
            totals[{neuron}] = totals[{neuron}] + here[j]
    factors(totals, {n}, to)
    for i in range(n_pre):
        here = weight + i * n_post
        for j in range(n_post):
            here[j] = min(high, max(low, here[j] * totals[{neuron}]))
"""
_SPARSE = """
def normalise(row: P[i64], column: P[i32], {given}):
    clear(totals, {n})
    for i in range(n_pre):
        for s in range(row[i], row[i + 1]):
            totals[{neuron}] = totals[{neuron}] + weight[s]
    factors(totals, {n}, to)
    for i in range(n_pre):
        for s in range(row[i], row[i + 1]):
            weight[s] = min(high, max(low, weight[s] * totals[{neuron}]))
"""
_CLEAR = """
def clear(totals: P[f64], n: i64):
    for i in range(n):
        totals[i] = 0.0
"""


def normalise_source(rule: Normalisation, dense: bool) -> str:
    """Functions that scale the weights."""
    after = rule.over == "post"
    neuron = ("j" if dense else "column[s]") if after else "i"
    text = (_DENSE if dense else _SPARSE).format(given=_GIVEN, n="n_post" if after else "n_pre", neuron=neuron)
    return _CLEAR + _FACTORS + text


def normalised(body: Iterable[str], rule: Normalisation, dense: bool, numbers: Iterable[str]) -> Iterator[str]:
    """Lines of `learn` around its other lines; `numbers` are its places for bounds, period and sum."""
    low, high, period, to = numbers
    own = "" if dense else "row, column, "
    call = f"normalise({own}weight, n_pre, n_post, as_f64(table[TOTALS]), {to}, {low}, {high})"
    if rule.gate.channel == "sample_start":
        yield from (f"if phase == {SAMPLE_START}:", f"    if {to} != 0.0:", f"        {call}", "else:")
        yield from (f"    {line}" for line in body)
        return
    yield from body
    every = f"phase == 0 and (k + 1) % i64({period}) == 0"
    due = every if rule.gate.kind is GateKind.EVERY else f"phase == {SAMPLE_END}"
    yield from (f"if {due} and {to} != 0.0:", f"    {call}")
