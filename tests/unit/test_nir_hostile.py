"""NIR files that are damaged, or made to do harm: one clear error each, soon, and without running anything."""

from __future__ import annotations

import time
from copy import deepcopy

import h5py
import numpy as np
import pytest

from neurosim.errors import DataError, NetworkError
from neurosim.nir import from_nir
from neurosim.nir.writing import write_graph


def lif(n=3, **changed):
    own = {"tau": np.full(n, 0.01), "r": np.ones(n), "v_leak": np.zeros(n), "v_threshold": np.ones(n)}
    return {"type": "LIF", **own} | changed


def graph():
    nodes = {
        "input": {"type": "Input", "shape": np.array([2])},
        "fc": {"type": "Linear", "weight": np.ones((3, 2))},
        "lif": lif(),
        "output": {"type": "Output", "shape": np.array([3])},
    }
    return {"type": "NIRGraph", "nodes": nodes, "edges": [("input", "fc"), ("fc", "lif"), ("lif", "output")]}


def changed(change):
    made = graph()
    change(made["nodes"], made)
    return made


def conv(shape, weight=(1, 1, 3, 3), **other):
    window = {"stride": np.array([1, 1]), "padding": np.array([0, 0]), "dilation": np.array([1, 1]), "groups": np.array(1)}

    def change(nodes, made):
        nodes["input"]["shape"] = np.array(shape)
        nodes["fc"] = {"type": "Conv2d", "weight": np.ones(weight), "bias": np.zeros(weight[0]), **window} | other

    return change


def put(name, **fields):
    return lambda nodes, made: nodes[name].update(fields)


def drop(name, field):
    return lambda nodes, made: nodes[name].pop(field)


def loop(nodes, made):
    nodes["a"] = nodes["b"] = {"type": "Scale", "scale": np.ones(3)}
    made["edges"] += [("fc", "a"), ("a", "b"), ("b", "a"), ("b", "lif")]


def nested(depth):
    def change(nodes, made):
        inner = graph()
        for _ in range(depth):
            inner = {"type": "NIRGraph", "nodes": {"g": inner}, "edges": []}
        nodes["g"] = inner

    return change


def two_inputs(nodes, made):
    inner = graph()
    inner["nodes"]["more"] = {"type": "Input", "shape": np.array([2])}
    nodes["g"] = inner
    made["edges"].append(("lif", "g"))


def collide(nodes, made):
    nodes["g"], nodes["g.lif"] = graph(), lif()


def voltage(nodes, made):
    nodes["li"] = {"type": "LI", "tau": np.full(2, 0.01), "r": np.ones(2), "v_leak": np.zeros(2)}
    made["edges"] = [("input", "li"), ("li", "fc"), ("fc", "lif"), ("lif", "output")]


def late_delay(nodes, made):
    nodes["wait"] = {"type": "Delay", "delay": np.arange(3) * 1e-3}
    nodes["fc2"] = {"type": "Linear", "weight": np.ones((3, 3))}
    made["edges"] = [("input", "fc"), ("fc", "wait"), ("wait", "fc2"), ("fc2", "lif"), ("lif", "output")]


