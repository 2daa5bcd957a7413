"""Rules on the chip: constants close to the described ones, hidden shifts made up for, bounds right, the rest refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Probe, Projection, SpikeRaster, Uniform, deploy, per_step
from neurosim.chip.learning_engine.compile_rule import compile_rule
from neurosim.chip.learning_engine.effective import effective
from neurosim.chip.learning_engine.loihi_strings import rule_strings
from neurosim.chip.learning_engine.terms import summed
from neurosim.chip.target import load_target
from neurosim.errors import QuantisationError, UnsupportedError
from neurosim.plasticity import PlasticityRule, broadcast, post, pre, synaptic
from neurosim.plasticity.products import StepRule
from neurosim.program.fixed import SignMode
from neurosim.program.lower import lower
from neurosim.units import Hz, ms

LOIHI2 = load_target("loihi2")
X, Y = {"x": pre(20 * ms)}, {"y": post(20 * ms)}
XY, M = X | Y, {"M": broadcast()}
NEAREST = {"x": pre(20 * ms, mode="overwrite"), "y": post(20 * ms, mode="overwrite")}
TRIPLET = {"r1": pre(16.8 * ms), "r2": pre(101 * ms), "o1": post(33.7 * ms), "o2": post(125 * ms)}
TAG = XY | {"tag": synaptic(100 * ms)}

RULES = {
    "pair": PlasticityRule(traces=XY, on_post={"w": "0.01*x"}, on_pre={"w": "-0.0105*y"}, bounds=(0, 1)),
    "soft": PlasticityRule(traces=XY, on_post={"w": "0.01*x*(1-w)"}, on_pre={"w": "-0.0105*y*w"}, bounds=(0, 1)),
    "nearest": PlasticityRule(traces=NEAREST, on_post={"w": "0.01*x"}, on_pre={"w": "-0.0105*y"}, bounds=(0, 1)),
    "triplet": PlasticityRule(
        traces=TRIPLET, bounds=(0, 1), on_post={"w": "r1*(5e-3+6.2e-2*(o2-1))"}, on_pre={"w": "-o1*(7e-3+2.3e-2*(r2-1))"}
    ),
    "diehl_cook": PlasticityRule(traces=X, on_post={"w": "0.01*(x-0.4)*(1-w)"}, bounds=(0, 1)),
    "vogels": PlasticityRule(traces=XY, on_post={"w": "0.005*x"}, on_pre={"w": "0.005*(y-0.12)"}, bounds=(0, 1)),
    "r_stdp": PlasticityRule(
        traces=TAG,
        modulators=M,
        on_post={"tag": "0.1*x"},
        on_pre={"tag": "-0.1*y"},
        every={1: {"w": "0.01*M*tag"}},
        bounds=(0, 1),
    ),
    "m_stdp": PlasticityRule(traces=XY, modulators=M, bounds=(0, 1), on_post={"w": "0.01*M*x"}, on_pre={"w": "-0.01*M*y"}),
    "hebb": PlasticityRule(traces=XY, on_post={"w": "0.01*x"}),
    "instar": PlasticityRule(traces=X, on_post={"w": "0.02*(x-w)"}, bounds=(0, 4)),
    "oja": PlasticityRule(traces=XY, on_post={"w": "0.01*(x-y*w)"}, bounds=(0, 2)),
    "ecd": PlasticityRule(traces=XY, modulators=M, bounds=(-1, 1), on_post={"w": "0.003*M*x"}, on_pre={"w": "0.003*M*y"}),
    "quadratic": PlasticityRule(traces=XY, modulators=M, bounds=(-1, 1), every={4: {"w": "0.02*M*M*x - 0.002*w"}}),
}
LOOSE = {
    "soft": 0.025,  # The constants are one and two of the smallest there are.
    "diehl_cook": 0.025,  # As in "soft", and the scale of x must make 0.4 whole.
    "oja": 0.025,  # As in "soft".
    "nearest": 0.03,  # An impulse that overwrites has no free scale,
    "vogels": 0.025,  # nor has a constant without a trace.
    "quadratic": 0.03,  # Nor has the decay of w.
}


def stepped(rule: PlasticityRule) -> StepRule:
    start = float(np.clip(0.5, *rule.bounds))
    network = Network(
        "n",
        [Population("i", 2, PoissonInput(10 * Hz)), Population("a", 2, LIF(tau_m=per_step(0.75), v_th=1.0))],
        [Projection("i", "a", np.full((2, 2), start), plasticity=rule)],
    )
    (projection,) = lower(network).projections
    return projection.rule


def scale_of(rule: StepRule) -> float:
    return 255 / rule.bounds[1] if np.isfinite(rule.bounds[1]) else 255.0


def compiled(name: str):
    rule = stepped(RULES[name])
    return rule, compile_rule(rule, scale_of(rule), LOIHI2)


@pytest.mark.parametrize("name", RULES)
def test_constants_are_close(name):
    rule, chip = compiled(name)
    got = {(p.gate, p.target, p.factors): p.coefficient for p in effective(chip, rule).products}
    wanted = {(p.gate, p.target, p.factors): p.coefficient for p in summed(rule.products)}
    for key, value in wanted.items():
        assert got.pop(key) == pytest.approx(value, rel=LOOSE.get(name, 0.02)), key
    # Halves of a third factor are mirrored, and nothing else is added.
    assert all(value == pytest.approx(0, abs=1e-12) for value in got.values())
    for variable, kept in rule.kept.items():
        assert 1 - effective(chip, rule).kept[variable] == pytest.approx(1 - kept, rel=0.02)


@pytest.mark.parametrize("name", RULES)
def test_impulses_are_whole_and_fit(name):
    _, chip = compiled(name)
    for trace in chip.traces.values():
        assert trace.impulse == int(trace.impulse) and 0 <= trace.impulse <= 127 and trace.tau > 0


@pytest.mark.parametrize("name", RULES)
def test_lavas_integers_add_what_the_rule_says(name, lava):
    """Lava's own applier in integers, fed with a random state, against the described rule: the hidden shift is made up for."""
    rule, chip = compiled(name)
    taus = {f"{t}_tau": 10 for t in ("x1", "x2", "y1", "y2", "y3")}
    state = random_state(chip, rule, np.random.default_rng(5))
    for gate in ("x0", "y0", "u"):
        for target, key in (("w", "dw"), ("tag", "dt")):
            added = lava.ask("applied", rule_strings(chip), taus, key, lava_arguments(chip, state, gate))
            if added is None:
                continue
            change = added[0] / 128 / chip.scales[target]
            top = 256 / chip.scales[target]  # The accumulator saturates there.
            wanted = np.clip(described_change(rule, state, gate, target), -top, top)
            size = np.abs(wanted).max()
            lsb = sum(2.0**p.exponent for p in chip.products if p.target == key[1] and p.gate == gate) / chip.scales[target]
            assert np.abs(change - wanted).max() <= 0.03 * size + lsb, (gate, target)


