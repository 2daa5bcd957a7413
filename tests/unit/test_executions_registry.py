"""The registry of executions, the example of the docs, and executions of other packages: good, broken, and with taken names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, compare, deploy
from neurosim.backends.executions import EXECUTIONS, OWN, Execution, Workload, execution, reasons, registered
from neurosim.backends.executions.registry import load
from neurosim.cards.card import named_card
from neurosim.cli import app
from neurosim.errors import ContentError, NetworkError, TargetError, UnsupportedError
from neurosim.units import Hz, ms
from tests.conformance.scenarios import SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "executions.md"
ENTRY = {"numpy-loop": "my_package.numpy_loop:NumpyLoop"}
HEAD = "from neurosim import LIF\n"


def example() -> str:
    """The execution that the docs show."""
    (code,) = (c for c in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "(Execution)" in c)
    return HEAD + code


def small():
    return Network(
        "small",
        [Population("noise", 10, PoissonInput(100 * Hz)), Population("cells", 4, LIF(tau_m=20 * ms, v_th=1.0))],
        [Projection("noise", "cells", AllToAll(0.2))],
    )


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install packages: name -> (entry points, modules)."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(package, entries, **modules):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[neurosim.executions]", *lines, ""]))
        for name, code in modules.items():
            path = tmp_path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(code)
            monkeypatch.delitem(sys.modules, name.replace("__", "."), raising=False)
        return tmp_path

    return installed


@pytest.fixture
def toy(install):
    return install("toy", ENTRY, my_package__numpy_loop=example())


def test_the_docs_name_the_entry_point():
    assert '[project.entry-points."neurosim.executions"]' in PAGE.read_text()
    assert all(f'{name} = "{value}"' in PAGE.read_text() for name, value in ENTRY.items())
    assert len(example().splitlines()) < 100


def test_the_example_equals_brian2(toy):
    """Every row that it runs, against Brian2's step form; and two samples of images."""
    found, ran = EXECUTIONS["numpy-loop"], []
    for row in SCENARIOS:
        if found.refuses(row.workload):
            continue
        one, other = (e.run(row.workload, row.duration) for e in (found, OWN["Brian2 step"]))
        assert compare(one, other).identical and one.counts(row.busy).sum() > 10
        np.testing.assert_allclose(one.states["cells", "v"], other.states["cells", "v"], rtol=0, atol=1e-9)
        ran.append(row.name)
    assert ran == ["LIF"] and found.equals in OWN


def test_the_example_refuses_by_name(toy):
    (reason,) = EXECUTIONS["numpy-loop"].refuses(SCENARIOS[3].workload)
    assert reason.startswith("Population 'cells': numpy-loop runs only LIF neurons")
    with pytest.raises(UnsupportedError, match=re.escape(reason)):
        EXECUTIONS["numpy-loop"].run(SCENARIOS[3].workload, 10 * ms)


def test_an_installed_execution_is_everywhere(toy, monkeypatch):
    assert list(EXECUTIONS) == [*OWN, "numpy-loop"] and len(EXECUTIONS) == len(OWN) + 1
    card = named_card("hebb")
    assert card.executions[-1].name == "numpy-loop" and "tau_m as a time" in card.executions[-1].note
    shown = CliRunner().invoke(app, ["executions", "--json"])
    (entry,) = (e for e in json.loads(shown.stdout)["executions"] if e["package"] == "toy")
    assert entry["name"] == "numpy-loop" and entry["summary"].startswith("a loop") and not entry["problem"]
    monkeypatch.chdir(toy)
    (toy / "lif.py").write_text(MODEL)
    ran = CliRunner().invoke(app, ["deploy", "lif.py", "--run", "numpy-loop", "--duration", "50ms", "--json"])
    assert json.loads(ran.stdout)["run"]["identical"], ran.stderr


MODEL = """
from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection
from neurosim.units import Hz, ms
def build():
    populations = [Population("noise", 10, PoissonInput(100 * Hz)), Population("cells", 4, LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("lif", populations, [Projection("noise", "cells", AllToAll(0.2))])
"""