CASES = {
    "no nodes": (lambda nodes, made: nodes.clear(), "0 nodes; expected a group of 1 to"),
    "no graph": (lambda nodes, made: made.update(type="LIF"), "its type is 'LIF'; expected a NIRGraph"),
    "no edges": (lambda nodes, made: made.pop("edges"), "has no edges"),
    "an edge to nowhere": (lambda nodes, made: made["edges"].append(("lif", "lfi")), r"'lfi'\) names no node .* mean 'lif'"),
    "no type": (drop("lif", "type"), "node 'lif' has no type; found r, tau"),
    "a kind nobody knows": (put("lif", type="Lif2"), "Unknown kind of node 'Lif2': expected one of Affine, .* Replace it"),
    "a field is missing": (drop("lif", "tau"), r"node 'lif' \(LIF\) has no tau; found r, type"),
    "NaN": (put("fc", weight=np.full((3, 2), np.nan)), "weight has 6 of 6 values that are NaN"),
    "infinity": (put("lif", tau=np.array([1, 1, np.inf])), "tau has 1 of 3 values that are NaN or infinite"),
    "text for numbers": (put("lif", tau="long"), "tau is 'long'; expected an array of numbers"),
    "no numbers": (put("lif", tau=np.zeros(0)), "tau has no value"),
    "a negative time": (put("lif", tau=np.full(3, -1.0)), "tau goes down to -1 s; expected times above 0"),
    "weights that do not fit": (put("fc", weight=np.ones((3, 5))), "takes 5 inputs, and 2 reach it"),
    "neurons that do not fit": (put("fc", weight=np.ones((4, 2))), "has 3 neurons and receives 4 values"),
    "parameters that do not fit": (put("lif", r=np.ones(2)), "r has 2 values; expected 1 or 3"),
    "weights of three dimensions": (put("fc", weight=np.ones((3, 2, 2))), r"shape \(3, 2, 2\); expected \(outputs, inputs\)"),
    "an input without neurons": (put("input", shape=np.array([0])), r"shape \(0,\); expected numbers above 0"),
    "a huge input": (put("input", shape=np.array([10**7, 10**7])), "at most 16777216 neurons"),
    "a huge number": (put("input", shape=np.array([10**12])), "whole numbers of at most 16777216"),
    "half a neuron": (put("input", shape=np.array([1.5])), "expected up to 8 whole numbers"),
    "a huge image": (conv((1, 4000, 4000)), "weights; expected at most|at most 16777216"),
    "a window too large": (conv((1, 2, 2)), "a 3 x 3 window with stride 1 does not fit"),
    "no image": (conv((9,)), r"input has the shape \(9,\); expected \(channels, rows, columns\)"),
    "other channels": (conv((2, 5, 5)), "2 channels reach it; .* takes 1"),
    "no stride": (conv((1, 5, 5), stride=np.array([0, 1])), "stride is .*at least 1"),
    "padding in words": (conv((1, 5, 5), padding="full"), "padding is 'full'; expected whole numbers, 'same' or 'valid'"),
    "a loop without neurons": (loop, "nodes 'a', 'b' form a loop without a neuron"),
    "graphs in graphs": (nested(14), "nested more than"),
    "an inner graph with two inputs": (two_inputs, "which has 2 nodes of the kind Input; expected one"),
    "two nodes of one name": (collide, "two nodes are called 'g.lif'"),
    "a long name": (lambda nodes, made: nodes.update({"x" * 1000: lif()}), r"\(1000 characters\); expected 1 to 200"),
    "a name with a slash": (lambda nodes, made: nodes.update({"a/b": lif()}), "node 'a' has no type; found b. .*slash"),
    "a name with a line": (lambda nodes, made: nodes.update({"a\nb": lif()}), "expected 1 to 200 printable characters"),
    "no input": (lambda nodes, made: (nodes.pop("input"), made["edges"].pop(0)), "the graph has no Input node"),
    "an input in the middle": (lambda nodes, made: made["edges"].append(("fc", "input")), "leads to an input|receives"),
    "a voltage that is sent": (voltage, "'li' .* sends its voltage to node 'lif'"),
    "delays between weights": (late_delay, "a Delay with different delays stands between two nodes with weights"),
    "a negative delay": (put("fc", type="Delay", delay=np.full(2, -1.0)), "delay goes down to -1 s"),
    "metadata that is no group": (put("lif", metadata=np.ones(3)), "metadata is .*expected a group"),
    "dimensions that are not there": (put("fc", type="Flatten", start_dim=np.array(5), end_dim=np.array(-1)), "start_dim = 5"),
}


@pytest.mark.parametrize("case", list(CASES))
def test_files_with_a_fault(case, tmp_path):
    change, message = CASES[case]
    write_graph(tmp_path / "net.nir", deepcopy(changed(change)))
    with pytest.raises((DataError, NetworkError), match=message) as caught:
        from_nir(tmp_path / "net.nir")
    said = str(caught.value)
    assert str(tmp_path / "net.nir") in said and len(said) < 1200 and "\n" not in said


def stored(**changed):
    """A graph that says that neurosim wrote it, with one thing changed in the metadata of its neurons or, before, of itself."""
    node = {"kept_mem": 0.9, "kept_syn": 0.0, "gain": 1.0, "bias": 0.0, "reset": "value", "threshold": ">", "spikes": "one"}

    def change(nodes, made):
        own = {"producer": "neurosim", "dt": 0.001}
        made["metadata"] = own | {k: v for k, v in changed.items() if k in (*own, "decay")}
        nodes["lif"] |= {"r": np.full(3, 10.0), "metadata": node | {k: v for k, v in changed.items() if k not in own}}

    return change


