"""Error neuron of predictive coding, with one channel for positive and one for negative errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.errors import NetworkError, shown
from neurosim.neurons.step_neuron import Bias, Decay, Level, StepNeuron


@dataclass(frozen=True, kw_only=True)
class ErrorPair(StepNeuron):
    r"""Pair of error neurons for predictive coding: what arrives, minus what was predicted, in events of both signs.

    .. math::
        v \leftarrow e^{-dt/\tau_m} v + a_{input} - a_{prediction} + bias

    If v >= v_th, the pair sends a positive error and v is reduced by v_th; if v <= -v_th, it sends a negative error and v is
    increased by v_th. With ``tau_m = per_step(1)``, the number of positive minus negative events is the whole error so far, in
    units of v_th, as long as an error of a step does not exceed v_th.

    * Channel "positive" and channel "negative": the two errors. Channel "spike": either.
    * Third factor "error" for rules: 1, -1 or 0. Third factors "positive" and "negative": 1 or 0, for ``on_positive`` and
      ``on_negative``.

    Representation neurons predict through weights onto receptor "prediction", which learn by
    ``every={1: {"w": "eta * M * x"}}`` with ``M = post_modulator("error")``. The errors drive the representation through two
    projections, one for each channel, with weights of opposite signs. The neuron is defined by this time step, so it runs in
    Brian2 with ``integration="step"``, on the emulator and in Lava.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Time constant with which an error that was not sent is forgotten.
    v_th : volt or 1
        Error that an event stands for; the weights have the same unit.
    bias : unit of v_th
        Added to v in every step.

    Raises
    ------
    NetworkError
        If v_th is not above 0.

    Notes
    -----
    Rao and Ballard (1999), doi:10.1038/4580; Ororbia and Kifer (2022), doi:10.1038/s41467-022-29632-7.
    """

    paper: ClassVar[str] = "Rao and Ballard 1999, doi:10.1038/4580"
    drive: ClassVar[str | None] = "bias"
    tau_m: Decay
    v_th: Level
    bias: Bias = 0.0
    states = {"v": "level"}
    inputs = {"input": "a", "prediction": "b"}
    step = """
        v = decay(v, tau_m) + a - b + bias
        positive = v >= v_th
        negative = v <= -v_th
        spike = positive or negative
        if positive:
            v = v - v_th
        if negative:
            v = v + v_th
    """
    sends = {"positive": "positive", "negative": "negative"}
    factors = {"error": "int(positive) - int(negative)", "positive": "positive", "negative": "negative"}

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(self._values(1.0)["v_th"] <= 0):
            raise NetworkError(f"ErrorPair: v_th = {shown(self.v_th)}; expected a threshold above 0.")
