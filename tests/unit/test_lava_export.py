"""The text and files of an exported graph; nothing here runs Lava."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.names import variables
from neurosim.backends.lava.source import graph_source, stored_arrays
from neurosim.errors import UnsupportedError
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from tests.steps import SOURCE, chip_neuron, float_neuron

FIELDS = {"du": np.array(4095), "dv": np.array([7, 8, 7]), "v_th": np.full(3, 50)}
LIF = chip_neuron("LIF", **FIELDS)


def fixed(neuron=LIF, **projection):
    weights = projection.pop("weights", np.arange(6).reshape(2, 3))
    return FixedProgram(
        "net",
        1e-3,
        (FixedPopulation("source", 2, SOURCE), FixedPopulation("cells", 3, neuron)),
        (FixedProjection("source_cells", "source", "cells", weights, **projection),),
    )


def floating(neuron, n=3):
    return StepProgram(
        "net",
        1e-3,
        (StepPopulation("source", 2, SOURCE), StepPopulation("cells", n, neuron)),
        (StepProjection("source_cells", "source", "cells", np.ones((2, n))),),
    )


def line(program, variable):
    """The line of graph.py that makes `variable`."""
    return next(x.strip() for x in graph_source(program).splitlines() if x.strip().startswith(f"{variable} = "))


def test_one_line_a_process():
    text = line(fixed(sign_mode=SignMode.MIXED, weight_exp=-2, weight_bits=6), "cells")
    assert text == ('cells = LIF(shape=(3,), du=4095, dv=ARRAYS["cells.dv"], vth=50, bias_mant=0, bias_exp=0, name="cells")')
    assert line(fixed(sign_mode=SignMode.MIXED, weight_exp=-2, weight_bits=6), "source_cells") == (
        'source_cells = Dense(weights=ARRAYS["source_cells.weights"], weight_exp=-2, num_weight_bits=6, num_message_bits=0, '
        'sign_mode=SignMode.MIXED, name="source_cells")'
    )


def test_wires():
    text = graph_source(fixed())
    assert "source.s_out.connect(source_cells.s_in)" in text and "source_cells.a_out.connect(cells.a_in)" in text


def test_weights_are_transposed():
    assert stored_arrays(fixed())["source_cells.weights"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    ("weights", "delays", "process"),
    [
        (np.ones((2, 3), int), 0, "Dense"),
        (np.ones((2, 3), int), 4, "DelayDense"),
        (sparse.csr_array(np.eye(2, 3, dtype=int)), 0, "Sparse"),
        (sparse.csr_array(np.eye(2, 3, dtype=int)), np.full((2, 3), 2), "DelaySparse"),
    ],
)
def test_connection_follows_weights_and_delays(weights, delays, process):
    assert line(fixed(weights=weights, delays=np.asarray(delays, np.int32)), "source_cells").startswith(
        f"source_cells = {process}("
    )


def test_sign_mode_is_left_to_lava_where_it_is_not_given():
    assert "sign_mode" not in graph_source(fixed())


@pytest.mark.parametrize(
    ("kind", "process"),
    [
        ("LIF", "LIF("),
        ("LIFReset", "LIFReset("),
        ("SoftResetLIF", "SoftResetLIF_"),
        ("AdaptiveLIF", "AdaptiveLIF_"),
        ("RefractoryLIF", "RefractoryLIF_"),
    ],
)
def test_neuron_processes(kind, process):
    assert line(fixed(chip_neuron(kind, **FIELDS)), "cells").startswith(f"cells = {process}")


@pytest.mark.parametrize(
    ("changes", "process"),
    [
        ({}, "LIFRefractory("),
        ({"dv": np.array([0.1, 0.2, 0.3])}, "RefractoryLIF_"),
        ({"refractory": 0}, "RefractoryLIF_"),
        ({"v_th": np.array(-1.0)}, "RefractoryLIF_"),
        ({"v_reset": np.array(-1.0)}, "RefractoryLIF_"),
    ],
)
def test_lavas_own_refractory_neuron_where_it_can(changes, process):
    neuron = float_neuron("RefractoryLIF", **{"dv": np.array(0.1), "v_th": np.array(1.0), "refractory": 3, **changes})
    assert line(floating(neuron), "cells").startswith(f"cells = {process}")


def test_folder_has_everything_and_the_manifest_says_what_is_ours(tmp_path):
    graph = write_graph(fixed(chip_neuron("SoftResetLIF", **FIELDS)), tmp_path / "new" / "folder")
    folder = graph.parent
    names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    process = next(p["process"] for p in json.loads((folder / "manifest.json").read_text())["populations"] if not p["stock"])
    assert process.startswith("SoftResetLIF_")
    assert {"graph.py", "harness.py", "weights.npz", "manifest.json", f"processes/{process.lower()}.py"} <= names
    for source in folder.rglob("*.py"):
        modules = [x.module or "" for x in ast.walk(ast.parse(source.read_text())) if isinstance(x, ast.ImportFrom)]
        assert not any(module.startswith("neurosim") for module in modules), source
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["tag"] == "fixed_pt" and manifest["dt"] == 1e-3 and manifest["versions"]["lava-nc"] == "0.10.0"
    assert manifest["populations"] == [
        {"name": "source", "n": 2, "process": "RingBuffer", "stock": True},
        {"name": "cells", "n": 3, "process": process, "stock": False},
    ]


def test_a_neuron_that_resets_elsewhere_is_generated():
    """Those of Lava reset to rest only; `conformance/test_lava_float.py` runs it."""
    neuron = float_neuron("LIF", v_th=np.array(1.0), v_reset=np.array(-0.5))
    assert line(floating(neuron), "cells").startswith("cells = LIF_")


def test_long_delays_are_refused():
    with pytest.raises(UnsupportedError, match="Projection 'source_cells': a delay of 64 steps"):
        graph_source(fixed(delays=np.array(64, np.int32)))


def test_names_that_python_or_the_file_uses():
    wanted = [("population", "lambda"), ("population", "np"), ("population", "a"), ("projection", "a")]
    assert list(variables(wanted, ["np"]).values()) == ["lambda_", "np_", "a", "a_"]


EVIL = (
    'x""";import os;os.system("x");"""', "x\nimport os\n", "'" * 3 + "\\", '"]; import os; ARRAYS["',
    "{name}", "$x^{", "a\u2028b",
)  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_becomes_code(evil):
    """Programs are made from checked networks, but the text does not rely on it."""
    whole = floating(float_neuron("LIF", v_th=np.array(1.0)))
    populations = tuple(replace(p, name=p.name + evil) for p in whole.populations)
    projections = tuple(replace(p, name=evil, pre=p.pre + evil, post=p.post + evil) for p in whole.projections)
    source = graph_source(replace(whole, name=evil, populations=populations, projections=projections))
    expected, found = (ast.parse(graph_source(whole)), ast.parse(source))
    assert [type(x) for x in ast.walk(found)] == [type(x) for x in ast.walk(expected)]
    assert not [x for x in ast.walk(found) if isinstance(x, ast.Name) and x.id == "os"]


def test_names_that_python_takes_for_one():
    found = variables([("population", "x"), ("population", "\uff58"), ("population", "1 x"), ("population", "")], [])
    assert list(found.values()) == ["x", "x_", "_1_x", "_"]
