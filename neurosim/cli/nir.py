"""Networks of the command line from NIR files, with a table of what NIR leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neurosim.cli.output import Output
from neurosim.cli.settings import parse_options
from neurosim.cli.values import network_of

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.network import Network
    from neurosim.nir import Imported


def shown_network(say: Output, model: str, settings: Sequence[str] | None, trust: bool) -> Network:
    """The network of a model; if it comes from a NIR file, its choices are shown."""
    from neurosim.models.builders import is_nir

    if not is_nir(model):
        return network_of(model, settings, trust)
    from neurosim.nir import from_nir

    imported = from_nir(model, **parse_options(settings or ()))
    say.show(choices_table(imported))
    return imported.network


def choices_table(imported: Imported) -> Table:
    """Table of each choice with its value and its reason."""
    from rich.table import Table

    title = f"{imported.network.name}: what NIR leaves open; change it with --set NAME=VALUE"
    table = Table("choice", "value", "node", "why", title=title, title_justify="left")
    for item in imported.report:
        table.add_row(item.name, str(item.value), item.node, item.why)
    return table