BROKEN = {
    "raises": ("1 / 0", "ZeroDivisionError"),
    "imports": ("import absent_package", "absent_package"),
    "no_execution": ("Made = 7", "expected an Execution"),
    "no_attribute": ("", "Made"),
    "other_name": (example() + "\nclass Made(NumpyLoop):\n    pass\n", "has the name 'numpy-loop'; expected 'other_name'"),
    "abstract": ("from neurosim.backends.executions import Execution as Made", "TypeError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_execution_names_its_package_and_leaves_the_others(toy, install, name):
    code, words = BROKEN[name]
    install("bad-luck", {name: f"bad_{name}:Made"}, **{f"bad_{name}": code})
    with pytest.raises(ContentError, match=re.escape(words)) as error:
        execution(name)
    assert "the package 'bad-luck'" in str(error.value) and "\n" not in str(error.value)
    (reason,) = reasons(name, Workload(small()))
    assert reason == str(error.value)
    assert not reasons("numpy-loop", Workload(small())) and not reasons("emulator float", Workload(small()))
    support = {s.name: s for s in named_card("hebb").executions}
    assert support["emulator fixed"].runs and "'bad-luck'" in support[name].note
    listed = json.loads(CliRunner().invoke(app, ["executions", "--json"]).stdout)["executions"]
    assert "'bad-luck'" in next(e for e in listed if e["name"] == name)["problem"]


def test_an_execution_that_fails_while_it_is_asked(install, monkeypatch):
    code = example() + "\n@dataclass(frozen=True)\nclass Made(NumpyLoop):\n    name: str = 'fails'\n"
    code += "    def prepare(self, workload):\n        {}['key']\n"
    place = install("bad-luck", {"fails": "fails_late:Made"}, fails_late=code)
    (reason,) = reasons("fails", Workload(small()))
    assert "'bad-luck'" in reason and "KeyError" in reason
    monkeypatch.chdir(place)
    (place / "lif.py").write_text(MODEL)
    ran = CliRunner().invoke(app, ["deploy", "lif.py", "--run", "fails", "--duration", "50ms", "--json"])
    assert ran.exit_code == 1 and reason in " ".join(ran.stderr.split()) and "a bug in neurosim" not in ran.stderr


@pytest.mark.parametrize("name", ["emulator fixed", "Emulator  Fixed"])
def test_names_of_neurosim_are_taken(install, name):
    install("greedy", {name: "my_package.numpy_loop:NumpyLoop"}, my_package__numpy_loop=example())
    (entry,) = registered()
    with pytest.raises(ContentError, match="package 'greedy': neurosim's own execution 'emulator fixed' has this name"):
        load(entry)
    assert EXECUTIONS["emulator fixed"] is OWN["emulator fixed"] and not reasons("emulator fixed", Workload(small()))
    listed = json.loads(CliRunner().invoke(app, ["executions", "--json"]).stdout)["executions"]
    assert len(listed) == len(OWN) + 1 and "'greedy'" in listed[-1]["problem"]


def test_a_name_that_two_packages_use(toy, install):
    install("copy", ENTRY)
    assert list(EXECUTIONS) == [*OWN, "numpy-loop"]
    with pytest.raises(ContentError, match="2 packages or entry points use this name"):
        execution("numpy-loop")


def test_nothing_is_imported_before_it_is_needed(toy):
    code = "import sys, neurosim; from neurosim.backends.executions import EXECUTIONS; list(EXECUTIONS)\n"
    code += "print('my_package' in sys.modules, len(EXECUTIONS))"
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(toy)!r})\n{code}"], capture_output=True)
    assert done.stdout.decode() == f"False {len(OWN) + 1}\n", done.stderr


def test_unknown_names():
    with pytest.raises(ContentError, match="Did you mean 'emulator fixed'"):
        execution("emulator fixd")
    with pytest.raises(KeyError):
        EXECUTIONS["absent"]


def test_a_mistake_is_not_a_refusal():
    """An unknown chip or a wrong argument raises its error; it is no property of the network."""
    with pytest.raises(TargetError, match="loihi9"):
        OWN["emulator fixed"].refuses(Workload(small(), "loihi9"))
    with pytest.raises(NetworkError, match="no ImageInput"):
        OWN["emulator float"].run(Workload(small()), 10 * ms, images=np.zeros((1, 10)))


@pytest.mark.parametrize("name", OWN)
def test_each_refuses_before_anything_is_compiled(name, monkeypatch):
    """No kernel, no run of Brian2 and no process."""

    def refuse(*_, **__):
        raise AssertionError("something was compiled or started")

    for place in ("compiler.machine._compiled", "processes.child.subprocess.Popen", "backends.brian2.engine.BuildRequest"):
        monkeypatch.setattr(f"neurosim.{place}", refuse)
    for row in SCENARIOS:
        assert bool(OWN[name].refuses(row.workload)) == (name in row.unsupported)


def test_a_workload_of_a_deployment_runs_this_deployment():
    coarse = deploy(small(), weight_bits=2)
    assert Workload.of(coarse).deployment("loihi1") is coarse
    own = Workload(small(), "loihi1")
    assert own.deployment("loihi2") is own.deployment("loihi2") and own.deployment("loihi2").target.name == "loihi1"


def test_several_reasons():
    """An execution of another package may collect its reasons."""

    @dataclass(frozen=True)
    class Choosy(Execution):
        def prepare(self, workload):
            raise UnsupportedError(" ".join(self.refuses(workload)))

        def refuses(self, workload):
            return tuple(f"Population {p.name!r}: no." for p in workload.network.populations)

    assert len(Choosy("choosy").refuses(Workload(small()))) == 2
