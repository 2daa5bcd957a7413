"""Units of traces, tags and third factors on a chip, chosen so that the constants of all products have small errors.

A constant of the learning engine has four bits. The units of the factors that it multiplies are free, though: with an impulse
of 29 instead of 31, the constant changes by 7 %, and likewise for each factor. The search tries the units of all factors
together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from neurosim.chip.learning_engine.constants import CLOSE, Literals
from neurosim.chip.learning_engine.terms import Term
from neurosim.program.engine_rule import SYNAPTIC_BITS, TRACE_BITS, VARIABLES, hidden_shift
from neurosim.units import FloatArray

_GRID = 120_000
"""Largest number of combinations of scales that are tried at once."""
_OCTAVE, _OCTAVE_WHOLE = 0.01, 0.0025
"""Relative error of a constant that is accepted to double the resolution of a variable, and of one that is -1, 0 or 1."""
_LARGEST_CONSTANT = {TRACE_BITS: 127, SYNAPTIC_BITS: 255}
_IMPOSSIBLE = 100.0
_MANTISSA = 4
"""Typical mantissa of a constant that was fitted well."""
_SPARE, _PER_LARGEST, _ENOUGH = 0.02, 2.0, 16
"""Error that counts for the rounding of a product with the spare trace: fixed part, part per inverse of the largest value;
and the smallest largest value with which the spare trace may be used."""

Candidates = Mapping[str, FloatArray]


def width(name: str) -> int:
    """Width of a factor in bits."""
    return SYNAPTIC_BITS if name in VARIABLES else TRACE_BITS


def shift_of(term: Term, more: int = 0) -> int:
    """The hidden right-shift of the term's product, with `more` bits of other factors."""
    return hidden_shift(sum(width(name) for name, _ in term.factors) + more)


def chip_coefficient(term: Term, scales: Mapping[str, FloatArray]) -> FloatArray:
    """The term's coefficient in engine units, for scales or grids of scales."""
    value = term.coefficient * np.asarray(scales[term.target])
    for name, _ in term.factors:
        value = value / scales[name]
    return np.asarray(value)


def choose_scales(
    terms: Iterable[Term], candidates: Candidates, literals: Literals, spare: bool, whole: Collection[str] = ()
) -> tuple[dict[str, float], float]:
    """The best of the candidates for each variable, and the largest relative error of a constant with these scales.

    Parameters
    ----------
    terms : iterable of Term
        All terms of the rule.
    candidates : mapping
        Variable -> possible scales (engine units per unit of the step program).
    literals : Literals
        Constants that the engine supports.
    spare : bool
        Whether there is an unused trace, see `takes_spare`.
    whole : collection of str
        Variables that are -1, 0 or 1; a larger scale does not make them finer, it only reduces the loss in the hidden shift.
    """
    found = tuple(terms)
    free = [name for name, values in candidates.items() if len(values) > 1]
    each = max(2, int(_GRID ** (1 / max(1, len(free)))))
    thin = {name: _thinned(values, each) for name, values in candidates.items()}
    worth = {name: _OCTAVE_WHOLE if name in whole else _OCTAVE for name in candidates}
    best = _best(found, thin, literals, spare, candidates, worth)
    for _ in range(2):
        for name in free:
            line = {n: candidates[n] if n == name else np.asarray([best[n]]) for n in candidates}
            best = _best(found, line, literals, spare, candidates, worth)
    axes = {name: np.asarray(scale) for name, scale in best.items()}
    return best, max(float(_error(term, axes, literals, spare)) for term in found)


def _thinned(values: FloatArray, count: int) -> FloatArray:
    """At most `count` of the values, evenly spaced on a logarithmic scale, including the largest."""
    if len(values) <= count:
        return values
    wanted = np.geomspace(values.max(), values.min(), count)
    nearest = np.abs(np.log(wanted[:, None] / values[None, :])).argmin(axis=1)
    return np.asarray(np.unique(values[nearest]))


def _best(
    terms: tuple[Term, ...],
    grid: Candidates,
    literals: Literals,
    spare: bool,
    candidates: Candidates,
    worth: Mapping[str, float],
) -> dict[str, float]:
    names = list(grid)
    axes = dict(zip(names, np.meshgrid(*grid.values(), indexing="ij", sparse=True), strict=True))
    shape = [len(v) for v in grid.values()]
    worst, cost = np.zeros(shape), np.zeros(shape)
    for term in terms:
        error = _error(term, axes, literals, spare)
        error = error + np.maximum(0, error - CLOSE)
        worst, cost = np.maximum(worst, error), cost + error / 2
    cost += worst
    for name, octave in worth.items():
        cost = cost + octave * np.log2(candidates[name].max() / axes[name])
    place = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return {name: float(grid[name][i]) for name, i in zip(names, place, strict=True)}


def _error(term: Term, axes: Mapping[str, FloatArray], literals: Literals, spare: bool) -> FloatArray:
    """Relative error of the term's constant, or of the constant in its brackets, over the grid of scales."""
    plain, finer = _both(term, np.abs(chip_coefficient(term, axes)), literals)
    error = np.minimum(plain, finer) if spare else plain
    for name, constant in term.factors:
        if constant:
            wanted = np.abs(constant) * axes[name]
            wrong = np.abs(np.round(wanted) - wanted) / wanted
            error = np.maximum(error, np.where(wanted <= _LARGEST_CONSTANT[width(name)] + 0.5, wrong, _IMPOSSIBLE))
    return np.asarray(error)


def takes_spare(term: Term, size: float, literals: Literals) -> bool:
    """Whether the factor (trace + 1) of an unused trace, which is 1 but shifts by 7 more bits, reduces the total error."""
    plain, finer = _both(term, np.asarray(size), literals)
    return bool(finer < plain)


def _both(term: Term, size: FloatArray, literals: Literals) -> tuple[FloatArray, FloatArray]:
    """Relative errors of the engine's constant without and with the spare trace; the latter includes the cost of rounding.

    A product is rounded down to a whole number after the hidden shift; `largest` is its largest possible value after that.
    """
    plain = literals.error(size * 2.0 ** shift_of(term))
    shift = shift_of(term, TRACE_BITS)
    tops = [(1 << (width(name) - (name in VARIABLES))) - 1 for name, _ in term.factors]
    largest = _MANTISSA * float(np.prod(tops)) / 2.0**shift
    rounding = _SPARE + _PER_LARGEST / largest if largest >= _ENOUGH else _IMPOSSIBLE
    return plain, literals.error(size * 2.0**shift) + rounding
