"""The commands ``neurosim lava``, which show which Lava runs exported graphs, test it and install it."""

from __future__ import annotations

import typer

from neurosim.cli.output import Json, Output, output

lava = typer.Typer(help="Show which Lava runs exported graphs and test it; 'setup' installs it.")


@lava.callback(invoke_without_command=True)
def show(context: typer.Context, json: Json = False) -> None:
    """Show which Lava runs exported graphs, and test it with three neurons."""
    if context.invoked_subcommand is None:
        with output(json) as say:
            _try(say)


@lava.command()
def setup(json: Json = False) -> None:
    """Install Lava into a private folder of this Python, which only the processes of a Lava run can import, and test it."""
    from neurosim.backends.lava.interpreter import lava_python
    from neurosim.backends.lava.setup import install_lava

    with output(json) as say:
        if not lava_python().version:
            with say.working("Installing lava-nc with pip ..."):
                install_lava()
        _try(say)


def _try(say: Output) -> None:
    from neurosim.backends.lava.interpreter import require_lava
    from neurosim.backends.lava_check import try_lava

    require_lava()
    with say.working("Running three neurons in Lava ..."):
        found = try_lava()
    place = found.folder or "its own packages"
    say.show(f"lava-nc {found.version} of {found.python}, from {place}: three neurons ran, with the right spikes")
    say.result = {"version": found.version, "python": found.python, "folder": found.folder and str(found.folder)}
