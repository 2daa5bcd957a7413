"""All commands in one application."""

from __future__ import annotations

from typing import Annotated

import typer

from neurosim._version import __version__
from neurosim.cli.bench import bench
from neurosim.cli.catalogue import models, targets
from neurosim.cli.cite import cite
from neurosim.cli.compare import compare
from neurosim.cli.data import data
from neurosim.cli.demo import demo
from neurosim.cli.deploy import deploy
from neurosim.cli.errors import Commands
from neurosim.cli.executions import executions
from neurosim.cli.lava import lava
from neurosim.cli.pack import pack
from neurosim.cli.rule import rule
from neurosim.cli.simulate import simulate
from neurosim.cli.study import reproduce, study
from neurosim.cli.train import train

app = typer.Typer(
    name="neurosim",
    cls=Commands,
    help="Describe a spiking network that learns once, simulate it in Brian2, deploy it to a chip, and see what is lost.",
    epilog="A MODEL is a name listed by 'neurosim models', a Python file that defines build(...), or a trained .h5 file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, simulate, train, pack, deploy, compare, models, targets, executions, rule, cite, bench, reproduce):
    app.command()(command)
app.add_typer(data, name="data")
app.add_typer(lava, name="lava")
app.add_typer(study, name="study")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"neurosim {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Define the options that come before the command."""
