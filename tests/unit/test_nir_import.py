"""Networks from NIR compute what other programs compute from it, and what is left open is a choice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate2d

from neurosim import LIF, LeakyIntegrator, SoftResetLIF, SpikeRaster, StepLIF, deploy, emulate_network, simulate
from neurosim.errors import DataError, NetworkError
from neurosim.neurons.step_lif import ManySpikeLIF
from neurosim.nir import PRODUCERS, from_nir
from neurosim.nir.writing import write_graph
from neurosim.units import ms, second
from tests.unit import nir_reference

STEPS, DT = 60, 1e-3
RNG = np.random.default_rng(8)
ORDER = ("input", "fc1", "w_rec", "cuba", "fc2", "wait", "skip", "lif", "fc3", "li")
DEPTHS = {"cuba": 1, "lif": 2, "li": 3}
CHOICES = {
    "dt": DT, "decay": "euler", "membrane_input": "times_dt", "synapse_input": "times_dt", "integrator_input": "times_dt",
    "reset": "value", "threshold": ">",
}  # fmt: skip


class Graph:
    """A graph of mappings, in the place of a `nir.NIRGraph`."""

    def __init__(self, nodes, edges, **more):
        self.data = {"type": "NIRGraph", "nodes": nodes, "edges": edges, **more}

    def to_dict(self):
        return self.data


def cuba(n, **changed):
    own = {"tau_mem": np.full(n, 0.01), "tau_syn": RNG.uniform(0.002, 0.006, n), "r": np.full(n, 3.0), "w_in": np.full(n, 2.0)}
    levels = {"v_leak": np.full(n, 0.05), "v_threshold": np.full(n, 0.4), "v_reset": np.full(n, -0.1)}
    return {"type": "CubaLIF", **own, **levels} | changed


def lif(n, **changed):
    own = {"tau": np.full(n, 0.008), "r": np.full(n, 4.0), "v_leak": np.zeros(n)}
    return {"type": "LIF", **own, "v_threshold": np.full(n, 0.6), "v_reset": np.zeros(n)} | changed


def affine(n, m, scale=1.0, bias=0.2):
    return {"type": "Affine", "weight": RNG.normal(0.3, scale, (m, n)), "bias": RNG.uniform(0, bias, m)}


def whole_graph():
    """A recurrent layer, a way around it with a delay, biases everywhere, and a readout."""
    nodes = {
        "input": {"type": "Input", "shape": np.array([6])},
        "fc1": affine(6, 5),
        "cuba": cuba(5),
        "w_rec": affine(5, 5, 0.5, 0.1),
        "fc2": {"type": "Linear", "weight": RNG.normal(0.3, 1, (4, 5))},
        "skip": affine(6, 4),
        "wait": {"type": "Delay", "delay": np.full(6, 3 * DT)},
        "lif": lif(4, tau=RNG.uniform(0.005, 0.02, 4)),
        "fc3": affine(4, 3),
        "li": {"type": "LI", "tau": np.full(3, 0.015), "r": np.full(3, 2.0), "v_leak": np.full(3, 0.1)},
        "output": {"type": "Output", "shape": np.array([3])},
    }
    chain = ["input", "fc1", "cuba", "fc2", "lif", "fc3", "li", "output"]
    edges = list(zip(chain, chain[1:], strict=False)) + [
        ("cuba", "w_rec"), ("w_rec", "cuba"), ("input", "wait"), ("wait", "skip"), ("skip", "lif"),
    ]  # fmt: skip
    return Graph(nodes, edges)


GRAPH, RASTER = whole_graph(), (RNG.random((STEPS, 6)) < 0.25).astype(int)


def shifted(recording, name, depth, n):
    """Spikes (steps, n), without the steps that the connections take."""
    return recording.raster(name)[0, depth : depth + STEPS, :n]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"decay": "exponential"},
        {"decay": "exponential", "membrane_input": "held", "synapse_input": "per_spike", "threshold": ">="},
        {"reset": "subtract", "synapse_input": "per_spike"},
        {"reset": "subtract", "threshold": ">="},
        {"reset": "late"},
        {"reset": "late", "threshold": ">="},
    ],
    ids=str,
)
def test_a_network_computes_what_others_compute(changed):
    choices = CHOICES | changed
    wanted = nir_reference.run(GRAPH.data, ORDER, RASTER, choices)
    found = emulate_network(from_nir(GRAPH, inputs=SpikeRaster(RASTER), **choices).network, (STEPS + 3) * ms)
    for name in ("cuba", "lif"):
        assert_array_equal(shifted(found, name, DEPTHS[name], None), wanted[name])
        assert 10 < wanted[name].sum() < 0.9 * wanted[name].size
    assert_allclose(found.states["li", "v"][0, 3:], wanted["li"], rtol=1e-6, atol=1e-9)


def test_brian2_and_a_chip_run_it():
    network = from_nir(GRAPH, inputs=SpikeRaster(RASTER), dt=1 * ms).network
    floats = emulate_network(network, STEPS * ms)
    found = simulate(network, STEPS * ms, integration="step", target="numpy")
    for name in ("cuba", "lif"):
        assert_array_equal(found.raster(name), floats.raster(name))
    assert_allclose(found.states["li", "v"], floats.states["li", "v"], atol=1e-9)
    chip = deploy(network).emulate(STEPS * ms)
    assert np.abs(chip.states["li", "v"] - floats.states["li", "v"]).max() < 0.5 * np.ptp(floats.states["li", "v"])


def one(node, n=3, weight=1.0, **choices):
    """A network of one node behind weights of one to one."""
    size = np.size(next(v for k, v in node.items() if k != "type"))
    nodes = {
        "in": {"type": "Input", "shape": np.array([size])},
        "w": {"type": "Scale", "scale": np.full(size, weight)},
        "node": node,
        "out": {"type": "Output", "shape": np.array([size])},
    }
    return from_nir(Graph(nodes, [("in", "w"), ("w", "node"), ("node", "out")]), dt=DT, **choices)


def neuron(imported):
    return imported.network.population("node").neuron


def test_the_simplest_neuron_that_fits_is_chosen():
    assert isinstance(neuron(one(lif(3))), LIF) and not isinstance(neuron(one(lif(3))), SoftResetLIF)
    assert isinstance(neuron(one(lif(3), reset="subtract", threshold=">=")), SoftResetLIF)
    assert isinstance(neuron(one(cuba(3))), StepLIF)
    assert isinstance(neuron(one(lif(3), spikes="many", reset="subtract", threshold=">=")), ManySpikeLIF)
    assert isinstance(neuron(one({"type": "I", "r": np.ones(3)})), LeakyIntegrator)


def test_gains():
    """snnTorch writes r = tau/dt and w_in = tau_syn/dt, so that a weight counts as it is."""
    node = cuba(3, tau_mem=np.full(3, DT / 0.1), tau_syn=np.full(3, DT / 0.45), r=np.full(3, 10.0), w_in=np.full(3, 1 / 0.45))
    found = one(node, weight=0.7, producer="snntorch").network
    assert_allclose(found.weights("w").diagonal(), 0.7, rtol=1e-12)
    assert neuron(one(node, producer="snntorch")).tau_m.kept == pytest.approx(0.9)
    assert_allclose(one(lif(3), weight=1.0).network.weights("w").diagonal(), 4.0 / 8)  # r dt/tau
    assert_allclose(one(lif(3), membrane_input="per_spike").network.weights("w").diagonal(), 4.0)
    held = one(lif(3), decay="exponential", membrane_input="held").network.weights("w").diagonal()
    assert_allclose(held, 4.0 * (1 - np.exp(-1 / 8)))
    node = {"type": "IF", "r": np.full(3, 5.0), "v_threshold": np.ones(3)}
    assert_allclose(one(node).network.weights("w").diagonal(), 5.0 * DT)
    assert_allclose(one(node, integrator_input="per_spike").network.weights("w").diagonal(), 5.0)


def test_a_leak_above_the_threshold_spikes_alone():
    silent = SpikeRaster(np.zeros((1, 3), int))
    found = one(lif(3, v_leak=np.full(3, 1.2), v_threshold=np.ones(3), tau=np.full(3, 0.01)), inputs=silent)
    run = emulate_network(found.network, 100 * ms)
    # 1.2 (1 - 0.9^k) > 1 from the 18th step on, and the node is one connection behind the input.
    assert np.flatnonzero(run.raster("node")[0, :, 0]).tolist() == [18, 36, 54, 72, 90]


def test_several_spikes_in_a_step():
    node = {"type": "IF", "r": np.ones(1), "v_threshold": np.ones(1)}
    found = one(node, weight=3.5, producer="sinabs", inputs=SpikeRaster([[1], [2], [0], [0]]))
    run = emulate_network(found.network, 4 * second)
    assert run.spikes["node"].step.tolist() == [1, 2]
    again = {
        "in": {"type": "Input", "shape": np.array([1])},
        "w": {"type": "Linear", "weight": np.array([[3.5]])},
        "node": node,
        "w2": {"type": "Linear", "weight": np.array([[0.25]])},
        "li": {"type": "LI", "tau": np.ones(1), "r": np.ones(1), "v_leak": np.zeros(1)},
        "out": {"type": "Output", "shape": np.array([1])},
    }
    names = list(again)
    graph = Graph(again, list(zip(names, names[1:], strict=False)))
    # 3.5 are 3 spikes, then 0.5 + 7 are 7; a readout with tau of 1 step and exponential decay gets (1 - e^-1) of them.
    found = from_nir(graph, producer="sinabs", inputs=SpikeRaster([[1], [2], [0], [0]]))
    v = emulate_network(found.network, 4 * second).states["li", "v"][0, :, 0]
    part = 1 - np.exp(-1)
    assert_allclose(v, [0, 0, 0.75 * part, 0.75 * part * np.exp(-1) + 1.75 * part], rtol=1e-12)


def image_graph(*nodes, out):
    names = ["input", *(f"n{k}" for k in range(len(nodes))), "node", "output"]
    cells = {"type": "Threshold", "threshold": np.full(1, 0.5)}
    ends = {"input": {"type": "Input", "shape": np.array([2, 6, 7])}, "node": cells}
    made = {**ends, **{f"n{k}": node for k, node in enumerate(nodes)}, "output": {"type": "Output", "shape": np.array([out])}}
    return Graph(made, list(zip(names, names[1:], strict=False)))


def conv(weight, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    bias = RNG.normal(0, 1, len(weight))
    window = {"stride": np.array(stride), "dilation": np.array(dilation), "groups": np.array(groups)}
    return {"type": "Conv2d", "weight": weight, "bias": bias, "padding": padding, **window}


def correlated(image, weight, stride, padding):
    padded = np.pad(image, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    full = [sum(correlate2d(padded[c], weight[o, c], "valid") for c in range(len(image))) for o in range(len(weight))]
    return np.array(full)[:, :: stride[0], :: stride[1]]


def pooled(image, kernel, stride):
    rows, columns = ((n - k) // s + 1 for n, k, s in zip(image.shape[1:], kernel, stride, strict=True))
    sums = np.zeros((len(image), rows, columns))
    for r, c in np.ndindex(rows, columns):
        part = image[:, r * stride[0] : r * stride[0] + kernel[0], c * stride[1] : c * stride[1] + kernel[1]]
        sums[:, r, c] = part.sum(axis=(1, 2))
    return sums


def through(graph, image, **choices):
    """What reaches the node for an image, as weights and bias."""
    network = from_nir(graph, dt=DT, **choices).network
    (wire,) = network.projections
    return image.ravel() @ network.weights(wire), getattr(network.population(wire.post).neuron, "inflow", 0.0)


@pytest.mark.parametrize(("stride", "padding"), [((1, 1), (0, 0)), ((2, 1), (1, 2)), ((2, 2), (1, 1))])
def test_convolutions(stride, padding):
    image, weight = RNG.normal(size=(2, 6, 7)), RNG.normal(size=(3, 2, 3, 2))
    wanted = correlated(image, weight, stride, padding)
    node = conv(weight, stride, np.array(padding))
    found, inflow = through(image_graph(node, out=wanted.size), image)
    assert_allclose(found, wanted.ravel())
    assert_array_equal(inflow, np.repeat(node["bias"], wanted[0].size))


def test_convolutions_in_groups_with_the_same_size():
    image, weight = RNG.normal(size=(2, 6, 7)), RNG.normal(size=(4, 1, 3, 2))
    padded = np.pad(image, ((0, 0), (1, 1), (0, 1)))
    wanted = np.array([correlate2d(padded[o // 2], weight[o, 0], "valid") for o in range(4)])
    found, _ = through(image_graph(conv(weight, padding="same", groups=2), out=wanted.size), image)
    assert_allclose(found, wanted.ravel())


def test_a_convolution_behind_a_pool():
    image, weight = RNG.normal(size=(2, 6, 7)), RNG.normal(size=(3, 2, 2, 2))
    for kind, share in (("SumPool2d", 1.0), ("AvgPool2d", 1 / 6)):
        pool = {"type": kind, "kernel_size": np.array([2, 3]), "stride": np.array([2, 2]), "padding": np.array([0, 0])}
        wanted = correlated(share * pooled(image, (2, 3), (2, 2)), weight, (1, 1), (0, 0))
        flat = {"type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1), "input_type": np.array([3, 2, 2])}
        last = {"type": "Linear", "weight": RNG.normal(size=(2, wanted.size))}
        found, _ = through(image_graph(pool, conv(weight), flat, last, out=2), image)
        assert_allclose(found, last["weight"] @ wanted.ravel())


def test_conv1d():
    weight, signal = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(2, 11))
    node = conv(weight, stride=2, padding=1, dilation=1) | {"type": "Conv1d", "bias": np.zeros(3)}
    graph = image_graph(node, out=15)
    graph.data["nodes"]["input"]["shape"] = np.array([2, 11])
    found, _ = through(graph, signal)
    padded = np.pad(signal, ((0, 0), (1, 1)))
    wanted = [sum(np.correlate(padded[c], weight[o, c], "valid") for c in range(2))[::2] for o in range(3)]
    assert_allclose(found, np.ravel(wanted))


def test_inner_graphs_are_opened():
    inner = {
        "type": "NIRGraph",
        "nodes": {
            "input": {"type": "Input", "shape": np.array([3])}, "lif": lif(3), "w_rec": affine(3, 3),
            "output": {"type": "Output", "shape": np.array([3])},
        },
        "edges": [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    }  # fmt: skip
    ends = {"in": {"type": "Input", "shape": np.array([2])}, "out": {"type": "Output", "shape": np.array([3])}}
    nodes = {**ends, "fc": affine(2, 3), "layer": inner}
    found = from_nir(Graph(nodes, [("in", "fc"), ("fc", "layer"), ("layer", "out")]), dt=DT)
    assert [(p.pre, p.post, p.name) for p in found.network.projections] == [
        ("in", "layer_lif", "fc"), ("layer_lif", "layer_lif", "layer_w_rec"),
    ]  # fmt: skip
    assert found.outputs == ("layer_lif",)


def test_weights_that_lead_to_an_output_are_a_readout():
    ends = {"in": {"type": "Input", "shape": np.array([2])}, "out": {"type": "Output", "shape": np.array([3])}}
    nodes = {**ends, "fc": affine(2, 3)}
    found = from_nir(Graph(nodes, [("in", "fc"), ("fc", "out")]), dt=DT, inputs=SpikeRaster([[1, 0], [1, 1]]))
    v = emulate_network(found.network, 3 * ms).states["out", "v"][0]
    weight, bias = nodes["fc"]["weight"], nodes["fc"]["bias"]
    assert_allclose(v[1:], [weight[:, 0] + bias, weight.sum(axis=1) + bias])


def test_what_was_decided_is_said():
    found = from_nir(GRAPH, producer="snntorch", threshold=">=")
    said = {item.name: item for item in found.report}
    assert said["threshold"].value == ">=" and said["threshold"].why.startswith("given")
    assert "snnTorch 1.0.0" in said["producer"].why and said["reset"].value == "late"
    assert said["reset"].why.startswith("default of snntorch; a spike takes v to v_reset")
    assert found.choices.dt == 1e-4 and "dt = 0.0001" in str(found)
    assert found.names["cuba"] == "cuba" and found.outputs == ("li",)


@pytest.mark.parametrize("producer", list(PRODUCERS))
def test_every_producer_has_choices_that_build(producer):
    assert from_nir(GRAPH, producer=producer, dt=DT, spikes="one").network.populations


def test_connections_that_lead_back_are_late_and_said():
    nodes = {
        "in": {"type": "Input", "shape": np.array([2])}, "a": lif(2), "b": lif(2), "back": affine(2, 2),
        "out": {"type": "Output", "shape": np.array([2])},
    }  # fmt: skip
    found = from_nir(Graph(nodes, [("in", "a"), ("a", "b"), ("b", "back"), ("back", "a"), ("b", "out")]), dt=DT)
    (late,) = [item for item in found.report if item.name == "late"]
    assert late.node == "b -> a" and late.value == "1 steps"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"producer": "lava"}, "Unknown producer 'lava'"),
        ({"rest": "value"}, "Unknown choice 'rest': .* Did you mean 'reset'"),
        ({"reset": "soft"}, "reset = 'soft'; expected one of value, subtract, late"),
        ({"dt": 0}, "dt = 0; expected one time above 0"),
        ({"dt": 0.02}, "tau_mem goes down to 0.01 s, shorter than the step of 0.02 s"),
        ({"spikes": "many"}, "several spikes in a step need reset='subtract'"),
        ({"inputs": {"inptu": SpikeRaster([[1]])}}, "Unknown Input node 'inptu'"),
        ({"inputs": 3}, "expected an Input such as SpikeRaster"),
        ({"images": 5, "inputs": SpikeRaster([[1]])}, "inputs and images are both given"),
    ],
)
def test_wrong_choices(change, message):
    with pytest.raises(NetworkError, match=message):
        from_nir(GRAPH, **change)


def test_only_graphs():
    with pytest.raises(DataError, match="expected the path of a NIR file, or a nir.NIRGraph"):
        from_nir(3)


def test_a_file_reads_as_its_object(tmp_path):
    write_graph(tmp_path / "net.nir", GRAPH.data)
    one, other = from_nir(tmp_path / "net.nir").network, from_nir(GRAPH).network
    assert one.name == "net"
    for projection in one.projections:
        assert_array_equal(one.weights(projection), other.weights(projection.name))
