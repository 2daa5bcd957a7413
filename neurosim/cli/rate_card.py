"""Tables of the learning algorithms of rates, for the command ``neurosim rule``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.cli.output import Output

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.cards.rate_card import RateCard


def algorithms_table() -> Table:
    """The learning algorithms with a line about each."""
    from rich.table import Table

    from neurosim.rate.catalogue import ALGORITHMS

    table = Table("learning algorithm of rates", "description", title="for 'neurosim train NAME'", title_justify="left")
    for entry in ALGORITHMS.values():
        table.add_row(entry.name, entry.summary)
    return table


def show_rate_card(say: Output, card: RateCard) -> None:
    """Show the card of an algorithm."""
    from rich.table import Table
    from rich.text import Text

    say.show(Text.assemble((card.name, "bold"), f": {card.summary}"))
    say.show(f"  {card.paper}\n")
    table = Table(show_header=False, box=None, pad_edge=True)
    table.add_column(style="bold")
    table.add_column()
    for what, text in _facts(card).items():
        table.add_row(what, text)
    say.show(table)
    if card.executions:
        runs = Table("execution", "runs", "note", title="executions of its spiking rule", title_justify="left")
        for e in card.executions:
            runs.add_row(e.name, "yes" if e.runs else "no", e.note)
        say.show(runs)


def _facts(card: RateCard) -> dict[str, str]:
    sizes = "-".join(map(str, card.network))
    return {
        "rules": "\n".join(f"{matrix}: {text}" for matrix, text in card.rules.items()),
        "parameters": ", ".join(f"{name} = {value}" for name, value in card.parameters.items()),
        "phases": "\n".join(f"{name}: {meaning}" for name, meaning in card.phases.items()),
        "labels": "yes" if card.labels else "no; a linear read-out of the features is trained for the answer",
        "transported": ", ".join(card.transported) or "nothing",
        "of a whole layer": ", ".join(card.groups) or "nothing",
        "host step": card.host_step or "none",
        "cost": f"{card.macs:,} multiply-accumulates for an image on {sizes}, "
        f"{card.macs / card.macs_of_backprop:.2f} times backpropagation; {card.passes:g} passes up for a mini-batch",
        "in spikes": "\n".join(card.spiking) or card.stop,
    }
