"""Names of populations and projections as variables of one Python file."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping

SUFFIX = {"rule": "_rule", "relay": "_release"}
"""Of a variable, by its kind."""


def variables(names: Iterable[tuple[str, str]], taken: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """(kind, name) -> a variable: the name, with underscores where Python or the file uses it already."""
    used = set(taken)
    out = {}
    for kind, name in names:
        variable = name.replace(".", "_") + SUFFIX.get(kind, "")
        while variable in used or keyword.iskeyword(variable):
            variable += "_"
        used.add(variable)
        out[kind, name] = variable
    return out
