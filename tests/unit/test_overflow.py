"""What can overflow on the chip is in the report, and what does is counted in the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from rich.console import Console

from neurosim import LIF, AdaptiveLIF, AllToAll, Network, Population, Probe, Projection, compare
from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import Session, emulate
from neurosim.chip.overflow import overflow_losses
from neurosim.chip.target import load_target
from neurosim.errors import NetworkError, QuantisationError
from neurosim.network.inputs import SpikeRaster
from neurosim.neurons import Level, StepNeuron
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from neurosim.units import ms, second
from tests.steps import SOURCE, chip_neuron

RISING = {"tau_m": 20 * ms, "v_th": 1.0, "tau_theta": 2 * second, "theta_jump": 0.5}


def network(values, weights, graded=False, **neuron):
    """One neuron behind given spikes."""
    return Network(
        name="tried",
        populations=[Population("in", len(weights), SpikeRaster(values)), Population("cell", 1, LIF(**neuron))],
        projections=[Projection("in", "cell", np.reshape(weights, (-1, 1)), graded=graded)],
        dt=1 * ms,
    )


def apart(values, weights, **neuron):
    """The same with a source for each input."""
    columns = np.asarray(values).T
    sources = [Population(f"in{k}", 1, SpikeRaster(column[:, None])) for k, column in enumerate(columns)]
    return Network(
        name="tried",
        populations=[*sources, Population("cell", 1, LIF(**neuron))],
        projections=[Projection(f"in{k}", "cell", AllToAll(w)) for k, w in enumerate(weights)],
        probes=[Probe("cell", "v")],
        dt=1 * ms,
    )


def entries(chip, field, where="cell"):
    return [loss for loss in chip.report.losses if (loss.where, loss.field) == (where, field)]


@pytest.fixture(scope="module")
def wrapping():
    """Ten inputs of -0.3 that are always active."""
    return deploy(network(np.ones((120, 10)), [-0.3] * 10, tau_m=20 * ms, v_th=1.0, tau_syn=100 * ms))


def test_a_current_that_builds_up_and_wraps(wrapping):
    found = entries(wrapping, "current")
    assert [loss.kind for loss in found] == ["overflow"]
    assert found[0].wanted < found[0].got < 0 and "all 10 inputs" in found[0].text and "tau_syn" in found[0].text
    floats, integers = wrapping.emulate(120 * ms, arithmetic="float"), wrapping.emulate(120 * ms)
    assert not len(floats.spikes["cell"]) and "overflows" not in floats.info
    assert integers.spikes["cell"].step.tolist()[:7] == [73, 74, 75, 76, 77, 78, 79]
    counts = integers.info["overflows"]["cell"]
    assert counts["current_wraps"] >= 1 and counts["voltage_saturations"] >= 1
    first = wrapping.emulate(120 * ms, arithmetic="loihi1").info["overflows"]["cell"]
    assert first["current_wraps"] >= 1


def test_a_comparison_names_what_overflowed(wrapping):
    floats, integers = wrapping.emulate(120 * ms, arithmetic="float"), wrapping.emulate(120 * ms)
    lava = replace(integers, info={"engine": "lava"})
    console = Console(width=200)
    with console.capture() as said:
        console.print(compare(floats, integers).table(), compare(integers, lava).table())
    text = " ".join(said.get().split())
    assert "overflows of cell" in text and "a: no limits; b: " in text and "current wraps" in text and "b: not counted" in text
    found = compare(floats, integers).to_dict()["overflows"]
    assert found == [{"population": "cell", "a": None, "b": integers.info["overflows"]["cell"]}]


def test_a_voltage_that_saturates():
    values = np.zeros((6000, 2), int)
    values[:4000, 0] = values[4000:, 1] = 1
    chip = deploy(network(values, [-0.1, 0.1], tau_m=100 * second, v_th=1.0))
    found = entries(chip, "voltage")
    assert [loss.kind for loss in found] == ["overflow"] and "saturates at -8388607, after" in found[0].text
    floats, integers = chip.emulate(6 * second, arithmetic="float"), chip.emulate(6 * second)
    assert not len(floats.spikes["cell"]) and len(integers.spikes["cell"]) == 134
    assert integers.info["overflows"]["cell"].keys() == {"voltage_saturations"}


def test_a_negative_weight_exponent_takes_from_every_sum():
    values = np.ones((50, 2), int)
    values[:, 0] = 0
    chip = deploy(apart(values, [1.0, -1 / 300], tau_m=20 * ms, v_th=950.0))
    found = entries(chip, "arriving sums", "in1_cell")
    assert len(found) == 1 and found[0].got / found[0].wanted == pytest.approx(2.3, abs=0.05)
    assert "times as much" in found[0].text and not entries(chip, "arriving sums", "in0_cell")
    v = [chip.emulate(50 * ms, arithmetic=name).states["cell", "v"][0, -1, 0] for name in ("float", "fixed")]
    assert v[0] < 0 and v[1] / v[0] == pytest.approx(2.3, abs=0.05)


@pytest.mark.parametrize("target", ["loihi2", "loihi1"])
def test_a_payload_that_the_chip_cannot_send(target):
    net = network([[2**26], [0]], [2.0**-25], graded=True, tau_m=20 * ms, v_th=1.0)
    with pytest.raises(QuantisationError, match=r"'in'.*67108864.*sends payloads of (24|0) bits, up to (16777215|1)\."):
        deploy(net, target)


def test_a_payload_that_a_projection_cannot_carry():
    chip = deploy(network([[200], [0]], [0.01], graded=True, tau_m=20 * ms, v_th=1.0))
    with pytest.raises(NetworkError, match="'in': payloads reach 67108864; projection 'in_cell' carries payloads of 24 bits"):
        Session(chip.program).run(1, inputs={"in": np.array([[2**26]])})
    with pytest.raises(NetworkError, match="'in'.*8589934592"):
        Session(chip.float_program).run(1, inputs={"in": np.array([[2**33]])})


@pytest.mark.parametrize(("neuron", "field", "text"), [
    ({"tau_m": 20 * second}, "dv", "it does not decay at all: the smallest decay on the chip is 1/4096 per step"),
    ({"tau_m": 20 * ms, "tau_syn": 20 * second}, "du", "it decays too fast: the smallest decay"),
])  # fmt: skip
def test_a_decay_that_the_chip_does_not_have(neuron, field, text):
    chip = deploy(network(np.ones((10, 1)), [0.01], v_th=1.0, **neuron))
    assert [(loss.kind, text in loss.text) for loss in entries(chip, field)] == [("saturation", True)]


def test_nothing_is_counted_where_nothing_can_overflow():
    chip = deploy(network(np.ones((50, 2)), [0.3, -0.1], tau_m=20 * ms, v_th=1.0))
    assert not [loss for loss in chip.report.losses if loss.kind == "overflow"]
    assert chip.emulate(50 * ms).info["overflows"] == {}


def test_a_session_counts_each_run_and_all(wrapping):
    session, given = Session(wrapping.program), {"in": np.ones((60, 10), int)}
    runs = [session.run(60, inputs=given).info["overflows"] for _ in range(2)]
    whole = wrapping.emulate(120 * ms).info["overflows"]["cell"]
    assert session.overflows["cell"] == whole
    assert {name: sum(run.get("cell", {}).get(name, 0) for run in runs) for name in whole} == whole


def test_a_session_counts_what_was_set_from_outside():
    chip = deploy(network(np.ones((50, 1)), [0.01], tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms))
    session = Session(chip.program)
    assert session.run(5).info["overflows"] == {}
    session.set_state("cell", "u", 2**25)
    assert session.run(1).info["overflows"]["cell"]["current_wraps"] == 1


@pytest.mark.parametrize(("arithmetic", "weight"), [("fixed", 200), ("loihi1", 200 << 7)])
def test_a_session_counts_with_the_weights_that_were_set(arithmetic, weight):
    """The first chip shifts every weight by itself, and a session holds them shifted."""
    program = FixedProgram(
        "set", 1e-3,
        (FixedPopulation("in", 1, SOURCE),
         FixedPopulation("cell", 1, chip_neuron("LIF", du=np.array(9), v_th=np.array(2**17 - 1)))),
        (FixedProjection("p", "in", "cell", np.array([[1]]), weight_exp=7),),
    )  # fmt: skip
    session = Session(program, arithmetic=arithmetic)
    assert session.run(20, inputs={"in": np.ones((20, 1), int)}).info["overflows"] == {}
    session.set_weights("p", np.array([[weight]]))
    assert session.run(20, inputs={"in": np.ones((20, 1), int)}).info["overflows"]["cell"]["current_wraps"] > 0
    other = Session(program, arithmetic=arithmetic)
    other.restore(session.memory())
    assert "cell" in other.run(20, inputs={"in": np.ones((20, 1), int)}).info["overflows"]


def test_samples_that_learn_are_counted_together():
    from neurosim.program.engine_rule import ChipProduct, ChipRule

    rule = ChipRule(products=(ChipProduct("w", "x0", 1, 0, ()),))
    cell = chip_neuron("LIF", du=np.array(0), dv=np.array(4095), v_th=np.array(131071))
    program = FixedProgram(
        "grows", 1e-3,
        (FixedPopulation("in", 1, SOURCE), FixedPopulation("cell", 1, cell)),
        (FixedProjection("p", "in", "cell", np.array([[200]]), weight_exp=7, rule=rule),),
    )  # fmt: skip
    counts = [emulate(program, 30, inputs={"in": np.ones((n, 30, 1), int)}).info["overflows"]["cell"] for n in (1, 2)]
    assert counts[1]["current_wraps"] > counts[0]["current_wraps"] > 0


def test_sums_beyond_32_bits_wrap_as_in_lava():
    """Payload 2^20 times 255 is less than 2^31, but not after the shift by 6."""
    program = FixedProgram(
        "sums", 1e-3,
        (FixedPopulation("in", 1, SOURCE), FixedPopulation("cell", 1, chip_neuron("LIF"))),
        (FixedProjection("p", "in", "cell", np.array([[255]]), message_bits=21),),
    )  # fmt: skip
    run = emulate(program, 2, inputs={"in": np.array([[[2**20], [0]]])}, probes=[("cell", "u")])
    assert run.states["cell", "u"].ravel().tolist() == [0, -50331648]
    assert run.info["overflows"]["cell"]["sum_overflows"] == 1


def test_the_signs_of_learning_weights_are_those_of_the_first_ones():
    """Without a sign mode, a positive weight that learns stops at 0, as in the exported graph."""
    from neurosim.program.engine_rule import ChipProduct, ChipRule

    rule = ChipRule(products=(ChipProduct("w", "x0", -7, 0, ()),))
    program = FixedProgram(
        "signs", 1e-3,
        (FixedPopulation("in", 1, SOURCE), FixedPopulation("cell", 1, chip_neuron("LIF"))),
        (FixedProjection("p", "in", "cell", np.array([[10]]), rule=rule),),
    )  # fmt: skip
    run = emulate(program, 4, inputs={"in": np.ones((1, 4, 1), int)})
    assert run.final_weights()["p"].tolist() == [[0]]


def test_the_first_chip_counts_its_accumulator():
    """Two weights of 255 x 2^7 together leave 2^21 behind the shift by 6; Lava has no such register."""
    program = FixedProgram(
        "two", 1e-3,
        (FixedPopulation("in", 2, SOURCE), FixedPopulation("cell", 1, chip_neuron("LIF"))),
        (FixedProjection("p", "in", "cell", np.array([[255], [255]]), weight_exp=7),),
    )  # fmt: skip
    given, probes = {"in": np.array([[[1, 0], [1, 1], [0, 0]]])}, [("cell", "u")]
    first, lava = (emulate(program, 3, inputs=given, probes=probes, arithmetic=a) for a in ("loihi1", "fixed"))
    assert first.info["overflows"] == {"cell": {"accumulator_wraps": 1}} and lava.info["overflows"] == {}
    assert first.states["cell", "u"].ravel().tolist() == [0, 255 * 2**13, 510 * 2**13 - 2**22]


@pytest.mark.parametrize(("weight", "more", "count"), [(-1.0, 0.0, 0), (1.0, 0.0, 1), (-1.0, -0.2, 1)])
def test_an_accumulator_that_is_just_full(weight, more, count):
    """256 inputs of -2^7 leave -2^21 behind the shift by 6, which it holds; not so 2^21, and no more inhibition."""
    cells = FixedPopulation("cell", 1, chip_neuron("LIF"))
    weights = np.append(np.full(256, int(128 * weight)), int(128 * more))[:, None]
    projection = FixedProjection("p", "in", "cell", weights, sign_mode=SignMode.MIXED)
    source = FixedPopulation("in", 257, SOURCE)
    losses = overflow_losses(FixedProgram("full", 1e-3, (source, cells), (projection,)), load_target("loihi1"), {})
    assert [loss.field for loss in losses if loss.field == "dendritic accumulator"] == ["dendritic accumulator"] * count


def test_a_threshold_that_rises_beyond_the_voltage():
    chip = deploy(
        Network(
            "rises",
            [Population("in", 1, SpikeRaster([[1]])), Population("cell", 1, AdaptiveLIF(**RISING))],
            [Projection("in", "cell", AllToAll(0.5))],
            dt=1 * ms,
        )
    )
    found = entries(chip, "v_th + theta")
    assert len(found) == 1 and "spikes or more in a row" in found[0].text


def sums_of_small_weights(weights, **projection):
    """A cell without memory behind graded sources."""
    cell = chip_neuron("LIF", dv=np.array(4095), v_th=np.array(131071))
    return FixedProgram(
        "small", 1e-3,
        (FixedPopulation("in", len(weights), SOURCE), FixedPopulation("cell", 1, cell)),
        (FixedProjection("p", "in", "cell", np.reshape(weights, (-1, 1)), **projection),),
    )  # fmt: skip


def test_a_session_counts_with_odd_weights_that_were_set():
    """Weights of both signs are even in a program, but a session holds what it is given."""
    session, given = Session(sums_of_small_weights([-2] + [2] * 200, message_bits=16)), np.full((2, 201), 2**15)
    session.set_weights("p", np.array([[-1]] + [[1]] * 200))
    assert session.run(2, inputs={"in": given}).info["overflows"]["cell"]["current_wraps"] == 1


def test_the_first_chip_rounds_down_before_payloads_multiply():
    """600 weights of -1 with the exponent -7 are -1 each, not -1/128, and 255 times that with such a payload."""
    program = sums_of_small_weights([-1] * 600, message_bits=8, weight_exp=-7)
    run = emulate(program, 2, inputs={"in": np.full((1, 2, 600), 255)}, arithmetic="loihi1")
    assert run.info["overflows"] == {"cell": {"accumulator_wraps": 1}}


def test_weights_read_backwards_count_with_all_that_they_can_become():
    from neurosim.program.engine_rule import ChipProduct, ChipRule

    cell = chip_neuron("LIF", dv=np.array(4095), v_th=np.array(100))
    rule = ChipRule(products=(ChipProduct("w", "x0", 1, 0, ()),))
    forward = FixedProjection("p", "cell", "many", np.ones((1, 200), int), weight_exp=7, rule=rule)
    program = FixedProgram(
        "both_ways", 1e-3,
        (FixedPopulation("in", 1, SOURCE), FixedPopulation("cell", 1, cell),
         FixedPopulation("many", 200, cell)),
        (FixedProjection("drive", "in", "many", np.full((1, 200), 255)), forward,
         FixedProjection("back", "many", "cell", np.ones((200, 1), int), weight_exp=7, transposed="p")),
    )  # fmt: skip
    session = Session(program)
    assert session.run(1).info["overflows"] == {}
    session.set_weights("p", np.full((1, 200), 255))
    assert session.run(3, inputs={"in": np.ones((3, 1), int)}).info["overflows"]["cell"]["current_wraps"] == 1


def test_a_threshold_that_never_decays_and_does_not_rise(recwarn):
    neuron = AdaptiveLIF(tau_m=20 * ms, v_th=1.0, tau_theta=100 * second, theta_jump=[0.0, 0.1])
    cells = [Population("in", 2, SpikeRaster([[1, 1]])), Population("cell", 2, neuron)]
    chip = deploy(Network("some", cells, [Projection("in", "cell", AllToAll(0.5))], dt=1 * ms))
    assert chip.emulate(5 * ms).info["overflows"] == {} and not len(recwarn)


@dataclass(frozen=True, kw_only=True)
class Summing(StepNeuron):
    v_th: Level
    states = {"v": "level", "total": "wide", "n": "whole", "up": "flag"}
    step = """
        v = v + a
        total = total + v
        n = n + 1
        up = not up
        spike = up and v > v_th
    """


def test_the_report_names_states_of_own_neurons_whose_overflows_are_not_counted():
    parts = [Population("in", 1, SpikeRaster([[1]])), Population("p", 1, Summing(v_th=1.0))]
    chip = deploy(Network("summing", parts, [Projection("in", "p", [[1.0]])]))
    (note,) = (loss for loss in chip.report.losses if loss.field == "registers")
    assert note.text.endswith("leave 24 bits; beyond 32 bits, 'total', 'n' would wrap, which no run counts")
