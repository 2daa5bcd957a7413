"""Placement: every neuron and synapse once, no limit broken, few cores; counted again by code that shares nothing with it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from experiments.benchmark_placement import _targets, columns, least_by_axons
from neurosim import (
    LIF,
    AllToAll,
    FixedProbability,
    Network,
    PoissonInput,
    Population,
    Projection,
    RefractoryLIF,
    ShortTermPlasticity,
    Uniform,
    deploy,
)
from neurosim.chip.placement import place
from neurosim.chip.placement.cores import Capacity
from neurosim.chip.placement.fill import WAYS
from neurosim.chip.placement.sharing import sharing
from neurosim.chip.placement.slices import Slices
from neurosim.chip.resources import needs_of
from neurosim.chip.target import Target, load_target, read_toml
from neurosim.errors import QuantisationError
from neurosim.models.load import load_model
from neurosim.plasticity import pair_stdp
from neurosim.rng import stream
from neurosim.units import Hz, ms
from tests.placement_checker import Checked

CELL = LIF(tau_m=20 * ms, v_th=1.0)


def chain(*sizes, host=True):
    first = PoissonInput(20 * Hz) if host else CELL
    populations = [Population(f"l{i}", n, CELL if i else first) for i, n in enumerate(sizes)]
    weights = [np.full((a, b), 0.01) for a, b in zip(sizes, sizes[1:], strict=False)]
    return Network("chain", populations, [Projection(f"l{i}", f"l{i + 1}", w) for i, w in enumerate(weights)])


def recurrent(n, p):
    return Network("recurrent", [Population("p", n, CELL)], [Projection("p", "p", FixedProbability(p, 0.1))])


NETWORKS = {
    "dense 1000-1000": lambda: chain(1000, 1000, host=False),
    "784-512-10": lambda: chain(784, 512, 10),
    "784-1600-800-10": lambda: chain(784, 1600, 800, 10),
    "Diehl-Cook 400": lambda: load_model("diehl_cook", n=400),
    "desire_chip": lambda: load_model("desire_chip"),
    "burst_digits": lambda: load_model("burst_digits"),
    "recurrent 2000": lambda: recurrent(2000, 0.1),
}


def deployed(network):
    """Integers of Loihi 2, which has the dynamics of all of these networks."""
    return deploy(network, "loihi2", allow={"weight_transport"})


@pytest.fixture(scope="module", params=NETWORKS)
def program(request):
    return deployed(NETWORKS[request.param]()).program


def check(program, target, placement):
    """Nothing is wrong, and what the placement says of each core is what is counted again."""
    found = Checked(program, target, placement.core_of)
    assert not found.problems
    assert found.placed_synapses == placement.needs.synapses == sum(use.synapses for use in found.cores.values())
    assert sum(use.neurons for use in found.cores.values()) == placement.needs.neurons
    assert sorted(found.cores) == placement.ids.tolist()
    for core, used, entries in zip(placement.ids.tolist(), placement.used, placement.entries, strict=True):
        use = found.cores[core]
        counted = [use.compartments, use.memory, use.in_axons, use.out_axons, use.delay_slots]
        assert counted == used.tolist()
        tables = (use.formats, use.profiles, use.thresholds, use.rules)
        assert [len(table) for table in tables] == entries.tolist()
    return found


@pytest.mark.parametrize("name", ["loihi1", "loihi2"])
def test_known_networks_are_placed(program, name):
    """Loihi 1 does not have the dynamics of all of them; their resources are placed there all the same."""
    target = load_target(name)
    placement = place(needs_of(program, target), target)
    check(program, target, placement)
    assert placement.cores <= 1.15 * placement.bound["memory"] or placement.cores == 1


def test_a_dense_projection_is_split_by_targets_and_by_sources():
    placement = deploy(chain(1000, 1000, host=False), "loihi1").place()
    assert len(np.unique(placement.core_of["l1"])) >= 8
    assert len(np.unique(placement.core_of["l0"])) >= 3
    assert placement.used[:, 3].max() <= 4096


def random_network(seed):
    rng = stream(seed, "random network")
    names = [f"p{k}" for k in range(int(rng.integers(2, 6)))]
    populations = [Population("in", int(rng.integers(1, 300)), PoissonInput(20 * Hz))]
    for name in names:
        n = int(rng.integers(1, 700))
        held = RefractoryLIF(tau_m=rng.uniform(5, 50) * ms, v_th=float(rng.uniform(0.5, 2)), refractory=5 * ms)
        levels = LIF(tau_m=20 * ms, v_th=rng.choice(rng.uniform(0.5, 2.0, 40), n) if n > 1 else 1.0)
        populations.append(Population(name, n, [CELL, held, levels][int(rng.integers(3))]))
    projections = []
    for k in range(int(rng.integers(1, 12))):
        pre, post = populations[int(rng.integers(len(populations)))], populations[1 + int(rng.integers(len(names)))]
        projections.append(random_projection(rng, pre, post, f"k{k}"))
    return Network("random", populations, projections, seed=seed)


def random_projection(rng, pre, post, name):
    density = float(rng.choice([0.01, 0.1, 0.6, 1.0]))
    matrix = sparse.random_array((pre.n, post.n), density=density, rng=rng, data_sampler=lambda size: rng.uniform(0.1, 1, size))
    if density == 1.0:
        return Projection(pre.name, post.name, AllToAll(Uniform(0.01, 0.1)), name=name, **random_extras(rng))
    return Projection(pre.name, post.name, matrix.tocsr(), name=name, **random_extras(rng))


def random_extras(rng):
    kind = int(rng.integers(5))
    if kind == 0:
        return {"delay": float(rng.integers(1, 50)) * ms}
    if kind == 1:
        return {"plasticity": pair_stdp(0.02, 0.021, bounds=(0, 1.0))}
    if kind == 2:
        return {"short_term": ShortTermPlasticity(U=0.3, tau_d=100 * ms)}
    return {}


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_are_placed(seed):
    made = deploy(random_network(seed), "loihi2")
    for name in ("loihi1", "loihi2"):
        target = load_target(name)
        check(made.program, target, place(needs_of(made.program, target), target))


def with_in_axons(name, in_axons):
    """A chip with so many input axons per core."""
    tables = load_target(name).model_dump()
    tables["placement"]["in_axons_per_core"]["value"] = in_axons
    return Target.model_validate(tables)


def random_inputs(n, fan_out):
    return Network("n", [Population("p", n, CELL)], [Projection("p", "p", _targets(n, n, fan_out, 0))])


def test_neurons_that_share_inputs_share_a_core():
    """Groups with common inputs, in the order of the description one of each after the other: input axons are what is short."""
    rng, n, groups = stream(0, "groups"), 1200, 30
    group = np.arange(n) % groups
    weights = np.zeros((n, n))
    for k in range(groups):
        weights[np.ix_(rng.choice(n, 60, replace=False), group == k)] = 0.1
    weights *= rng.random((n, n)) < 0.5
    made = deploy(Network("n", [Population("p", n, CELL)], [Projection("p", "p", sparse.csr_array(weights))]), "loihi1")
    target = with_in_axons("loihi1", 64)
    needs = needs_of(made.program, target)
    placement = place(needs, target)
    check(made.program, target, placement)
    ranks = sharing(needs, 64)["p"]
    assert sorted(ranks.tolist()) == list(range(n))
    in_order = group[np.argsort(ranks)]
    assert np.mean(in_order[1:] == in_order[:-1]) > 0.9
    assert placement.cores <= 1.5 * groups and len(np.unique(placement.core_of["p"][group == 0])) <= 3


def test_random_inputs_need_at_least_what_counting_says():
    target = with_in_axons("loihi1", 256)
    made = deploy(random_inputs(3000, 20), target)
    needs = needs_of(made.program, target)
    placement = place(needs, target)
    check(made.program, target, placement)
    least, in_order = least_by_axons(3000, 20, 256), 3000 * 20 / 256
    assert placement.bound["memory"] < least < placement.cores < 0.97 * in_order


def test_columns_are_mixed_on_cores():
    """Two slices of 250 need fewer bits than one of 500, whose indices have 9 bits and whose axons have two blocks."""
    made = deploy(columns(30000), "loihi1", allow={"does_not_fit"})
    needs, capacity = needs_of(made.program, made.target), Capacity.of(made.target)
    placement = place(needs, made.target)
    check(made.program, made.target, placement)
    slices = [Slices(p, needs, made.target, np.arange(p.n)) for p in needs.populations]
    cores = {way.__name__: len(way(slices, capacity)) for way in WAYS}
    assert cores["mix"] < min(cores["whole"], cores["pour"]) and placement.cores <= cores["mix"]


def test_neurons_with_many_thresholds_are_grouped():
    cells = LIF(tau_m=20 * ms, v_th=np.tile(np.linspace(0.5, 2.0, 48), 4))
    made = deploy(Network("n", [Population("p", 192, cells)], []), "loihi1")
    placement = made.place()
    check(made.program, made.target, placement)
    assert placement.cores == 3


def test_the_checker_finds_faults():
    made = deploy(chain(1000, 1000, host=False), "loihi1")
    placement = made.place()
    crowded = {**placement.core_of, "l1": np.zeros(1000, np.int64)}
    assert any("memory" in problem for problem in Checked(made.program, made.target, crowded).problems)
    with pytest.raises(Exception):  # noqa: B017
        check(made.program, made.target, placement_without_a_neuron(placement))


def placement_without_a_neuron(placement):
    from dataclasses import replace

    return replace(placement, core_of={**placement.core_of, "l0": placement.core_of["l0"][:-1]})


def test_spikes_weigh_the_traffic():
    network = chain(200, 300, 10)
    made = deploy(network, "loihi1")
    recording = made.emulate(100 * ms)
    placement = made.place(activity=recording)
    assert placement.weighed
    assert placement.host.sum() == recording.counts("l0").sum() * len(np.unique(placement.core_of["l1"]))
    assert placement.traffic.sum() == recording.counts("l1").sum() * len(np.unique(placement.core_of["l2"]))


def test_what_does_not_fit_is_refused_with_all_reasons_at_once():
    wide = Network(
        "wide",
        [Population("in", 5000, PoissonInput(20 * Hz)), Population("a", 2, CELL), Population("b", 3, CELL)],
        [Projection("in", "a", np.full((5000, 2), 0.1)), Projection("in", "b", np.full((5000, 3), 0.1))],
    )
    with pytest.raises(QuantisationError) as error:
        deploy(wide, "loihi1")
    message = str(error.value)
    assert "Population 'a': input axons of a neuron: 5000; the target allows 4096." in message
    assert "Population 'b': input axons of a neuron: 5000; the target allows 4096." in message
    assert "Give each neuron fewer inputs" in message
    made = deploy(wide, "loihi1", allow={"does_not_fit"})
    assert [loss.where for loss in made.report.losses if loss.kind == "allowed"] == ["a", "b"]
    assert not made.fit.fits and "does not fit" in str(made.fit)
    with pytest.raises(QuantisationError, match="does not fit on Intel Loihi"):
        made.place()


def test_the_answer_says_what_was_not_checked():
    one, two = (deploy(chain(10, 10), name).fit for name in ("loihi1", "loihi2"))
    assert "use 1 core of 1 chip of Intel Loihi" in str(one)
    for text in (str(one), str(two)):
        assert "number of probes" in text and "spikes per step that the network-on-chip transports" in text
    assert "different thresholds per core" in str(two) and "different thresholds per core" not in str(one)


def test_a_network_of_sources_only_needs_no_core():
    made = deploy(Network("n", [Population("in", 3, PoissonInput(20 * Hz))]), "loihi1")
    assert made.fit.fits and made.place().cores == 0 and made.place(activity=made.emulate(5 * ms)).chips == 0
    assert "use 0 cores" in str(made.fit)
    assert str(made.place()) and made.place().plot() is not None


def test_the_picture_shows_every_core_by_its_load():
    placement = deploy(chain(1000, 1000, host=False), "loihi1").place()
    (squares,) = [found for found in placement.plot().axes[0].collections if found.get_array() is not None]
    load = np.ma.filled(squares.get_array(), np.nan)
    assert len(load) == 128 and np.isfinite(load).sum() == placement.cores
    np.testing.assert_allclose(load[placement.ids], placement.load)


def test_groups_that_are_hidden_in_a_population_are_found():
    rng, n, each = stream(0, "hidden groups"), 2000, 250
    shuffled = rng.permutation(n)
    rows = np.repeat(np.arange(n), 60)
    columns = rows // each * each + rng.integers(0, each, len(rows))
    weights = np.zeros((n, n))
    weights[shuffled[rows], shuffled[columns]] = 0.1
    made = deploy(Network("n", [Population("p", n, CELL)], [Projection("p", "p", sparse.csr_array(weights))]), "loihi1")
    placement = made.place()
    check(made.program, made.target, placement)
    groups = np.empty(n, int)
    groups[shuffled] = np.arange(n) // each
    alone = [len(np.unique(groups[placement.core_of["p"] == core])) for core in placement.ids]
    assert placement.cores <= 3 and max(alone) <= 5


@pytest.mark.parametrize("name", ["synapse_bits_per_core", "in_axons_per_core", "out_axons_per_core", "delay_slots_per_core"])
def test_a_chip_without_something_places_what_needs_none_of_it(name):
    """Also many cores of a chip that has no limit of something: neither divides by zero."""
    tables = read_toml(Path(__file__).parents[2] / "hardware_targets" / "loihi2.toml")
    none = {"value": 0, "confidence": "assumed", "source": next(iter(tables["sources"]))}
    tables["placement"] |= {name: none, "neurons_per_core": {**none, "value": 3}, "state_variable_bits": none}
    if name != "delay_slots_per_core":
        tables["placement"].pop("delay_slots_per_core", None)
    alone = Network("alone", [Population("cells", 12, LIF(tau_m=20 * ms, v_th=1.0), current=1.5)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if name == "delay_slots_per_core":
            with pytest.raises(QuantisationError, match="sums of future steps"):
                deploy(alone, Target.model_validate(tables))
        else:
            placed = deploy(alone, Target.model_validate(tables)).place()
            assert placed.cores == 4 and np.isfinite(placed.load).all()
