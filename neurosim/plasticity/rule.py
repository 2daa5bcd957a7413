"""The one form of a plasticity rule: traces, modulators, and updates at events, steps and phases.

Order within a step is part of the meaning, and the same in every execution. In step k:

1. Neurons integrate and spike. For a projection that carries another channel, a presynaptic spike below is an event on that.
2. Spikes of step k are sent on, with the weights from before the learning of this step.
3. Traces decay by one step, then take the spikes of step k. On channel "spike" a presynaptic trace takes the spikes that the
   presynaptic neuron emits in step k; on channel "arrival" those that the postsynaptic neuron integrated in step k, which were
   emitted one step earlier. Where the projection has a delay of d steps, both come d steps later, and so do ``on_pre`` and the
   weight that is sent on: the synapse sees the spike then.
4. Decaying synaptic variables decay by one step.
5. ``on_pre``, ``on_post``, ``on_<channel>`` and ``every`` updates all read what holds after 4, and none sees what another adds
   in this step. Then all are added, and w is brought within its bounds. So where a pre and a post spike coincide, the update at
   each sees the trace of the other with this spike already in it. (A trace from before its own spike is, for example,
   ``y - 1`` at a post spike.)
   A modulator that the post neuron supplies is what it was before the events of this step: averages of a neuron take an event
   after its synapses did. Where a paper adds the event to the average first, the two differ by that one event.
6. After the last step of a sample, ``at={"sample_end": ...}`` is applied in the same way. Neurons that tell their synapses the
   end of a sample by themselves (`DesireLIF`) do that in a step of their own, and have "sample_over" in the step after it.

Brian2's usual order differs (``on_pre`` does not see a coincident post spike, ``on_post`` sees what ``on_pre`` changed), and
Loihi's does where an epoch has several steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.plasticity.expressions import Update, checked_update
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind, Impulse, Product
from neurosim.units import si

PHASES = ("sample_end", "sample_over")
PRE_CHANNELS = ("spike", "arrival")


@dataclass(frozen=True)
class Trace:
    """A low-pass of spikes, or (side "synapse") a synaptic variable that decays.

    Exactly one of `tau` (seconds) and `decay` (the factor kept in a step) is given. `peak` is the largest value that matters
    (in impulses; of a synaptic variable, in its own unit): it sets the scale on a chip, which saturates there.
    """

    side: str
    tau: float | None = None
    decay: float | None = None
    channel: str = "spike"
    impulse: float = 1.0
    mode: Impulse = Impulse.ADD
    peak: float = 4.0

    def kept(self, dt: float) -> float:
        """Factor kept in a step of `dt` seconds."""
        return self.decay if self.tau is None else float(np.exp(-dt / self.tau))  # type: ignore[return-value]


@dataclass(frozen=True)
class Modulator:
    """A third factor: known to each post neuron by itself (`supplier` says how it comes about), or broadcast to all."""

    supplier: Any = None
    peak: float = 1.0

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
    trace = _trace("pre", tau, decay, channel, impulse, mode, peak)
    if channel not in PRE_CHANNELS:
        raise NetworkError("pre(...): " + unknown_name("channel", channel, PRE_CHANNELS))
    return trace


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


def synaptic(tau: Any = None, *, decay: float | None = None, peak: float = 1.0) -> Trace:
    """Makes ``tag`` or ``aux`` decay: an eligibility trace. It is fed by the rule's updates; `peak` is its largest size.

    With ``decay=1`` it stays; that says no more than its peak.
    """
    return _trace("synapse", tau, decay, "spike", 1.0, "add", peak)


def post_modulator(supplier: Any, *, peak: float = 1.0) -> Modulator:
    """A third factor that is local to the post neuron; `peak` is its largest size.

    `supplier` is the name of a modulator that the neuron has, or, for a rule that a training loop runs, how it comes about.
    """
    if supplier is None:
        raise NetworkError("post_modulator(None): expected what supplies the modulator; for one signal to all use broadcast().")
    return Modulator(supplier, _peak("post_modulator", peak))


def broadcast(*, peak: float = 1.0) -> Modulator:
    """A third factor that is the same for all synapses, such as a reward.

    A run is given it as ``signals={name: values}``; `peak` is its largest size.
    """
    return Modulator(peak=_peak("broadcast", peak))


def _peak(who: str, peak: float) -> float:
    if not (np.isfinite(peak) and peak > 0):
        raise NetworkError(f"{who}(...): peak = {peak!r}; expected a finite size above 0.")
    return float(peak)


def _trace(side: str, tau: Any, decay: float | None, channel: str, impulse: float, mode: str, peak: float) -> Trace:
    who = f"{side}(...)"
    if (tau is None) == (decay is None):
        raise NetworkError(f"{who}: give either tau, such as 20*ms, or decay, the factor kept in a step.")
    if decay is not None and not (0 <= decay < 1 or (side == "synapse" and decay == 1)):
        most = "to 1" if side == "synapse" else "up to, not including, 1"
        raise NetworkError(f"{who}: decay = {decay!r}; expected a factor from 0 {most}.")
    seconds = None if tau is None else float(si(tau, "second", f"{who}: tau"))
    if seconds is not None and not (np.isfinite(seconds) and seconds > 0):
        raise NetworkError(f"{who}: tau = {shown(tau)}; expected a positive, finite time such as 20*ms.")
    if not (np.isfinite(impulse) and impulse > 0):
        raise NetworkError(f"{who}: impulse = {impulse!r}; expected a finite number above 0. Put signs into the update.")
    modes = [m.value for m in Impulse]
    if mode not in modes:
        raise NetworkError(f"{who}: " + unknown_name("mode", mode, modes))
    kept = None if decay is None else float(decay)
    return Trace(side, seconds, kept, channel, float(impulse), Impulse(mode), _peak(side, peak))


@dataclass(frozen=True, init=False)
class PlasticityRule:
    """How the weights of a projection change.

    Parameters
    ----------
    name : str
        For reports.
    traces, modulators : mapping
        Name -> declaration: `pre`, `post`, `synaptic`; `broadcast`, `post_modulator`.
    on_pre, on_post, on_<channel> : mapping
        Variable ("w", "tag", "aux") -> what is added at a presynaptic spike, a postsynaptic one, or an event of that channel of
        the post neuron.
    every : mapping
        Period in steps -> variable -> what is added every so many steps (in step k where k + 1 is a multiple).
    at : mapping
        Phase ("sample_end", and one step later "sample_over") -> variable -> what is added then.
    parameters : mapping
        Name -> number or quantity (kept in SI).
    bounds : (low, high), optional
        Limits of w, in its unit; None on a side is no limit.
    paper : str
        Where it comes from.
    equation : str
        The rule as the paper writes it, in LaTeX.

    Raises
    ------
    NetworkError
        If an update is no expression, writes to no synaptic variable, or reads something that is neither a trace, a
        modulator, a parameter nor synaptic: such a rule would not be local.
    """

    name: str
    traces: Mapping[str, Trace]
    modulators: Mapping[str, Modulator]
    parameters: Mapping[str, float]
    bounds: tuple[float, float]
    paper: str
    equation: str
    updates: tuple[Update, ...] = field(repr=False)

    def __init__(
        self,
        name: str = "rule",
        *,
        traces: Mapping[str, Trace] | None = None,
        modulators: Mapping[str, Modulator] | None = None,
        parameters: Mapping[str, Any] | None = None,
        every: Mapping[int, Mapping[str, str]] | None = None,
        at: Mapping[str, Mapping[str, str]] | None = None,
        bounds: tuple[Any, Any] | None = None,
        paper: str = "",
        equation: str = "",
        **on: Mapping[str, str],
    ) -> None:
        numbers = {key: _number(f"Rule {name!r}: parameter {key!r}", value) for key, value in (parameters or {}).items()}
        own = {
            "name": name,
            "traces": dict(traces or {}),
            "modulators": dict(modulators or {}),
            "parameters": numbers,
            "bounds": _bounds(name, bounds),
            "paper": paper,
            "equation": equation,
        }
        for key, value in own.items():
            object.__setattr__(self, key, value)
        _check_names(self)
        wanted = [*_events(name, on), *_periods(name, every or {}), *_phases(name, at or {})]
        if not any(texts for _, texts in wanted):
            raise NetworkError(f"Rule {name!r} changes nothing: give on_pre, on_post, every or at.")
        readable = {*SYNAPTIC, *self.traces, *self.modulators}
        updates = tuple(
            checked_update(name, gate, variable, text, readable, numbers)
            for gate, texts in wanted
            for variable, text in texts.items()
        )
        object.__setattr__(self, "updates", updates)

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """The updates as a sum of products.

        Raises
        ------
        UnsupportedError
            If a term is no polynomial; names the term. Brian2 runs such a rule all the same.
        """
        return tuple(product for update in self.updates for product in update.products())

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels of the post neuron that the rule listens to, besides "spike"."""
        heard = [u.gate.channel for u in self.updates if u.gate.kind is GateKind.POST]
        heard += [t.channel for t in self.traces.values() if t.side == "post"]
        return tuple(sorted({*heard} - {"spike"}))

    @property
    def phases(self) -> tuple[str, ...]:
        """Phases at which it does something."""
        return tuple(sorted({u.gate.channel for u in self.updates if u.gate.kind is GateKind.PHASE}))

    @property
    def rests(self) -> bool:
        """Whether it does nothing by itself: a modulator comes from a training loop (`neurosim.train`)."""
        return any(not m.broadcast and not isinstance(m.supplier, str) for m in self.modulators.values())

    @property
    def supplied(self) -> tuple[str, ...]:
        """Modulators that the rule asks of the post neuron by name."""
        return tuple(m.supplier for m in self.modulators.values() if isinstance(m.supplier, str))

    @property
    def signals(self) -> tuple[str, ...]:
        """Modulators that a run has to be given."""
        return tuple(name for name, m in self.modulators.items() if m.broadcast)


