"""The only makers of rich consoles and texts: what users wrote is shown as it is, never taken for markup or an emoji.

A style is said beside its text, as ``Text(words, style="bold")``.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import TextColumn
from rich.text import Text


def console(stderr: bool = False, **options: Any) -> Console:
    """A console for plain words; `options` are those of rich."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, **options)


def words_column(template: str = "{task.description}") -> TextColumn:
    """A column of words in a progress bar."""
    return TextColumn(template, markup=False)


def plain_words(text: str) -> Text:
    """Words for what would take a string for markup, such as a spinner."""
    return Text(text)
