"""Texts in which papers are named, for the name of a model, rule, algorithm, study, data set, chip, neuron or program."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from neurosim import neurons
from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import read_source
from neurosim.data import dataset_names
from neurosim.errors import ContentError, unknown_name
from neurosim.models.cards import describe_models
from neurosim.plasticity.catalogue import RULES
from neurosim.rate.catalogue import ALGORITHMS

DATA: Mapping[str, str] = {
    "digits": "uci-digits", "mnist": "lecun1998", "fashion-mnist": "xiao2017", "cifar-10-jpeg": "krizhevsky2009",
}  # fmt: skip
"""Data set -> entry."""
PROGRAMS: Mapping[str, str] = {
    "brian2": "stimberg2019", "lava": "lava", "nest": "nest", "nir": "pedersen2024", "neurosim": "neurosim",
}  # fmt: skip
"""Program -> entry."""
_SIGNS: Mapping[str, str] = {
    r"\bsimulate\(|\bbrian2\b": "brian2", r"\brun_lava\(|\"lava\"": "lava", r"\"nest\"": "nest", r"\b(to|from)_nir\(": "nir",
}  # fmt: skip
"""Code in a study -> program that it uses."""


def texts_of_name(name: str) -> list[str]:
    """Texts that name papers, or keys of entries.

    Raises
    ------
    ContentError
        If there is nothing with this name.
    """
    found = [text for kind, names in _kinds().items() if name in names() for text in kind(name)]
    if not found:
        known = {each for names in _kinds().values() for each in names()}
        raise ContentError(unknown_name("name to cite", name, sorted(known)))
    return found


def _is_neuron(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, neurons.Neuron) and found is not neurons.Neuron


def _kinds() -> Mapping[Callable[[str], Iterator[str]], Callable[[], list[str]]]:
    """Function from a name to its texts -> function that lists the names."""
    return {
        _model: lambda: [*list_content("models"), *list_content("trained")],
        _rule: lambda: list(RULES),
        _algorithm: lambda: list(ALGORITHMS),
        _study: lambda: list_content("experiments"),
        _chip: lambda: list_content("hardware_targets"),
        _neuron: lambda: [name for name in neurons.__all__ if _is_neuron(getattr(neurons, name))],
        _data: dataset_names,
        _program: lambda: list(PROGRAMS),
    }


def _model(name: str) -> Iterator[str]:
    """What the file of a model says, and the neurons and rules that it imports; the model is not built."""
    if name in list_content("models"):
        yield from _code(read_source(content_path("models", name)))
    else:
        yield from (card.paper for card in describe_models() if card.name == name)


def _code(text: str) -> Iterator[str]:
    """Docstring of a file, and what is named in its code."""
    yield text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield from _imported(alias.name)
        elif isinstance(node, ast.Attribute):
            yield from _imported(node.attr)


def _imported(name: str) -> Iterator[str]:
    if name in RULES:
        yield from _rule(name)
    elif name in neurons.__all__:
        yield from _neuron(name)


def _rule(name: str) -> Iterator[str]:
    yield inspect.getdoc(RULES[name].factory) or ""


def _algorithm(name: str) -> Iterator[str]:
    make = ALGORITHMS[name].make
    yield make().paper
    yield inspect.getdoc(make) or ""


def _study(name: str) -> Iterator[str]:
    """The text of a study, its models, data and programs; nothing is run."""
    text = read_source(content_path("experiments", name))
    yield from _code(text)
    for model in list_content("models"):
        if re.search(rf"[\"'/]{model}(\.py)?[\"'`]", text):
            yield from _model(model)
    yield from (key for data, key in DATA.items() if re.search(rf"[\"']{data}[\"']", text))
    yield from (PROGRAMS[program] for sign, program in _SIGNS.items() if re.search(sign, text))


def _chip(name: str) -> Iterator[str]:
    yield read_source(content_path("hardware_targets", name))


def _neuron(name: str) -> Iterator[str]:
    kind = getattr(neurons, name)
    yield getattr(kind, "paper", "") or ""
    yield inspect.getdoc(kind) or ""


def _data(name: str) -> Iterator[str]:
    yield DATA[name]


def _program(name: str) -> Iterator[str]:
    yield PROGRAMS[name]
