"""Neurons that are written as a step: what is refused when the class is defined, and when a neuron is made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from neurosim import AllToAll, Network, Population, Projection, SpikeArray, deploy, emulate_network, simulate
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.neurons import Decay, Fraction, Level, PerLevel, ResonateAndFire, StepNeuron, Steps, Whole
from neurosim.units import ms, mV
from tests.own_neurons import Noisy

STEP = "v = decay(v, tau) + a\nspike = v > v_th"
PLAIN = {"states": {"v": "level"}, "step": STEP}


def own(parameters=None, **attributes):
    """A class as a user would write it."""
    given = {"tau": Decay, "v_th": Level} if parameters is None else parameters
    return dataclass(frozen=True, kw_only=True)(type("Own", (StepNeuron,), {"__annotations__": given, **PLAIN, **attributes}))


CLASSES = [
    ({"parameters": {"tau": float}}, r"Own.tau is annotated with .*float.*; expected one of Decay, SynapticDecay, Level"),
    ({"parameters": {"tau": Decay, "v_th": "Voltage"}}, "Own.v_th is annotated with Voltage"),
    ({"parameters": {"tau": Decay, "v_th": Level, "v": Level}}, "'v' is declared twice"),
    ({"parameters": {"tau": Decay, "v_th": Level, "step": Level}}, "'step' cannot be the name of a parameter"),
    ({"states": {"v": "voltage"}}, "'v' is a 'voltage'; expected one of level, current, wide"),
    ({"states": {"v": "level", "spike": "flag"}}, "'spike' cannot be the name"),
    ({"states": {"v": "level", "__import__": "flag"}}, "'__import__' cannot be the name"),
    ({"step": ""}, "expected the text of one step"),
    ({"step": "v = a"}, "the step does not assign it; write when the neuron spikes, such as spike = v > v_th"),
    ({"parameters": {"tau": Decay, "v_th": Level, "unit": Level}}, "'unit' cannot be the name of a parameter"),
    ({"parameters": {"tau": Decay, "v_th": Level, "declaration": Level}}, "'declaration' cannot be the name of a parameter"),
    ({"states": ["v"]}, r"Own.states: expected a mapping such as \{'v': 'level'\}, found \['v'\]"),
    ({"states": {1: "level"}}, "1 cannot be the name"),
    ({"states": {"v": ["level"]}}, r"'v' is a \['level'\]; expected one of level"),
    ({"inputs": None}, "Own.inputs: expected a mapping"),
    ({"inputs": {"default": "a", "my receptor": "b"}}, "Own.inputs: 'my receptor' cannot be a name; a name has ASCII letters"),
    ({"inputs": {"x": "a", "a": "b"}}, "'a' is the name of something else in Lava; give that receptor or channel another name"),
    ({"sends": ["report"]}, "Own.sends: expected a mapping"),
    ({"sends": {"report": None}}, r"'report' is None; expected a condition, or \(condition, whole number\) as texts"),
    ({"sends": {"report": ("v > v_th", "1", "2")}}, "expected a condition"),
    ({"sends": {"report": "v >"}}, "Own.sends: 'v >': invalid syntax"),
    ({"sends": {"report": ("v > v_th", "v")}}, "'v': is a level, and a channel sends whole numbers"),
    ({"factors": ["error"]}, "Own.factors: expected a mapping such as {'error': 'wanted - count'}"),
    ({"factors": {"error": 1}}, "Own.factors: 'error' is 1; expected a name other than 'spike', and an expression"),
    ({"factors": {"error": "v >"}}, "Own.factors: 'v >': invalid syntax"),
    ({"factors": {"error": "v"}}, "'v': is a level, and a third factor is a plain number; multiply it by a parameter"),
    ({"factors": {"error": "w"}}, "'w': has no value there"),
    ({"sends": {"spike": "v > v_th"}}, "every neuron has the channel 'spike'"),
    ({"sends": {"s": "v > v_th"}}, "'s' is the name of something else in Lava"),
    ({"after": 3}, "Own.after: expected the text of statements, found 3"),
    ({"step": STEP + "\nv = v * v"}, r"write \(k \* v\) \* v with a parameter k of the kind PerLevel"),
    ({"step": STEP + "\nv = v / 2"}, "a chip has no division, so multiply by a number such as 0.5, or by"),
    ({"step": STEP + "\nv = v ** 2"}, r"write a power as products, such as \(k \* v\) \* v with"),
    ({"step": STEP + "\nv = __import__('os').getcwd()"}, "'__import__', which is no function of the language of steps"),
    ({"step": "v = b\nspike = v > v_th"}, "reads 'b', which has no value there"),
    ({"inputs": {}}, "expected at least one receptor"),
    ({"sends": {"report": "v"}}, "'v': is a level, and a condition is expected there; compare it"),
]


@pytest.mark.parametrize(("attributes", "why"), CLASSES)
def test_a_class_that_has_no_place_on_a_chip_is_refused_where_it_is_defined(attributes, why):
    with pytest.raises(NetworkError, match=why):
        own(**attributes)


VALUES = [
    ({"tau": 0 * ms}, "Own.tau"),
    ({"tau": 5 * mV}, "Own.tau"),
    ({"v_th": np.nan}, "NaN|finite"),
    ({"f": 9.0}, "expected a fraction between -8 and 8"),
    ({"n": 1.5}, "expected a whole number"),
    ({"n": 1e12}, r"expected whole numbers, or numbers of steps, between -2\^31 and 2\^31"),
    ({"held": 3.0}, "Own.held"),
    ({"wrong": 1.0}, "Unknown parameter 'wrong'"),
]


@pytest.mark.parametrize(("values", "why"), VALUES)
def test_a_parameter_that_is_not_of_its_kind(values, why):
    made = own({"tau": Decay, "v_th": Level, "f": Fraction, "n": Whole, "held": Steps})
    with pytest.raises(NetworkError, match=why):
        made(**{"tau": 5 * ms, "v_th": 1.0, "f": 0.5, "n": 2, "held": 3 * ms} | values)


def test_levels_have_one_unit():
    made = own({"tau": Decay, "v_th": Level, "v_low": Level})
    assert made(tau=5 * ms, v_th=1 * mV, v_low=0).weight_units == {"default": "volt"}
    assert made(tau=5 * ms, v_th=1.0, v_low=0).weight_units == {"default": "1"}
    with pytest.raises(NetworkError, match="Own.v_low: expected a value in volt, such as 5"):
        made(tau=5 * ms, v_th=1 * mV, v_low=2.0)


def net(neuron, **more):
    populations = [Population("in", 2, SpikeArray([0, 1, 0], [2, 5, 6] * ms)), Population("p", 3, neuron)]
    return Network("n", populations, [Projection("in", "p", AllToAll(0.6), **more)])


def test_what_own_neurons_do_not_do_yet_is_refused_by_name():
    made = own()(tau=5 * ms, v_th=1.0)
    with pytest.raises(UnsupportedError, match="'step'"):
        simulate(net(made), 10 * ms)
    with pytest.raises(UnsupportedError, match="'p': Intel Loihi does not support Own, a neuron written as a step"):
        deploy(net(made), "loihi1")


def test_a_class_that_is_not_a_dataclass_and_the_base_are_no_neurons():
    plain = type("Plain", (StepNeuron,), {"__annotations__": {"tau": Decay, "v_th": Level}, **PLAIN})
    with pytest.raises(NetworkError, match=r"Plain is not a dataclass, so tau, v_th cannot be given: write @dataclass\(frozen"):
        plain(tau=5 * ms, v_th=1.0)
    with pytest.raises(NetworkError, match="StepNeuron is the base of neurons that you write"):
        StepNeuron()
    made = own()(tau=5 * ms, v_th=1.0)
    assert pickle.loads(pickle.dumps(plain.__mro__[1])) is StepNeuron and copy.deepcopy(made) == made


def test_a_subclass_inherits_parameters():
    @dataclass(frozen=True, kw_only=True)
    class Damped(ResonateAndFire):
        damping: Fraction
        step = "x = damping * x + a\ny = x\nspike = y > v_th"

    neuron = Damped(along=0.5, across=0.1, v_th=1.0, damping=0.5)
    assert list(neuron.kinds) == ["along", "across", "v_th", "damping"]
    assert emulate_network(net(neuron), 10 * ms).steps == 10


def test_what_stands_right_of_a_modulo_is_at_least_one():
    made = own({"tau": Decay, "v_th": Level, "n": Whole, "held": Steps}, step=f"{STEP} and step % n == 0 and step % held == 0")
    for values, name in (({"n": 0}, "n"), ({"n": np.array([1, -3, 2])}, "n"), ({"held": 0 * ms}, "held")):
        neuron = made(**{"tau": 5 * ms, "v_th": 1.0, "n": 2, "held": 3 * ms} | values)
        with pytest.raises(NetworkError, match=f"Own.{name} = .* right of %, so expected whole numbers of at least 1"):
            emulate_network(net(neuron), 10 * ms)


def test_a_number_per_volt_makes_the_levels_volts():
    made = own({"tau": Decay, "k": PerLevel}, step="v = decay(v, tau) + a\nspike = k * v > 0.5")
    assert made(tau=5 * ms, k=1 / mV).weight_units == {"default": "volt"}
    assert made(tau=5 * ms, k=1.0).weight_units == {"default": "1"}


@pytest.mark.parametrize("where", [{"sends": {"report": "chance(draw) < 0.5"}}, {"after": "if chance(draw) < 0.5:\n    v = 0"}])
def test_random_numbers_may_be_read_in_every_text(where):
    assert emulate_network(net(own(**where)(tau=5 * ms, v_th=1.0)), 10 * ms).steps == 10


def test_random_numbers_follow_the_seed_of_the_network():
    def spikes(seed):
        cells = Population("p", 50, Noisy(tau=10 * ms, slope=0.25, every=7, most=2))
        driven = Population("in", 2, SpikeArray(np.arange(89) % 2, np.arange(1, 90) * ms))
        described = Network("n", [driven, cells], [Projection("in", "p", AllToAll(0.6))], seed=seed)
        return emulate_network(described, 100 * ms).raster("p")

    assert np.array_equal(spikes(1), spikes(1)) and not np.array_equal(spikes(1), spikes(2))
