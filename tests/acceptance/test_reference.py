"""Every public name is in the reference, and is documented: what it takes, what it raises, and where it is from."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
from enum import Enum
from functools import cached_property
from itertools import chain

import griffe
import pytest

import neurosim
from neurosim import errors
from neurosim.checks.described import Described
from neurosim.neurons import EquationNeuron, Neuron, StepNeuron
from neurosim.plasticity import RULES
from tests.acceptance.test_docs import of_the_docs

INNER = "cli demo terminal processes files content compiler program checks step_language _content".split()
PRIVATE = tuple(f"neurosim.{room}" for room in INNER)
"""Rooms for neurosim itself; their names may change."""
OF_THE_USER = (Neuron, StepNeuron, EquationNeuron)
"""Neurons that a user completes, which have no source of their own."""
RAISED = {name for name, thing in vars(errors).items() if inspect.isclass(thing) and issubclass(thing, Exception)}


@pytest.fixture(scope="module")
def reference():
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield of_the_docs("reference", monkeypatch)


@pytest.fixture(scope="module")
def things(reference):
    """Everything that the reference shows, by its name."""
    return {name: resolved(name) for page in reference.PAGES.values() for name in reference.names_of(page)}


@pytest.fixture(scope="module")
def routines(reference, things):
    """Functions of the reference and the shown methods of its classes, by their names."""
    found = {name: thing for name, thing in things.items() if inspect.isroutine(thing)}
    for name, kind in things.items():
        if inspect.isclass(kind):
            members = {f"{name}.{member}": inspect.getattr_static(kind, member) for member in reference.members_of(kind)}
            found |= {member: thing for member, thing in members.items() if inspect.isfunction(plain(thing))}
    return found


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


def test_each_name_of_the_reference_has_a_docstring(things, routines):
    assert not [name for name, thing in things.items() if inspect.isclass(thing) and not thing.__doc__]
    assert not [name for name, thing in routines.items() if not doc_of(thing)]


def test_each_value_has_a_docstring_and_each_function_is_found(reference, things):
    package = griffe.load("neurosim", search_paths=[str(neurosim.__path__[0]) + "/.."], resolve_aliases=True)
    values = {name for name, thing in things.items() if not inspect.isclass(thing) and not inspect.isroutine(thing)}
    assert values and not [name for name in values if not package[name.removeprefix("neurosim.")].docstring]
    # Of a function and a module with one name, the page would show the module.
    places = {name: reference.place_of(name, thing) for name, thing in things.items() if inspect.isroutine(thing)}
    assert not [name for name, place in places.items() if not package[place.removeprefix("neurosim.")].is_function]


def test_names_that_users_call_and_fields_that_pages_list(reference):
    shown = reference.members_of(neurosim.Recording)
    assert {"counts", "rates", "raster", "steps_of", "final_weights", "save", "load", "to_neo"} <= set(shown)
    assert "is_plain" not in reference.members_of(neurosim.Convolution)
    assert "thinnings" not in reference.members_of(neurosim.Network)
    names = {name.rsplit(".", 1)[1] for page in reference.PAGES.values() for name in reference.names_of(page)}
    assert not [name for page in reference.PAGES.values() for name in page.first if name not in names]
    assert set(reference.CALLED) <= names


def test_each_parameter_of_a_class_is_documented(things):
    kinds = {name: thing for name, thing in things.items() if inspect.isclass(thing)}
    kinds = {name: kind for name, kind in kinds.items() if not issubclass(kind, Exception | Enum)}
    missing = {name: parameters(kind) - set().union(*map(listed, documented(kind))) for name, kind in kinds.items()}
    assert not {name: left for name, left in missing.items() if left}


def test_each_parameter_of_a_function_is_documented(things, routines):
    functions = {name: thing for name, thing in things.items() if inspect.isroutine(thing)}
    missing = {name: parameters(thing) - listed(doc_of(thing)) for name, thing in functions.items()}
    assert not {name: left for name, left in missing.items() if left}
    # A method can also name its parameters in its text.
    methods = {name: thing for name, thing in routines.items() if name not in things and inspect.isroutine(plain(thing))}
    methods = {name: thing for name, thing in methods.items() if not isinstance(thing, property | cached_property)}
    missing = {name: parameters(plain(thing)) - named(doc_of(thing)) for name, thing in methods.items()}
    assert not {name: left for name, left in missing.items() if left}


def test_arrays_have_a_shape(things, routines):
    told = {name: (thing, documented(thing)) for name, thing in things.items() if inspect.isclass(thing)}
    told = {name: found for name, found in told.items() if not issubclass(found[0], Exception | Enum)}
    told |= {name: (plain(thing), [doc_of(thing)]) for name, thing in routines.items()}
    assert not {name: left for name, (thing, texts) in told.items() if (left := shapeless(thing, texts))}


def test_formulas_are_drawn(things, routines, monkeypatch):
    """As pictures, whose text is the formula in TeX; none is left in the syntax of docstrings."""
    formulas = of_the_docs("formulas", monkeypatch)
    texts = {name: inspect.getdoc(thing) or "" for name, thing in {**things, **routines}.items()}
    drawn = {name: formulas.with_formulas(text) for name, text in texts.items() if "math:" in text}
    assert len(drawn) > 40 and not [name for name, text in drawn.items() if "math:" in text]
    assert all('src="data:image/svg+xml;base64,' in text for text in drawn.values())
    assert r'alt="\tau_m \dot v' in drawn["neurosim.LIF"]


def test_neurons_and_rules_state_their_source(things):
    models = [k for k in things.values() if inspect.isclass(k) and issubclass(k, Neuron) and k not in OF_THE_USER]
    assert len(models) > 20 and not [kind.__name__ for kind in models if not sourced(kind.paper)]
    makers = {entry: getattr(neurosim.plasticity, entry) for entry in RULES}
    assert not [name for name, make in makers.items() if not sourced(make.__doc__)]


def test_errors_are_named_by_what_raises_them(things, routines):
    """Errors that a function raises itself, or in helpers of its module; a description's own refusal is on each page."""
    told = {name: raised(plain(thing)) - set(words(doc_of(thing))) for name, thing in routines.items()}
    assert not {name: left for name, left in told.items() if left}
    for name, kind in things.items():
        if inspect.isclass(kind) and "__post_init__" in vars(kind):
            known = {kind.refusal.__name__} if issubclass(kind, Described) else set()
            assert not raised(kind.__post_init__) - known - set(chain(*map(words, documented(kind)))), name


