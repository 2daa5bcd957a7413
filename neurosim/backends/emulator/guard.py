"""Selection of the populations in which a run counts overflows: only where they are possible, so others cost nothing.

`neurosim.chip.bounds` determines which populations can overflow with the payloads and steps of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.emulator.arithmetic import ACCUMULATOR_HALF, ALIGN, HALF, Arithmetic
from neurosim.backends.emulator.held import held_by
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.overflow import COUNTS, IN_PRODUCTS
from neurosim.backends.emulator.to_arrays import block_order
from neurosim.chip.bounds import Held, Payloads, Reach, Span, reached
from neurosim.program.fixed import FixedPopulation, FixedProgram


class Guard(NamedTuple):
    """Where the kernels count overflows; empty if nothing can overflow."""

    watched: tuple[str, ...]
    """Populations in which something can overflow."""
    # one entry per block of synapses
    wide: NDArray[np.int64]
    """1 where a sum can exceed 32 bits; 2 where Lava wraps each product at 32 bits and adds in 64 (dense delays); else 0."""
    entry: NDArray[np.int64]
    """Number of the watched population at which the block ends."""


class Watched(NamedTuple):
    """A population that can overflow, and whether the sums of what arrives there can."""

    name: str
    sums: bool


def watched_populations(
    program: Any, arithmetic: Arithmetic, net: KernelArrays, payloads: Payloads, steps: float = np.inf,
    start: Mapping[str, float] | None = None,
) -> list[Watched]:  # fmt: skip
    """Populations of `program` in which something can overflow; none in float or where states have no limits.

    Parameters
    ----------
    net : KernelArrays
        The program for the kernels; its present weights are used, which a user may have set.
    payloads : mapping
        Source -> smallest and largest payload of the run.
    steps : float
        Number of steps of the run.
    start : mapping, optional
        Population -> largest absolute value of its initial state; populations without an entry start from rest.
    """
    if not isinstance(program, FixedProgram) or arithmetic is Arithmetic.UNLIMITED:
        return []
    found, held = [], held_by(program, arithmetic, net)
    for population in program.populations:
        if not population.neuron.is_source:
            most = (start or {}).get(population.name, 0.0)
            found.append(_watched(program, population, arithmetic, payloads, steps, Span(-most, most), held))
    return [w for w in found if w is not None]


def _watched(
    program: FixedProgram, population: FixedPopulation, arithmetic: Arithmetic, payloads: Payloads, steps: float, start: Span,
    held: Held,
) -> Watched | None:  # fmt: skip
    reaches = [r for _, r in reached(program, population, payloads, steps, start, held)]
    if not reaches:
        # How far such a neuron gets is not known beforehand.
        return Watched(population.name, True)
    first = arithmetic is Arithmetic.LOIHI1 and _wraps_on_first_chip(reaches[0], population)
    wraps = first or any(r.wraps for r in reaches)
    sums = any(r.exceeds_sums for r in reaches)
    if not (wraps or sums or any(r.saturates for r in reaches)):
        return None
    return Watched(population.name, sums)


def _wraps_on_first_chip(body: Reach, population: FixedPopulation) -> bool:
    room = ACCUMULATOR_HALF / ALIGN
    return body.arriving.beyond(-room, room - 1) or body.u.plus(Span(*population.neuron.ends("bias"))).beyond(-HALF, HALF - 1)


def payload_spans(program: Any, fed: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Smallest and largest payload of each source that has a graded projection."""
    graded = {p.pre for p in program.projections if p.graded}
    return {
        name: (float(min(values.min(initial=0), 0)), float(max(values.max(initial=0), 0)))
        for name, values in fed.items()
        if name in graded
    }


def guard_for(watched: Sequence[Watched], program: Any, arithmetic: Arithmetic, net: KernelArrays) -> Guard:
    """The watched populations as arrays for the kernels."""
    return Guard(tuple(w.name for w in watched), **_of_blocks(watched, program, arithmetic, net))


def _of_blocks(
    watched: Sequence[Watched], program: Any, arithmetic: Arithmetic, net: KernelArrays
) -> dict[str, NDArray[np.int64]]:
    """Arrays that mark the blocks whose sums can exceed 32 bits."""
    wide, entry = np.zeros((2, len(net.delay)), np.int64)
    at = {w.name: q for q, w in enumerate(watched) if w.sums}
    if at:
        projections = {p.name: p for p in program.projections}
        for j, name in enumerate(block_order(program, arithmetic)):
            if projections[name].post in at:
                wide[j], entry[j] = _wide(projections[name]), at[projections[name].post]
    return {"wide": wide, "entry": entry}


def _wide(projection: Any) -> int:
    dense = isinstance(projection.weights, np.ndarray)
    return IN_PRODUCTS if dense and np.any(projection.delays) and projection.rule is None else 1


def no_tally(samples: int, watched: int) -> NDArray[np.int64]:
    """Counters at zero, (samples, watched populations, counts)."""
    return np.zeros((samples, watched, len(COUNTS)), np.int64)


def info_of(arithmetic: Arithmetic, watched: Sequence[Watched], tally: NDArray[np.int64]) -> dict[str, Any]:
    """Entry of `Recording.info` with the counted overflows, possibly empty; no entry where nothing has limits."""
    return {} if arithmetic in (Arithmetic.FLOAT, Arithmetic.UNLIMITED) else {"overflows": overflows(watched, tally)}


def overflows(watched: Sequence[Watched], tally: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    """Counted overflows by population: names in `COUNTS` -> numbers above 0."""
    rows = {w.name: row for w, row in zip(watched, tally.sum(axis=0), strict=True) if row.any()}
    return {name: {what: int(n) for what, n in zip(COUNTS, row, strict=True) if n} for name, row in rows.items()}


def added(many: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Sum of the counts of several runs."""
    out: dict[str, dict[str, int]] = {}
    for found in many:
        for population, counts in found.items():
            mine = out.setdefault(population, {})
            for name, n in counts.items():
                mine[name] = mine.get(name, 0) + n
    return out


def joined_spans(
    one: Mapping[str, tuple[float, float]], other: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """The smallest spans that contain those of `one` and of `other`."""
    out = dict(one)
    for name, (low, high) in other.items():
        before = out.get(name, (0.0, 0.0))
        out[name] = min(low, before[0]), max(high, before[1])
    return out


def rounded_up(size: float) -> float:
    """The next power of two, or 0."""
    return float(2.0 ** np.ceil(np.log2(size))) if size > 0 else 0.0
