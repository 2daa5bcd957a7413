"""How many steps after the input each population answers, when every connection takes one step."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def depths_of(before: Mapping[str, Collection[str]], inputs: Collection[str]) -> dict[str, int]:
    """Length in connections of the longest way from an input to each population, where no connection leads back.

    Parameters
    ----------
    before : mapping
        Population -> populations from which it receives.
    inputs : collection
        Populations from which the search begins.
    """
    after: dict[str, list[str]] = {name: [] for name in before}
    for name, sources in before.items():
        for source in sources:
            after[source].append(name)
    order = _order(after, [*inputs, *before])
    place = {name: k for k, name in enumerate(order)}
    depths = dict.fromkeys(before, 0)
    for name in order:
        forward = [depths[source] + 1 for source in before[name] if place[source] < place[name]]
        depths[name] = max(forward, default=0 if name in inputs else 1)
    return depths


def _order(after: Mapping[str, list[str]], starts: list[str]) -> list[str]:
    """An order in which each population comes after those that reach it, except over connections that lead back."""
    done: list[str] = []
    seen: set[str] = set()
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        open_ones = [(start, iter(after[start]))]
        while open_ones:
            name, rest = open_ones[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                open_ones.pop()
                done.append(name)
            else:
                seen.add(following)
                open_ones.append((following, iter(after[following])))
    return done[::-1]


def extra_steps(source: int, target: int, leads_back: bool) -> tuple[int, int]:
    """Steps that a connection has to wait, and steps that it comes too late, between populations of these depths.

    What leads forward counts in the same step in other programs, and what leads back counts in the next step.
    """
    wanted = target - source + (1 if leads_back else 0)
    return max(wanted - 1, 0), max(1 - wanted, 0)
