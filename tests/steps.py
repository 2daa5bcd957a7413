"""Neurons of step programs for tests, by the fields of Lava's processes: decays of u and v, threshold, bias and so on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.neurons.burst_lif import BURST_STEP
from neurosim.neurons.desire_lif import DESIRE_STEP
from neurosim.neurons.lif_steps import ADAPTIVE_STEP, LIF_RESET_STEP, LIF_STEP, REFRACTORY_STEP, SOFT_RESET_STEP
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.fixed import ALIGN_SHIFT, DECAY_UNIT, shifted

_LIF_STEPS = (LIF_STEP, SOFT_RESET_STEP, REFRACTORY_STEP, ADAPTIVE_STEP, LIF_RESET_STEP)
STEPS = {step.name: step for step in (*_LIF_STEPS, BURST_STEP, DESIRE_STEP)}
"""Name -> step of neurosim's neurons."""
LIFS = tuple(step.name for step in _LIF_STEPS)
"""Those that the fields describe completely."""
SOURCE = ProgramNeuron()


def float_neuron(name: str, **fields: Any) -> ProgramNeuron:
    """A neuron in float: du=1, dv=0, v_th=0, bias=0, v_reset=0, refractory=0, dtheta=0, theta_jump=0, interval=1, offset=0."""
    given = {"du": 1.0, "dv": 0.0, "dtheta": 0.0, **fields}
    values = {
        "tau_syn": 1 - np.asarray(given["du"]),
        "tau_m": 1 - np.asarray(given["dv"]),
        "tau_theta": 1 - np.asarray(given["dtheta"]),
        **{key: given.get(key, 0) for key in ("v_th", "bias", "v_reset", "refractory", "theta_jump")},
        "interval": given.get("interval", 1),
        "offset": given.get("offset", 0),
    }
    return _neuron(name, values, np.asarray(given.get("v_th", 0.0), np.float64))


def chip_neuron(name: str, **fields: Any) -> ProgramNeuron:
    """A neuron in integers: du=4095, dv=0, v_th=0, bias_mant=0, bias_exp=0, refractory=0, dtheta=0, theta_jump=0, ...

    Thresholds and jumps are given before the shift by 6; a bias is ``bias_mant << bias_exp``.
    """
    given = {"du": DECAY_UNIT - 1, "dv": 0, "dtheta": 0, **fields}
    unit, align = float(DECAY_UNIT), float(1 << ALIGN_SHIFT)
    values = {
        "tau_syn": (unit - (np.asarray(given["du"]) + 1.0)) / unit,
        "tau_m": (unit - np.asarray(given["dv"])) / unit,
        "tau_theta": (unit - np.asarray(given["dtheta"])) / unit,
        "bias": shifted(given.get("bias_mant", 0), given.get("bias_exp", 0)),
        "v_th": np.asarray(given.get("v_th", 0)) * align,
        "theta_jump": np.asarray(given.get("theta_jump", 0)) * align,
        "v_reset": 0,
        "refractory": given.get("refractory", 0),
        "interval": given.get("interval", 1),
        "offset": given.get("offset", 0),
    }
    return _neuron(name, values, np.zeros(()))


def is_a(neuron: ProgramNeuron, *names: str) -> bool:
    """Whether it has a step with one of the names."""
    return not neuron.is_source and neuron.step.name in names


def with_values(neuron: ProgramNeuron, **values: Any) -> ProgramNeuron:
    """The neuron with other parameters, by the names of its step."""
    return replace(neuron, values={**neuron.values, **{key: np.asarray(value, np.float64) for key, value in values.items()}})


def _neuron(name: str, values: dict[str, Any], threshold: Any) -> ProgramNeuron:
    step = STEPS[name]
    return ProgramNeuron(step, {key: np.asarray(values[key], np.float64) for key in step.parameters}, threshold=threshold)
