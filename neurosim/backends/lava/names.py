"""Names of populations and projections as variables of one Python file."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

SUFFIX = {"rule": "_rule", "relay": "_release"}
"""Of a variable, by its kind."""


def variables(names: Iterable[tuple[str, str]], taken: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """(kind, name) -> a variable: the name, with underscores where Python or the file uses it already.

    Whatever cannot stand in a variable becomes an underscore; Python takes letters of other forms, such as full-width ones, for
    the plain letter, and so does this.
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
