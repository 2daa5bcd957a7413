"""Heading and answer of a report page, read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from neurosim.errors import DataError


@dataclass(frozen=True)
class Summary:
    """Heading (`title`) of a page, and the text below it (`answer`) as one line."""

    title: str
    answer: str


def read_summary(path: str | Path) -> Summary:
    """Heading and answer of a page that `write_page` wrote.

    Raises
    ------
    DataError
        If the file cannot be read, or is not such a page.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: the page cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    reader = _Reader()
    reader.feed(text)
    if not reader.title:
        raise DataError(f"{path}: not a report of neurosim, because it has no heading; make the report again.")
    return Summary(" ".join(reader.title), " ".join(reader.answer))


class _Reader(HTMLParser):
    """Parser that collects the words of the heading and of the answer, and skips everything else."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.answer: list[str] = []
        self._words: list[str] | None = None
        self._until = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._words is None and tag == "h1":
            self._words, self._until = self.title, tag
        elif self._words is None and ("class", "answer") in attrs:
            self._words, self._until = self.answer, tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._until:
            self._words, self._until = None, ""

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words += data.split()
