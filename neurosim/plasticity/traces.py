"""Traces and third factors, which a plasticity rule declares in addition to its updates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neurosim.checks.dimensions import Dimension
from neurosim.checks.given import choice, number, plain, with_unit
from neurosim.display.short import Short
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.products import Gate, GateKind, Impulse

PRE_CHANNELS = ("spike", "arrival")
_DATA = (int, float, complex, bytes, list, tuple, dict, set, np.ndarray, np.generic)
"""Types of values that cannot supply a modulator."""


@dataclass(frozen=True)
class Trace(Short):
    """Low-pass filter of spikes or of a state of the postsynaptic neuron or, if `side` is "synapse", a variable that decays.

    Exactly one of `tau` (seconds) and `decay` (the factor kept in a step) is given. `peak` is the largest value that has to be
    represented, in impulses or, for a synaptic variable, in its own unit. It sets the scale on a chip, where the trace
    saturates at this value. `dimension` is the dimension of a declared peak of a synaptic variable. A synaptic variable has the
    value `start` when a sample begins; `start_dimension` is its dimension, and None for zero, which fits every unit. `of` is
    the state that the trace filters, "" for spikes; it follows the state `delay` seconds late.

    Parameters
    ----------
    side : str
        "pre", "post" or "synapse".
    tau : float, optional
        Time constant in seconds.
    decay : float, optional
        Factor that is kept in a step.
    channel : str
        Channel of the neuron whose events the trace follows.
    impulse : float
        What an event adds.
    mode : Impulse
        How an event acts.
    peak : float
        Largest value that has to be represented.
    dimension : Dimension, optional
        Dimension of a declared peak.
    start : float
        Value of a synaptic variable when a sample begins.
    start_dimension : Dimension, optional
        Dimension of `start`.
    of : str
        State that the trace filters; "" for events.
    delay : float
        How late the trace follows the state, in seconds.

    Raises
    ------
    NetworkError
        If a value is out of its range, or values contradict each other.
    """

    side: str
    tau: float | None = None
    decay: float | None = None
    channel: str = "spike"
    impulse: float = 1.0
    mode: Impulse = Impulse.ADD
    peak: float = 4.0
    dimension: Dimension | None = field(default=None, repr=False)
    start: float = 0.0
    start_dimension: Dimension | None = field(default=None, repr=False)
    of: str = ""
    delay: float = 0.0

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
            raise NetworkError(f"{who}: channel is {shown(self.channel)}; expected the name of a channel, such as 'spike'.")
        _put(self, "impulse", _above_zero(f"{who}: impulse", self.impulse, " Write signs in the update instead."))
        if not isinstance(self.mode, Impulse):
            raise NetworkError(f"{who}: mode is {shown(self.mode)}; expected an Impulse.")
        _put(self, "peak", _above_zero(f"{who}: peak", self.peak))
        _put(self, "start", plain(f"{who}: start", self.start))
        for name in ("dimension", "start_dimension"):
            if not isinstance(getattr(self, name), tuple | None):
                raise NetworkError(f"{who}: {name} is {shown(getattr(self, name))}; expected a Dimension, or None.")
        _put(self, "delay", plain(f"{who}: delay", self.delay))
        if self.delay < 0:
            raise NetworkError(f"{who}: delay = {shown(self.delay)} s; expected zero or more.")
        if not isinstance(self.of, str) or self.of:
            _check_follows(self)
        elif self.delay:
            raise NetworkError(f"{who}: delay = {shown(self.delay)} s; only a trace of a state has a delay, such as of='v'.")

    def kept(self, dt: float) -> float:
        """Factor kept in a step of `dt` seconds.

        Parameters
        ----------
        dt : float
            Time step in seconds.
        """
        return self.decay if self.tau is None else float(np.exp(-dt / self.tau))  # type: ignore[return-value]


@dataclass(frozen=True)
class Modulator(Short):
    """Third factor: supplied by each postsynaptic neuron (`supplier` names or defines it), or broadcast to all synapses.

    If `state` is given, it is this state of the postsynaptic neuron.

    Parameters
    ----------
    supplier : str or object
        Name of the modulator that the postsynaptic neuron computes, or an object that defines it; None for a broadcast.
    peak : float
        Largest size, which sets the scale on a chip.
    state : str
        Name of a state of the postsynaptic neuron; "" for none.

    Raises
    ------
    NetworkError
        If a value is out of its range.
    """

    supplier: Any = None
    peak: float = 1.0
    state: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.state, str) or self.state:
            check_state("post_state(...)", self.state)
        who = "post_state" if self.state else "broadcast" if self.supplier is None else "post_modulator"
        _put(self, "peak", _above_zero(f"{who}(...): peak", self.peak))
        if isinstance(self.supplier, _DATA):
            raise NetworkError(
                f"post_modulator({shown(self.supplier)}): expected the name of a modulator of the neuron, such as "
                "'burst_probability'."
            )

    @property
    def broadcast(self) -> bool:
        """Whether one signal reaches all synapses; it is passed to the run as ``signals={name: ...}``."""
        return self.supplier is None and not self.state

    @property
    def asks(self) -> str:
        """Name of the third factor that a neuron has to send for this modulator, or ""."""
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
    """Declare a presynaptic trace.

    Parameters
    ----------
    tau : time
        Time constant. Give either `tau` or `decay`.
    decay : float
        Factor kept in a step: at least 0, and below 1.
    channel : {"spike", "arrival"}
        Time of a spike: when it is emitted, or one step later, when the postsynaptic neuron integrates it.
    impulse : float
        Size of the impulse of a spike; above 0.
    mode : {"add", "overwrite", "saturate"}
        Effect of the impulse on the trace; see `Impulse`.
    peak : float
        Largest value that has to be represented, in impulses. On a chip, a trace has 7 bits and saturates at this value.

    Raises
    ------
    NetworkError
        If a time constant is not positive, or another value is out of its range.
    """
    return _trace("pre", tau, decay, choice("pre(...)", "channel", channel, PRE_CHANNELS), impulse, mode, peak)


def post(
    tau: Any = None,
    *,
    of: str | None = None,
    delay: Any = None,
    decay: float | None = None,
    channel: str = "spike",
    impulse: float = 1.0,
    mode: str = "add",
    peak: float = 4.0,
) -> Trace:
    """Declare a postsynaptic trace of events on `channel` of the postsynaptic neuron; other arguments are as in `pre`.

    If `of` names a state of the neuron, such as "v", the trace is the low-pass filtered state, in the unit of the state. In
    each step it becomes ``kept * trace + (1 - kept) * state``, with the state from before the step, or from `delay` (a time)
    earlier. It starts at the value that the state has at rest. Such a trace has no channel, impulse or mode. Only simulations
    have it.

    Parameters
    ----------
    tau : time
        Time constant.
    of : str, optional
        State that the trace filters, instead of events.
    delay : time, optional
        How late the trace follows the state; only together with `of`.
    decay : float
        Factor that is kept in a step, instead of `tau`.
    channel : str
        Channel of the postsynaptic neuron, such as "burst".
    impulse : float
        What an event adds.
    mode : str
        How an event acts: "add", "overwrite" or "saturate".
    peak : float
        Largest value that has to be represented on a chip.

    Raises
    ------
    NetworkError
        If a value is out of its range, or a trace of a state has a channel, an impulse or a mode.
    """
    made = _trace("post", tau, decay, channel, impulse, mode, peak)
    late = 0.0 if delay is None else with_unit("post(...): delay", delay, "second")
    if late < 0:
        raise NetworkError(f"post(...): delay = {shown(delay)}; expected a time of zero or more, such as 3*ms.")
    if of is None and delay is not None:
        raise NetworkError("post(...): only a trace of a state has a delay; give the state, such as of='v'.")
    return made if of is None else replace(made, of=check_state("post(...): of", of), delay=late)


def synaptic(tau: Any = None, *, decay: float | None = None, peak: Any = None, start: Any = 0) -> Trace:
    """Declare a variable of each synapse, which decays as an eligibility trace does; the updates of a rule change its value.

    Among the `traces` of a `PlasticityRule`, it is ``tag`` or ``aux``; among its `variables`, it has a name of its own.

    `peak` is the largest size of the variable in its own unit, which follows from the updates. By default, it is 1 for a
    variable that is a plain number; for a variable with a unit, it is estimated from the largest update when the rule is
    placed on a chip. With ``decay=1`` the variable does not decay. `start` is its value when a sample begins, in its own
    unit; ``tag`` and ``aux`` begin at 0.

    Parameters
    ----------
    tau : time
        Time constant of the decay.
    decay : float
        Factor that is kept in a step, instead of `tau`; 1 for a variable that does not decay.
    peak : quantity or number, optional
        Largest size, in the unit of the variable.
    start : quantity or number
        Value when a sample begins, in the unit of the variable.

    Raises
    ------
    NetworkError
        If a time constant is not positive, or another value is out of its range.
    """
    size, dimension = (1.0, None) if peak is None else number("synaptic(...): peak", peak)
    begun, own = number("synaptic(...): start", start)
    made = _trace("synapse", tau, decay, "spike", 1.0, "add", size)
    return replace(made, dimension=dimension, start=begun, start_dimension=own if begun else None)


def post_modulator(supplier: Any, *, peak: float = 1.0) -> Modulator:
    """Declare a third factor that is local to the postsynaptic neuron; `peak` is its largest size.

    `supplier` is the name of a modulator of the neuron. For a rule that a training loop runs, it is an object that defines the
    modulator, such as a `DesireSignal`.

    Parameters
    ----------
    supplier : str or object
        Name of a modulator of the neuron, or an object that defines it.
    peak : float
        Largest size, which sets the scale on a chip.

    Raises
    ------
    NetworkError
        If there is no supplier.
    """
    if supplier is None:
        raise NetworkError(
            "post_modulator(None): expected the name of a modulator of the neuron; for one signal to all, use broadcast()."
        )
    return Modulator(supplier, peak)


def post_state(state: str) -> Modulator:
    """Declare a state of the postsynaptic neuron, such as its voltage ``post_state("v")``, as a factor of updates.

    The factor has the unit of the state, and the value from before the step. Only simulations have it.

    Parameters
    ----------
    state : str
        Name of the state, such as "v".

    Raises
    ------
    NetworkError
        If `state` is not a name. A `Network` checks that the neuron has the state.
    """
    return Modulator(state=check_state("post_state(...)", state))


def broadcast(*, peak: float = 1.0) -> Modulator:
    """Declare a third factor that is the same for all synapses, such as a reward.

    Pass its values to a run as ``signals={name: values}``; `peak` is its largest size.

    Parameters
    ----------
    peak : float
        Largest size of the signal, which sets its scale on a chip.
    """
    return Modulator(peak=peak)


def check_state(who: str, state: Any) -> str:
    """The name of a state of the postsynaptic neuron, after a check."""
    if not (isinstance(state, str) and state.isidentifier()):
        raise NetworkError(f"{who} = {shown(state)}; expected the name of a state of the neuron, such as 'v'.")
    return state


def _check_follows(trace: Trace) -> None:
    """Raise unless a trace of a state has only what such a trace has."""
    check_state("post(...): of", trace.of)
    given = (("channel", trace.channel, "spike"), ("impulse", trace.impulse, 1.0), ("mode", trace.mode, Impulse.ADD))
    for name, value, usual in given:
        if value != usual:
            raise NetworkError(f"post(...): of = {trace.of!r} and {name} = {shown(value)}; a trace of a state has no {name}.")
    if trace.side != "post":
        raise NetworkError(f"{_maker(trace.side)}: of = {trace.of!r}; a synapse knows states of its postsynaptic neuron only.")


def earlier(name: str, trace: Trace, gate: Gate) -> str:
    """What the trace `name` was before the event that opens `gate`, as an expression.

    It is known at the trace's own event, where the impulse was just added. "" if it is not known.
    """
    own = {GateKind.PRE: ("pre", "spike"), GateKind.POST: ("post", gate.channel)}.get(gate.kind)
    if own != (trace.side, trace.channel):
        return ""
    if trace.mode is Impulse.ADD:
        return f"({name} - {trace.impulse!r})"
    left = 1 - trace.impulse
    return f"({name} - {trace.impulse!r}) / {left!r}" if trace.mode is Impulse.SATURATE and left > 0 else ""


def _put(thing: Trace | Modulator, name: str, value: float) -> None:
    """Store a checked number in a frozen object."""
    object.__setattr__(thing, name, value)


def _above_zero(who: str, value: Any, remedy: str = "") -> float:
    size = plain(who, value)
    if size <= 0:
        raise NetworkError(f"{who} = {shown(value)}; expected a finite number above 0.{remedy}")
    return size


_MAKERS = {"pre": "pre", "post": "post", "synapse": "synaptic"}
"""Function that makes a trace, by the side of the trace."""


def _maker(side: str) -> str:
    """Name of the function that makes a trace of this side, as shown in messages."""
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
