"""Every number of a chip's file decides something: another number gives another deployment or a refusal, or is informative."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Projection, RefractoryLIF, deploy
from neurosim.chip.target import Target, load_target
from neurosim.errors import NeurosimError, TargetError
from neurosim.plasticity import PlasticityRule, mstdp, pre
from neurosim.units import Hz, ms

NOISE = Population("in", 2, PoissonInput(20 * Hz))


def driven(neuron, weights, **more):
    cells = Population("p", 2, neuron)
    return Network("n", [NOISE, cells], [Projection("in", "p", np.asarray(weights, float), **more)])


def far_apart():
    """Weights of very different sizes onto one neuron, so that both ends of the weight exponent are used."""
    cells = Population("p", 2, LIF(tau_m=20 * ms, v_th=1.0))
    weights = {"strong": 200.0, "weak": 1e-6}
    return Network("n", [NOISE, cells], [Projection("in", "p", AllToAll(w), name=name) for name, w in weights.items()])


def rule(on_post, on_pre):
    """A rule with these updates; a chip's constants are a mantissa times a power of two."""
    learned = PlasticityRule(
        traces={"x": pre(20 * ms)}, on_post={"w": f"{on_post} * x"}, on_pre={"w": f"{on_pre} * x"}, bounds=(0, 100.0)
    )
    return driven(LIF(tau_m=20 * ms, v_th=1.0), np.full((2, 2), 50.0), plasticity=learned)


def one_strong_input():
    noise, cells = Population("in", 1, PoissonInput(20 * Hz)), Population("p", 2, LIF(tau_m=20 * ms, v_th=0.001))
    return Network("n", [noise, cells], [Projection("in", "p", AllToAll(100.0))])


def synapses_per_axon(n, delay=None):
    """An axon with n synapses, each of 8 bits and those of the delay."""
    noise, cells = Population("in", 1, PoissonInput(20 * Hz)), Population("p", n, LIF(tau_m=20 * ms, v_th=1.0))
    return Network("n", [noise, cells], [Projection("in", "p", np.full((1, n), 0.5), delay=delay)])


NETWORKS = {
    "levels and biases": lambda: driven(LIF(tau_m=20 * ms, v_th=1.0, bias=[-900.0, 900.0]), np.full((2, 2), 0.5)),
    "a high threshold": lambda: driven(LIF(tau_m=20 * ms, v_th=1e5), np.full((2, 2), 0.5)),
    "a refractory time": lambda: driven(RefractoryLIF(tau_m=20 * ms, v_th=1.0, refractory=5 * ms), np.full((2, 2), 0.5)),
    "a delay": lambda: driven(LIF(tau_m=20 * ms, v_th=1.0), np.full((2, 2), 0.5), delay=3 * ms),
    "sums": lambda: driven(LIF(tau_m=20 * ms, v_th=1.0), [[0.5, -0.3], [0.2, 0.1]]),
    "weights far apart": far_apart,
    "payloads": lambda: driven(LIF(tau_m=20 * ms, v_th=1.0), np.full((2, 2), 0.5), graded=True),
    "one strong input": one_strong_input,
    "constants with a ratio of 7": lambda: rule(0.7, -0.1),
    "large constants": lambda: rule(20000, -10000),
    **{f"{n} synapses per axon": lambda n=n: synapses_per_axon(n) for n in (64, 65)},
    **{f"{n} delayed synapses per axon": lambda n=n: synapses_per_axon(n, 6 * ms) for n in (5, 34)},
    "third factors": lambda: driven(LIF(tau_m=20 * ms, v_th=1.0), np.full((2, 2), 0.5), plasticity=mstdp()),
}


def outcome(target):
    """What deploying each network gives, or why it is refused."""
    return {name: _deployed(make(), target) for name, make in NETWORKS.items()}


def _deployed(network, target):
    try:
        made = deploy(network, target)
    except NeurosimError as error:
        return str(error)
    fit = made.fit
    return pickle.dumps((made.program, made.report, fit.to_dict(), fit.findings))


def numbers(target):
    """Every number that a deployment may read: (key, field, number)."""
    for key, entry in target.entries():
        if key not in target.informative():
            yield from ((key, f, v) for f, v in entry if isinstance(v, int) and not isinstance(v, bool))


def changed(target, key, field, number):
    """The target with another number at one place."""
    tables = target.model_dump()
    *path, last = key.split(".")
    table = tables
    for part in path:
        table = table[part]
    table[last][field] = number
    return Target.model_validate(tables)


@pytest.mark.parametrize("name", ["loihi1", "loihi2"])
def test_each_number_binds(name):
    target = load_target(name)
    before, silent = outcome(target), []
    for key, field, number in numbers(target):
        for other in (number - 1, number + 1):
            try:
                after = outcome(changed(target, key, field, other))
            except (NeurosimError, ValueError):
                continue
            if after == before:
                silent.append(f"{key}.{field}: {number} -> {other}")
    assert not silent


def test_deployments_are_the_same_twice():
    target = load_target("loihi2")
    assert outcome(target) == outcome(target)


def test_a_file_with_other_arithmetic_is_refused_with_what_is_supported(tmp_path):
    from neurosim.content.catalogue import content_path

    text = content_path("hardware_targets", "loihi2").read_text()
    for old, new, message in (
        ("state_bits = { value = 24", "state_bits = { value = 16", "is 8388544; a state of 16 bits is at most 32767"),
        ("state_bits = { value = 24", "state_bits = { value = 32", "value = 32; .* supports 4 to 24 only"),
        ("activation_shift = { value = 6", "activation_shift = { value = 5", "6 and activation_shift = 5; .* equal ones only"),
        ("weight_bits = { value = 8", "weight_bits = { value = 5", "weight_mixed has min -256, .*; weights of 5 bits"),
        ("exponent = { min = -7, max = 8", "exponent = { min = -9, max = 8", "min = -9; .* supports -7 to 8 only"),
    ):
        assert old in text
        (tmp_path / "mine.toml").write_text(text.replace(old, new))
        with pytest.raises(TargetError, match=message):
            load_target(tmp_path / "mine.toml")


def test_a_chip_with_two_factors_refuses_third_factors():
    with pytest.raises(NeurosimError, match="'in_p': Rule 'mstdp': Intel Loihi has no third factors, but the rule reads M"):
        deploy(NETWORKS["third factors"](), "loihi1")
