"""Neurons as nodes of NIR, from the numbers of their step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.errors import UnsupportedError
from neurosim.network.population import Population
from neurosim.neurons.base import Neuron, StepDecay
from neurosim.neurons.lif_steps import LIF_STEP, SOFT_RESET_STEP
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.step_lif import STEP_LIFS, LeakyIntegrator, ManySpikeLIF
from neurosim.units import FloatArray, si

_NEURONS: Mapping[str, tuple[str, str, str]] = {
    LIF_STEP.name: ("value", ">", "one"),
    SOFT_RESET_STEP.name: ("subtract", ">=", "one"),
    **{kind.__name__: (*key, "one") for key, kind in STEP_LIFS.items()},
    ManySpikeLIF.__name__: ("subtract", ">=", "many"),
    LeakyIntegrator.__name__: ("value", ">", "one"),
}
"""Name of a step -> its reset, comparison and number of spikes."""


@dataclass(frozen=True)
class StepNode:
    """A node, with what the projections that end there need.

    Attributes
    ----------
    data : dict
        The node as NIR stores it.
    scale : array
        Factor of the weights that end here.
    inflow : array
        Constant input, the bias of weights that end here.
    receptors : tuple of str
    channel : str
        Channel that carries its spikes.
    """

    data: dict[str, Any]
    scale: FloatArray
    inflow: FloatArray
    receptors: tuple[str, ...]
    channel: str = "spike"


def step_node(population: Population, dt: float) -> StepNode:
    """The node of a population.

    Raises
    ------
    UnsupportedError
        If NIR has no such neuron.
    """
    who = f"to_nir: population {population.name!r}"
    assert isinstance(population.model, Neuron)
    step = population.model.step_form(dt)
    if population.course is not None or population.initial or step.noise:
        raise UnsupportedError(f"{who} has noise, a current that changes in time, or initial values, which NIR does not have.")
    if step.is_source or step.step.name not in _NEURONS:
        raise UnsupportedError(
            f"{who}: {type(population.model).__name__} has no node in NIR; expected LIF, SoftResetLIF, StepLIF or one of its "
            "relatives, or LeakyIntegrator."
        )
    reset, threshold, spikes = _NEURONS[step.step.name]
    numbers = _Numbers(step, population, dt)
    metadata = {"reset": reset, "threshold": threshold, "spikes": spikes, **numbers.metadata()}
    data = {**numbers.fields(who), "metadata": metadata}
    channel = "count" if spikes == "many" else "spike"
    return StepNode(data, step.gain_at(step.receptors[0]), numbers.inflow, step.receptors, channel)


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a step as fields of a node."""

    step: ProgramNeuron
    population: Population
    dt: float

    def value(self, name: str) -> FloatArray:
        return np.asarray(self.step.values.get(name, 0.0), np.float64)

    @property
    def readout(self) -> bool:
        return self.step.step.name == LeakyIntegrator.__name__

    @property
    def has_current(self) -> bool:
        return bool(np.any(self.value("tau_syn")))

    @property
    def integrates(self) -> bool:
        """Whether v keeps everything and nothing pulls it, as in IF and I."""
        return not self.has_current and bool(np.all(self.value("tau_m") == 1))

    @property
    def inflow(self) -> FloatArray:
        """Input that the weights carry: without a leak, there is no other place for a constant."""
        return self.value("inflow") + (self.value("bias") if self.integrates else 0.0)

    def _full(self, values: Any) -> FloatArray:
        return np.broadcast_to(np.asarray(values, np.float64), (self.population.n,)).copy()

    def fields(self, who: str) -> dict[str, Any]:
        """Fields by NIR's equations, for forward Euler with input that counts r w dt/tau."""
        kept, syn, full = self.value("tau_m"), self.value("tau_syn"), self._full
        levels = {} if self.readout else {"v_threshold": full(self.value("v_th")), "v_reset": full(self.value("v_reset"))}
        if self.integrates:
            return {"type": "I" if self.readout else "IF", "r": full(1 / self.dt), **levels}
        if np.any(kept == 1):
            raise UnsupportedError(
                f"{who} has neurons without a leak, beside a synaptic current or neurons with a leak; NIR has no such node."
            )
        leak = {"r": full(1 / (1 - kept)), "v_leak": full(self.value("bias") / (1 - kept)), **levels}
        if not self.has_current:
            return {"type": "LI" if self.readout else "LIF", "tau": full(self.dt / (1 - kept)), **leak}
        if np.any(syn == 1):
            raise UnsupportedError(f"{who} has a synaptic current that never decays; NIR has no such node.")
        times = {"tau_mem": full(self.dt / (1 - kept)), "tau_syn": full(self.dt / (1 - syn)), "w_in": full(1 / (1 - syn))}
        return {"type": "CubaLI" if self.readout else "CubaLIF", **times, **leak}

    def metadata(self) -> dict[str, Any]:
        """The exact numbers of the step."""
        bias = np.zeros(()) if self.integrates else self.value("bias")
        exact = {"kept_mem": self.value("tau_m"), "kept_syn": self.value("tau_syn"), "gain": np.ones(()), "bias": bias}
        starts = {"starts": int(self.value("starts"))} if np.any(self.value("starts")) else {}
        reached = {"range": float(self.value("range"))} if self.readout and not self.value("range").ndim else {}
        return {**exact, **self._times(), **starts, **reached}

    def _times(self) -> dict[str, FloatArray]:
        """Time constants that differ between neurons, which are kept exactly as times."""
        found = {}
        for name, field, step in (("time_mem", "tau_m", "tau_m"), ("time_syn", "tau_syn", "tau_syn")):
            tau = getattr(self.population.model, field, None)
            if self.value(step).ndim and tau is not None and not isinstance(tau, StepDecay):
                found[name] = si(tau, "second", field)
        return found
