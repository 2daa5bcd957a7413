"""The command ``neurosim rule``, which lists the plasticity rules and shows the card of one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.output import Json, Output, output
from neurosim.cli.settings import parse_parameters
from neurosim.cli.values import check_outputs, save_picture
from neurosim.errors import ContentError, UsageError, unknown_name

if TYPE_CHECKING:
    from rich.table import Table

    from neurosim.cards.card import RuleCard


def rule(
    name: Annotated[
        str | None, typer.Argument(help="Name of a rule, or of a learning algorithm of rates. Without it, all are listed.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="Chip that the card refers to: loihi1, loihi2, or your own TOML file.")
    ] = "loihi2",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter of the rule as name=value, such as tau=30ms. May be repeated.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", "--figure", help="Draw the effect of the rule into this .png, .svg or .pdf file.")
    ] = None,
    json: Json = False,
) -> None:
    """List the plasticity rules, or show the equation, cost and supported executions of one rule."""
    with output(json) as say:
        if name is None:
            _check_alone(settings, plot)
            _list(say, target)
        else:
            _show(say, name, target, settings or (), plot)


def _check_alone(settings: Sequence[str] | None, plot: Path | None) -> None:
    if settings or plot is not None:
        raise UsageError("--set and --plot are about one rule: name it, such as 'neurosim rule pair_stdp'.")


def _list(say: Output, target: str) -> None:
    from rich.table import Table

    from neurosim.cards.card import named_card
    from neurosim.plasticity.catalogue import RULES

    table = Table("rule", "description", "factors", f"runs on ({target})", show_lines=True)
    with say.working("trying the rules"):
        cards = [named_card(rule, target) for rule in RULES]
    for card in cards:
        table.add_row(card.name, card.summary, card.factors.removesuffix("-factor"), _runs_on(card))
    from neurosim.cli.rate_card import algorithms_table
    from neurosim.rate.catalogue import ALGORITHMS

    say.show(table)
    say.show(algorithms_table())
    algorithms = {entry.name: entry.summary for entry in ALGORITHMS.values()}
    say.result = {"target": target, "rules": [card.to_dict() for card in cards], "algorithms": algorithms}


def _runs_on(card: RuleCard) -> str:
    """The executions that support the rule, or the few that do not."""
    running = [f"{e.name} (training)" if e.note else e.name for e in card.executions if e.runs]
    others = [e.name for e in card.executions if not e.runs]
    if len(others) > 2 or any(e.note for e in card.executions if e.runs):
        return "\n".join(running)
    return f"all but {', '.join(others)}" if others else "all"


def _show(say: Output, name: str, target: str, settings: Sequence[str], plot: Path | None) -> None:
    from neurosim.cards.card import named_card
    from neurosim.plasticity.catalogue import RULES
    from neurosim.rate.catalogue import ALGORITHMS
    from neurosim.rate.refused import REFUSED

    options = parse_parameters(settings)
    if name in ALGORITHMS or name in REFUSED:
        _show_algorithm(say, name, target, options, plot)
        return
    if name not in RULES:
        raise ContentError(unknown_name("rule or learning algorithm", name, [*RULES, *ALGORITHMS]))
    if plot is not None:
        check_outputs(figure=plot)
    with say.working(f"testing {name} in every execution"):
        card = named_card(name, target, **options)
    _show_card(say, card)
    say.result = card.to_dict()
    if plot is not None:
        from neurosim.cards.pictures import draw_rule

        with say.working(f"drawing {name}"):
            save_picture(draw_rule(name, **options), plot)
        say.result = {**say.result, "plot": plot}


def _show_algorithm(say: Output, name: str, target: str, options: Mapping[str, Any], plot: Path | None) -> None:
    from neurosim.cards.rate_card import rate_card
    from neurosim.cli.rate_card import show_rate_card

    if plot is not None:
        raise UsageError(f"--plot: {name} is a learning algorithm of rates; 'neurosim train {name} --figure FILE' draws it.")
    with say.working(f"letting {name} learn a mini-batch"):
        card = rate_card(name, target, **options)
    show_rate_card(say, card)
    say.result = card.to_dict()


def _show_card(say: Output, card: RuleCard) -> None:
    from rich.text import Text

    say.show(Text.assemble((card.name, "bold"), f": {card.summary}"))
    say.show(f"  {card.equation}")
    say.show(f"  {card.paper}\n")
    say.show(_facts(card))
    say.show(_parameters(card))
    say.show(_executions(card))
    if card.engine:
        say.show(_engine(card))


def _facts(card: RuleCard) -> Table:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=True)
    table.add_column(style="bold")
    table.add_column()
    rows = {
        "updates": "\n".join(card.updates),
        "class": f"{card.factors}, {card.phases}",
        "locality": card.locality + (" (from forward weights: weight transport)" if card.weight_transport else ""),
        "state": "; ".join([*_state(card), f"per synapse: {', '.join(card.synapse)}"]),
        **({f"on {card.target}": card.demand} if card.demand else {}),
    }
    for what, text in rows.items():
        table.add_row(what, text)
    return table


def _state(card: RuleCard) -> list[str]:
    return [f"per {side} neuron: {', '.join(names)}" for side, names in card.traces.items() if names]


def _parameters(card: RuleCard) -> Table:
    from rich.table import Table

    table = Table("parameter", "value", "default", "unit", "meaning", title="parameters", title_justify="left")
    for p in card.parameters:
        table.add_row(p.name, p.value, p.default, p.kind, p.meaning)
    return table


def _executions(card: RuleCard) -> Table:
    from rich.table import Table

    table = Table("execution", "runs", "note", title=f"supported executions ({card.target})", title_justify="left")
    for e in card.executions:
        table.add_row(e.name, "yes" if e.runs else "no", e.note)
    return table


def _engine(card: RuleCard) -> Table:
    from rich.table import Table

    title = "\n".join([f"on {card.target}", *(f"  {line}" for line in card.engine)])
    table = Table("constant", title=title, title_justify="left")
    table.add_column("described", justify="right")
    table.add_column("on the chip", justify="right")
    table.add_column("meaning")
    for c in card.constants:
        values = ("", "") if c.kind == "note" else (f"{c.wanted:.6g}", f"{c.got:.6g}")
        table.add_row(c.field, *values, c.text)
    return table