def random_state(chip, rule, rng):
    """Described values that lie on the chip's grid."""
    held = {t.name: rng.integers(0, 120, 500) for t in rule.traces}
    held |= {"w": rng.integers(0, 256, 500), "tag": rng.integers(-200, 200, 500)}
    held |= {name: rng.integers(-100, 100, 500) for name in rule.modulators}
    return {name: values / chip.scales[name] for name, values in held.items() if name in chip.scales}


def lava_arguments(chip, state, open_gate):
    values = {chip.names[n]: np.round(v * chip.scales[n]) for n, v in state.items() if n not in chip.sent.values()}
    values |= {slot: chip.encoded(slot, state[name]) for slot, name in chip.sent.items()}
    names = {"w": "weights", "t": "tag_1", "d": "tag_2"}
    arguments = {"shape": (1, 500), "weights": 0, "tag_1": 0, "tag_2": 0}
    for gate in ("x0", "y0", "u"):
        arguments[gate] = int(gate == open_gate)
        arguments |= {f"{slot}_{gate}": np.zeros(500, int) for slot in ("x1", "x2", "y1", "y2", "y3")}
    for gate in ("x0", "y0", "u"):
        arguments |= {names.get(s, f"{s}_{gate}"): v.astype(int)[None] for s, v in values.items()}
    return arguments


