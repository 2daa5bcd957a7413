"""The model zoo: one network a file in ``models/``, or a file of yours with ``build(...) -> Network``; and trained ones."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import call, load_function, read_source
from neurosim.errors import ContentError, UsageError, unknown_name
from neurosim.network.network import Network

_TRAINED = (".h5", ".hdf5")


@dataclass(frozen=True)
class ModelCard:
    """What a model's file says about itself.

    Attributes
    ----------
    name, summary : str
        Of the file; first line of its docstring.
    paper, expected : str
        The paragraphs that begin with "Paper:" and "Expected:".
    options : mapping
        Option of ``build`` -> its default, as source text; "" where it has none.
    """

    name: str
    summary: str
    paper: str
    expected: str
    options: Mapping[str, str]


def load_model(name: str | os.PathLike[str], *, trust: bool = False, **options: Any) -> Network:
    """Build the network of a model.

    Parameters
    ----------
    name : str or path
        A name out of ``neurosim models``, the path of a Python file with ``build(...)``, or of a trained ``.h5`` file.
    trust : bool
        Whether a Python file that a trained ``.h5`` names as its model is run, though it is not known to be one that you ran.
    **options
        Given to ``build``; a trained network keeps those it was trained with.

    Raises
    ------
    ContentError
        If there is no such model or option, or the file fails; names the line.
    DataError
        If a trained file is missing, damaged or something else, or names code that is not run unasked.
    """
    if is_trained(name):
        return _trained(name, options, trust)
    if isinstance(name, str) and name.isidentifier() and name not in list_content("models"):
        names = [*list_content("models"), *list_content("trained")]
        raise ContentError(unknown_name("model", name, names))
    path = content_path("models", name)
    network = call(path, load_function(path, "build"), options)
    if not isinstance(network, Network):
        raise ContentError(f"{path}: build() returned {type(network).__name__}; expected a neurosim.Network.")
    return network


def is_trained(name: Any) -> bool:
    """Whether that is a trained network, by its name or file."""
    return str(name).endswith(_TRAINED) or name in list_content("trained")


def _trained(name: str | os.PathLike[str], options: Mapping[str, Any], trust: bool) -> Network:
    from neurosim.train.desire.training import Training

    if options:
        option, value = next(iter(options.items()))
        who = f"--set {option}={value!r}: {os.fspath(name)}"
        raise UsageError(f"{who} is a trained network and keeps the options it was trained with.")
    path = content_path("trained", name) if name in list_content("trained") else Path(name)
    return Training.load(path, trust=trust).network


def parse_options(texts: Sequence[str]) -> dict[str, Any]:
    """``["n=3", "sizes=(64, 10)"]`` as options for `load_model`; a value is a Python literal.

    Raises
    ------
    UsageError
        If a text has no ``=``, or its value is no literal.
    """
    return dict(_option(text) for text in texts)


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (equals and name.isidentifier()):
        raise UsageError(f"--set {text}: expected name=value, such as seed=3.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UsageError(
            f"--set {text}: the value {value!r} is no Python literal; "
            "expected one such as 3, 0.5, (64, 100, 10), True or '\"text\"'."
        ) from None


def describe_models() -> list[ModelCard]:
    """Cards of all models and trained networks that have a name; no model is run."""
    return [*map(_card, list_content("models")), *map(_trained_card, list_content("trained"))]


def _trained_card(name: str) -> ModelCard:
    from neurosim.train.desire.training import described

    settings, history = described(content_path("trained", name))
    sizes, accuracy = "-".join(map(str, settings["sizes"])), f"Strict test accuracy {history[-1].test_accuracy:.2%}"
    packed = settings.get("packed")
    return ModelCard(
        name=name,
        summary=f"{settings['model']}, {sizes}, trained on {settings['data']} for {len(history)} epochs.",
        paper=_card(settings["model"]).paper,
        expected=f"{accuracy}; with {packed['weight_bits']}-bit weights on the chip {packed['test_accuracy']:.2%}."
        if packed
        else f"{accuracy}.",
        options={option: repr(value) for option, value in settings["options"].items()},
    )


def _card(name: str) -> ModelCard:
    path = content_path("models", name)
    try:
        tree = ast.parse(read_source(path))
    except SyntaxError as error:
        raise ContentError(f"{path}, line {error.lineno}: not Python ({error.msg}). Mend that line.") from error
    paragraphs = [" ".join(p.split()) for p in _labelled(ast.get_docstring(tree) or "")]
    return ModelCard(
        name=name,
        summary=paragraphs[0] if paragraphs else "",
        paper=_after("Paper:", paragraphs),
        expected=_after("Expected:", paragraphs),
        options=_build_options(tree),
    )


def _labelled(docstring: str) -> list[str]:
    """Paragraphs; a label starts one of its own."""
    for label in ("Paper:", "Expected:"):
        docstring = docstring.replace(f"\n{label}", f"\n\n{label}")
    return docstring.split("\n\n")


def _after(label: str, paragraphs: Sequence[str]) -> str:
    found = (p.removeprefix(label).strip() for p in paragraphs if p.startswith(label))
    return next(found, "")


def _build_options(tree: ast.Module) -> dict[str, str]:
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    build = next(functions, None)
    if build is None:
        return {}
    names = [a.arg for a in build.args.args]
    defaults = [ast.unparse(d) for d in build.args.defaults]
    plain = dict(zip(names, [""] * (len(names) - len(defaults)) + defaults, strict=True))
    keyword = zip(build.args.kwonlyargs, build.args.kw_defaults, strict=True)
    return plain | {a.arg: "" if d is None else ast.unparse(d) for a, d in keyword}
