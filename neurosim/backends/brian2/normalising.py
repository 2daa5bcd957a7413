"""Normalisation of weights in Brian2: an operation between steps, because no synapse knows the sum over the others."""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np

from neurosim.backends.brian2.blueprint import Plasticity, Wires
from neurosim.backends.brian2.names import AT_THE_END, WEIGHT, normalising_name
from neurosim.checks.matrices import nonzero
from neurosim.plasticity.normalise import Normalise
from neurosim.plasticity.products import SMALLEST_SHARE, GateKind
from neurosim.units import FloatArray


class Normaliser:
    """Scaling of the weights of a projection, when they are due.

    Attributes
    ----------
    operation : brian2.NetworkOperation
        It is called in every step. At the start of a sample it acts before anything else but monitors, at its end after
        everything else, and at regular times between the updates of the step and those of the end of a sample.
    first : int
        Number of steps of all earlier samples.
    """

    def __init__(self, wires: Wires, learning: Plasticity, declared: Normalise, synapses: Any, clock: Any) -> None:
        pre, post, _ = nonzero(wires.weights)
        side = declared.over == "post"
        self._of, self._count = (post if side else pre), wires.weights.shape[1 if side else 0]
        self._learning, self._declared, self._synapses, self._clock = learning, declared, synapses, clock
        self.first = 0
        when, order = self._place
        self.operation = brian2.NetworkOperation(
            self._step, clock=clock, when=when, order=order, name=normalising_name(wires.name)
        )

    @property
    def _place(self) -> tuple[str, int]:
        if self._at_start:
            return "start", 1
        return ("synapses", AT_THE_END - 1) if self._declared.gate.kind is GateKind.EVERY else ("end", 0)

    @property
    def _at_start(self) -> bool:
        return self._declared.gate.channel == "sample_start"

    @property
    def at_end(self) -> bool:
        """Whether it acts at the end of a sample."""
        return self._declared.gate.channel == "sample_end"

    def apply(self) -> None:
        """Scale the weights, unless they are frozen."""
        if self._learns():
            weights = np.asarray(getattr(self._synapses, f"{WEIGHT}_")[:])
            setattr(self._synapses, f"{WEIGHT}_", self._scaled(weights))

    def _step(self) -> None:
        if self._is_due(int(self._clock.timestep[:])):
            self.apply()

    def _is_due(self, step: int) -> bool:
        gate = self._declared.gate
        if gate.kind is GateKind.EVERY:
            return (step + 1 + self.first) % gate.period == 0
        return step == 0 if self._at_start else step + 1 == self._learning.steps

    def _learns(self) -> bool:
        return not self._learning.switch or bool(self._synapses.variables[self._learning.switch].get_value()[0])

    def _scaled(self, weights: FloatArray) -> FloatArray:
        """Sums are taken in the order of the synapses, as on the emulator."""
        to = self._declared.to
        totals = np.bincount(self._of, weights=weights, minlength=self._count)
        with np.errstate(divide="ignore"):
            factors = np.where(totals / to > SMALLEST_SHARE, to / totals, 1.0)
        return np.asarray(np.clip(weights * factors[self._of], *self._learning.rule.bounds))
