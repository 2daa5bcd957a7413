"""Conversion of the names of populations and projections to variables of one Python file."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

SUFFIX = {"rule": "_rule", "relay": "_release"}
"""Kind of a variable -> suffix of its name."""


def variables(names: Iterable[tuple[str, str]], taken: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """(kind, name) -> a variable: the name, with underscores at its end if Python or the file uses it already.

    Characters that a variable cannot contain become underscores. Letters in other forms, such as full-width ones, become plain
    letters, because Python treats them as equal.
    """
    used = set(taken)
    out = {}
    for kind, name in names:
        variable = re.sub(r"\W|^(?=\d)", "_", unicodedata.normalize("NFKC", name)) + SUFFIX.get(kind, "") or "_"
        while variable in used or keyword.iskeyword(variable):
            variable += "_"
        used.add(variable)
        out[kind, name] = variable
    return out
