import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf

from neurosim.analysis.comparison import compare
from neurosim.backends.brian2 import simulate
from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import emulate
from neurosim.cli.settings import parse_options
from neurosim.content.catalogue import list_content
from neurosim.errors import ContentError, UsageError
from neurosim.models import describe_models, load_model
from neurosim.program.inputs import input_rasters
from neurosim.program.lower import lower
from neurosim.units import ms, second


def test_every_model_describes_itself_and_builds():
    cards = {card.name: card for card in describe_models()}
    assert {"brunel", "desire_mlp", "feedforward"} <= set(cards)
    for name, card in cards.items():
        assert card.summary.endswith((".", ";")) and "doi:" in card.paper and card.expected
        assert load_model(name).name == name or name in list_content("trained")
    assert cards["desire_mlp"].options["sizes"] == "(64, 200, 10)"


def test_options():
    assert [p.n for p in load_model("desire_mlp", sizes=(4, 3, 2)).populations] == [4, 3, 2]
    assert parse_options(["a=3", "b=(1, 2)", "c = 'x'", "d=1,2", "e=-0.5"]) == {
        "a": 3,
        "b": (1, 2),
        "c": "x",
        "d": (1, 2),
        "e": -0.5,
    }


@pytest.mark.parametrize("text", ["a", "=3", "3=4", "a=b", "a=1+", "a=__import__('os')"])
def test_options_that_are_none(text):
    with pytest.raises(UsageError, match="--set"):
        parse_options([text])


def test_own_file_leaves_nothing_behind(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom neurosim import *\n"
        "@dataclass\nclass Size:\n    n: int = 3\n"
        "def build(n: int, *, name: str = 'mine'):\n"
        "    return Network(name, [Population('a', Size(n).n, LIF(tau_m=per_step(0.5), v_th=1))])\n"
    )
    assert load_model(path, n=7).populations[0].n == 7
    assert [p.name for p in tmp_path.iterdir()] == ["mine.py"]
    with pytest.raises(ContentError, match="option 'n' has no default"):
        load_model(path)
    with pytest.raises(ContentError, match="mine.py, line 8: build.. raised NetworkError: Population 'a': n = 0"):
        load_model(path, n=0)


def test_error_below_the_file_names_its_line(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("import json\n\n\ndef build():\n    return json.loads('{')\n")
    with pytest.raises(ContentError, match=r"mine.py, line 5: build\(\) raised JSONDecodeError"):
        load_model(path)


def brunel_theory(inputs, g, eta, tau=20e-3, refractory=2e-3, threshold=20e-3, reset=10e-3):
    """Mean rate and CV in the mean-field theory of Brunel (2000): the fixed point of the rate of a neuron in white noise."""
    strength = threshold / (10 * tau * inputs)

    def integral(function, rate):
        mean = inputs * strength * tau * (rate * (1 - g / 4) + eta * 10)
        sd = strength * np.sqrt(inputs * tau * (rate * (1 + g**2 / 4) + eta * 10))
        return quad(function, (reset - mean) / sd, (threshold - mean) / sd)[0]

    def excess(rate):
        return 1 / (refractory + tau * np.sqrt(np.pi) * integral(lambda u: np.exp(u**2) * (1 + erf(u)), rate)) - rate

    low, high = 0.1, 400.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)

    def inner(x):
        return quad(lambda y: np.exp(y**2) * (1 + erf(y)) ** 2, -8, x)[0]

    cv = np.sqrt(2 * np.pi * (low * tau) ** 2 * integral(lambda x: np.exp(x**2) * inner(x), low))
    return low, cv


def brunel_measured(steps=6000, settle=500, **options):
    """Rate, mean CV of the intervals, and relative fluctuation of the activity in bins of 1 ms."""
    network = load_model("brunel", **options)
    recording = emulate(lower(network), steps, inputs=input_rasters(network, steps))
    spikes, n = recording.spikes["excitatory"], recording.sizes["excitatory"]
    late = spikes.step >= settle
    step, neuron = spikes.step[late], spikes.neuron[late]
    intervals = [np.diff(step[neuron == i]) for i in range(200)]
    cv = [x.std() / x.mean() for x in intervals if len(x) > 4]
    activity = np.bincount((step - settle) // 10, minlength=(steps - settle) // 10)
    return late.sum() / n / ((steps - settle) * recording.dt), np.mean(cv), activity.std() / activity.mean()


def test_theory_is_the_published_one():
    rate, _ = brunel_theory(1000, 5, 2)
    assert rate == pytest.approx(38.0, abs=0.1)


def test_brunel_fires_irregularly_at_the_rate_of_the_theory():
    rate, cv, fluctuation = brunel_measured()
    expected_rate, expected_cv = brunel_theory(200, 5, 2)
    assert rate == pytest.approx(expected_rate, rel=0.12)
    assert cv == pytest.approx(expected_cv, rel=0.15)
    assert fluctuation < 0.8


def test_brunel_fires_regularly_where_excitation_wins():
    rate, cv, _ = brunel_measured(steps=2000, g=3.0)
    assert rate > 250 and cv < 0.1


def test_brunel_has_the_in_degrees_of_the_paper():
    network = load_model("brunel", n_e=400)
    for projection in network.projections:
        inputs = np.diff(network.weights(projection).tocsc().indptr)
        assert set(inputs) == {10 if projection.pre == "inhibitory" else 40}


def test_feedforward_is_the_same_in_brian2_and_nearly_so_on_the_chip():
    network = load_model("feedforward")
    deployment = deploy(network)
    exact, step = (simulate(network, 2 * second, integration=i, progress=False) for i in ("exact", "step"))
    float_run, fixed = (deployment.emulate(2 * second, arithmetic=a) for a in ("float", "fixed"))
    assert compare(step, float_run).identical
    for run in (exact, step, fixed):
        assert run.rates("hidden").mean() == pytest.approx(26, abs=2)
        assert run.rates("output").mean() == pytest.approx(24, abs=3)
    assert fixed.rates("output").mean() == pytest.approx(exact.rates("output").mean(), rel=0.05)


def test_feedforward_probes():
    recording = deploy(load_model("feedforward")).emulate(50 * ms)
    assert {key: value.shape for key, value in recording.states.items()} == {
        ("hidden", "v"): (1, 50, 50),
        ("output", "v"): (1, 50, 10),
    }
