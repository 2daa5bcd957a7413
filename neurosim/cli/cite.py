"""The command ``neurosim cite``, which prints what to cite as BibTeX."""

from __future__ import annotations

from typing import Annotated

import typer

from neurosim.cli.output import Json, output
from neurosim.terminal.console import plain_words


def cite(
    names: Annotated[
        list[str], typer.Argument(help="Models, rules, learning algorithms, studies, data sets, chips, neurons or programs.")
    ],
    json: Json = False,
) -> None:
    """Print BibTeX for the papers, data and programs that something is built on, and for neurosim itself."""
    from neurosim.citing import cite as cited

    with output(json) as say:
        found = cited(*names)
        text = plain_words(str(found))
        # Programs read this; a line that is wrapped would be another line.
        text.no_wrap, text.overflow = True, "ignore"
        say.show(text)
        say.result = {
            "entries": [{"kind": e.kind, "key": e.key, **e.fields} for e in found.entries], "missing": list(found.missing),
        }  # fmt: skip
