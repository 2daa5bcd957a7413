"""Cards that describe the models of the model zoo, created without running the models."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurosim.content.catalogue import content_path, list_content
from neurosim.content.user_code import read_source
from neurosim.display.short import Short
from neurosim.errors import ContentError
from neurosim.models.training_file import described


@dataclass(frozen=True)
class ModelCard(Short):
    """Description of a model, from the docstring of its file.

    Attributes
    ----------
    name, summary : str
        Name of the file, and first line of its docstring.
    paper, expected : str
        Paragraphs of the docstring that begin with "Paper:" and "Expected:".
    options : mapping
        Option of ``build`` -> its default as source text; "" if it has no default.
    """

    name: str
    summary: str
    paper: str
    expected: str
    options: Mapping[str, str]


def describe_models() -> list[ModelCard]:
    """Cards of all models and trained networks in the catalogue; no model is run."""
    return [*map(_card, list_content("models")), *map(_trained_card, list_content("trained"))]


def _trained_card(name: str) -> ModelCard:
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
        raise ContentError(f"{path}, line {error.lineno}: not valid Python ({error.msg}). Correct that line.") from error
    paragraphs = [" ".join(p.split()) for p in _labelled(ast.get_docstring(tree) or "")]
    return ModelCard(
        name=name,
        summary=paragraphs[0] if paragraphs else "",
        paper=_after("Paper:", paragraphs),
        expected=_after("Expected:", paragraphs),
        options=_build_options(tree),
    )


def _labelled(docstring: str) -> list[str]:
    """Paragraphs of a docstring; each label starts a new paragraph."""
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
