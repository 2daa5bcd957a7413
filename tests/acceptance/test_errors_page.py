"""The error index has an entry with an example for every error and warning that neurosim raises."""

from __future__ import annotations

import re
from pathlib import Path

from neurosim import errors
from neurosim.errors import NeurosimError
from neurosim.results.recorded import NotRecordedError

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
INSTALLED = {"LavaError", "NestError"}
"""Errors of programs that need not be installed, so that the page does not show what its example prints."""


def kinds():
    of_the_room = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    return {kind.__name__ for kind in (*of_the_room, *below(NeurosimError), NotRecordedError) if kind is not NeurosimError}


def below(kind):
    return [found for sub in kind.__subclasses__() for found in (sub, *below(sub)) if sub.__module__.startswith("neurosim")]


def test_every_error_has_an_example_that_raises_it():
    sections = dict(re.findall(r"^##+ (\w+)\n(.*?)(?=^##+ |\Z)", PAGE.read_text(), re.S | re.M))
    assert kinds() <= sections.keys() and "UnitError" in kinds()
    for name in kinds():
        assert "**Remedy:**" in sections[name] or name == "NestError", name
        assert "```python" in sections[name], name
        shown = "".join(re.findall(r"```text\n(.*?)```", sections[name], re.S))
        assert f"{name}:" in shown or name in INSTALLED, name
