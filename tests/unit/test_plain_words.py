"""What users wrote is shown as it is: brackets are no markup, colons no emoji."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.main import get_command
from typer.testing import CliRunner

import neurosim
from neurosim import LIF, Network, Population
from neurosim.backends.deployment import deploy
from neurosim.cards.card import named_card
from neurosim.cli import app
from neurosim.cli import output as cli_output
from neurosim.cli.deploy import losses_table
from neurosim.cli.output import Output, output
from neurosim.cli.rule import _show_card
from neurosim.demo import job
from neurosim.terminal import console as terminal
from neurosim.terminal import progress
from neurosim.units import ms

WORDS = "From a[0] to [/b]? :warning: [bold]"
STUDY = f"""
from neurosim.study import Grid, Measure, Study, Size

def trial(t):
    if t.parameters["data[i]"] == "[/x]":
        raise ValueError("[/odd] {WORDS}")
    return {{"m[0]": t.seed, "[/b]": 1}}

STUDY = Study("toy", "{WORDS}", trial, Grid({{"data[i]": ["=1+1", "[red]"]}}),
              {{"m[0]": Measure("[mV]", "{WORDS}"), "[/b]": Measure("1", "")}}, expected="{WORDS}", seeds=2,
              answer=lambda table: "{WORDS}")
"""


@pytest.fixture
def screen(monkeypatch):
    """A terminal, wherever a console is made."""
    text = io.StringIO()

    def console(stderr=False, **options):
        return Console(**{"file": text, "force_terminal": True, "width": 300, "no_color": True, **made(stderr, **options)})

    def made(stderr, **options):
        options.pop("file", None)
        real = original(stderr, **options)
        return {"markup": real._markup, "emoji": real._emoji, "highlight": real._highlight}

    original = terminal.console
    for module in (cli_output, job, progress):
        monkeypatch.setattr(module, "console", console)
    return text


def test_what_a_command_says(screen):
    say = Output(json=False)
    say.show(WORDS)
    table = Table(WORDS, title=WORDS, caption=WORDS)
    table.add_row(WORDS)
    say.show(table)
    with say.working(WORDS):
        pass
    assert screen.getvalue().count(WORDS) >= 6


def test_every_bar(screen, monkeypatch):
    with progress.download_bar(WORDS), progress.working(WORDS, patience=0):
        time.sleep(0.05)
    with progress.counting_bar(WORDS, 3, unit="images") as bar:
        bar.say(WORDS + "!")
    job._narrator()(WORDS)
    assert screen.getvalue().count(WORDS) >= 4 and WORDS + "!" in screen.getvalue()


def test_the_bar_of_a_run(screen, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "_own_stream", lambda: io.StringIO())
    with progress.fraction_bar(WORDS) as advance:
        for _ in range(50):
            advance(0.5)
    assert WORDS in screen.getvalue()


def test_tables_of_losses_and_rules(screen):
    say, card = Output(json=False), named_card("pair_stdp", "loihi2")
    _show_card(say, card)
    shown = screen.getvalue()
    assert "pair_stdp" in shown and "\\[" not in shown
    say.show(losses_table(deploy(Network("n", [Population("p", 1, LIF(tau_m=20 * ms, v_th=1.0))]))))


def invoke(*words, code=0):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.stdout, result.stderr)
    return result


def test_a_study_of_such_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("toy.py").write_text(STUDY)
    ran = invoke("study", "run", "toy.py").stdout
    shown = invoke("study", "show", "toy").stdout
    for text in (ran, shown):
        assert f"\n{WORDS}\n{WORDS}\nExpected: {WORDS}\n" in text
        for word in ("data[i]", "m[0]", "[/b]", "[mV]", "[red]", "=1+1"):
            assert word in text
    assert WORDS in invoke("study", "list").stdout.replace("\n", "")
    invoke("study", "export", "toy", "o.csv")
    rows = list(csv.DictReader(Path("o.csv").open()))
    assert set(rows[0]) == {"data[i]", "seed", "m[0]", "[/b]", "seconds"}
    assert {row["data[i]"] for row in rows} == {"'=1+1", "[red]"}
    invoke("study", "export", "toy", "o.json")
    assert json.loads(Path("o.json").read_text())["question"] == WORDS
    invoke("study", "index")
    for name in ("index.html", "toy/report.html"):
        assert WORDS in Path("studies", name).read_text()
    assert "data[i]" in invoke("study", "compare", "toy:data[i]=[red]", "toy:data[i]=[red]").stdout


def test_failures_of_such_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("toy.py").write_text(STUDY.replace("[red]", "[/x]"))
    assert f"ValueError: [/odd] {WORDS}" in invoke("study", "run", "toy.py", code=1).stderr
    assert f"ValueError: [/odd] {WORDS}" in invoke("study", "show", "toy").stdout


COMMANDS = ("simulate", "train", "deploy", "pack", "rule", "bench", "reproduce", "study show", "study")


@pytest.mark.parametrize("command", COMMANDS)
def test_words_that_a_command_does_not_know(command):
    result = CliRunner().invoke(app, [*command.split(), "[/b]", *(["--out", "x.h5"] if command == "pack" else [])])
    assert result.exit_code == 1 and "[/b]" in result.stderr


def test_usage_errors_show_such_words():
    assert "[/b]" in invoke("[/b]", code=2).stderr


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t1", "\r1"])
@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
def test_a_cell_of_text_is_no_formula(tmp_path, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = f"Grid({{'=kind': [{text!r}, -0.5]}})"
    Path("toy.py").write_text(
        "from neurosim.study import Grid, Measure, Study\n"
        f"STUDY = Study('toy', '?', lambda t: {{'m': -2.5}}, {grid}, {{'m': Measure('1', '')}}, seeds=1)\n"
    )
    invoke("study", "run", "toy.py")
    with Path("studies/toy/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["'=kind"] for row in rows} == {"'" + text.replace("\r", "\n"), "-0.5"}
    assert {row["m"] for row in rows} == {"-2.5"}


def test_nothing_else_makes_consoles_or_reads_markup():
    """So that what this file tests is all there is."""
    root = Path(neurosim.__file__).parent
    makes = re.compile(r"\bConsole\(|\bTextColumn\(|from_markup|rich\.markup|rich import print|\.render_str|markup=True")
    found = [str(path.relative_to(root)) for path in root.rglob("*.py") if makes.search(path.read_text())]
    assert found == ["terminal/console.py"]


def test_a_dollar_is_no_mathematics(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("toy.py").write_text(
        "from neurosim.study import Grid, Measure, Study\n"
        "STUDY = Study('toy', '?', lambda t: {'$^$': 1}, Grid({'$_$': ['$\\\\x$', 'b']}), {'$^$': Measure('$', '')}, seeds=1)\n"
    )
    invoke("study", "run", "toy.py")
    assert Path("studies/toy/figure.svg").exists()


def test_no_help_loses_a_bracket():
    """Typer does take help texts for markup."""

    def commands(group):
        for command in group.commands.values():
            yield command
            yield from commands(command) if hasattr(command, "commands") else ()

    texts = [c.help for c in commands(get_command(app))]
    texts += [p.help for c in commands(get_command(app)) for p in c.params]
    for text in filter(None, texts):
        assert Text.from_markup(text).plain == text.replace("\\[", "[")


def test_json_is_not_touched():
    with output(True) as say:
        say.result = {"words": WORDS}
