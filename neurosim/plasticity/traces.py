"""Traces and third factors: what a plasticity rule declares besides its updates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neurosim.checks.dimensions import Dimension
from neurosim.checks.given import choice, number, plain, with_unit
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.products import Impulse

PRE_CHANNELS = ("spike", "arrival")
_DATA = (int, float, complex, bytes, list, tuple, dict, set, np.ndarray, np.generic)
"""What supplies no modulator."""


@dataclass(frozen=True)
class Trace:
    """A low-pass of spikes, or (side "synapse") a synaptic variable that decays.

    Exactly one of `tau` (seconds) and `decay` (the factor kept in a step) is given. `peak` is the largest value that matters
    (in impulses; of a synaptic variable, in its own unit): it sets the scale on a chip, which saturates there. `dimension` is
    that of a declared peak of a synaptic variable.
    """

    side: str
    tau: float | None = None
    decay: float | None = None
    channel: str = "spike"
    impulse: float = 1.0
    mode: Impulse = Impulse.ADD
    peak: float = 4.0
    dimension: Dimension | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        who = _maker(self.side)
        choice("Trace", "side", self.side, ("pre", "post", "synapse"))
        if (self.tau is None) == (self.decay is None):
            raise NetworkError(f"{who}: give either tau, such as 20*ms, or decay, the factor kept in a step.")
        if self.tau is not None:
            _put(self, "tau", _above_zero(f"{who}: tau", self.tau))
        if self.decay is not None:
            _put(self, "decay", _factor_kept(self.side, self.decay))
        if not (isinstance(self.channel, str) and self.channel.isidentifier()):
            raise NetworkError(f"{who}: channel is {shown(self.channel)}; expected a channel of the neuron, such as 'spike'.")
        _put(self, "impulse", _above_zero(f"{who}: impulse", self.impulse, " Put signs into the update."))
        if not isinstance(self.mode, Impulse):
            raise NetworkError(f"{who}: mode is {shown(self.mode)}; expected an Impulse.")
        _put(self, "peak", _above_zero(f"{who}: peak", self.peak))
        if not isinstance(self.dimension, tuple | None):
            raise NetworkError(f"{who}: dimension is {shown(self.dimension)}; expected a Dimension, or None.")

    def kept(self, dt: float) -> float:
        """Factor kept in a step of `dt` seconds."""
        return self.decay if self.tau is None else float(np.exp(-dt / self.tau))  # type: ignore[return-value]


@dataclass(frozen=True)
class Modulator:
    """A third factor: known to each post neuron by itself (`supplier` says how it comes about), or broadcast to all."""

    supplier: Any = None
    peak: float = 1.0

    def __post_init__(self) -> None:
        who = "broadcast" if self.supplier is None else "post_modulator"
        _put(self, "peak", _above_zero(f"{who}(...): peak", self.peak))
        if isinstance(self.supplier, _DATA):
            raise NetworkError(
                f"post_modulator({shown(self.supplier)}): expected what supplies the modulator, such as 'burst_probability'."
            )

    @property
    def broadcast(self) -> bool:
        """Whether it is one signal for all, given to the run as ``signals={name: ...}``."""
        return self.supplier is None

    @property
    def asks(self) -> str:
        """Name of the third factor that a neuron has to send for it, or ""."""
        return self.supplier if isinstance(self.supplier, str) else getattr(self.supplier, "modulator", "")


def pre(
    tau: Any = None,
    *,
    decay: float | None = None,
    channel: str = "spike",
    impulse: float = 1.0,
    mode: str = "add",
    peak: float = 4.0,
) -> Trace:
    """Presynaptic trace.

    Parameters
    ----------
    tau : time
        Time constant; or
    decay : float
        the factor kept in a step, 0 up to, not including, 1.
    channel : {"spike", "arrival"}
        Spikes as they are emitted, or one step later as the post neuron integrates them.
    impulse : float
        What a spike brings, above 0.
    mode : {"add", "overwrite", "saturate"}
        How it brings it; see `Impulse`.
    peak : float
        Largest value that matters, in impulses: a chip's trace has 7 bits and saturates there.
    """
    return _trace("pre", tau, decay, choice("pre(...)", "channel", channel, PRE_CHANNELS), impulse, mode, peak)


def post(
    tau: Any = None,
    *,
    decay: float | None = None,
    channel: str = "spike",
    impulse: float = 1.0,
    mode: str = "add",
    peak: float = 4.0,
) -> Trace:
    """Postsynaptic trace of the post neuron's `channel`; other arguments as for `pre`."""
    return _trace("post", tau, decay, channel, impulse, mode, peak)


def synaptic(tau: Any = None, *, decay: float | None = None, peak: Any = None) -> Trace:
    """Makes ``tag`` or ``aux`` decay: an eligibility trace. It is fed by the rule's updates.

    `peak` is its largest size, in its own unit, which follows from the updates. If it is left out, that is 1 of a plain number;
    with a unit, a chip estimates it from the largest update. With ``decay=1`` it stays: that says no more than its peak.
    """
    size, dimension = (1.0, None) if peak is None else number("synaptic(...): peak", peak)
    return replace(_trace("synapse", tau, decay, "spike", 1.0, "add", size), dimension=dimension)


def post_modulator(supplier: Any, *, peak: float = 1.0) -> Modulator:
    """A third factor that is local to the post neuron; `peak` is its largest size.

    `supplier` is the name of a modulator that the neuron has, or, for a rule that a training loop runs, how it comes about.
    """
    if supplier is None:
        raise NetworkError("post_modulator(None): expected what supplies the modulator; for one signal to all use broadcast().")
    return Modulator(supplier, peak)


def broadcast(*, peak: float = 1.0) -> Modulator:
    """A third factor that is the same for all synapses, such as a reward.

    A run is given it as ``signals={name: values}``; `peak` is its largest size.
    """
    return Modulator(peak=peak)


def _put(thing: Trace | Modulator, name: str, value: float) -> None:
    """The checked number in a frozen object."""
    object.__setattr__(thing, name, value)


def _above_zero(who: str, value: Any, remedy: str = "") -> float:
    size = plain(who, value)
    if size <= 0:
        raise NetworkError(f"{who} = {shown(value)}; expected a finite number above 0.{remedy}")
    return size


_MAKERS = {"pre": "pre", "post": "post", "synapse": "synaptic"}
"""Side of a trace -> what makes it."""


def _maker(side: str) -> str:
    """The function that makes a trace of this side."""
    return f"{_MAKERS.get(side, 'Trace') if isinstance(side, str) else 'Trace'}(...)"


def _factor_kept(side: str, decay: Any) -> float:
    kept = plain(f"{_maker(side)}: decay", decay)
    if not (0 <= kept < 1 or (side == "synapse" and kept == 1)):
        most = "to 1" if side == "synapse" else "up to, not including, 1"
        raise NetworkError(f"{_maker(side)}: decay = {decay!r}; expected a factor from 0 {most}.")
    return kept


def _trace(side: str, tau: Any, decay: Any, channel: str, impulse: Any, mode: Any, peak: Any) -> Trace:
    who = _maker(side)
    seconds = None if tau is None else with_unit(f"{who}: tau", tau, "second")
    if seconds is not None and seconds <= 0:
        raise NetworkError(f"{who}: tau = {shown(tau)}; expected a positive, finite time such as 20*ms.")
    kind = Impulse(choice(who, "mode", mode, tuple(m.value for m in Impulse)))
    return Trace(side, seconds, decay, channel, impulse, kind, peak)
