"""Neurons of a step program as models of NEST: the leaky integrate-and-fire neurons with delta or exponential synapses.

Levels are relative to rest, as in the step program, and in NEST's units: 1 mV is a thousandth of what the program calls 1, so
described volts become millivolts. The capacitance is chosen such that a current of 1 pA moves the resting voltage by 1 mV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.backends.nest.known import check_known
from neurosim.errors import UnsupportedError
from neurosim.neurons.lif_steps import LIF_STEP, REFRACTORY_STEP
from neurosim.program.step import StepPopulation
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray

MILLI = 1000.0
"""Millivolts per volt, and milliseconds per second."""
STEPS = (LIF_STEP, REFRACTORY_STEP)
"""Declarations of the neurons that NEST has a model for."""
_POPULATION = ("name", "n", "neuron")
_NEURON = ("declaration", "values", "gains", "readings", "threshold", "sends", "seed")


@dataclass(frozen=True)
class NestNeuron:
    """A model of NEST with its parameters.

    Attributes
    ----------
    model : str
        Name of the model.
    parameters : mapping
        Parameter -> its value, one or one per neuron, in NEST's units.
    weight : array
        Weight in NEST per weight of the step program, one or one per neuron.
    late : int
        Steps after its arrival at which a spike acts on v: 1 where v integrates the synaptic current from before.
    recordables : mapping
        State of the step program -> the names in NEST that are added up to read it.
    """

    model: str
    parameters: Mapping[str, FloatArray]
    weight: FloatArray
    late: int
    recordables: Mapping[str, tuple[str, ...]]


def nest_neuron(population: StepPopulation, dt: float) -> NestNeuron:
    """The model of NEST for a population that is no source; `dt` is the step in seconds.

    Raises
    ------
    UnsupportedError
        If NEST has no model that computes the same.
    """
    who, values = f"Population {population.name!r}", population.neuron.values
    check_known(population, _POPULATION, who)
    check_known(population.neuron, _NEURON, who)
    _check_step(who, population.neuron.step)
    leak, current = values["tau_m"], values["tau_syn"]
    if np.any(leak <= 0) or np.any(leak >= 1) or (np.any(current) and (np.any(current <= 0) or np.any(current >= 1))):
        raise UnsupportedError(
            f"{who}: NEST needs tau_m and tau_syn that keep a factor above 0 and below 1 in a step; give them as times, or use "
            "the emulator."
        )
    common = _common(values, dt)
    if not np.any(current):
        return NestNeuron("iaf_psc_delta", common, np.asarray(MILLI), 0, {"v": ("V_m",)})
    tau = _milliseconds(current, dt)
    return NestNeuron(
        model="iaf_psc_exp",
        parameters={**common, "tau_syn_ex": tau, "tau_syn_in": tau},
        weight=MILLI / _reach(common["tau_m"], tau, dt * MILLI),
        late=1,
        recordables={"v": ("V_m",), "u": ("I_syn_ex", "I_syn_in")},
    )


def _check_step(who: str, step: Declaration) -> None:
    """Raise UnsupportedError unless the step is that of a neuron of NEST, whatever its name."""
    if not any((step.step, step.parameters, step.after) == (own.step, own.parameters, own.after) for own in STEPS):
        known = " and ".join(own.name for own in STEPS)
        raise UnsupportedError(
            f"{who}: neurosim runs {known} neurons in NEST, and this is {step.name}. Use the emulator or Brian2."
        )


def _common(values: Mapping[str, FloatArray], dt: float) -> dict[str, FloatArray]:
    tau = _milliseconds(values["tau_m"], dt)
    zero = np.zeros(())
    return {
        "tau_m": tau,
        "C_m": tau,
        "E_L": zero,
        "V_m": zero,
        # The step program spikes above the threshold, NEST also at it.
        "V_th": np.nextafter(MILLI * values["v_th"], np.inf),
        "V_reset": MILLI * values["v_reset"],
        "I_e": MILLI * values["bias"] / (1 - values["tau_m"]),
        "t_ref": values.get("refractory", zero) * (dt * MILLI),
    }


def _milliseconds(kept: FloatArray, dt: float) -> FloatArray:
    """Time constant of a factor that is kept in a step."""
    return np.asarray(-dt * MILLI / np.log(kept))


def _reach(tau_m: FloatArray, tau_syn: FloatArray, step: float) -> FloatArray:
    """Voltage after a step per synaptic current before it, as NEST integrates it with C_m = tau_m."""
    apart = step / tau_syn - step / tau_m
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(np.abs(apart) < 1e-9, 1.0, np.expm1(apart) / apart)
    return np.asarray(step / tau_m * np.exp(-step / tau_syn) * mean)
