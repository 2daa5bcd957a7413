"""The commands ``neurosim models`` and ``neurosim targets``, which list the models and the chips."""

from __future__ import annotations

from dataclasses import asdict

from rich.table import Table

from neurosim.cli.output import Json, output
from neurosim.errors import TargetError


def models(json: Json = False) -> None:
    """List the models with their papers and options."""
    from neurosim.models.cards import describe_models

    with output(json) as say:
        table = Table("model", "description", "paper", "expected", "options", show_lines=True)
        cards = describe_models()
        for card in cards:
            options = "\n".join(f"{name}={default}" for name, default in card.options.items())
            table.add_row(card.name, card.summary, card.paper, card.expected, options)
        say.show(table)
        say.result = {"models": [asdict(card) for card in cards]}


def targets(json: Json = False) -> None:
    """List the chips that a network can be deployed to."""
    from neurosim.chip.target import load_target, target_names

    with output(json) as say:
        table = Table("target", "chip", "neurons", "note", show_lines=True)
        chips, problems = [], {}
        for name in target_names():
            try:
                chips.append(load_target(name))
            except TargetError as error:
                problems[name] = str(error)
                table.add_row(name, "", "", problems[name])
        for chip in chips:
            neurons = "\n".join(f"{name} ({entry.way.replace('_', ' ')})" for name, entry in chip.dynamics.items())
            table.add_row(chip.name, chip.title, neurons, chip.note)
        say.show(table)
        say.result = {
            "targets": [
                {"name": c.name, "title": c.title, "note": c.note, "dynamics": {k: d.way for k, d in c.dynamics.items()}}
                for c in chips
            ],
            "problems": problems,
        }