def _number(who: str, value: Any) -> float:
    try:
        number = float(np.asarray(value, np.float64))
    except (TypeError, ValueError):
        raise NetworkError(f"{who} is {shown(value)}; expected one number or quantity.") from None
    if not np.isfinite(number):
        raise NetworkError(f"{who} is {number}; expected a finite number.")
    return number


def _bounds(rule: str, bounds: tuple[Any, Any] | None) -> tuple[float, float]:
    low, high = (None, None) if bounds is None else bounds
    limits = (
        -np.inf if low is None else _number(f"Rule {rule!r}: lower bound", low),
        np.inf if high is None else _number(f"Rule {rule!r}: upper bound", high),
    )
    if limits[0] >= limits[1]:
        raise NetworkError(f"Rule {rule!r}: bounds are {limits}; expected (low, high) with low < high.")
    return limits


def _check_names(rule: PlasticityRule) -> None:
    _check_kinds(rule)
    seen: dict[str, str] = {name: "synaptic variable" for name in SYNAPTIC}
    for kind, names in (("trace", rule.traces), ("modulator", rule.modulators), ("parameter", rule.parameters)):
        for name in names:
            who = f"Rule {rule.name!r}: {kind} {name!r}"
            if not (isinstance(name, str) and name.isidentifier()):
                raise NetworkError(f"{who}; expected a name made of letters, digits and _.")
            decays = kind == "trace" and rule.traces[name].side == "synapse"
            if decays and name not in ("tag", "aux"):
                raise NetworkError(f"{who}: synaptic(...) makes 'tag' or 'aux' decay; choose another name.")
            if name in seen and not decays:
                raise NetworkError(f"{who} is a {seen[name]} already; choose another name.")
            seen[name] = kind


