"""What burst-dependent rules do at an event and at a burst, in Brian2, by hand; channels, and third factors of neurons."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from neurosim import LIF, Network, OneToOne, Population, Projection, SpikeRaster, simulate
from neurosim.cards.card import named_card
from neurosim.cards.pictures import draw_rule
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.network import Probe
from neurosim.neurons import BurstAverage, BurstParrot, ConstantBaseline, IntervalDetector
from neurosim.plasticity import (
    PlasticityRule,
    adaptive_ebcp,
    burstccn_q,
    burstccn_w,
    burstccn_y,
    ebcp,
    load_rule,
    post,
    post_modulator,
    pre,
)
from neurosim.units import Hz, ms, second

ALPHA, TAU, ETA = 2.0, 50.0, 0.1
STEPS = 200
FREE = BurstAverage(alpha=ALPHA * second, E_min=0 * Hz, E_max=1e9 * Hz, start_events=5 * Hz, start_bursts=1.5 * Hz)


def raster(*trains):
    """Spikes one step earlier than the cells shall fire."""
    out = np.zeros((STEPS, len(trains)), np.uint8)
    for k, times in enumerate(trains):
        out[np.asarray(times, int) - 1, k] = 1
    return out


def learn(rule, pre_times, post_times, average=FREE, w=0.5, channel="event", short=False, probes=()):
    """The recording of one synapse; cells fire at these steps of 1 ms."""
    cell = BurstParrot(detector=IntervalDetector(), average=average)
    network = Network(
        "pair",
        [
            Population("given", 2, SpikeRaster(raster(pre_times, post_times))),
            Population("pre", 1, cell),
            Population("post", 1, cell),
        ],
        [
            Projection("given", "pre", np.array([[1.0], [0.0]]), receptor="repeated"),
            Projection("given", "post", np.array([[0.0], [1.0]]), receptor="repeated"),
            Projection("pre", "post", OneToOne(w), channel=channel, plasticity=rule),
        ],
        [Probe("pre_post", "w", every=1 * ms), *probes],
    )
    return simulate(network, STEPS * ms, progress=False)


def weights(recording, w=0.5):
    """Change of the weight up to and with each step."""
    return recording.weights["pre_post"].values[1:, 0, 0] - w


def trace(times, at):
    """Of presynaptic events, with one in the same step."""
    return sum(np.exp(-(at - t) / TAU) for t in times if t <= at)


def averages(events, bursts, at):
    """E and B as traces, before what happens in step `at`."""
    start = 5 * ALPHA * np.exp(-(at + 1) * 1e-3 / ALPHA)
    kept = [sum(np.exp(-(at - t) * 1e-3 / ALPHA) for t in times if t < at) for times in (events, bursts)]
    return start + kept[0], 0.3 * start + kept[1]


def test_adaptive_rule_at_events_and_bursts():
    # 10 and 60 are presynaptic events, 18 is not. Postsynaptic: 20 event, 28 burst, 36 nothing, 60 and 100 events, 104 burst.
    found = weights(learn(adaptive_ebcp(ETA, TAU * ms, bounds=None), [10, 18, 60], [20, 28, 36, 60, 100, 104]))
    events, bursts, pre_events = [20, 60, 100], [28, 104], [10, 60]
    wanted, total = {}, 0.0
    for at in sorted(events + bursts):
        e, b = averages(events, bursts, at)
        total += ETA * trace(pre_events, at) * (1.0 if at in bursts else -b / e)
        wanted[at] = total
    assert_allclose([found[at] for at in wanted], list(wanted.values()), rtol=1e-9)
    assert np.count_nonzero(np.diff(found, prepend=0)) == 5, "nothing else changes the weight"
    assert found[18] == 0 and found[36] == found[28]


def test_homeostasis_of_the_adaptive_rule():
    fast = BurstAverage(alpha=ALPHA * second, E_min=1 * Hz, E_max=2 * Hz, start_events=5 * Hz, start_bursts=1.5 * Hz)
    found = weights(learn(adaptive_ebcp(ETA, TAU * ms, bounds=None), [10], [20, 28], fast))
    e, b = averages([20], [28], 20)
    h = -(e / ALPHA - 2) / (e / ALPHA)
    assert_allclose(found[20], ETA * (h - b / e) * trace([10], 20), rtol=1e-9)
    e, b = averages([20], [28], 28)
    h = -(e / ALPHA - 2) / (e / ALPHA)
    assert_allclose(found[28] - found[20], ETA * (1 + h) * trace([10], 28), rtol=1e-9)


def test_growth_at_presynaptic_events_sees_the_average_before_a_coincident_event():
    slow = BurstAverage(alpha=ALPHA * second, E_min=8 * Hz, E_max=1e9 * Hz, start_events=5 * Hz, start_bursts=1.5 * Hz)
    found = weights(learn(adaptive_ebcp(ETA, TAU * ms, bounds=None), [10, 50], [50], slow))
    e10, _ = averages([50], [], 10)
    assert_allclose(found[10], ETA * (8 - e10 / ALPHA), rtol=1e-9)
    e, b = averages([50], [], 50)
    assert_allclose(found[50] - found[10], ETA * (8 - e / ALPHA) - ETA * b / e * trace([10, 50], 50), rtol=1e-9)


@pytest.mark.parametrize("share", [0, 0.5])
def test_how_much_growth_there_is(share):
    slow = BurstAverage(alpha=ALPHA * second, E_min=8 * Hz, E_max=1e9 * Hz, start_events=5 * Hz, start_bursts=1.5 * Hz)
    found = weights(learn(adaptive_ebcp(ETA, TAU * ms, bounds=None, growth=share), [10], [], slow))
    assert_allclose(found[-1], share * ETA * (8 - averages([], [], 10)[0] / ALPHA), rtol=1e-9)


def test_bounds_hold():
    up, down = (weights(learn(burstccn_w(1.0, p_b, TAU * ms), [19], [20, 28])) for p_b in (0.0, 1.0))
    assert up[28] == 0.5 and down[20] == -0.5


def test_constant_baseline():
    found = weights(learn(burstccn_w(ETA, 0.375, TAU * ms, bounds=None), [10], [20, 28]))
    assert_allclose(found[20], -ETA * 0.375 * trace([10], 20))
    assert_allclose(found[28] - found[20], ETA * trace([10], 28))


def test_feedback_that_learns_is_up_or_down():
    rules = (rule(ETA, 0.375, TAU * ms, bounds=None) for rule in (burstccn_w, burstccn_q, burstccn_y))
    w, q, y = (weights(learn(rule, [10], [20, 28])) for rule in rules)
    assert w[20] < 0 < w[28]
    assert_allclose(q, w, rtol=1e-12)
    assert_allclose(y, -w, rtol=1e-12)


def test_fixed_threshold_with_homeostasis():
    rule = ebcp(ETA, 0.15, TAU * ms, r_min=0.8 * Hz, r_max=1.5 * Hz, tau_rate=1 * second, bounds=None)
    found = weights(learn(rule, [10, 150], [20, 28, 60]))
    assert_allclose(found[10], ETA * 0.8)
    assert_allclose(found[20] - found[10], -ETA * 0.15 * trace([10], 20), rtol=1e-9)
    assert_allclose(found[28] - found[20], ETA * trace([10], 28), rtol=1e-9)
    r = np.exp(-0.040) + np.exp(-0.032)
    assert_allclose(found[60] - found[28], -ETA * (0.15 + r - 1.5) * trace([10], 60), rtol=1e-9)
    assert found[150] == found[60], "1.8 Hz and more: no growth"


def test_only_the_channel_is_transmitted():
    counts = {}
    for channel in ("spike", "event", "burst"):
        cell = BurstParrot(detector=IntervalDetector())
        given = Population("given", 1, SpikeRaster(raster([10, 18, 26, 60])))
        network = Network(
            "sent",
            [given, Population("cell", 1, cell), Population("ear", 1, cell)],
            [
                Projection("given", "cell", OneToOne(1.0), receptor="repeated"),
                Projection("cell", "ear", OneToOne(0.25), channel=channel, delay=5 * ms),
            ],
            [Probe("ear", "g")],
        )
        heard = simulate(network, STEPS * ms, progress=False).states["ear", "g"][0, :, 0]
        counts[channel] = (heard[-1], list(np.flatnonzero(np.diff(heard))))
    assert counts == {"spike": (1.0, [14, 22, 30, 64]), "event": (0.5, [14, 64]), "burst": (0.25, [22])}


def test_traces_of_channels():
    rule = PlasticityRule(
        "counts",
        traces={"x": pre(TAU * ms), "e": post(1e6 * second, channel="event"), "b": post(1e6 * second, channel="burst")},
        on_burst={"w": "e"},
        on_event={"w": "b * x"},
    )
    found = weights(learn(rule, [20], [20, 28, 60, 100, 108]))
    assert_allclose(found[[20, 28, 60]], [0, 1, 1 + np.exp(-40 / TAU)], rtol=1e-6)
    assert_allclose(found[108] - found[100], 3, rtol=1e-6)


def test_one_supplied_and_one_broadcast_factor():
    """`every` updates rest where the signal is 0, and only there, though the other factor comes from the neuron."""
    rule = PlasticityRule(
        "both",
        modulators={"P": post_modulator("burst_probability"), "E": post_modulator("event_rate", peak=10)},
        every={50: {"w": "P + 0 * E"}},
    )
    assert not rule.needs_training_loop and rule.supplied == ("burst_probability", "event_rate") and not rule.signals
    found = weights(learn(rule, [10], [20]))
    jumps = np.diff(found, prepend=0)
    assert list(np.flatnonzero(jumps)) == [49, 99, 149, 199]
    e, b = averages([20], [], 99)
    assert_allclose(jumps[99], b / e, rtol=1e-9)


def test_refusals():
    populations = [Population("pre", 1, SpikeRaster(raster([5]))), Population("post", 1, LIF(tau_m=20 * ms, v_th=1.0))]
    with pytest.raises(NetworkError, match="'burstccn_w' needs the channel 'burst', and 'post' \\(LIF\\) has spike"):
        Network("lif", populations, [Projection("pre", "post", OneToOne(0.5), plasticity=burstccn_w())])
    rule = PlasticityRule("asks", modulators={"P": post_modulator("burst_probability")}, on_post={"w": "P"})
    with pytest.raises(NetworkError, match="needs the modulator 'burst_probability', and 'post' \\(LIF\\) has none"):
        Network("lif", populations, [Projection("pre", "post", OneToOne(0.5), plasticity=rule)])
    network = Network("chip", [populations[0], Population("post", 1, BurstParrot())])
    with pytest.raises(UnsupportedError, match="BurstParrot has no difference form"):
        simulate(network, 5 * ms, integration="step", progress=False)


STEADY = ("burstccn_w", "burstccn_q", "burstccn_y", "burst_dependent")


@pytest.mark.parametrize(("name", "refused"), [("ebcp", 5), ("adaptive_ebcp", 7), *((n, 3) for n in STEADY)])
def test_cards_and_pictures(name, refused):
    """With a constant baseline, or with that of the neuron, everywhere but in Lava's floats, which know no upper bound, and
    on the first chip, which does not learn.
    """
    card = named_card(name)
    runs = {e.name: e.runs for e in card.executions}
    assert runs["Brian2 exact"] and not runs["Lava floating_pt"] and sum(not found for found in runs.values()) == refused
    assert not load_rule(name).needs_training_loop
    assert draw_rule(name).axes[0].lines


def test_a_neuron_with_a_constant_baseline():
    average = ConstantBaseline(probability=0.375, E_min=0 * Hz, E_max=1e9 * Hz)
    found, same = (
        weights(learn(rule, [10], [20, 28], average))
        for rule in (adaptive_ebcp(ETA, TAU * ms, bounds=None), burstccn_w(ETA, 0.375, TAU * ms, bounds=None))
    )
    assert found[28] > 0 and np.array_equal(found[20], found[27])
    assert_allclose(found, same, rtol=1e-12)
