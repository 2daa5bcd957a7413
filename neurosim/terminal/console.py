"""The only functions that create rich consoles and texts: text from users is shown as it is, never as markup or an emoji.

Characters that control a terminal (escape sequences, carriage returns, marks that reverse text) are shown as Python's escapes,
so that text from a file cannot rename a window, hide a line or clear the screen.

A style is passed separately from its text, as in ``Text(words, style="bold")``.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import TextColumn
from rich.text import Text

_KEPT = "\n\t"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {code: repr(chr(code))[1:-1] for code in _CONTROLS if chr(code) not in _KEPT}


def visible(words: str) -> str:
    """Replace every character that controls a terminal, except new lines and tabs, by its escape in Python."""
    return words.translate(_VISIBLE)


class _Console(Console):
    """Console that makes control characters visible in plain texts, including those of tables."""

    def render_str(self, text: str, *given: Any, **options: Any) -> Text:
        return super().render_str(visible(text), *given, **options)


def console(stderr: bool = False, **options: Any) -> Console:
    """Create a console for plain text; `options` are those of rich."""
    return _Console(stderr=stderr, markup=False, emoji=False, highlight=False, **options)


def words_column(template: str = "{task.description}") -> TextColumn:
    """Create a text column of a progress bar."""
    return TextColumn(template, markup=False)


def plain_words(text: str) -> Text:
    """Plain text for objects that would interpret a string as markup, such as a spinner."""
    return Text(visible(text))
