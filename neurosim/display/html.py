"""Small tables in HTML for notebooks. All text is escaped, and nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from numbers import Real
from typing import Any

MOST = 20
"""Largest number of rows that a table in a notebook shows."""


def is_number(value: Any) -> bool:
    """Whether a cell is a number."""
    return isinstance(value, Real) and not isinstance(value, bool)


def plain_text(value: Any) -> str:
    """Text of a cell: numbers with six digits, "yes" and "no" for truth, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not is_number(value):
        return str(value)
    whole = float(value).is_integer() and abs(value) < 1e12
    return str(int(value)) if whole else f"{float(value):.6g}"


def text(value: Any) -> str:
    """A value as escaped text; characters that cannot be seen are shown as their codes."""
    return "".join(_seen(character) for character in escape(plain_text(value)))


def _seen(character: str) -> str:
    if character == "\n":
        return "<br>"
    return character if character.isprintable() else escape(repr(character)[1:-1])


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "", most: int = MOST) -> str:
    """A table; nothing if there are no rows.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : sequence of rows
        Cells as plain values; numbers are aligned to the right.
    caption : str
        Text above the table.
    most : int
        Largest number of rows that are shown; a last row counts the others.
    """
    if not rows:
        return ""
    numbers = [all(is_number(row[k]) or row[k] in (None, "") for row in rows) for k in range(len(head))]
    aligned = [f' style="text-align:{"right" if number else "left"}"' for number in numbers]
    title = f'<caption style="text-align:left">{text(caption)}</caption>' if caption else ""
    top = "".join(f"<th{style}>{text(name)}</th>" for style, name in zip(aligned, head, strict=True))
    body = "".join(f"<tr>{_cells(row, aligned)}</tr>" for row in rows[:most])
    left = len(rows) - most
    more = f'<tr><td colspan="{len(head)}">and {left} more</td></tr>' if left > 0 else ""
    return f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{body}{more}</tbody></table>"


def _cells(row: Sequence[Any], aligned: Sequence[str]) -> str:
    return "".join(f"<td{style}>{text(cell)}</td>" for style, cell in zip(aligned, row, strict=True))


def block(title: str, *parts: str) -> str:
    """A heading with tables and paragraphs below it; `parts` are HTML already, such as `table` and `paragraph` return."""
    return f"<div><p><strong>{text(title)}</strong></p>{''.join(parts)}</div>"


def paragraph(words: str) -> str:
    """A paragraph; nothing for an empty text."""
    return f"<p>{text(words)}</p>" if words else ""
