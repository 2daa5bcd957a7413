"""Figure of who connects to whom: populations as boxes, projections as numbered arrows, and a list that explains them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from scipy import sparse

from neurosim.display.figures import COLOURS, plain_texts
from neurosim.display.picture import Picture
from neurosim.display.short import cut
from neurosim.network.inputs import Input
from neurosim.network.layout import HIGH, WIDE, Arrow, Place, places_of, ways_of
from neurosim.network.projection import Projection
from neurosim.network.texts import delay_text, rule_text, synapses_of

_LINE, _LETTER, _COLUMN, _MARGIN = 0.2, 0.062, 5.6, 0.3
"""Height of a line of the list, width of a letter, smallest width of a column of the list, and margin, in inches."""
_MOST = 60
"""Number of projections that are drawn."""


class _Style(NamedTuple):
    """Colour and head of an arrow, and what they mean."""

    meaning: str
    colour: str
    head: str


_ARROW, _BAR = "-|>", "|-|,widthA=0,widthB=0.35"
_LEARNS = _Style("learns", COLOURS[1], _ARROW)
_LEARNS_INHIBITING = _Style("learns, inhibits", COLOURS[1], _BAR)
_EXCITES, _INHIBITS = _Style("excites", COLOURS[0], _ARROW), _Style("inhibits", COLOURS[3], _BAR)
_BOTH = _Style("weights of both signs", "0.45", _ARROW)


def picture(network: Any) -> Figure:
    """Figure of a network."""
    shown = network.projections[:_MOST]
    ends = [(str(p.pre), str(p.post)) for p in network.projections]
    places = places_of([p.name for p in network.populations], ends)
    bundles = _bundles(network, shown)
    ways = ways_of([(pre, post) for pre, post, _ in bundles], places)
    low, high = _extent(places, ways)
    wide = max(6.0, high[0] - low[0])
    columns = max(1, min(int(wide // _COLUMN), -(-len(shown) // 6)))
    listed = _LINE * (-(-len(shown) // columns) + (3.2 if shown else 0.5))
    size = (wide, high[1] - low[1] + listed)
    figure = Picture(figsize=size)
    ax = figure.add_axes((0, listed / size[1], 1, 1 - listed / size[1]))
    ax.set(xlim=(low[0], low[0] + wide), ylim=(low[1], high[1]))
    ax.set_axis_off()
    for population in network.populations:
        _box(ax, places[population.name], population.name, population.n, population.model)
    for (_, _, style), numbers, way in zip(bundles, bundles.values(), ways, strict=True):
        _draw(ax, way, numbers, style)
    title = f"{network.name} (dt {1e3 * network.step_seconds:g} ms)"
    figure.text(_MARGIN / wide, 1 - 0.2 / size[1], cut(title, 90), fontsize=11, va="center")
    _list(figure, network, shown, columns)
    return plain_texts(figure)


def _bundles(network: Any, shown: Sequence[Projection]) -> Mapping[tuple[str, str, _Style], list[int]]:
    """(pre, post, style) -> numbers of the projections that one arrow stands for."""
    found: dict[tuple[str, str, _Style], list[int]] = defaultdict(list)
    for number, projection in enumerate(shown, 1):
        found[str(projection.pre), str(projection.post), _style(network, projection)].append(number)
    return found


def _extent(places: Mapping[str, Place], ways: Sequence[Arrow]) -> tuple[Place, Place]:
    """Corners of what is drawn, with a margin and room for the title."""
    x = [x + side * WIDE / 2 for x, _ in places.values() for side in (-1, 1)] + [way.number[0] for way in ways]
    y = [y + side * HIGH / 2 for _, y in places.values() for side in (-1, 1)] + [way.number[1] for way in ways]
    return (min(x) - _MARGIN, min(y) - _MARGIN), (max(x) + _MARGIN, max(y) + _MARGIN + 0.35)


def _box(ax: Axes, place: Place, name: str, n: int, model: object) -> None:
    face = "#e3edf6" if isinstance(model, Input) else "#ffffff"
    corner, style = (place[0] - WIDE / 2, place[1] - HIGH / 2), "round,pad=0,rounding_size=0.09"
    ax.add_patch(FancyBboxPatch(corner, WIDE, HIGH, boxstyle=style, fc=face, ec="0.3", lw=1.0, zorder=3))
    ax.text(place[0], place[1] + 0.12, cut(name, 19), ha="center", va="center", fontsize=9.5, weight="bold", zorder=4)
    ax.text(place[0], place[1] - 0.15, f"{n} {cut(type(model).__name__, 20)}", ha="center", va="center", fontsize=7.5, zorder=4)


def _draw(ax: Axes, way: Arrow, numbers: Sequence[int], style: _Style) -> None:
    bent = f"arc3,rad={way.bend}"
    ax.add_patch(
        FancyArrowPatch(
            way.start, way.end, connectionstyle=bent, arrowstyle=style.head, mutation_scale=11, lw=1.3, color=style.colour,
            shrinkA=1, shrinkB=1, zorder=2,
        )
    )  # fmt: skip
    label = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}" if _follow(numbers) else _few(numbers)
    shape = "circle,pad=0.2" if len(label) < 3 else "round,pad=0.25,rounding_size=0.6"
    around = {"boxstyle": shape, "fc": "white", "ec": style.colour, "lw": 0.9}
    ax.text(*way.number, label, ha="center", va="center", fontsize=7, color=style.colour, bbox=around, zorder=5)


def _follow(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(numbers[0], numbers[-1] + 1))


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:3])) + (" ..." if len(numbers) > 3 else "")


def _style(network: Any, projection: Projection) -> _Style:
    matrix = network.weights(projection)
    values = np.asarray(matrix.data if sparse.issparse(matrix) else matrix)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    inhibits = low < 0 and high <= 0
    if projection.plasticity is not None:
        return _LEARNS_INHIBITING if inhibits else _LEARNS
    return _BOTH if low < 0 < high else _INHIBITS if inhibits else _EXCITES


def _list(figure: Figure, network: Any, shown: Sequence[Projection], columns: int) -> None:
    """One line for each projection, in columns, and the meaning of the colours below."""
    wide, high = figure.get_size_inches()
    each, letters = -(-len(shown) // columns), int((wide / columns - _MARGIN) / _LETTER)
    for k, projection in enumerate(shown):
        column, row = divmod(k, each)
        x, y = (_MARGIN + column * (wide - _MARGIN) / columns) / wide, _LINE * (each - row + 1.6) / high
        colour = _style(network, projection).colour
        figure.text(x, y, cut(_explained(network, k + 1, projection), letters), fontsize=8, color=colour, va="center")
    x = _MARGIN
    for style in dict.fromkeys(_style(network, p) for p in shown):
        figure.text(x / wide, 0.9 * _LINE / high, style.meaning, fontsize=8, color=style.colour, va="center", style="italic")
        x += 0.35 + 0.075 * len(style.meaning)
    left = len(network.projections) - len(shown)
    if left:
        figure.text(x / wide, 0.9 * _LINE / high, f"{left} more projections are not drawn", fontsize=8, va="center")


def _explained(network: Any, number: int, projection: Projection) -> str:
    delay, synapses = delay_text(network, projection), synapses_of(network, projection)
    ends, named = f"{projection.pre} to {projection.post}", projection.name != f"{projection.pre}_{projection.post}"
    parts = [
        f"{number}. {ends}{f' ({projection.name})' if named else ''}: {synapses} synapse{'' if synapses == 1 else 's'}",
        "" if projection.receptor == "default" else f"receptor {projection.receptor}",
        "" if projection.channel == "spike" else f"carries {projection.channel}",
        f"delay {delay}" if delay else "",
        rule_text(projection),
    ]
    return ", ".join(part for part in parts if part)
