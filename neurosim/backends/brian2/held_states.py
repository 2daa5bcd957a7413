"""States of neurons for synapses that learn: their values from before the step, as numbers in SI, and filtered ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurosim.backends.brian2.blueprint import Cells, Filter, Held


def held_lines(cells: Cells) -> Iterator[str]:
    """Model lines; Brian2 computes an expression that is constant over dt before everything else in a step."""
    for name, held in cells.held.items():
        yield from (f"{part} : 1 (constant)" for part in _arrays(name, held))
        yield f"{name} = {_expression(name, held)} : 1 (constant over dt)"
    yield from (f"{part} : 1" for name, how in cells.filters.items() for part in (name, *_line(name, how)))


def set_held(cells: Cells, group: Any) -> None:
    """Set what differs between the neurons, and let filters start at the states."""
    for name, held in cells.held.items():
        for part, values in _arrays(name, held).items():
            setattr(group, part, values)
    for name, how in cells.filters.items():
        for part in (name, *_line(name, how)):
            setattr(group, part, _expression(how.held, cells.held[how.held]))


def follow_states(cells: Cells, group: Any, clock: Any) -> None:
    """Filters take in the states from before the step, before the neurons are updated."""
    lines = []
    for name, how in cells.filters.items():
        line = _line(name, how)
        lines.append(f"{name} = {how.kept!r}*{name} + {1 - how.kept!r}*{[how.held, *line][-1]}")
        lines += [f"{later} = {earlier}" for earlier, later in zip([how.held, *line], line, strict=False)][::-1]
    group.run_regularly("\n".join(lines), when="before_groups", clock=clock)


def _line(name: str, how: Filter) -> list[str]:
    """Variables with the state of one step ago, two steps ago, and so on."""
    return [f"{name}_{k}_ago" for k in range(1, how.late + 1)]


def _arrays(name: str, held: Held) -> dict[str, Any]:
    """Numbers that differ between the neurons, by variable."""
    given = {f"{name}_scale": np.asarray(held.readout.scale), f"{name}_offset": np.asarray(held.readout.offset)}
    return {part: values for part, values in given.items() if values.ndim}


def _expression(name: str, held: Held) -> str:
    variable = held.readout.variable if held.unit == "1" else f"{held.readout.variable}/({held.unit})"
    parts = {"scale": held.readout.scale, "offset": held.readout.offset}
    scale, offset = (f"{name}_{part}" if np.ndim(value) else repr(float(value)) for part, value in parts.items())
    return f"{variable}*({scale}) + ({offset})"
