"""The only makers of rich consoles and texts: what users wrote is shown as it is, never taken for markup or an emoji.

Characters that a terminal would obey (escape sequences, carriage returns, marks that turn text around) are shown as Python
writes them: words out of a file shall not retitle a window, hide a line or clear the screen.

A style is said beside its text, as ``Text(words, style="bold")``.
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
    """`words` with every character that a terminal would obey, but for new lines and tabs, as its escape in Python."""
    return words.translate(_VISIBLE)


class _Console(Console):
    """Shows controls in plain texts, those of tables included."""

    def render_str(self, text: str, *given: Any, **options: Any) -> Text:
        return super().render_str(visible(text), *given, **options)


def console(stderr: bool = False, **options: Any) -> Console:
    """A console for plain words; `options` are those of rich."""
    return _Console(stderr=stderr, markup=False, emoji=False, highlight=False, **options)


def words_column(template: str = "{task.description}") -> TextColumn:
    """A column of words in a progress bar."""
    return TextColumn(template, markup=False)


def plain_words(text: str) -> Text:
    """Words for what would take a string for markup, such as a spinner."""
    return Text(visible(text))