def described_change(rule, state, gate, target):
    """By the rule's meaning: a decaying variable is read after its decay."""
    kinds = {"x0": 0, "y0": 1, "u": 2}
    kept = {name: rule.kept.get(name, 1.0) * value for name, value in state.items()}
    total = np.zeros(500)
    for product in rule.products:
        if product.gate.kind == kinds[gate] and product.target == target:
            total += product.coefficient * np.prod([kept[n] for n in product.factors], axis=0)
    if gate == "u" and target in rule.kept:
        total += kept[target] - state[target]
    return total


def test_soft_bounds_keep_their_fixed_point():
    _, chip = compiled("soft")
    assert [p.factors for p in chip.products if p.gate == "y0"] == [(("w", -255), ("x1", 0))]


def test_both_signs_of_a_third_factor_are_sent_as_positive_numbers():
    rule, chip = compiled("m_stdp")
    assert chip.sent == {"y2": "M", "y3": "M"}
    for value in (-1.0, 0.0, 0.25, 1.0):
        plus, minus = (int(chip.encoded(slot, value)) for slot in ("y2", "y3"))
        assert 0 <= plus <= 127 and 0 <= minus <= 127
        assert plus - minus == round(chip.scales["M"] * value)


def test_a_square_of_a_third_factor_has_the_same_sign_for_both():
    _, chip = compiled("quadratic")
    squares = {p.factors[0][0]: p.mantissa for p in chip.products if len(p.factors) > 2}
    assert len(squares) == 2 and len(set(squares.values())) == 1
    assert chip.decimation == 2


def test_a_slow_tag_uses_the_spare_trace():
    notes: list[str] = []
    rule = stepped(replace_tau(1000 * ms))
    chip = compile_rule(rule, 255.0, LOIHI2, notes=notes)
    (decay,) = [p for p in chip.products if p.target == "t" and p.gate == "u"]
    assert decay.factors == (("t", 0), ("x2", 1)) and chip.traces["x2"].impulse == 0
    assert 1 / (1 - effective(chip, rule).kept["tag"]) == pytest.approx(1000, rel=0.03)
    assert any("x2 is unused" in note for note in notes)


def replace_tau(tau):
    return PlasticityRule(traces=XY | {"tag": synaptic(tau)}, on_post={"tag": "0.1*x"}, on_pre={"w": "0.1*tag"}, bounds=(0, 1))


def test_an_undeclared_tag_is_estimated_and_said():
    notes: list[str] = []
    rule = stepped(PlasticityRule(traces=X, on_post={"tag": "x"}, on_pre={"w": "0.01*tag"}, bounds=(0, 1)))
    chip = compile_rule(rule, 255.0, LOIHI2, notes=notes)
    assert chip.scales["tag"] * 4 * 8 <= 255
    assert any("'tag' is not declared" in note for note in notes)


def test_a_tag_that_outgrows_its_peak_is_said():
    notes: list[str] = []
    traces = X | {"tag": synaptic(50 * ms, peak=1.0)}
    small = PlasticityRule(traces=traces, on_post={"tag": "x"}, on_pre={"w": "0.1*tag"}, bounds=(0, 1))
    compile_rule(stepped(small), 255.0, LOIHI2, notes=notes)
    assert any("'tag' saturates at its peak of 1, but one update can add 4" in note for note in notes)


def test_a_decay_that_nothing_uses_is_left_out():
    rule = stepped(PlasticityRule(traces=TAG, on_post={"w": "0.01*x"}, bounds=(0, 1)))
    assert {p.target for p in compile_rule(rule, 255.0, LOIHI2).products} == {"w"}


