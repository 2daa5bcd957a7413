"""Tables for people: rich shows them on a console, and ``print`` shows them as text."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.table import Table

from neurosim.display.html import table
from neurosim.terminal.console import console, plain_words

_ROWS = 100
"""Rows that a notebook shows."""
_WIDTH = 160
"""Width of the text in characters; a console has its own width."""


class TextTable(Table):
    """A rich table whose ``str`` is its text; strings in it are never interpreted as markup."""

    def __init__(self, title: str) -> None:
        super().__init__(title=plain_words(title), title_justify="left")

    def add_row(self, *cells: Any, **how: Any) -> None:
        """Add one row; strings are shown as they are."""
        super().add_row(*(plain_words(cell) if isinstance(cell, str) else cell for cell in cells), **how)

    def __str__(self) -> str:
        out = StringIO()
        console(file=out, width=_WIDTH, no_color=True, force_terminal=False, force_jupyter=False).print(self)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heads = [str(column.header) for column in self.columns]
        rows = zip(*([str(cell) for cell in column.cells] for column in self.columns), strict=True)
        return table(heads, list(rows), caption=str(self.title), most=_ROWS)

    def _repr_mimebundle_(self, include: Any = (), exclude: Any = (), **_: Any) -> dict[str, str]:
        # That of rich is one long text with colours.
        return {"text/plain": str(self), "text/html": self._repr_html_()}
