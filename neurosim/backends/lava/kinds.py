"""Lava processes for the populations of a step program, and the names of their parameters.

Processes of Lava are used where they exist; the others are part of neurosim and are exported with the graph
(`neurosim.backends.lava.processes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from neurosim.backends.lava.own_step_source import own_class, own_module
from neurosim.errors import UnsupportedError
from neurosim.neurons.burst_step import Burst, FixedBurst
from neurosim.neurons.step_form import Desire, Dynamics, OwnStep, StepNeuron
from neurosim.program.fixed import FixedNeuron, FixedProgram
from neurosim.program.step import StepProgram

Program = StepProgram | FixedProgram


@dataclass(frozen=True)
class ProcessKind:
    """A Lava process class for populations.

    Attributes
    ----------
    name, module : str
        Name of the class and of its module.
    parameters : mapping
        Keyword of the class -> attribute of the neuron.
    """

    name: str
    module: str
    parameters: Mapping[str, str]

    @property
    def stock(self) -> bool:
        """Whether the class is part of Lava."""
        return self.module.startswith("lava.")


LIF_MODULE = "lava.proc.lif.process"
_LIF = {"du": "du", "dv": "dv", "vth": "v_th"}
_RESET = {"reset_interval": "reset_interval", "reset_offset": "reset_offset"}
_REFRACTORY = {"refractory_period": "refractory"}
_ADAPTIVE = {"dtheta": "dtheta", "theta_jump": "theta_jump"}

KINDS: Mapping[Dynamics, ProcessKind] = {
    Dynamics.LIF: ProcessKind("LIF", LIF_MODULE, _LIF),
    Dynamics.LIF_RESET: ProcessKind("LIFReset", LIF_MODULE, _LIF | _RESET),
    Dynamics.SOFT_RESET_LIF: ProcessKind("SoftResetLIF", "processes.soft_reset_lif", _LIF),
    Dynamics.REFRACTORY_LIF: ProcessKind("RefractoryLIF", "processes.refractory_lif", _LIF | _REFRACTORY),
    Dynamics.ADAPTIVE_LIF: ProcessKind("AdaptiveLIF", "processes.adaptive_lif", _LIF | _ADAPTIVE),
    Dynamics.DESIRE_LIF: ProcessKind("DesireLIF", "processes.desire_lif", _LIF),
    Dynamics.BURST_LIF: ProcessKind("BurstLIF", "processes.burst_lif", _LIF | _REFRACTORY | _ADAPTIVE),
}

THREE_FACTOR_MODULE = "processes.third_factor"

STOCK_REFRACTORY = ProcessKind("LIFRefractory", LIF_MODULE, _LIF | _REFRACTORY)
"""Lava's refractory neuron: floating point only, the same dv for all neurons, no negative threshold, at least one held step."""


@singledispatch
def kind_of(neuron: Any) -> ProcessKind:
    """The process class that runs `neuron`."""
    raise TypeError(f"expected a StepNeuron or a FixedNeuron, found {neuron!r}.")


@kind_of.register
def _(neuron: StepNeuron) -> ProcessKind:
    if neuron.dynamics is Dynamics.REFRACTORY_LIF and _stock_refractory(neuron):
        return STOCK_REFRACTORY
    return KINDS[neuron.dynamics] if neuron.own is None else own_kind(neuron.own)


@kind_of.register
def _(neuron: FixedNeuron) -> ProcessKind:
    return KINDS[neuron.dynamics] if neuron.own is None else own_kind(neuron.own)


def own_kind(own: OwnStep) -> ProcessKind:
    """The generated process of a neuron that was written as a step."""
    return ProcessKind(own_class(own.declaration), f"processes.{own_module(own.declaration)}", {})


def three_factor_kind(neuron: StepNeuron | FixedNeuron) -> ProcessKind:
    """The process class that runs `neuron` and sends y1, y2, y3 to the synapses that learn."""
    if neuron.own is not None:
        raise UnsupportedError(
            f"{neuron.own.declaration.name}: synapses that learn from third factors do not yet run in Lava at neurons that are "
            "written as a step; learn at another neuron."
        )
    kind = KINDS[neuron.dynamics]
    if neuron.sends:
        return kind
    return ProcessKind(f"ThreeFactor{kind.name}", THREE_FACTOR_MODULE, kind.parameters)


def _stock_refractory(neuron: StepNeuron) -> bool:
    return neuron.refractory > 0 and np.ndim(common(neuron.dv)) == 0 and bool(np.all(np.asarray(neuron.v_th) >= 0))


@singledispatch
def bias_of(neuron: Any) -> Mapping[str, Any]:
    """Lava's bias parameters of `neuron`."""
    raise TypeError(f"expected a StepNeuron or a FixedNeuron, found {neuron!r}.")


@bias_of.register
def _(neuron: StepNeuron) -> Mapping[str, Any]:
    return {"bias_mant": neuron.bias}


@bias_of.register
def _(neuron: FixedNeuron) -> Mapping[str, Any]:
    return {"bias_mant": neuron.bias_mant, "bias_exp": neuron.bias_exp}


def common(value: Any) -> Any:
    """A Python number if all neurons share the value, else the array."""
    array = np.asarray(value)
    return array.flat[0].item() if array.size and np.all(array == array.flat[0]) else array


def neuron_parameters(neuron: StepNeuron | FixedNeuron, kind: ProcessKind) -> dict[str, Any]:
    """Keywords of the neuron's process, each a number or one value per neuron."""
    if neuron.own is not None:
        given = {f"p_{name}": common(value) for name, value in neuron.own.values.items()}
        return given | ({"draw_seed": neuron.own.seed} if neuron.own.declaration.draws else {})
    fields = {keyword: getattr(neuron, name) for keyword, name in kind.parameters.items()}
    return {keyword: common(value) for keyword, value in _all(neuron, fields).items()}


def _all(neuron: StepNeuron | FixedNeuron, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, **bias_of(neuron), **_desire(neuron.desire), **_burst(neuron.burst)}


def _desire(desire: Desire | None) -> Mapping[str, Any]:
    if desire is None:
        return {}
    names = ("period", "steps", "tell", "commit", "denominator", "threshold", "most")
    return {**{name: getattr(desire, name) for name in names}, "is_output": desire.above == 0}


def _burst(burst: Burst | FixedBurst | None) -> Mapping[str, Any]:
    if burst is None:
        return {}
    names = {"dendrite_du": "du", "dendrite_dv": "dv", "dendrite_bias": "bias", "draw_seed": "seed"}
    same = ("middle", "slope", "delay", "spread", "start", "average")
    return {keyword: getattr(burst, name) for keyword, name in (names | dict(zip(same, same, strict=True))).items()}


@singledispatch
def tag_of(program: Any) -> str:
    """Lava's tag for the number system of the program."""
    raise TypeError(f"expected a StepProgram or a FixedProgram, found {program!r}.")


@tag_of.register
def _(program: StepProgram) -> str:
    return "floating_pt"


@tag_of.register
def _(program: FixedProgram) -> str:
    return "fixed_pt"
