"""Every public name is in the reference, and is documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import neurosim
from tests.acceptance.test_docs import of_the_docs

INNER = "cli demo terminal processes files content compiler program checks step_language _content".split()
PRIVATE = tuple(f"neurosim.{room}" for room in INNER)
"""Rooms for neurosim itself; their names may change."""


@pytest.fixture
def reference(monkeypatch):
    return of_the_docs("reference", monkeypatch)


def resolved(path):
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def test_each_public_name_is_in_the_reference(reference):
    shown = [name for page in reference.PAGES.values() for name in reference.names_of(page)]
    assert len(shown) == len(set(shown)), "a name is on two pages"
    found = {id(resolved(name)) for name in shown}
    names = [f"{room}.{name}" for room in rooms(reference) for name in public(room)]
    assert not [name for name in names if id(resolved(name)) not in found]


def rooms(reference):
    """Modules that list public names, except those for neurosim itself and those whose page is a list."""
    packages = [m.name for m in pkgutil.walk_packages(neurosim.__path__, "neurosim.") if m.ispkg]
    named = ["neurosim", *(p for p in packages if not p.startswith(PRIVATE))]
    return [room for room in named if room not in reference.PLAIN and getattr(importlib.import_module(room), "__all__", None)]


def public(room):
    return [name for name in importlib.import_module(room).__all__ if not name.startswith("_")]


def test_each_name_of_the_reference_has_a_docstring(reference):
    shown = [name for page in reference.PAGES.values() for name in reference.names_of(page)]
    things = {name: resolved(name) for name in shown}
    assert not [n for n, t in things.items() if (inspect.isroutine(t) or inspect.isclass(t)) and not inspect.getdoc(t)]
