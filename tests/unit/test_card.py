"""Cards of rules: derived from the rule, for people (the command line) and programs (JSON)."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim.backends.executions import OWN
from neurosim.cards import trials as rule_trials
from neurosim.cards.card import named_card, rule_card
from neurosim.cards.executions import IN_TRAINING, starting_weight
from neurosim.cli import app
from neurosim.cli.output import plain
from neurosim.errors import ContentError, NetworkError, TargetError
from neurosim.plasticity import RULES, PlasticityRule, broadcast, load_rule, post, pre
from neurosim.units import ms, mV

NOT_ANYWHERE = (
    "clopath", "guetig_stdp", "power_law_stdp", "desire", "nearest_neighbour_stdp", "ebcp", "adaptive_ebcp", "burstccn_w",
    "burstccn_q", "burstccn_y", "burst_dependent",
)  # fmt: skip
ANYWHERE = [name for name in RULES if name not in NOT_ANYWHERE]


def invoke(line, code=0):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == code, result.stderr
    return result


def result_of(line):
    out = invoke(f"{line} --json").stdout
    assert out.count("\n") == 1
    return json.loads(out)


def runs(card):
    return {e.name: e.runs for e in card.executions}


def notes(card):
    return {e.name: e.note for e in card.executions}


def test_card_of_a_named_rule():
    card = named_card("pair_stdp", a_plus=0.02, tau_plus=10 * ms)
    assert (card.name, card.doi, card.factors, card.phases) == ("pair_stdp", "10.1038/78829", "two-factor", "single-phase")
    assert card.updates == ("on_post: w += 0.02 * x", "on_pre: w += -0.00525 * y")
    assert card.traces == {"pre": ("x",), "post": ("y",)} and card.synapse == ("w",)
    parameters = {p.name: p for p in card.parameters}
    assert (parameters["a_plus"].value, parameters["a_plus"].default) == ("0.02", "0.005")
    assert (parameters["tau_plus"].value, parameters["tau_plus"].default) == ("10. ms", "20 ms")
    assert parameters["tau_minus"].kind == "time" and "window" in parameters["tau_minus"].meaning
    json.dumps(plain(card.to_dict()), allow_nan=False)


def test_third_factors_and_phases():
    reward, ecd, desire = (named_card(name) for name in ("reward_stdp", "ecd", "desire"))
    assert reward.factors == "three-factor" and "M, which is a signal of the run" in reward.locality
    assert reward.synapse == ("w", "tag") and reward.phases == "single-phase" and not reward.weight_transport
    assert ecd.phases.startswith("phased: a data phase")
    assert desire.phases == "phased: acts at sample_end" and desire.weight_transport
    assert "D, which DesireSignal supplies" in desire.locality


def test_executions_are_those_of_the_registry():
    names = [e.name for e in named_card("hebb").executions]
    assert names == list(OWN) == [e.name for e in named_card("desire").executions]
    power = named_card("power_law_stdp")
    assert [name for name, found in runs(power).items() if found] == ["Brian2 exact", "Brian2 step", "emulator float"]
    assert "**0.4" in notes(power)["emulator fixed"]
    assert runs(named_card("power_law_stdp", mu=1))["emulator float"]


def test_desire_runs_in_neurons_that_compute_it_and_in_training():
    desire = named_card("desire")
    assert [name for name, found in runs(desire).items() if found] == [
        "Brian2 step", "emulator float", "emulator fixed", "Lava floating_pt", "Lava fixed_pt",
    ]  # fmt: skip
    assert notes(desire)["Brian2 step"] == IN_TRAINING and notes(desire)["emulator fixed"] == ""


@pytest.mark.parametrize("name", ANYWHERE)
def test_runs_on_all_executions_that_learn(name):
    card = named_card(name)
    assert [e.name for e in card.executions if not e.runs] == ["emulator loihi1", "NEST"]
    assert "cannot learn" in notes(card)["emulator loihi1"]


def test_engine_and_its_constants():
    card = named_card("pair_stdp")
    assert card.engine and [text[:5] for text in card.engine] == ["dw = "]
    assert card.constants and all(np.isfinite([c.wanted, c.got]).all() for c in card.constants)
    assert not named_card("power_law_stdp").engine


def own_rule(channel):
    return PlasticityRule(
        name="own",
        traces={"x": pre(20 * ms), "y": post(20 * ms, channel=channel)},
        modulators={"M": broadcast()},
        parameters={"mu": 1e-3},
        **{f"on_{channel}": {"w": "M * x * 0.1 * mu"}},
    )


def test_card_of_a_rule_of_ones_own():
    card = rule_card(own_rule("plateau"))
    assert card.parameters == () and card.summary == "" and card.doi == ""
    assert not any(runs(card).values()) and "'plateau'" in card.executions[0].note


def test_card_finds_a_neuron_with_what_the_rule_asks():
    card = rule_card(own_rule("burst"))
    assert [name for name, found in runs(card).items() if found] == ["Brian2 exact", "Brian2 step"]
    assert "the emulator supports only 'spike'" in notes(card)["emulator float"]
    fixed = notes(card)["emulator fixed"]
    assert "'y' follows channel 'burst'" in fixed and "in Brian2" in fixed


def test_scale_follows_the_weight():
    """The same rule in volts is the same on the chip, once the card knows how large a weight is."""
    plain_one = rule_card(load_rule("pair_stdp"), weight=0.5)
    volts = rule_card(load_rule("pair_stdp", a_plus=0.005 * mV, a_minus=0.00525 * mV, bounds=(0 * mV, None)), weight=0.5e-3)
    assert volts.engine == plain_one.engine and runs(volts) == runs(plain_one)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((0, 1), 0.5),
        ((0, 4), 2),
        ((0, np.inf), 0.5),
        ((-np.inf, 0), -0.5),
        ((-np.inf, np.inf), 1),
        ((-1, 1), 1),
        ((2, np.inf), 2.5),
    ],
)
def test_starting_weight(bounds, expected):
    weight = starting_weight(bounds)
    assert weight == expected and bounds[0] <= weight <= bounds[1]


def test_bad_names():
    with pytest.raises(ContentError, match="Did you mean 'oja'"):
        named_card("ojja")
    with pytest.raises(NetworkError, match="Unknown parameter 'tua'"):
        named_card("oja", tua=1)
    with pytest.raises(TargetError, match="loihi2"):
        named_card("oja", target="loihi9")


def test_command_lists_the_rules():
    found = result_of("rule")
    assert [r["name"] for r in found["rules"]] == list(RULES) and found["target"] == "loihi2"
    text = invoke("rule").stdout
    assert all(name in text for name in RULES)


def test_command_shows_a_card():
    found = result_of("rule reward_stdp --set tau_e=100ms --set eta=0.2 --set bounds=None")
    values = {p["name"]: p["value"] for p in found["parameters"]}
    assert (values["tau_e"], values["eta"], values["bounds"]) == ("100. ms", "0.2", "None")
    assert found["updates"][-1] == "every 1: w += 0.2 * M * tag"
    text = invoke("rule reward_stdp").stdout
    for words in ("10.1093/cercor/bhl152", "three-factor", "emulator fixed", "Lava floating_pt", "per synapse: w, tag"):
        assert words in text


def test_command_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert result_of("rule hebb --plot hebb.png")["plot"] == "hebb.png"
    assert (tmp_path / "hebb.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rule par_stdp", "Did you mean 'pair_stdp'"),
        ("rule hebb --set tau=3", "such as 20*ms"),
        ("rule hebb --set tau=3lb", "Unknown unit 'lb'"),
        ("rule hebb --set tua=3ms", "Did you mean 'tau'"),
        ("rule hebb --set eta", "expected name=value"),
        ("rule --set eta=1", "name it"),
        ("rule --plot a.png", "name it"),
        ("rule hebb --plot a.txt", "expected a name that ends in"),
        ("rule hebb --target loihi9", "loihi2"),
        ("rule --target loihi9", "loihi2"),
    ],
)
def test_command_refuses(line, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = invoke(line, code=1).stderr
    assert words in error and error.count("\n") == 1 and "bug" not in error


@pytest.mark.parametrize("name", ["pair_stdp", "multiplicative_stdp", "power_law_stdp"])
def test_windows_are_measured(name):
    """The trial gives the formula, whichever engine it ran in."""
    rule = load_rule(name)
    curve = rule_trials.window(rule, 0.5, reach=5)
    up = {"pair_stdp": 0.005, "multiplicative_stdp": 0.0025, "power_law_stdp": 0.1 * 0.5**0.4}[name]
    later = curve.x > 0
    np.testing.assert_allclose(curve.y[later], up * np.exp(-curve.x[later] / 0.02), rtol=1e-6)


def test_trials_with_signals_that_training_supplies():
    rule = rule_trials.given(load_rule("desire", eta=0.1))
    assert not rule.needs_training_loop and load_rule("desire").needs_training_loop
    curve = rule_trials.window(rule, 0.5, signal=-1.0, reach=4)
    # The trace takes the spike as it arrives, a step later.
    np.testing.assert_allclose(curve.y[curve.x > 0], -0.1 * 0.75 ** np.arange(4), rtol=1e-9)
    assert not curve.y[curve.x <= 0].any()


def test_what_a_rule_needs_on_the_chip():
    """Counted by hand: fields and traces in bits, ports, and the products of the strings of the rule."""
    stdp, own, refused = named_card("pair_stdp"), named_card("desire"), named_card("power_law_stdp")
    assert stdp.demand == (
        "synapse: 8 bits (weight 8); traces: 7 bits per pre neuron, 7 bits per post neuron; ports for third factors: none; "
        "products at each synapse: 1 per pre spike, 1 per post spike; learning epochs of 1 step"
    )
    assert own.demand == (
        "synapse: 17 bits (weight 8, tag 9); traces: 14 bits per pre neuron; "
        "ports for third factors: y1 D, y2 sample_end, y3 -D; "
        "products at each synapse: 2 per post spike, 3 per learning epoch; learning epochs of 1 step"
    )
    assert not refused.demand
    assert not any(c.field == "learning" for c in (*stdp.constants, *own.constants))