def test_the_search_is_right_with_seven_free_scales():
    """Two pre and three post traces, tag and aux: more combinations than are tried at once."""
    traces = TRIPLET | {"o3": post(10 * ms)}
    on_post = {"w": "0.01*r1*o2", "tag": "0.1*r2*o1", "aux": "0.1*o3"}
    on_pre = {"w": "-0.003*o1*r2 - 0.01*tag + 0.01*aux"}
    rule = stepped(PlasticityRule(traces=traces, bounds=(0, 1), on_post=on_post, on_pre=on_pre))
    chip = compile_rule(rule, 255.0, LOIHI2)
    got = {(p.gate, p.target, p.factors): p.coefficient for p in effective(chip, rule).products}
    for product in summed(rule.products):
        assert got[product.gate, product.target, product.factors] == pytest.approx(product.coefficient, rel=0.02)


FOUR = {f"y{k}": post(20 * ms) for k in range(4)}
REFUSED = {
    "cannot detect the end of a sample": {"traces": X, "on_post": {"tag": "x"}, "at": {"sample_end": {"w": "tag"}}},
    "follows channel 'arrival'": {
        "traces": {"x": pre(20 * ms, channel="arrival", mode="overwrite")},
        "on_post": {"w": "x"},
    },
    "with a decay of 0; .* Use a decay above 0": {"traces": {"x": pre(decay=0, channel="arrival")}, "on_post": {"w": "x"}},
    'mode="saturate"': {"traces": {"x": pre(20 * ms, mode="saturate")}, "on_post": {"w": "x"}},
    r"need 3 places \(x, a, b\)": {"traces": X | {"a": pre(5 * ms), "b": pre(9 * ms)}, "on_post": {"w": "x"}},
    "need 4 places": {"traces": FOUR, "on_pre": {"w": "y0*y1*y2*y3"}},
    "A third factor takes two": {"traces": X, "modulators": {"M": broadcast(), "R": broadcast()}, "on_post": {"w": "M*R*x"}},
    "the period is 3 steps; .* Use 4": {"traces": X, "every": {3: {"w": "x"}}},
    "one period for all": {"traces": X, "every": {2: {"w": "x"}, 4: {"w": "-w"}}},
    "'tag' decays in every step": {"traces": TAG, "on_post": {"tag": "x"}, "every": {2: {"w": "tag"}}},
    r"bounds \(1, 2\)": {"traces": X, "on_post": {"w": "x"}, "bounds": (1, 2)},
    r"bounds \(-1, 2\)": {"traces": X, "on_post": {"w": "x"}, "bounds": (-1, 2)},
    "multiplies in 32 bits": {"traces": XY | {"b": post(9 * ms)}, "on_post": {"w": "0.1*w*w*w*x*y*b"}, "bounds": (0, 1)},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_the_chip_lacks_is_refused_by_name(reason):
    rule = stepped(PlasticityRule("mine", **REFUSED[reason]))
    with pytest.raises(UnsupportedError, match=reason) as error:
        compile_rule(rule, scale_of(rule), LOIHI2)
    assert "Rule 'mine'" in str(error.value)


def test_an_event_that_is_no_spike_is_refused():
    rule = stepped(RULES["pair"])
    burst = replace(rule.products[0], gate=replace(rule.products[0].gate, channel="burst"))
    with pytest.raises(UnsupportedError, match="but not 'burst'"):
        compile_rule(replace(rule, products=(burst,)), 255.0, LOIHI2)


@pytest.mark.parametrize(("eta", "side"), [("1e-6", "the smallest is"), ("1e6", "the largest is")])
def test_constants_outside_the_range_are_refused_with_the_nearest(eta, side):
    rule = stepped(PlasticityRule("mine", traces=X, on_post={"w": f"{eta}*x"}, bounds=(0, 1)))
    with pytest.raises(QuantisationError, match=rf"Rule 'mine', on_post: w \+= .* \* x: .*{side}.*learning rate"):
        compile_rule(rule, 255.0, LOIHI2)


def network(rule, weights=None, post_weights=None, n=8):
    inputs = [Population("i", 10, PoissonInput(60 * Hz)), Population("s", 4, PoissonInput(60 * Hz))]
    static = [] if post_weights is None else [Projection("s", "a", AllToAll(post_weights))]
    pattern = AllToAll(Uniform(0.2, 0.6)) if weights is None else weights
    return Network(
        "n",
        [*inputs, Population("a", n, LIF(tau_m=20 * ms, v_th=4.0))],
        [Projection("i", "a", pattern, plasticity=rule, name="p"), *static],
        [Probe("p", "w", every=50 * ms)],
        seed=3,
    )


@pytest.mark.parametrize("other", [None, 3.0, 0.01])
def test_the_bound_of_a_rule_is_the_chips_own(other):
    deployed = deploy(network(RULES["pair"], post_weights=other))
    fixed = deployed.program.projections[0]
    gain = deployed.float_program.population("a").neuron.gain_at("default")
    unit = deployed.program.population("a").scale * gain / 2.0**fixed.weight_exp
    assert unit * 1.0 == pytest.approx(255)
    assert fixed.sign_mode is SignMode.EXCITATORY and fixed.rule is not None


@pytest.mark.parametrize(
    ("bounds", "mode"),
    [
        ((0, 1), SignMode.EXCITATORY),
        ((0, None), SignMode.EXCITATORY),
        ((None, None), SignMode.MIXED),
        ((-1, 1), SignMode.MIXED),
    ],
)
def test_sign_modes_follow_the_bounds(bounds, mode):
    rule = PlasticityRule(traces=X, on_post={"w": "0.01*x"}, bounds=bounds)
    fixed = deploy(network(rule)).program.projections[0]
    assert fixed.sign_mode is mode
    np.testing.assert_array_equal(fixed.stored_weights, fixed.weights)
    assert mode is SignMode.EXCITATORY or not np.any(fixed.weights % 2)


def test_inhibitory_bounds():
    rule = PlasticityRule(traces=X, on_post={"w": "-0.01*x"}, bounds=(-1, 0))
    fixed = deploy(network(rule, AllToAll(Uniform(-0.6, -0.2)))).program.projections[0]
    assert fixed.sign_mode is SignMode.INHIBITORY and fixed.weights.min() >= -255 and fixed.weights.max() <= 0


def test_without_bounds_the_weights_have_head_room():
    deployed = deploy(network(RULES["hebb"]))
    fixed = deployed.program.projections[0]
    assert 120 <= fixed.weights.max() <= 128
    (note,) = [loss for loss in deployed.report.losses if loss.where == "p" and loss.field == "bounds"]
    assert note.got == pytest.approx(2 * note.wanted, rel=0.02)


def test_weights_that_start_at_nothing_need_bounds():
    with pytest.raises(QuantisationError, match="'p': its weights start at 0"):
        deploy(network(RULES["hebb"], np.zeros((10, 8))))


def test_plastic_weights_have_eight_bits_and_no_delay():
    with pytest.raises(UnsupportedError, match="'p': it is plastic, .* weights of 8 bits; found weight_bits = 4"):
        deploy(network(RULES["pair"]), weight_bits=4)
    described = network(RULES["pair"])
    late = replace(described, projections=tuple(replace(p, delay=2 * ms) for p in described.projections))
    with pytest.raises(UnsupportedError, match="'p': it is plastic and has delays up to 2 steps"):
        deploy(late)


def test_two_bounds_at_one_population_need_a_common_scale():
    described = network(RULES["pair"])
    other = PlasticityRule(traces=X, on_post={"w": "0.01*x"}, bounds=(0, 3))
    both = replace(described, projections=(*described.projections, Projection("s", "a", AllToAll(0.5), plasticity=other)))
    with pytest.raises(QuantisationError, match="Projections 'p' and 's_a' .* power of two"):
        deploy(both)
    twice = PlasticityRule(traces=X, on_post={"w": "0.01*x"}, bounds=(0, 2))
    assert deploy(replace(both, projections=(both.projections[0], Projection("s", "a", AllToAll(0.5), plasticity=twice))))


def test_every_constant_is_reported_in_described_units():
    deployed = deploy(network(RULES["soft"]))
    losses = {loss.field: loss for loss in deployed.report.losses if loss.where == "p"}
    assert losses["on_post: w += c * x"].wanted == pytest.approx(0.01)
    assert losses["on_post: w += c * w * x"].wanted == pytest.approx(-0.01)
    assert losses["on_post: w += c * w * x"].got == pytest.approx(-0.01, rel=0.025)
    assert losses["trace x"].got >= losses["trace x"].wanted == 4
    assert losses["hidden shift"].got == 32
    assert "y0*(w-255)*x1" in losses["dw"].text


def test_the_tau_of_a_tag_is_reported():
    losses = {loss.field: loss for loss in deploy(network(replace_tau(100 * ms))).report.losses}
    assert losses["tau of tag"].wanted == pytest.approx(100)
    assert losses["tau of tag"].got == pytest.approx(100, rel=0.05)


def test_integers_come_back_in_described_units():
    """One input spikes before each post spike; the chip learns what the float program learns."""
    rule = PlasticityRule(
        traces=TAG, modulators=M, bounds=(0, 1), on_post={"tag": "0.05*x"}, every={1: {"w": "0.02*M*tag"}}
    )
    raster = np.zeros((200, 10), int)
    raster[::20, :5] = 1
    described = Network(
        "n",
        [Population("i", 10, SpikeRaster(raster)), Population("a", 4, LIF(tau_m=20 * ms, v_th=1.0))],
        [Projection("i", "a", np.full((10, 4), 0.5), plasticity=rule, name="p")],
        [Probe("p", "w", every=50 * ms), Probe("p", "tag", every=50 * ms), Probe("p", "x", every=1 * ms)],
    )
    deployed = deploy(described)
    signals = {"M": np.where(np.arange(200) < 100, 0.0, np.where(np.arange(200) < 170, 0.2, -0.2))}
    floats, fixed = (deployed.emulate(200 * ms, signals=signals, arithmetic=a) for a in ("float", "fixed"))
    for one, other, atol in (
        (floats.weights["p"], fixed.weights["p"], 0.02),
        (floats.synapses["p", "tag"], fixed.synapses["p", "tag"], 0.04),
        (floats.synapses["p", "x"], fixed.synapses["p", "x"], 0.25),
    ):
        np.testing.assert_array_equal(one.steps, other.steps)
        np.testing.assert_allclose(other.values, one.values, atol=atol)
    w, tag = floats.weights["p"].values, floats.synapses["p", "tag"].values
    assert w[0, 0, 0] == 0.5 and w[-1, 0, 0] > 0.53 and np.all(w[-1, 5:] == 0.5)
    assert tag[-1, 0, 0] > 0.1


def supplied(rule, positive=()):
    """The rule with all its modulators sent by the post neurons."""
    return replace(stepped(rule), supplied={name: name for name in rule.modulators}, positive=frozenset(positive))


def engine(chip, spikes_pre, spikes_post, sent):
    """Products of `chip` in exact numbers, one synapse: traces without rounding, tags and w as real numbers."""
    x, values = {name: 0.0 for name in chip.traces}, {"w": 0.0, "t": 0.0, "d": 0.0}
    for k, (before, after) in enumerate(zip(spikes_pre, spikes_post, strict=True)):
        for name, t in chip.traces.items():
            x[name] = x[name] * np.exp(-1 / t.tau) + t.impulse * before
        gates = {"x0": before, "y0": after, "u": 1}
        change = dict.fromkeys(values, 0.0)
        for p in chip.products:
            known = {**x, **values, **{s: v[k] for s, v in sent.items()}}
            factors = [known[name] + constant for name, constant in p.factors]
            change[p.target] += p.coefficient * gates[p.gate] * np.prod(factors)
        values = {name: values[name] + change[name] for name in values}
    return values


def test_arrivals_are_the_spikes_of_the_step_before():
    """On the chip, x1 - x2 is the trace without the spikes of this step; the constant makes up for the decay."""
    rule = stepped(PlasticityRule(traces={"x": pre(decay=0.75, channel="arrival")}, on_post={"tag": "x"}))
    chip = compile_rule(rule, 100.0, LOIHI2)
    assert set(chip.traces) == {"x1", "x2"} and chip.traces["x1"].impulse == chip.traces["x2"].impulse
    assert [(p.target, p.gate, p.factors) for p in chip.products] == [("t", "y0", (("x1", 0),)), ("t", "y0", (("x2", 0),))]
    assert chip.products[0].coefficient == -chip.products[1].coefficient
    rng = np.random.default_rng(0)
    before, after = rng.random((2, 60)) < 0.3
    x, tag = 0.0, 0.0
    for arrived, fired in zip(np.concatenate([[0], before[:-1]]), after, strict=True):
        x = 0.75 * x + arrived
        tag += x * fired
    assert engine(chip, before, after, {})["t"] / chip.scales["tag"] == pytest.approx(tag, rel=0.02)
    (product,) = [p for p in effective(chip, rule).products if p.coefficient]
    assert product.factors == ("x",) and product.coefficient == pytest.approx(1.0, rel=0.02)


def test_a_phase_takes_one_slot_and_clears_exactly():
    rule = supplied(tagged(), ("P",))
    chip = compile_rule(rule, 100.0, LOIHI2)
    assert sorted(chip.sent.values()) == ["D", "D", "P"]
    slot = next(slot for slot, name in chip.sent.items() if name == "P")
    (clear,) = [p for p in chip.products if p.target == "t" and p.gate == "u"]
    assert chip.sending[slot].low == 0
    for t in range(-256, 256):
        assert (clear.mantissa * t * int(chip.sending[slot].scale) >> clear.shift) << (clear.exponent + 7) == -128 * t


PULSED = {"traces": {"x": pre(decay=0.75)}, "modulators": {"D": broadcast(), "P": broadcast()}}


def tagged():
    return PlasticityRule(**PULSED, on_post={"tag": "x"}, every={1: {"w": "0.001*D*tag", "tag": "-P*tag"}})


def carried(tag="0.001*D*aux - P*tag"):
    return PlasticityRule(**PULSED, on_post={"aux": "x"}, every={1: {"tag": tag, "w": "P*tag", "aux": "-P*aux"}})


def test_a_tag_moves_into_w_in_whole_steps():
    """What is added to w and what is left of each tag, in the engine's integers: the nearest whole steps, and the rest."""
    chip = compile_rule(supplied(carried(), ("P",)), 64.0, LOIHI2)
    slot = next(slot for slot, name in chip.sent.items() if name == "P")
    assert chip.scales["tag"] == 32 * 64.0 and chip.scales["P"] == 1.0
    moving = [p for p in chip.products if (slot, 0) in p.factors]
    by_target = {p.target: p for p in moving}
    assert sorted(by_target) == ["d", "t", "w"]
    for t in range(-256, 256):
        change = {}
        for target in "wt":
            p = by_target[target]
            constant = dict(p.factors)["t"]
            change[target] = (p.mantissa * (t + constant) >> p.shift) << (p.exponent + 7)
        steps = (t + 16) // 32
        assert change["w"] == 128 * steps and 128 * t + change["t"] == 128 * (t - 32 * steps)
    clear = by_target["d"]
    for d in range(1, 256):
        assert 128 * d + ((clear.mantissa * d >> clear.shift) << (clear.exponent + 7)) <= 0, "what is below 0 is cut off"


def test_a_tag_that_is_not_taken_off_is_not_moved():
    chip = compile_rule(supplied(carried("0.001*D*aux"), ("P",)), 64.0, LOIHI2)
    assert all(constant == 0 for p in chip.products for _, constant in p.factors)
