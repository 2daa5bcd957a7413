"""Lava processes for the populations of a step program, and the names of their parameters.

Processes of Lava are used where they exist; the others are generated from the neurons' steps, and written beside the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from neurosim.backends.lava.step_source import class_name, module_name
from neurosim.neurons.step_form import Dynamics, StepNeuron
from neurosim.program.fixed import FixedNeuron, FixedProgram
from neurosim.program.step import StepProgram
from neurosim.program.steps import declaration_of, parameters_of, seed_of
from neurosim.step_language.declaration import Declaration

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
    declaration : Declaration, optional
        The step that it is generated from; none for classes of Lava.
    """

    name: str
    module: str
    parameters: Mapping[str, str]
    declaration: Declaration | None = None

    @property
    def stock(self) -> bool:
        """Whether the class is part of Lava."""
        return self.module.startswith("lava.")

    @property
    def states(self) -> tuple[str, ...]:
        """States that can be recorded."""
        return ("u", "v") if self.declaration is None else tuple(self.declaration.states)


LIF_MODULE = "lava.proc.lif.process"
_LIF = {"du": "du", "dv": "dv", "vth": "v_th"}
_RESET = {"reset_interval": "reset_interval", "reset_offset": "reset_offset"}

KINDS: Mapping[Dynamics, ProcessKind] = {
    Dynamics.LIF: ProcessKind("LIF", LIF_MODULE, _LIF),
    Dynamics.LIF_RESET: ProcessKind("LIFReset", LIF_MODULE, _LIF | _RESET),
}
"""Neurons that Lava has; the others are generated from their steps."""

THREE_FACTOR_MODULE = "processes.third_factor"

STOCK_REFRACTORY = ProcessKind("LIFRefractory", LIF_MODULE, _LIF | {"refractory_period": "refractory"})
"""Lava's refractory neuron: floating point only, the same dv for all neurons, no negative threshold, at least one held step."""


@singledispatch
def kind_of(neuron: Any) -> ProcessKind:
    """The process class that runs `neuron`."""
    raise TypeError(f"expected a StepNeuron or a FixedNeuron, found {neuron!r}.")


@kind_of.register
def _(neuron: StepNeuron) -> ProcessKind:
    if neuron.dynamics is Dynamics.REFRACTORY_LIF and _stock_refractory(neuron):
        return STOCK_REFRACTORY
    return _stock_or_generated(neuron, np.any(neuron.v_reset))


@kind_of.register
def _(neuron: FixedNeuron) -> ProcessKind:
    return _stock_or_generated(neuron, False)


def _stock_or_generated(neuron: StepNeuron | FixedNeuron, resets: Any) -> ProcessKind:
    """Lava's neurons reset to rest only."""
    return generated(neuron, sends=False) if resets or neuron.dynamics not in KINDS else KINDS[neuron.dynamics]


def generated(neuron: StepNeuron | FixedNeuron, sends: bool) -> ProcessKind:
    """The process that is generated from the neuron's step; with `sends`, it sends y1, y2, y3 to synapses that learn."""
    declaration = declaration_of(neuron)
    module = f"processes.{module_name(declaration, sends)}"
    return ProcessKind(class_name(declaration, sends), module, {}, declaration)


def three_factor_kind(neuron: StepNeuron | FixedNeuron) -> ProcessKind:
    """The process class that runs `neuron` and sends y1, y2, y3 to the synapses that learn."""
    if neuron.dynamics not in KINDS or np.any(getattr(neuron, "v_reset", 0)):
        return generated(neuron, sends=True)
    kind = KINDS[neuron.dynamics]
    return ProcessKind(f"ThreeFactor{kind.name}", THREE_FACTOR_MODULE, kind.parameters)


def _stock_refractory(neuron: StepNeuron) -> bool:
    alike = np.ndim(common(neuron.dv)) == 0 and bool(np.all(np.asarray(neuron.v_th) >= 0))
    return neuron.refractory > 0 and alike and not np.any(neuron.v_reset)


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
    if kind.declaration is not None:
        values = parameters_of(neuron)
        given = {f"p_{name}": common(values[name]) for name in kind.declaration.parameters}
        return given | ({"draw_seed": seed_of(neuron)} if kind.declaration.draws else {})
    fields = {keyword: getattr(neuron, name) for keyword, name in kind.parameters.items()}
    return {keyword: common(value) for keyword, value in {**fields, **bias_of(neuron)}.items()}


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
