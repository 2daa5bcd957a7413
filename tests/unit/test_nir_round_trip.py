"""A network that goes to a NIR file comes back as it was: parts, numbers, and what it computes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    AdaptiveLIF,
    AllToAll,
    Convolution,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Projection,
    ShortTermPlasticity,
    SoftResetLIF,
    SpikeRaster,
    StepLIF,
    Timed,
    Transposed,
    Uniform,
    emulate_network,
    per_step,
)
from neurosim.errors import DataError, UnsupportedError
from neurosim.nir import from_nir, to_nir
from neurosim.nir.choices import VALUES
from neurosim.nir.reading import read_graph
from neurosim.plasticity import normalise, pair_stdp
from neurosim.units import Hz, ms, mV

GRAPHS, STEPS = 100, 25
ADAPTIVE = AdaptiveLIF(tau_m=20 * ms, v_th=1.0, tau_theta=50 * ms, theta_jump=0.1)


def one_or_each(rng, n, low, high):
    """One number for all neurons, or one for each."""
    return np.full(n, rng.uniform(low, high)) if rng.random() < 0.5 else rng.uniform(low, high, n)


def cell(rng, n):
    kind = rng.choice(["LIF", "CubaLIF", "IF", "Threshold"], p=[0.4, 0.4, 0.1, 0.1])
    if kind == "Threshold":
        return {"type": kind, "threshold": one_or_each(rng, n, 0.2, 0.6)}
    node = {"type": kind, "r": one_or_each(rng, n, 2, 8), "v_threshold": one_or_each(rng, n, 0.3, 0.9)}
    node |= {"v_reset": np.zeros(n) if rng.random() < 0.5 else rng.uniform(-0.2, 0.1, n)}
    if kind == "IF":
        return node | {"r": one_or_each(rng, n, 200, 900)}
    node["v_leak"] = np.zeros(n) if rng.random() < 0.5 else rng.uniform(-0.2, 0.2, n)
    if kind == "LIF":
        return node | {"tau": one_or_each(rng, n, 0.002, 0.02)}
    times = {"tau_mem": one_or_each(rng, n, 0.002, 0.02), "tau_syn": one_or_each(rng, n, 0.0015, 0.01)}
    return node | times | {"w_in": one_or_each(rng, n, 1, 3)}


def readout(rng, n):
    node = {"type": "LI", "tau": one_or_each(rng, n, 0.005, 0.02), "r": one_or_each(rng, n, 1, 2), "v_leak": np.zeros(n)}
    if rng.random() < 0.5:
        return node
    return {"type": "CubaLI", "tau_mem": node.pop("tau"), "tau_syn": np.full(n, 0.004), **{k: node[k] for k in ("r", "v_leak")}}


def random_graph(rng):
    """Some layers in a chain, ways around them and back, delays, scales, pools, and graphs inside."""
    sizes = [int(rng.choice([4, 8, 12])) for _ in range(rng.integers(2, 5))]
    nodes = {"in": {"type": "Input", "shape": np.array([1, 2, sizes[0] // 2])}}
    edges, layers = [], ["in"]

    def connect(a, n, b, m):
        ways = [f"w{len(nodes)}"]
        weight = rng.normal(0.4, 0.8, (m, n))
        nodes[ways[0]] = {"type": "Linear", "weight": weight}
        if rng.random() < 0.4:
            nodes[ways[0]] |= {"type": "Affine", "bias": rng.normal(0, 0.1, m)}
        if rng.random() < 0.2:
            delay = np.full(n, 1e-3 * rng.integers(1, 4)) if rng.random() < 0.5 else 1e-3 * rng.integers(0, 4, n)
            ways.insert(0, f"delay{len(nodes)}")
            nodes[ways[0]] = {"type": "Delay", "delay": delay}
        if rng.random() < 0.2:
            ways.append(f"scale{len(nodes)}")
            nodes[ways[-1]] = {"type": "Scale", "scale": rng.uniform(0.5, 1.5, m)}
        edges.extend(zip([a, *ways], [*ways, b], strict=True))

    for k, n in enumerate(sizes[1:]):
        name = f"{k}.cells" if rng.random() < 0.5 else f"cells{k}"
        nodes[name] = cell(rng, n)
        connect(layers[-1], sizes[k], name, n)
        if rng.random() < 0.3:
            connect(name, n, name, n)
        if k and rng.random() < 0.4:
            early = int(rng.integers(0, k))
            connect(layers[early], sizes[early], name, n)
        if k and rng.random() < 0.3:
            connect(name, n, layers[1], sizes[1])
        layers.append(name)
    if rng.random() < 0.5:
        nodes["readout"] = readout(rng, 3)
        connect(layers[-1], sizes[-1], "readout", 3)
        layers.append("readout")
    nodes["out"] = {"type": "Output", "shape": np.array([3])}
    return {"type": "NIRGraph", "nodes": nodes, "edges": [*edges, (layers[-1], "out")]}


class Graph:
    """A graph of mappings, in the place of a `nir.NIRGraph`."""

    def __init__(self, data):
        self.data = data

    def to_dict(self):
        return self.data


def same(one, other):
    """Whether two neurons have the same class and numbers."""
    if type(one) is not type(other):
        return False
    return all(a == b if hasattr(a, "kept") else np.array_equal(np.asarray(a), np.asarray(b)) for a, b in values(one, other))


def values(one, other):
    return [(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__]


def assert_same_network(one, other):
    assert one.step_seconds == other.step_seconds
    assert {p.name: p.n for p in one.populations} == {p.name: p.n for p in other.populations}
    for population in one.populations[1:]:
        assert same(population.neuron, other.population(population.name).neuron), population.name
    assert {(p.name, p.pre, p.post, p.channel) for p in one.projections} == {
        (p.name, p.pre, p.post, p.channel) for p in other.projections
    }
    for projection in one.projections:
        a, b = (net.weights(net.projection(projection.name)) for net in (one, other))
        assert sparse.issparse(a) == sparse.issparse(b)
        assert_array_equal(a.toarray() if sparse.issparse(a) else a, b.toarray() if sparse.issparse(b) else b)
        delays = [np.broadcast_to(net.delays(net.projection(projection.name)), a.shape) for net in (one, other)]
        assert np.allclose(*delays, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_random_graphs(seed, tmp_path):
    rng = np.random.default_rng(seed)
    graph = Graph(random_graph(rng))
    free = {name: str(rng.choice(VALUES[name])) for name in ("decay", "membrane_input", "synapse_input", "reset", "threshold")}
    if rng.random() < 0.2:
        free |= {"spikes": "many", "reset": "subtract", "threshold": ">="}
    n = int(np.prod(graph.data["nodes"]["in"]["shape"]))
    given = SpikeRaster((rng.random((STEPS, n)) < 0.4).astype(int))
    first = from_nir(graph, dt=1e-3, inputs=given, **free).network
    again = from_nir(to_nir(first, tmp_path / "second.nir"), inputs=given)
    assert_same_network(first, again.network)
    # Machine code for every graph would take minutes; a few show that equal numbers compute the same.
    if seed % 10 == 0:
        one, other = (emulate_network(net, STEPS * ms) for net in (first, again.network))
        assert sum(len(found) for found in one.spikes.values()) > 20
        for name in one.spikes:
            assert_array_equal(one.raster(name), other.raster(name))
        for key in one.states:
            assert_array_equal(one.states[key], other.states[key])


def network(neuron=None, second=None, **wire):
    cells = neuron or LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)
    wire = {"weights": AllToAll(Uniform(0, 1.0))} | wire
    populations = [Population("in", 6, PoissonInput(100 * Hz)), Population("cells", 4, cells)]
    last = [Population("last", 3, second)] if second else []
    more = [Projection("cells", "last", AllToAll(0.5))] if second else []
    return Network("net", [*populations, *last], [Projection("in", "cells", **wire), *more], seed=3)


@pytest.mark.parametrize(
    "cells",
    [
        LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms, bias=0.3),
        LIF(tau_m=np.linspace(10, 20, 4) * ms, v_th=1.0),
        LIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-60 * mV),
        SoftResetLIF(tau_m=per_step(0.75), v_th=1.0),
        SoftResetLIF(tau_m=per_step(1), v_th=1.0, bias=0.1),
    ],
    ids=str,
)
def test_networks_of_neurosim_compute_the_same(cells, tmp_path):
    weights = Uniform(0, 20 * mV) if cells.unit == "volt" else Uniform(0, 3.0)
    described = network(cells, weights=AllToAll(weights))
    raster = SpikeRaster((np.random.default_rng(1).random((100, 6)) < 0.2).astype(int))
    described = Network("net", [Population("in", 6, raster), described.populations[1]], described.projections, seed=3)
    again = from_nir(to_nir(described, tmp_path / "net.nir"), inputs=raster).network
    one, other = (emulate_network(net, 100 * ms).raster("cells") for net in (described, again))
    assert one.sum() > 20
    assert_array_equal(one, other)


def test_the_package_of_nir_reads_it(tmp_path):
    nir = pytest.importorskip("nir")
    rng = np.random.default_rng(5)
    described = from_nir(Graph(random_graph(rng)), dt=1e-3).network
    graph = nir.read(to_nir(described, tmp_path / "net.nir"))
    assert_same_network(described, from_nir(graph).network)
    nir.write(tmp_path / "again.nir", graph)
    assert_same_network(described, from_nir(tmp_path / "again.nir").network)


def test_delays_of_neurons_come_back(tmp_path):
    delays = (np.arange(6)[:, None] % 3 + np.arange(4)) * ms
    described = network(LIF(tau_m=per_step(0.9), v_th=1.0, v_reset=0.0), delay=delays, weights=FixedProbability(1.0, 0.7))
    again = from_nir(to_nir(described, tmp_path / "net.nir"))
    assert_same_network(described, again.network)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: network(ADAPTIVE), "AdaptiveLIF has no node in NIR"),
        (lambda: network(short_term=ShortTermPlasticity(0.5, tau_d=100 * ms)), "short-term plasticity"),
        (lambda: network(delay=np.arange(24).reshape(6, 4) ** 2 % 7 * ms), "delays that differ from synapse to synapse"),
        (lambda: with_course(), "a current that changes in time"),
        (lambda: network(LIF(tau_m=20 * ms, v_th=1.0, noise={"v": 1 / ms**0.5})), "has noise"),
        (lambda: transposed(), "has the weights of 'cells_last'"),
        (lambda: network(LIF(tau_m=per_step(1), v_th=1.0, tau_syn=per_step(0.5))), "makes weights ineffective|without a leak"),
    ],
)
def test_what_nir_has_no_form_for(made, message, tmp_path):
    with pytest.raises((UnsupportedError, ValueError), match=message):
        to_nir(made(), tmp_path / "net.nir")
    assert not list(tmp_path.iterdir())


def with_course():
    described = network()
    timed = Population("cells", 4, LIF(tau_m=20 * ms, v_th=1.0), current=Timed([0.0, 1.0], 10 * ms))
    return Network("net", [described.populations[0], timed], described.projections)


def transposed():
    described = network(second=LIF(tau_m=20 * ms, v_th=1.0))
    back = Projection("last", "cells", Transposed("cells_last"))
    return Network("net", described.populations, [*described.projections, back])


def test_rules_come_back(tmp_path):
    rules = [
        pair_stdp(a_plus=0.02, a_minus=0.025, bounds=(-1.0, 1.0)),
        pair_stdp(bounds=(0.0, 1.0)),
    ]
    for rule in rules:
        described = network(StepLIF(tau_m=per_step(0.9), v_th=1.0), plasticity=rule)
        again = from_nir(to_nir(described, tmp_path / "net.nir"))
        assert again.network.projection("in_cells").plasticity == rule
    assert (tmp_path / "net.rules.json").is_file()
    to_nir(network(StepLIF(tau_m=per_step(0.9), v_th=1.0)), tmp_path / "net.nir")
    assert not (tmp_path / "net.rules.json").exists()


def test_a_network_that_came_back_learns_the_same(tmp_path):
    raster = SpikeRaster((np.random.default_rng(1).random((100, 6)) < 0.2).astype(int))
    rule = pair_stdp(a_plus=0.02, a_minus=0.025, bounds=(0.0, 1.0))
    wire = Projection("in", "cells", np.full((6, 4), 0.4), plasticity=rule)
    cells = Population("cells", 4, StepLIF(tau_m=per_step(0.9), v_th=1.0))
    described = Network("net", [Population("in", 6, raster), cells], [wire])
    again = from_nir(to_nir(described, tmp_path / "net.nir"), inputs=raster).network
    one, other = (emulate_network(net, 100 * ms).final_weights()["in_cells"] for net in (described, again))
    assert np.abs(one - 0.4).max() > 0.01
    assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"in_cells"', '"in_cell"', "Unknown projection 'in_cell'"),
        ('"target": "w"', '"target": "__import__"', "its parts make no rule"),
        ('"text": "', '"text": "open(1) + ', "its parts make no rule"),
        ('"kind": "PRE"', '"kind": "PER"', "damaged, or written by another version"),
        ("neurosim plasticity rules", "rules", "no file of plasticity rules"),
    ],
)
def test_files_of_rules_that_do_not_fit(old, new, message, tmp_path):
    to_nir(network(StepLIF(tau_m=per_step(0.9), v_th=1.0), plasticity=pair_stdp()), tmp_path / "net.nir")
    place = tmp_path / "net.rules.json"
    lines = [line for line in place.read_text().splitlines() if '"checksum"' not in line]
    text = "\n".join(lines).replace("},\n}", "}\n}")
    text = text[: text.rindex("}")].rstrip().rstrip(",") + "\n}"
    assert old in text
    place.write_text(text.replace(old, new, 1))
    with pytest.warns(UserWarning, match="no checksum"), pytest.raises(DataError, match=message):
        from_nir(tmp_path / "net.nir")


def test_normalise_comes_back(tmp_path):
    rule = pair_stdp(bounds=(0.0, 1.0))
    scaled = rule._with(normalise=normalise(to=3.0, every=20 * ms))
    described = network(StepLIF(tau_m=per_step(0.9), v_th=1.0), plasticity=scaled)
    again = from_nir(to_nir(described, tmp_path / "net.nir"))
    assert again.network.projection("in_cells").plasticity == scaled


def images(**changed):
    """Two convolutions, of which the second has padding, a delay and a constant current, and a dense layer behind them."""
    rng = np.random.default_rng(2)
    cells = StepLIF(tau_m=per_step(0.9), v_th=1.0)
    drive = np.repeat(rng.uniform(0, 0.2, 3), 9)
    populations = [
        Population("in", 2 * 7 * 7, SpikeRaster((rng.random((30, 98)) < 0.2).astype(int))),
        Population("first", 4 * 3 * 3, cells),
        Population("second", 3 * 3 * 3, StepLIF(tau_m=per_step(0.8), tau_syn=per_step(0.5), v_th=0.5, inflow=drive)),
        Population("last", 5, cells),
    ]
    second = {"weights": Convolution(rng.normal(0.2, 0.5, (3, 4, 3, 3)), shape=(3, 3), padding=1), "delay": 2 * ms} | changed
    projections = [
        Projection("in", "first", Convolution(rng.normal(0.2, 0.5, (4, 2, 3, 3)), shape=(7, 7), stride=2)),
        Projection("first", "second", **second),
        Projection("second", "last", rng.normal(0.1, 0.4, (27, 5))),
    ]
    return Network("images", populations, projections, dt=1 * ms)


def kinds(path):
    return {name: node.kind for name, node in read_graph(path).nodes.items()}


def test_convolutions_stay_convolutions(tmp_path):
    described = images()
    path = to_nir(described, tmp_path / "net.nir")
    found = kinds(path)
    assert found["in_first"] == found["first_second"] == "Conv2d" and found["second_last"] == "Linear"
    assert found["second_last_flat"] == "Flatten" and found["first_second_before"] == "Delay"
    again = from_nir(path, inputs=described.populations[0].neuron).network
    for name in ("in_first", "first_second"):
        one, other = (net.projection(name).weights for net in (described, again))
        assert isinstance(other, Convolution) and np.array_equal(one.weight, other.weight)
        assert_array_equal(described.weights(name).toarray(), again.weights(name).toarray())
    one, other = (emulate_network(net, 40 * ms) for net in (described, again))
    for name in ("first", "second", "last"):
        assert one.raster(name).sum() > 10
        assert_array_equal(one.raster(name), other.raster(name))
    nir = pytest.importorskip("nir")
    assert_same_network(from_nir(nir.read(path)).network, again)


def with_dense_weights_beside():
    described = images()
    more = Projection("in", "second", np.full((98, 27), 0.1))
    return Network("images", described.populations, [*described.projections, more], dt=1 * ms)


@pytest.mark.parametrize(
    "make",
    [
        with_dense_weights_beside,
        lambda: images(weights=np.ones((36, 27))),
        lambda: images(weights=Convolution(np.ones((3, 4, 3, 1)), shape=(3, 3), padding=(1, 0))),
    ],
    ids=["beside dense weights", "dense", "no square"],
)
def test_what_is_no_image_becomes_a_row(make, tmp_path):
    described = make()
    path = to_nir(described, tmp_path / "net.nir")
    assert kinds(path)["in_first"] == "Conv2d" and kinds(path)["first_second"] in ("Linear", "Affine")
    again = from_nir(path, inputs=described.populations[0].neuron).network
    for projection in described.projections:
        a, b = (net.weights(net.projection(projection.name)) for net in (described, again))
        assert_array_equal(a.toarray() if sparse.issparse(a) else a, b.toarray() if sparse.issparse(b) else b)
