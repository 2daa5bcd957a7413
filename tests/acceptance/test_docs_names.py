"""Each public name of running networks, connections, inputs and rules is used by some code in the docs, which the tests run."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

import neurosim
from neurosim import neurons, plasticity
from neurosim.backends.brian2.devices import simulate_on_device
from neurosim.backends.nest import cluster
from neurosim.backends.running.run import Running
from neurosim.plasticity.names import FUNCTIONS
from tests.acceptance.test_docs import PAGES, ROOT, WITH_CODE

MET = {"NeurosimError", "Recording", "Running", "__version__"}
"""Names that users meet but do not call."""
NEURONS = set(neurons.__all__)
"""The page "What runs where" lists all neurons."""
VIEWS = {"inputs", "currents", "signals", "weights", "states", "synapses", "constants"}
FACTORS = {"pre", "post", "synaptic", "broadcast", "post_state", "post_modulator", "normalise", "time_step"}


def words(tree: ast.AST) -> Iterator[str]:
    """Names, attributes and keywords of code, and the names in its texts, which may be expressions of rules."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)):
                yield from re.findall(r"[A-Za-z_]\w*", text)


BLOCKS = [block for page in WITH_CODE for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)]
USED = {word for block in BLOCKS for word in words(ast.parse(block))}


def options(call: object) -> set[str]:
    """Parameters that can only be given by name; those of training, of files and of C++ programs are not of these pages."""
    parameters = inspect.signature(call).parameters.values()  # type: ignore[arg-type]
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"build_dir", "readout", "trust"}


CALLS = {name: getattr(neurosim, name) for name in set(neurosim.__all__) - MET - NEURONS}
OF_RUNNING = {name: member for name, member in vars(Running).items() if not name.startswith("_")}


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("descriptions, connections, inputs and runs", set(CALLS)),
        ("options", {option for call in CALLS.values() for option in options(call)}),
        ("a running network", VIEWS | OF_RUNNING.keys()),
        ("options of a running network", {o for member in OF_RUNNING.values() if callable(member) for o in options(member)}),
        ("rules", FUNCTIONS.keys() | FACTORS | options(plasticity.PlasticityRule) - {"paper", "equation"}),
        ("other simulators", {f.__name__ for f in (cluster.write_run, cluster.read_run, simulate_on_device)}),
    ],
)
def test_each_has_an_example(what, names):
    assert len(names) > 2 and names - USED == set(), f"{what} without an example in the docs"


def test_a_name_without_an_example_is_found():
    assert "rewind" not in USED and {"run", "rest", "where", "OnGrid", "autapses"} <= USED


def test_benchmarks_that_pages_name_exist():
    named = {name for page in PAGES for name in re.findall(r"neurosim bench ([a-z][a-z-]*)", page.read_text())}
    assert "scale" in named
    for name in named:
        assert (ROOT / "experiments" / f"benchmark_{name.replace('-', '_')}.py").exists(), name
