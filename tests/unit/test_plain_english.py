"""Pages, docstrings and comments contain none of the phrases that readers stumbled over."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The studies in experiments/, which REPRODUCING.md quotes, are left out, because their text is stored in committed results.
PAGES = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if path.name != "REPRODUCING.md"]
FOLDERS = ("docs", "models", "neurosim", "tests")

_THING = (
    "batch|block|case|cell|class|core|epoch|file|image|layer|line|neuron|population|process|projection|receptor|row|rule|"
    "sample|seed|source|spike|step|study|synapse|trial|weight|wire"
)
PHRASES = {
    "one per neuron, not 'one a neuron'": rf"\bone (?:\w+ )?an? (?:{_THING})\b(?! of\b)",
    "bits per weight, not 'bits a weight'": r"\b(?:bits?|bytes?|numbers?) a (?:weight|neuron|synapse|core)\b",
    "images per second, not 'images a second'": r"\b(?:events|images|operations|spikes|steps) a second(?=[ ]?[^\w\s]|$)",
    "after, not 'behind'": r"\b(?:lies?|comes?|steps|what is) behind\b",
    "in the terms of, not 'in words of'": r"\bin words of\b",
    "receives, not 'is told'": r"\b(?:is|are|was|were) told\b(?! apart)",
    "name the subject, not 'Of the ...'": r"(?:\A|\n *)Of (?:a|all|an|each|every|its|the)\b[^,.;:]*\.(?:\s|\Z)",
    "as X defines it, not 'as X has it'": r"\bas (?:the )?[\w`.]+ has it\b",
    "neurosim's own, not 'of ours'": r"\bof (?:ours|our own)\b",
    "silently, not 'without a word'": r"\bwithout a word\b",
    "on an idle machine": r"\bnothing else on the machine\b|\bbeside other work\b",
}


def found_in(text: str) -> list[str]:
    """Phrases of `text` that should be written differently, each with the advice."""
    flowing = re.sub(r"(?<=[\w,;]) *\n *(?=[\w`])", " ", text)
    return sorted(
        {
            f"{advice}: ...{shown[max(0, match.start() - 30) : match.end() + 30]!r}..."
            for advice, pattern in PHRASES.items()
            for shown in (text, flowing)
            for match in re.finditer(pattern, shown)
        }
    )


def prose_of(path: Path) -> Iterator[str]:
    """Docstrings, strings that document a variable, and comments of a Python file."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


@pytest.mark.parametrize(
    "text",
    [
        "Weights, one a neuron.",
        "It has one row a study.",
        "Stored in a byte a weight.",
        "It learns 1500 images a second.",
        "The synapse lies behind the gate.",
        "The network is told the label.",
        "Of the presynaptic trace.",
        "Drawn as the dendrite has it.",
        "A process of ours sends it.",
    ],
)
def test_a_phrase_is_found(text: str):
    assert found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "One value per neuron, and one for a neuron of the next layer.",
        "With these events a second compartment decides.",
        "Of 10 points, 9 are within one standard error.",
        "Two groups are told apart by their rate.",
        "It runs behind a proxy.",
    ],
)
def test_ordinary_english_is_not(text: str):
    assert not found_in(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages(page: Path):
    assert not found_in(page.read_text())


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_and_comments(folder: str):
    found = [
        f"{path.relative_to(ROOT)}: {phrase}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in prose_of(path)
        for phrase in found_in(text)
    ]
    assert not found, "\n".join(found)
