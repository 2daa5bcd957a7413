"""Neurons from the user's own equations, in all the forms that Brian2 knows."""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import (
    AllToAll,
    EquationNeuron,
    Network,
    Normal,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Timed,
    Uniform,
    simulate,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.units import Hz, cm, ms, msiemens, mV, nS, siemens, ufarad, um, unit_of

AREA = 20_000 * um**2
COBAHH = {
    "threshold": "v > -20*mV",
    "refractory": 3 * ms,
    "method": "exponential_euler",
    "receptors": {"exc": "ge", "inh": "gi"},
    "parameters": {
        "Cm": 1 * ufarad / cm**2 * AREA,
        "gl": 5e-5 * siemens / cm**2 * AREA,
        "El": -60 * mV,
        "EK": -90 * mV,
        "ENa": 50 * mV,
        "g_na": 100 * msiemens / cm**2 * AREA,
        "g_kd": 30 * msiemens / cm**2 * AREA,
        "VT": -63 * mV,
        "taue": 5 * ms,
        "taui": 10 * ms,
        "Ee": 0 * mV,
        "Ei": -80 * mV,
    },
    "initial": {"v": "El + (randn()*5 - 5)*mV", "ge": Normal(40 * nS, 15 * nS), "gi": Uniform(100 * nS, 300 * nS)},
}
# The membrane of Brette et al. (2007), benchmark 3: one equation over three lines.
MODEL = """
# Membrane: leak, synapses, and the sodium and potassium currents of Traub and Miles.
dv/dt = (gl*(El - v) + ge*(Ee - v) + gi*(Ei - v)
         - g_na*(m*m*m)*h*(v - ENa)   # sodium
         - g_kd*(n*n*n*n)*(v - EK))/Cm : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dge/dt = -ge/taue : siemens
dgi/dt = -gi/taui : siemens
alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
beta_m = 0.28*(mV**-1)*5*mV/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
beta_h = 4./(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
beta_n = .5*exp((10*mV - v + VT)/(40*mV))/ms : Hz
"""


def hodgkin_huxley(model=MODEL, seed=0):
    neuron = EquationNeuron(model=model, **COBAHH)
    return Network(
        "cobahh",
        [Population("in", 5, PoissonInput(50 * Hz)), Population("cells", 20, neuron)],
        [Projection("in", "cells", AllToAll(6 * nS), receptor="exc")],
        [Probe("cells", "v"), Probe("cells", "ge")],
        dt=0.1 * ms,
        seed=seed,
    )


def test_an_equation_goes_on_over_several_lines():
    assert set(EquationNeuron(model=MODEL, **COBAHH).variables) > {"v", "m", "n", "h", "ge", "gi", "alpha_m"}
    found = simulate(hodgkin_huxley(), 20 * ms)
    joined = MODEL.replace("\n         -", " -").replace("# sodium", "")
    assert "gi*(Ei - v) -" in joined
    assert_array_equal(found.states["cells", "v"], simulate(hodgkin_huxley(joined), 20 * ms).states["cells", "v"])
    assert np.isfinite(found.states["cells", "v"]).all() and found.states["cells", "v"].max() > 0
    assert len(found.spikes["cells"])


def test_equations_of_brian2_are_taken():
    of_brian2 = hodgkin_huxley(brian2.Equations(MODEL))
    assert_allclose(
        simulate(of_brian2, 2 * ms).states["cells", "v"], simulate(hodgkin_huxley(), 2 * ms).states["cells", "v"], rtol=1e-12
    )
    odd = brian2.Equations("dx/dt = -x/tau : metre**2 (unless refractory)\ntau : second (constant)\nk : integer\nb : boolean")
    again = EquationNeuron(model=odd, threshold="x > 1*metre**2").model
    assert brian2.Equations(again)["x"].dim == odd["x"].dim and brian2.Equations(again)["k"].var_type == "integer"
    assert [list(brian2.Equations(again)[n].flags) for n in ("x", "tau")] == [["unless refractory"], ["constant"]]


def test_initial_values_are_drawn_by_the_seed_of_the_network():
    first, again, other = (simulate(hodgkin_huxley(seed=s), 0.1 * ms).states["cells", "ge"][0, 0] for s in (0, 0, 1))
    assert_array_equal(first, again)
    assert len(set(first)) == 20 and not np.array_equal(first, other)
    assert 20e-9 < first.mean() < 60e-9


def silent(**changes):
    return EquationNeuron(**{"model": "dv/dt = (1.5 - v)/(10*ms) : 1", "threshold": "v > 1", **changes})


def spikes(neuron, n=1):
    return simulate(Network("n", [Population("o", n, neuron)], dt=1 * ms), 30 * ms).spikes["o"].step


def test_a_condition_keeps_a_neuron_from_spiking():
    assert len(spikes(silent(refractory="v > 1"))) == 1
    assert len(spikes(silent())) > 10


def test_uniform_initial_values_lie_in_their_range():
    net = Network("n", [Population("o", 200, silent(initial={"v": Uniform(0.2, 0.4)}))], probes=[Probe("o", "v")], dt=0.1 * ms)
    v = simulate(net, 0.1 * ms).states["o", "v"][0, 0]
    assert 0.2 < v.min() < 0.22 and 0.38 < v.max() < 0.42 and len(set(v)) == 200


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": "dv/dt = (1 - v/(10*ms) : 1"}, NetworkError, "EquationNeuron.model: Brian2 cannot read the equations"),
        ({"model": "dv/dt = -v/ms : banana"}, NetworkError, "banana"),
        ({"model": 3}, NetworkError, "EquationNeuron.model = 3; expected equations"),
        ({"parameters": {"a": None}}, UnitError, r"parameters\['a'\]"),
        ({"parameters": {"a": np.nan * mV}}, NetworkError, r"parameters\['a'\] .*expected finite"),
        ({"initial": {"v": object()}}, UnitError, r"initial\['v'\]"),
        ({"initial": {"v": Timed([1.0], 1 * ms)}}, NetworkError, r"initial\['v'\]"),
        ({"parameters": {"v": 1}}, NetworkError, r"parameters: 'v' is a variable of the model; give it as initial=\{'v': "),
        ({"parameters": {"dt": 1 * ms}}, NetworkError, "'dt' is a variable of the model; choose another name"),
        ({"initial": {"u": 1}}, NetworkError, "'u' is not a variable of the model, which declares v"),
        ({"receptors": {"e": "v"}, "weight_unit": "banana"}, NetworkError, "'banana' is not a unit of Brian2"),
        ({"receptors": {"e": "v"}, "weight_unit": {"i": "1"}}, NetworkError, "Unknown receptor 'e'"),
        ({"refractory": -1 * ms}, NetworkError, "EquationNeuron.refractory"),
        ({"threshold": None}, NetworkError, "EquationNeuron.threshold = None; expected a text"),
    ],
)
def test_what_does_not_fit(changes, error, words):
    with pytest.raises(error, match=words):
        silent(**changes)


def test_parameters_of_wrong_length():
    with pytest.raises(NetworkError, match=r"'o': EquationNeuron.parameters\['a'\] has shape \(3,\); expected .* \(2,\)"):
        Population("o", 2, silent(parameters={"a": [1, 2, 3]}))


def test_weights_have_the_unit_of_the_variable_that_they_are_added_to():
    known = {"model": "dv/dt = -v/ms : 1\ng : siemens\nq : volt/second", "receptors": {"a": "v", "b": "g", "c": "q"}}
    assert dict(silent(**known).weight_units) == {"a": "1", "b": "siemens", "c": unit_of(1 * mV / ms)}