def _check_kinds(rule: PlasticityRule) -> None:
    for kind, things, expected in (("trace", rule.traces, Trace), ("modulator", rule.modulators, Modulator)):
        for name, thing in things.items():
            if not isinstance(thing, expected):
                example = "pre(tau=20*ms)" if expected is Trace else "broadcast()"
                raise NetworkError(f"Rule {rule.name!r}: {kind} {name!r} is {thing!r}; expected one such as {example}.")


def _events(rule: str, on: Mapping[str, Mapping[str, str]]) -> list[tuple[Gate, Mapping[str, str]]]:
    gates = {"on_pre": Gate(GateKind.PRE), "on_post": Gate(GateKind.POST)}
    for key in on:
        if not key.startswith("on_") or key == "on_":
            known = ("traces", "modulators", "parameters", "every", "at", "bounds", "paper", "equation", "on_pre", "on_post")
            raise NetworkError(f"Rule {rule!r}: " + unknown_name("argument", key, known))
    return [(gates.get(key, Gate(GateKind.POST, channel=key[3:])), texts) for key, texts in on.items()]


def _periods(rule: str, every: Mapping[int, Mapping[str, str]]) -> list[tuple[Gate, Mapping[str, str]]]:
    for period in every:
        if isinstance(period, bool) or not isinstance(period, int | np.integer) or period < 1:
            raise NetworkError(f"Rule {rule!r}: every = {period!r}; expected whole numbers of steps, at least 1.")
    return [(Gate(GateKind.EVERY, period=int(period)), texts) for period, texts in every.items()]


def _phases(rule: str, at: Mapping[str, Mapping[str, str]]) -> list[tuple[Gate, Mapping[str, str]]]:
    for phase in at:
        if phase not in PHASES:
            raise NetworkError(f"Rule {rule!r}: " + unknown_name("phase", phase, PHASES))
    return [(Gate(GateKind.PHASE, channel=phase), texts) for phase, texts in at.items()]
