"""Projections of a step program as synapses of NEST: weights, delays, relays and rules."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backends.nest.differences import accepted
from neurosim.backends.nest.known import check_known
from neurosim.backends.nest.neurons import NestNeuron
from neurosim.backends.nest.stdp import NestRule, nest_rule
from neurosim.checks.matrices import nonzero, per_synapse
from neurosim.errors import UnsupportedError
from neurosim.program.step import StepProjection
from neurosim.units import FloatArray

_PROJECTION = (
    "name", "pre", "post", "weights", "delays", "graded", "rule", "release", "channel", "receptor", "transposed",
)  # fmt: skip


@dataclass(frozen=True)
class NestSynapses:
    """The synapses of a projection.

    Attributes
    ----------
    rule : NestRule, optional
        The synapse that learns; None for fixed weights.
    relay : int
        Delay in steps up to a relay of the pre neurons, from which the synapses start; 0 for no relay.
    late : int
        Steps by which a spike acts later in NEST, which are taken from the delays.
    """

    projection: StepProjection
    post: NestNeuron
    rule: NestRule | None
    relay: int
    late: int

    def arrays(self) -> dict[str, Any]:
        """Pre and post index, weight (mV or pA) and delay (steps) of each synapse; one delay stays single."""
        pre, post, weights = nonzero(self.projection.weights)
        delays = np.asarray(per_synapse(self.projection.delays, pre, post), np.int64)
        # A delay of d steps of the step program is one of d + 1 steps, as NEST counts.
        steps = np.ones((), np.int64) if self.rule else np.maximum(delays + 1 - self.late, 1)
        scale = self.post.weight if self.post.weight.ndim == 0 else self.post.weight[post]
        return {
            "pre": np.asarray(pre, np.int32),
            "post": np.asarray(post, np.int32),
            "weight": self._signed(np.asarray(weights * scale, np.float64)),
            "delay": steps,
        }

    def _signed(self, weights: FloatArray) -> FloatArray:
        """Weights that have the sign of the largest weight, as NEST wants it; NEST counts 0 as positive."""
        negative = self.rule is not None and self.rule.parameters["Wmax"] < 0
        return np.where(weights == 0, -np.finfo(np.float64).tiny, weights) if negative else weights


def nest_synapses(projection: StepProjection, post: NestNeuron, dt: float, allow: Set[str]) -> NestSynapses:
    """The synapses of NEST for a projection onto neurons `post`.

    Raises
    ------
    UnsupportedError
        If NEST has none, or if it computes something in another way that `allow` does not name.
    """
    who = f"Projection {projection.name!r}"
    check_known(projection, _PROJECTION, who)
    _check_static(who, projection)
    if projection.rule is None:
        if np.any(_delays(projection) < post.late):
            accepted(allow, "nest_delay", who)
        return NestSynapses(projection, post, None, 0, post.late)
    if np.ndim(projection.delays):
        raise UnsupportedError(f"{who}: in NEST, synapses that learn have one delay, and these have several. Use the emulator.")
    try:
        rule = nest_rule(projection.rule, float(np.mean(post.weight)), dt)
    except UnsupportedError as error:
        raise UnsupportedError(f"{who}: {error}") from None
    accepted(allow, "nest_stdp", who)
    if post.late:
        accepted(allow, "nest_delay", who)
    return NestSynapses(projection, post, rule, int(projection.delays), post.late)


def _delays(projection: StepProjection) -> Any:
    """Delays in steps: a single one, or those of the synapses."""
    if np.ndim(projection.delays) == 0:
        return projection.delays
    pre, post, _ = nonzero(projection.weights)
    return per_synapse(projection.delays, pre, post)


def _check_static(who: str, projection: StepProjection) -> None:
    """Raise UnsupportedError if a projection does more than to add its weights at spikes."""
    unlike = {
        "it is graded and learns": projection.graded and projection.rule is not None,
        "it has short-term plasticity": projection.release is not None,
        f"it carries the channel {projection.channel!r}": projection.channel != "spike",
        f"its weights follow those of {projection.transposed!r}": bool(projection.transposed),
    }
    for what, found in unlike.items():
        if found:
            raise UnsupportedError(f"{who}: {what}, which neurosim does not write for NEST. Use the emulator or Brian2.")
