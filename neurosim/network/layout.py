"""Where the boxes of populations and the arrows of projections stand in the picture of a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

WIDE, HIGH = 1.7, 0.62
"""Size of a box in inches."""
_ACROSS, _DOWN, _ABOVE = 3.0, 1.45, 0.4
Place = tuple[float, float]
Ends = tuple[str, str]


@dataclass(frozen=True)
class Arrow:
    """The way of an arrow: its ends, how much it bends (as matplotlib's "arc3" counts), and where its number stands."""

    start: Place
    end: Place
    bend: float
    number: Place


def places_of(names: Sequence[str], ends: Sequence[Ends]) -> dict[str, Place]:
    """Middle of the box of each population: columns by the number of projections from the inputs, rows with few crossings."""
    columns: dict[int, list[str]] = defaultdict(list)
    for name, depth in _depths(names, ends).items():
        columns[depth].append(name)
    before: dict[str, set[str]] = defaultdict(set)
    for pre, post in ends:
        before[post].add(pre)
    places: dict[str, Place] = {}
    for column, depth in enumerate(sorted(columns)):
        own = sorted(columns[depth], key=lambda name: _height(before[name], places), reverse=True)
        for row, name in enumerate(own):
            places[name] = column * _ACROSS, ((len(own) - 1) / 2 - row) * _DOWN
    return places


def _height(sources: set[str], places: Mapping[str, Place]) -> float:
    """Mean height of the populations that project here and have a place already."""
    known = [places[name][1] for name in sources if name in places]
    return float(np.mean(known)) if known else 0.0


def _depths(names: Sequence[str], ends: Sequence[Ends]) -> dict[str, int]:
    """Smallest number of projections from a population that receives nothing, or else from the first one."""
    onto: dict[str, list[str]] = defaultdict(list)
    for pre, post in ends:
        if pre != post:
            onto[pre].append(post)
    reached = {name for targets in onto.values() for name in targets}
    depths = {name: 0 for name in names if name not in reached}
    while len(depths) < len(names):
        _spread(depths, onto)
        left = [name for name in names if name not in depths]
        if left:
            # What remains is a circle that nothing outside reaches.
            depths[left[0]] = 0
    return {name: depths[name] for name in names}


def _spread(depths: dict[str, int], onto: Mapping[str, Sequence[str]]) -> None:
    front = sorted(depths, key=lambda name: depths[name])
    while front:
        name = front.pop(0)
        new = [target for target in dict.fromkeys(onto[name]) if target not in depths]
        depths.update((target, depths[name] + 1) for target in new)
        front += new


def ways_of(ends: Sequence[Ends], places: Mapping[str, Place]) -> list[Arrow]:
    """The way of each arrow; arrows between the same two boxes lie beside each other."""
    seen: dict[Ends, int] = defaultdict(int)
    long: dict[bool, int] = defaultdict(int)
    ways = []
    for pre, post in ends:
        rank, columns = seen[pre, post], round((places[post][0] - places[pre][0]) / _ACROSS)
        seen[pre, post] += 1
        if pre == post:
            ways.append(_loop(places[pre], rank, places))
        elif columns == 0:
            ways.append(_within_column(places[pre], places[post], rank))
        elif abs(columns) == 1:
            ways.append(_to_next(places[pre], places[post], rank, back=(post, pre) in ends))
        else:
            ways.append(_around(places[pre], places[post], long[columns > 0], places))
            long[columns > 0] += 1
    return ways


def _loop(place: Place, rank: int, places: Mapping[str, Place]) -> Arrow:
    """An arrow from a box to itself: below the lowest box of a column, else above it."""
    column = [y for x, y in places.values() if x == place[0]]
    side = -1 if len(column) > 1 and place[1] == min(column) else 1
    x, y = place[0] - 0.45, place[1] + side * HIGH / 2
    reach = 0.22 + 0.13 * rank
    return Arrow((x + reach, y), (x - reach, y), side * 1.1, (x, y + side * (0.28 + 0.16 * rank)))


def _within_column(start: Place, end: Place, rank: int) -> Arrow:
    """An arrow up or down; those up and down lie beside each other."""
    side = np.sign(end[1] - start[1])
    rows = round(abs(end[1] - start[1]) / _DOWN)
    x = start[0] + side * (0.3 + 0.25 * rank) + 0.15
    first, last = (x, start[1] + side * HIGH / 2), (x, end[1] - side * HIGH / 2)
    # The number of a long arrow stands in the first gap, where no box hides it.
    at = first[1] + side * (_DOWN - HIGH) / 2
    if rows == 1:
        return Arrow(first, last, 0.0, (x, at))
    # Around the boxes in between, on their right; what goes down keeps outside of what goes up.
    edge, out = start[0] + WIDE / 2, (0.5 if side > 0 else 0.8) + 0.2 * rank
    bend = side * 2 * out / abs(end[1] - start[1])
    return Arrow((edge, start[1]), (edge, end[1]), bend, (edge + out, (start[1] + end[1]) / 2))


def _to_next(start: Place, end: Place, rank: int, back: bool) -> Arrow:
    """An arrow to the next column or the one before."""
    side = np.sign(end[0] - start[0]) * WIDE / 2
    first, last = (start[0] + side, start[1]), (end[0] - side, end[1])
    bend = 0.14 + 0.2 * rank if back else 0.22 * rank
    return Arrow(first, last, bend, _beside(first, last, bend))


def _beside(first: Place, last: Place, bend: float) -> Place:
    """Middle of an arc, a little nearer to its start where arrows that cross would have their numbers on each other."""
    dx, dy = last[0] - first[0], last[1] - first[1]
    t = 0.42 if dy else 0.5
    return first[0] + t * dx + bend * dy / 2, first[1] + t * dy - bend * dx / 2


def _around(start: Place, end: Place, rank: int, places: Mapping[str, Place]) -> Arrow:
    """An arrow over all boxes in between, or below them if it goes back."""
    side = 1 if end[0] > start[0] else -1
    low, high = sorted((start[0], end[0]))
    between = [side * y for x, y in places.values() if low <= x <= high]
    first, last = (start[0], start[1] + side * HIGH / 2), (end[0], end[1] + side * HIGH / 2)
    middle = side * (max(between) + HIGH / 2 + _ABOVE + 0.25 * rank)
    rise = middle - (first[1] + last[1]) / 2
    # The middle of an arc is half of its bend away from the straight line.
    dx, dy = last[0] - first[0], last[1] - first[1]
    bend = -2 * rise / dx
    return Arrow(first, last, bend, ((first[0] + last[0]) / 2 + bend * dy / 2, middle))
