"""A strict check of small pieces of HTML: known tags, in order and closed; tables of the form that browsers expect."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_INSIDE = {
    "table": {"", "div"}, "caption": {"table"}, "thead": {"table"}, "tbody": {"table"}, "tr": {"thead", "tbody"},
    "th": {"tr"}, "td": {"tr"}, "p": {"", "div"}, "strong": {"p"}, "div": {"", "div"},
    "br": {"p", "td", "th", "strong", "caption"},
}  # fmt: skip
_ATTRIBUTES = {"style", "colspan"}
_TEXT = {"p", "strong", "td", "th", "caption"}


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.words: list[str] = []
        self.cells: list[int] = []
        self.rows: list[tuple[int, ...]] = []

    def handle_starttag(self, tag, attrs):
        around = self.open[-1] if self.open else ""
        if around not in _INSIDE.get(tag, set()):
            self.problems.append(f"<{tag}> in <{around}>")
        names = [name for name, _ in attrs]
        if set(names) - _ATTRIBUTES or len(names) != len(set(names)):
            self.problems.append(f"<{tag}> has {names}")
        if any(name == "style" and not re.fullmatch(r"text-align:(left|right)", value or "") for name, value in attrs):
            self.problems.append(f"style of <{tag}>: {attrs}")
        if tag in ("td", "th"):
            self.cells[-1] += int(dict(attrs).get("colspan", "1"))
        if tag == "tr":
            self.cells.append(0)
        if tag == "table":
            self.cells = []
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")
        if tag == "table" and len(set(self.cells)) > 1:
            self.problems.append(f"rows of {self.cells} cells")

    def handle_data(self, data):
        if data and (not self.open or self.open[-1] not in _TEXT):
            self.problems.append(f"text {data!r} between the tags")
        if "<" in data or ">" in data or "&" in data:
            self.problems.append(f"text {data!r} is not escaped")
        self.words.append(data)

    def handle_entityref(self, name):
        if name not in ("amp", "lt", "gt", "quot"):
            self.problems.append(f"&{name}; is not known")
        self.words.append(unescape(f"&{name};"))

    def handle_charref(self, name):
        self.words.append(unescape(f"&#{name};"))

    def handle_comment(self, data):
        self.problems.append(f"comment {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def checked_text(html: str) -> str:
    """The words of a piece of HTML, after an assertion that nothing is wrong with it."""
    checker = _Checker()
    checker.feed(html)
    checker.close()
    assert not checker.problems, checker.problems
    assert not checker.open, f"not closed: {checker.open}"
    assert all(c.isprintable() for c in html), "has characters that cannot be seen"
    return "".join(checker.words)
