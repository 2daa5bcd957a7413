"""A strict reader of BibTeX for the entries of neurosim: fields in braces, no abbreviations, each key once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from neurosim.display.short import Short
from neurosim.errors import DataError

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "article": ("author", "title", "journal", "year"),
    "inproceedings": ("author", "title", "booktitle", "year"),
    "book": ("author", "title", "publisher", "year"),
    "misc": ("author", "title", "year"),
}
_KNOWN = {
    "author", "title", "journal", "booktitle", "publisher", "year", "volume", "number", "pages", "doi", "eprint",
    "archiveprefix", "howpublished", "note",
}  # fmt: skip
_HEAD = re.compile(r"@(\w+)\{\s*([\w-]+)\s*,")
_FIELD = re.compile(r"\s*(\w+)\s*=\s*\{")
_SPACE = re.compile(r"(?:\s|%[^\n]*\n)*")
_YEAR, _DOI, _ARXIV = re.compile(r"\d{4}"), re.compile(r"10\.\d{4,}/\S+"), re.compile(r"\d{4}\.\d{4,5}")


@dataclass(frozen=True)
class Entry(Short):
    """One entry of a list of works.

    Attributes
    ----------
    kind : str
        Kind of the entry, such as "article".
    key : str
        Name by which a text cites it.
    fields : mapping
        Field, such as "author" -> text.
    """

    kind: str
    key: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        width = max(map(len, self.fields))
        rows = ",\n".join(f"  {name:<{width}} = {{{value}}}" for name, value in self.fields.items())
        return f"@{self.kind}{{{self.key},\n{rows}\n}}"

    @property
    def surname(self) -> str:
        """Surname of the first author, without braces and accents."""
        first = self.fields["author"].split(" and ")[0].split(",")[0]
        return re.sub(r"\\.\{(\w+)\}|[{}\\\"'`]", r"\1", first)


@functools.cache
def entries() -> Mapping[str, Entry]:
    """All entries of neurosim, by key."""
    return parsed(files("neurosim.citing").joinpath("references.bib").read_text(encoding="utf-8"), "references.bib")


def parsed(text: str, who: str) -> dict[str, Entry]:
    """Entries of a BibTeX text, by key.

    Raises
    ------
    DataError
        If the text is not BibTeX, a key occurs twice, or a field is missing or unknown; the message names the line.
    """
    found: dict[str, Entry] = {}
    for entry, line in _entries(text, who):
        problem = _problem(entry, found)
        if problem:
            raise DataError(f"{who}, line {line}, {entry.key}: {problem}")
        found[entry.key] = entry
    return found


def _entries(text: str, who: str) -> Iterator[tuple[Entry, int]]:
    at = _after_space(text, 0)
    while at < len(text):
        head = _HEAD.match(text, at)
        line = text.count("\n", 0, at) + 1
        if head is None:
            raise DataError(f"{who}, line {line}: found {text[at : at + 30]!r}; expected an entry, @article{{key, ...}}.")
        fields, at = _fields(text, head.end(), f"{who}, line {line}, {head[2]}")
        yield Entry(head[1].lower(), head[2], fields), line
        at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _fields(text: str, at: int, who: str) -> tuple[dict[str, str], int]:
    """Fields from `at` on, and where the entry ends."""
    found: dict[str, str] = {}
    while True:
        head = _FIELD.match(text, at)
        if head is None:
            raise DataError(f"{who}: found {text[at : at + 30]!r}; expected a field such as year = {{2000}}.")
        value, at = _braced(text, head.end(), who)
        if head[1].lower() in found:
            raise DataError(f"{who}: {head[1]} occurs twice.")
        found[head[1].lower()] = " ".join(value.split())
        at = _after_space(text, at)
        if text[at : at + 1] == "}":
            return found, at + 1
        if text[at : at + 1] != ",":
            raise DataError(f"{who}: found {text[at : at + 30]!r} after {head[1]}; expected a comma or a closing brace.")
        at = _after_space(text, at + 1)


def _braced(text: str, begin: int, who: str) -> tuple[str, int]:
    depth, at = 1, begin
    while depth:
        if at >= len(text):
            raise DataError(f"{who}: a brace is not closed.")
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[begin : at - 1], at


def _problem(entry: Entry, before: Mapping[str, Entry]) -> str:
    fields = entry.fields
    if entry.kind not in _REQUIRED:
        return f"its kind is {entry.kind}; expected one of {', '.join(_REQUIRED)}."
    missing = [name for name in _REQUIRED[entry.kind] if not fields.get(name)]
    unknown = sorted(set(fields) - _KNOWN)
    forms = {"year": _YEAR, "doi": _DOI, "eprint": _ARXIV}
    wrong = [name for name, form in forms.items() if name in fields and not form.fullmatch(fields[name])]
    twice = entry.key in before or any(_same(entry, other) for other in before.values())
    again = ["another entry"] if twice else []
    problems = {"has no": missing, "has the unknown": unknown, "has a wrong": wrong, "repeats": again}
    return "; ".join(f"{text} {', '.join(names)}" for text, names in problems.items() if names)


def _same(one: Entry, other: Entry) -> bool:
    ids = [(e.fields.get("doi", "").lower(), e.fields.get("eprint", "")) for e in (one, other)]
    return any(a and a == b for a, b in zip(*ids, strict=True))
