"""Energy of a run: events counted, constants from their tables, and an example calculated by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim import LIF, Network, Population, Projection, SpikeRaster, deploy
from neurosim.cli import app
from neurosim.errors import NetworkError
from neurosim.models.load import load_model
from neurosim.plasticity import pair_stdp
from neurosim.units import ms


def by_hand(target="loihi1", rule=None):
    """Three inputs excite two cells, and these one cell; the first input spikes in steps 0 and 2, the second in step 2."""
    raster = np.zeros((6, 3))
    raster[[0, 2, 2], [0, 0, 1]] = 1
    cell = LIF(tau_m=1000 * ms, v_th=1.0)
    return deploy(
        Network(
            "hand",
            [Population("in", 3, SpikeRaster(raster)), Population("a", 2, cell), Population("b", 1, cell)],
            [
                Projection("in", "a", np.full((3, 2), 0.7), plasticity=rule),
                Projection("a", "b", np.full((2, 1), 0.4)),
            ],
        ),
        target,
    )


def test_an_example_by_hand():
    made = by_hand()
    recording = made.emulate(6 * ms)
    # v of both cells is 0.7 after step 1, and 2.1 after step 3, where both spike; b receives 0.8 in step 4 and is silent.
    assert recording.spikes["a"].step.tolist() == [3, 3] and len(recording.spikes["b"]) == 0
    price = made.price(recording)
    events = price.events
    assert (events.spikes, events.host_spikes, events.steps) == (2, 3, 6)
    assert events.synaptic_operations == 3 * 2 + 2 * 1
    # Steps with input or spike: 1 and 3 for the cells of a, and 4 for b.
    assert events.active_updates + events.inactive_updates == 6 * 3
    assert events.active_updates == 2 * 2 + 1
    assert (events.messages, events.host_messages) == (2, 3)
    assert events.hops == {"east_west": 0, "north_south": 0, "within_tile": 2, "other_chip": 0}
    simulated, silicon = price.estimates
    assert simulated.joule == pytest.approx((8 * 23.6 + 5 * 81 + 13 * 52 + 2 * 1.7) * 1e-12, rel=1e-12)
    assert silicon.joule == pytest.approx((8 * 35.5 + 18 * 51.2 + 5 * 21.6 + 2 * 69.3 + 2 * 111) * 1e-12, rel=1e-12)
    assert price.workload.dense == (6 + 2) * 6
    assert price.processor["joule"] == pytest.approx(48 * 4.6e-12)
    assert (price.workload.effective_acs, price.workload.effective_macs) == (8, 0)
    assert price.workload.activation_sparsity == pytest.approx(1 - 5 / 36)
    assert price.workload.connection_sparsity == 0


def test_synapses_that_learn_are_counted():
    made = by_hand(rule=pair_stdp(0.02, 0.021, bounds=(0, 1.0)))
    recording = made.emulate(6 * ms)
    price = made.price(recording)
    gates = {product.gate for product in made.program.projections[0].rule.products}
    assert gates == {"x0", "y0"}
    assert price.events.synaptic_updates == 3 * 2 + len(recording.spikes["a"]) * 3
    assert price.events.learning_products == price.events.synaptic_updates, "one product at each gate"
    # All synapses are on one core, which does everything one by one.
    events = price.events
    assert events.busiest_learning == events.synaptic_updates
    busy = events.busiest_operations * 3.5 + events.busiest_updates * 5.3 + events.busiest_learning * 6.1
    assert price.estimates[0].second == pytest.approx(busy * 1e-9, rel=1e-12)
    assert f"Rules evaluated {price.events.learning_products} products at {price.events.synaptic_updates}" in str(price)
    assert "synaptic updates" in price.estimates[1].missing
    assert "Not included, because the table has no constant for them: synaptic updates" in str(price)


def test_every_energy_has_its_source_beside_it():
    made = by_hand("loihi2")
    price = made.price(made.emulate(6 * ms))
    text = str(price)
    assert "doi:10.1109/MM.2018.112130359" in text and "SANA-FE 2.2.9" in text and "Horowitz" in text
    assert text.count("Constants of Intel Loihi, because none are published for Intel Loihi 2") == 2
    for estimate in price.to_dict()["estimates"]:
        assert estimate["source"] and estimate["joule"] == pytest.approx(sum(x.joule for x in _lines(price, estimate)))


@pytest.mark.parametrize("target", ["loihi1", "loihi2"])
def test_joules_are_never_shown_without_the_source_of_their_constants(target):
    """As text, as a table, as data, and from the command line."""
    made = by_hand(target)
    price = made.price(made.emulate(6 * ms))
    command = ["deploy", "feedforward", "--target", target, "--run", "emulator", "--duration", "50ms", "--price"]
    told = CliRunner().invoke(app, command, env={"COLUMNS": "200"}).stdout
    data = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)["price"]
    for shown in (str(price), str(price.table()), told, json.dumps(data), json.dumps(price.to_dict())):
        said = " ".join(shown.split())
        assert "(J)" in said or "joule" in said
        assert all(words in said for words in ("doi:10.1109/MM.2018.112130359", "Boyle et al., IEEE TCAD 2025", "Horowitz"))
        assert ("because none are published for Intel Loihi 2" in said) == (target == "loihi2")
    assert all(len(found["source"]) > 40 for found in data["estimates"]) and data["processor"]["source"]


def _lines(price, estimate):
    return next(e.lines for e in price.estimates if e.name == estimate["name"])


def test_counts_agree_with_a_count_spike_by_spike():
    made = deploy(load_model("feedforward"), "loihi1")
    recording = made.emulate(100 * ms)
    price = made.price(recording)
    expected, active = 0, 0
    steps = {name: recording.raster(name)[0] for name in recording.sizes}
    inputs = {name: np.zeros((recording.steps, n)) for name, n in recording.sizes.items()}
    for k in made.program.projections:
        there = np.asarray(k.stored_weights) != 0
        expected += int((steps[k.pre] @ there).sum())
        inputs[k.post][1:] += (steps[k.pre] @ there)[:-1]
    for name in ("hidden", "output"):
        active += int(((inputs[name] > 0) | (steps[name] > 0)).sum())
    assert price.events.synaptic_operations == expected == price.workload.effective_acs
    assert price.events.active_updates == active


def test_channels_that_no_recording_contains_are_named():
    made = deploy(load_model("desire_chip"), allow={"weight_transport"})
    network = made.network
    image = np.zeros((1, network.population("image").n))
    price = made.price(made.emulate(36 * ms, images=image, labels=np.array([1])))
    assert price.events.not_counted == ("output_hidden1",)
    assert "Spikes of these projections were not counted: output_hidden1" in str(price)


def test_a_recording_of_another_network_is_refused():
    other = deploy(load_model("feedforward"), "loihi1").emulate(10 * ms)
    with pytest.raises(NetworkError, match="expected those of the network"):
        by_hand().price(other)
