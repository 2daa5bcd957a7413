"""What a terminal would obey is shown, not sent: words out of a file may hold escape sequences."""

import io
import warnings

import pytest
import typer
from rich.table import Table

from neurosim.cli.errors import reported
from neurosim.errors import DataError, UncheckedFile
from neurosim.terminal import progress
from neurosim.terminal.console import console, plain_words, visible
from neurosim.terminal.tables import TextTable

HOSTILE = "\x1b]0;title\x07a\rb\x9b31m\u202ec"
SHOWN = r"\x1b]0;title\x07a\rb\x9b31m\u202ec"


def test_visible():
    assert visible(HOSTILE) == SHOWN
    assert visible("new\nline\tä μ 数 \u200f") == "new\nline\tä μ 数 \u200f"


def test_console():
    out = io.StringIO()
    screen = console(file=out, width=200, force_terminal=True, no_color=True)
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    screen.print(HOSTILE, plain_words(HOSTILE), table)
    assert out.getvalue().count(SHOWN) == 5 and not set(HOSTILE[6:]) & {*"\x07\r\x9b\u202e"} & set(out.getvalue())
    assert "\x1b]" not in out.getvalue()


def test_tables_that_print():
    table = TextTable(HOSTILE)
    table.add_column("a")
    table.add_row(HOSTILE)
    assert str(table).count(SHOWN) == 2 and "\x1b" not in str(table)


def test_errors_and_warnings(capsys):
    words, shown = HOSTILE.replace("\r", ""), SHOWN.replace(r"\r", "")
    with pytest.raises(typer.Exit), reported():
        warnings.warn(UncheckedFile(words), stacklevel=1)
        raise DataError(words)
    said = capsys.readouterr().err
    assert f"note: {shown}\n" in said and f"error: {shown}\n" in said and "\x1b" not in said


@pytest.mark.parametrize(("jupyter", "widgets", "seen"), [(True, "there", True), (True, None, False), (False, "there", False)])
def test_bars_are_shown_in_notebooks_that_can_show_them(jupyter, widgets, seen, monkeypatch):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: jupyter)
    monkeypatch.setattr(progress, "find_spec", lambda name: widgets)
    assert progress.in_notebook() is seen
