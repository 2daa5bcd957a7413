"""What a user chooses of a quantisation: clips of projections and factors of populations' scales, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from neurosim.errors import QuantisationError, shown, unknown_name
from neurosim.program.step import StepProgram


def clips_of(program: StepProgram, clip: Any) -> Mapping[str, float]:
    """Projection -> absolute value at which its weights are clipped; projections without a clip are left out.

    Raises
    ------
    QuantisationError
        If a clip is no positive number, or there is no such projection.
    """
    names = [p.name for p in program.projections]
    remedy = "a positive absolute weight; leave it out to keep all weights"
    if clip is None:
        return {}
    if not isinstance(clip, Mapping):
        return dict.fromkeys(names, _positive("clip", clip, remedy))
    return {name: _positive(f"clip of {name!r}", clip[name], remedy) for name in _known("projection", clip, names)}


def factors_of(program: StepProgram, scales: Any) -> Mapping[str, float]:
    """Population -> factor of its scale; populations without one are left out.

    Raises
    ------
    QuantisationError
        If a factor is no positive number, or there is no such population.
    """
    given = {} if scales is None else scales
    if not isinstance(given, Mapping):
        raise QuantisationError(f"scales = {shown(scales)}: expected a mapping from populations to factors.")
    names, remedy = [p.name for p in program.populations], "a positive factor; leave it out for the default scale"
    return {name: _positive(f"scale of {name!r}", given[name], remedy) for name in _known("population", given, names)}


def _known(what: str, given: Iterable[Any], names: list[str]) -> list[str]:
    for name in given:
        if name not in names:
            raise QuantisationError(unknown_name(what, str(name), names))
    return list(given)


def _positive(who: str, value: Any, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise QuantisationError(f"{who} = {shown(value)}: expected {expected}.")
    return float(value)
