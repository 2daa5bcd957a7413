"""Self-contained HTML page: text, tables, figures as SVG and one stylesheet, without scripts or files to download."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from neurosim.display.html import is_number, plain_text
from neurosim.display.short import Short
from neurosim.files.atomic import atomic_write
from neurosim.report.svg import inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Section(Short):
    """A section of a page.

    Attributes
    ----------
    title : str
        Heading of the section.
    text : str
        Text that explains figure and table; an empty line starts a new paragraph.
    figure : matplotlib Figure, optional
        Figure with a white background, also when the page is shown in dark colours.
    table : sequence of rows, optional
        Rows of a table; the first one is the head. Numbers are aligned to the right, with six digits. A cell can be a `Link`
        or a `Thumbnail`.
    choose : str
        Name of a column: above the table, a reader chooses which of its values are shown. It needs no script.
    """

    title: str
    text: str = ""
    figure: Figure | None = None
    table: Sequence[Sequence[Any]] | None = None
    choose: str = ""


@dataclass(frozen=True)
class Link(Short):
    """A table cell that links to another file.

    Attributes
    ----------
    path : str
        Path of the file, relative to the page, with slashes.
    text : str
        Text of the cell.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Thumbnail(Short):
    """A table cell that shows a picture in small, and links to it.

    Attributes
    ----------
    path : str
        Path of the picture, relative to the page, with slashes.
    text : str
        What the picture shows, for readers who do not see it.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return self.text


class _Cell(NamedTuple):
    text: str
    number: bool
    href: str = ""
    picture: bool = False


class _Row(NamedTuple):
    cells: list[_Cell]
    choice: int = 0


def page(
    title: str, answer: str, sections: Sequence[Section], provenance: Mapping[str, Any], command: str
) -> str:
    """Text of the page in HTML.

    Parameters
    ----------
    title : str
        Title of the page.
    answer : str
        The result in one or two sentences; it comes first.
    sections : sequence of Section
        The evidence, in order.
    provenance : mapping
        Name -> value of the versions and the machine it was made with; see `neurosim.report.provenance`.
    command : str
        Command that makes the page again.
    """
    environment = Environment(loader=PackageLoader("neurosim.report", "."), autoescape=True, trim_blocks=True)
    return environment.get_template("page.html").render(
        title=title,
        answer=_paragraphs(answer),
        sections=[_rendered(section, f"f{k}") for k, section in enumerate(sections, 1)],
        provenance=[(name, plain_text(value)) for name, value in provenance.items()],
        command=command,
    )


def write_page(
    path: str | os.PathLike[str],
    title: str,
    answer: str,
    sections: Sequence[Section],
    provenance: Mapping[str, Any],
    command: str,
) -> None:
    """Write the page to a file, which is replaced at once: a reader sees the old page or the new one.

    Parameters
    ----------
    path : str or path
        The HTML file.
    title : str
        Heading of the page.
    answer : str
        Paragraph below the heading.
    sections : sequence of Section
        Parts of the page, in order.
    provenance : mapping
        Where the numbers are from: name -> value.
    command : str
        Command that makes the page again.

    Raises
    ------
    NeurosimError
        If the file cannot be written.
    """
    text = page(title, answer, sections, provenance, command)
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _rendered(section: Section, prefix: str) -> dict[str, Any]:
    rows = [[_cell(value) for value in row] for row in section.table or ()]
    head, body = rows[:1], rows[1:]
    choices = _choices(head[0], body, section.choose) if head else {}
    column = [cell.text for cell in head[0]].index(section.choose) if choices else 0
    return {
        "choices": choices,
        "title": section.title,
        "paragraphs": _paragraphs(section.text),
        "svg": None if section.figure is None else Markup(inline_svg(section.figure, prefix)),
        "head": [_Cell(cell.text, _all_numbers(body, k)) for k, cell in enumerate(head[0])] if head else None,
        "rows": [_Row(row, choices.get(row[column].text, 0)) for row in body],
    }


def _choices(head: Sequence[_Cell], rows: Sequence[Sequence[_Cell]], column: str) -> dict[str, int]:
    """Different values of a column with numbers from 1, or none if there is nothing to choose."""
    names = [cell.text for cell in head]
    if column not in names or not rows:
        return {}
    values = dict.fromkeys(row[names.index(column)].text for row in rows)
    return {value: k for k, value in enumerate(values, 1)} if len(values) > 1 else {}


def _cell(value: Any) -> _Cell:
    # Without "./" a browser would take the part of a name before a colon for the scheme of a URL.
    href = f"./{quote(value.path)}" if isinstance(value, Link | Thumbnail) else ""
    return _Cell(plain_text(value), is_number(value), href, isinstance(value, Thumbnail))


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def _all_numbers(rows: Sequence[Sequence[_Cell]], column: int) -> bool:
    """Whether all cells of a column are numbers, so that its head is aligned to the right too."""
    return bool(rows) and all(row[column].number for row in rows)