def doc_of(thing):
    found = inspect.getdoc(plain(thing))
    return found or ""


def plain(thing):
    """The function of a method, a property or a decorated function."""
    for name in ("__func__", "fget", "func"):
        thing = getattr(thing, name, None) or thing
    return inspect.unwrap(thing)


def parameters(thing):
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD) if inspect.isclass(thing) else ()
    found = inspect.signature(thing).parameters.values()
    return {p.name for p in found if p.kind not in kinds and p.name not in ("self", "cls") and not p.name.startswith("_")}


def documented(kind):
    """Docstrings of a class, of its initialiser and of its bases."""
    bases = [base for base in kind.__mro__ if base.__module__.startswith("neurosim")]
    return [text for base in bases for text in (base.__doc__, getattr(vars(base).get("__init__"), "__doc__", None)) if text]


def entries(text):
    """Names in the sections of parameters and attributes of a docstring, as the page shows them, with type and meaning."""
    sections = griffe.Docstring(inspect.cleandoc(text), parser="numpy").parse("numpy", warnings=False)
    kinds = ("parameters", "other parameters", "attributes")
    found = [entry for section in sections if section.kind.value in kinds for entry in section.value]
    told = {entry.name: f"{entry.annotation} {entry.description}" for entry in found}
    return {name.strip().lstrip("*"): text for names, text in told.items() for name in names.split(",")}


def listed(text):
    return set(entries(text))


def shapeless(thing, texts):
    """Parameters that are arrays, and of which no docstring tells the shape."""
    kinds = {p.name: str(p.annotation) for p in inspect.signature(thing).parameters.values()}
    arrays = {name for name, kind in kinds.items() if re.search(r"FloatArray|NDArray|Matrix|\bArray\b", kind)}
    told = {name: text for found in reversed(texts) for name, text in entries(found).items()}
    return [name for name in arrays & told.keys() if not re.search(r"\(.*\)|one value|one per", told[name])]


def named(text):
    return listed(text) | set(re.findall(r"`+(\w+)`+", text))


def words(text):
    return re.findall(r"\w+", text)


def sourced(text):
    """Whether a text names a paper by its DOI or number, or says that there is none because it is neurosim's own."""
    return bool(re.search(r"\d{4}.*(doi:10\.\d+/\S+|arXiv:\d+\.\d+)|neurosim's own", text or "", re.S))


def raised(function, depth=2):
    """Errors of neurosim that a function raises, or that functions of its module which it calls raise."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    found = {call.func.id for call in calls if isinstance(call.func, ast.Name)} & RAISED
    if depth:
        names = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        helpers = [inspect.unwrap(vars(sys.modules[function.__module__]).get(name, print)) for name in names]
        here = [h for h in helpers if inspect.isfunction(h) and h.__module__ == function.__module__ and h is not function]
        found = found.union(*(raised(helper, depth - 1) for helper in here))
    return found