@pytest.mark.parametrize(
    ("changed_here", "message"),
    [
        ({"producer": np.ones(3)}, "Unknown producer"),
        ({"producer": "somebody"}, "Unknown producer 'somebody'"),
        ({"dt": "soon"}, "dt"),
        ({"dt": -1.0}, "expected one time above 0"),
        ({"decay": "never"}, "decay = 'never'; expected one of euler, exponential"),
        ({"reset": np.ones(2)}, "reset = .*expected one of value"),
        ({"kept_mem": 0.5}, "metadata says kept_mem = .*, and its fields say"),
        ({"kept_mem": np.ones((2, 2))}, "no finite numbers 'kept_mem'"),
        ({"kept_mem": np.ones(7)}, "metadata says kept_mem|its metadata"),
        ({"gain": np.nan}, "no finite numbers 'gain'"),
        ({"bias": "much"}, "no finite numbers 'bias'"),
        ({"time_mem": np.ones(5)}, "'time_mem' are no times above 0, one per neuron"),
        ({"starts": -1, "bias": 0.0}, "starts"),
    ],
)
def test_metadata_that_contradicts_the_graph(changed_here, message, tmp_path):
    write_graph(tmp_path / "net.nir", changed(stored()))
    assert from_nir(tmp_path / "net.nir").choices.dt == 0.001
    write_graph(tmp_path / "net.nir", changed(stored(**changed_here)))
    with pytest.raises((DataError, NetworkError), match=message) as caught:
        from_nir(tmp_path / "net.nir")
    assert str(tmp_path / "net.nir") in str(caught.value)


class Given:
    """What a program could hand over instead of a file."""

    def __init__(self, data):
        self.data = data

    def to_dict(self):
        return self.data


def test_a_name_of_a_million_characters():
    data = changed(lambda nodes, made: nodes.update({"x" * 10**6: lif()}))
    with pytest.raises(DataError, match=r"\(1000000 characters\)") as caught:
        from_nir(Given(data))
    assert len(str(caught.value)) < 500


def test_an_edge_of_one():
    with pytest.raises(DataError, match="an edge is .*expected a pair"):
        from_nir(Given(changed(lambda nodes, made: made.update(edges=[("lif",)]))))


def test_a_name_with_a_slash_that_no_file_made():
    with pytest.raises(DataError, match="'a/b'; expected .* without slashes"):
        from_nir(Given(changed(lambda nodes, made: nodes.update({"a/b": lif()}))))


@pytest.mark.parametrize("junk", [None, 3, [], {"type": "NIRGraph", "nodes": []}, {"type": "NIRGraph", "nodes": {"a": 1}}])
def test_objects_that_are_no_graph(junk):
    with pytest.raises((DataError, AttributeError), match="expected|attribute"):
        from_nir(Given(junk if isinstance(junk, dict) else {"type": junk}))


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        from_nir(tmp_path / "net.nir")


@pytest.mark.parametrize("content", [b"", b"{}", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_other_files(content, tmp_path):
    (tmp_path / "net.nir").write_bytes(content)
    with pytest.raises(DataError, match="damaged, incomplete or no NIR file"):
        from_nir(tmp_path / "net.nir")


def harmed(tmp_path, harm):
    path = tmp_path / "net.nir"
    write_graph(path, graph())
    with h5py.File(path, "r+") as file:
        harm(file)
    return path


def huge(file):
    del file["node/nodes/fc/weight"]
    file.create_dataset("node/nodes/fc/weight", (100_000, 100_000), "f8", chunks=(100, 100), compression="gzip")


def outside(file):
    file["node/nodes/fc/more"] = h5py.ExternalLink("/etc/passwd", "/x")


def again(file):
    file["node/nodes/again"] = file["node"]


def many_long_texts(file):
    del file["node/edges"]
    made = file.create_dataset("node/edges", (100_000, 2), h5py.string_dtype(), chunks=(1000, 2), compression="gzip")
    made[:] = np.array([["x" * 3000, "y"]] * 100_000, dtype=object)


@pytest.mark.parametrize(
    ("harm", "message"),
    [(huge, "only 0 are in the file"), (outside, "a link of the external kind"), (again, "linked twice, or part of a loop")],
)
def test_files_that_do_harm(harm, message, tmp_path):
    begun = time.monotonic()
    with pytest.raises(DataError, match=message):
        from_nir(harmed(tmp_path, harm))
    assert time.monotonic() - begun < 60


def test_cut_and_changed_bytes(tmp_path):
    path = harmed(tmp_path, lambda file: None)
    whole, rng = path.read_bytes(), np.random.default_rng(3)
    for _ in range(8):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 6):
            data[place] = rng.integers(256)
        path.write_bytes(data[: rng.integers(len(data) // 2, len(data) + 1)])
        try:
            from_nir(path)
        except (DataError, NetworkError) as error:
            assert str(path) in str(error)
