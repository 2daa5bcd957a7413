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
from neurosim.chip.registers import registers
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram
from neurosim.step_language.declaration import Declaration

Program = StepProgram | FixedProgram


@dataclass(frozen=True)
class ProcessKind:
    """A Lava process class for populations.

    Attributes
    ----------
    name, module : str
        Name of the class and of its module.
    declaration : Declaration, optional
        The step that it is generated from; none for classes of Lava.
    """

    name: str
    module: str
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
KINDS: Mapping[str, ProcessKind] = {name: ProcessKind(name, LIF_MODULE) for name in ("LIF", "LIFReset")}
"""Neurons that Lava has; the others are generated from their steps."""

THREE_FACTOR_MODULE = "processes.third_factor"

STOCK_REFRACTORY = ProcessKind("LIFRefractory", LIF_MODULE)
"""Lava's refractory neuron: floating point only, the same dv for all neurons, no negative threshold, at least one held step."""


def kind_of(neuron: ProgramNeuron, integers: bool) -> ProcessKind:
    """The process class that runs `neuron`, in the integers of a chip or in float."""
    if not integers and neuron.step.name == "RefractoryLIF" and _stock_refractory(neuron):
        return STOCK_REFRACTORY
    return KINDS[neuron.step.name] if _is_stock(neuron) else generated(neuron, sends=False)


def generated(neuron: ProgramNeuron, sends: bool) -> ProcessKind:
    """The process that is generated from the neuron's step; with `sends`, it sends y1, y2, y3 to synapses that learn."""
    module = f"processes.{module_name(neuron.step, sends)}"
    return ProcessKind(class_name(neuron.step, sends), module, neuron.step)


def three_factor_kind(neuron: ProgramNeuron) -> ProcessKind:
    """The process class that runs `neuron` and sends y1, y2, y3 to the synapses that learn."""
    if not _is_stock(neuron):
        return generated(neuron, sends=True)
    return ProcessKind(f"ThreeFactor{neuron.step.name}", THREE_FACTOR_MODULE)


def _is_stock(neuron: ProgramNeuron) -> bool:
    """Whether Lava has the neuron; its own reset to rest only."""
    return neuron.dynamics in ("lif", "lif_reset") and not np.any(neuron.values["v_reset"])


def _stock_refractory(neuron: ProgramNeuron) -> bool:
    values = neuron.values
    alike = np.ndim(common(values["tau_m"])) == 0 and bool(np.all(np.asarray(values["v_th"]) >= 0))
    return bool(np.all(values["refractory"] > 0)) and alike and not np.any(values["v_reset"])


def common(value: Any) -> Any:
    """A Python number if all neurons share the value, else the array."""
    array = np.asarray(value)
    return array.flat[0].item() if array.size and np.all(array == array.flat[0]) else array


def neuron_parameters(neuron: ProgramNeuron, kind: ProcessKind, integers: bool) -> dict[str, Any]:
    """Keywords of the neuron's process, each a number or one value per neuron."""
    if kind.declaration is not None:
        given = {f"p_{name}": common(neuron.values[name]) for name in kind.declaration.parameters}
        return given | ({"draw_seed": neuron.seed} if kind.declaration.draws else {})
    return {keyword: common(value) for keyword, value in {**_soma(neuron, integers), **_counts(neuron)}.items()}


def _soma(neuron: ProgramNeuron, integers: bool) -> Mapping[str, Any]:
    """Keywords of Lava's LIF."""
    if integers:
        found = registers(neuron)
        names = {"du": "du", "dv": "dv", "vth": "v_th", "bias_mant": "bias_mant", "bias_exp": "bias_exp"}
        return {keyword: found[name] for keyword, name in names.items()}
    values = neuron.values
    return {"du": 1 - values["tau_syn"], "dv": 1 - values["tau_m"], "vth": values["v_th"], "bias_mant": values["bias"]}


def _counts(neuron: ProgramNeuron) -> Mapping[str, Any]:
    """Keywords of Lava's further neurons, which count steps."""
    names = {"interval": "reset_interval", "offset": "reset_offset", "refractory": "refractory_period"}
    return {names[name]: neuron.values[name].astype(np.int64) for name in names if name in neuron.step.parameters}


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
