"""Rules that a user wrote as Loihi strings. Strings that Lava misreads or that crash it are refused with an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.checks.given import mapping, plain
from neurosim.chip.learning_engine.loihi_grammar import parsed_products
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.program.engine_rule import TRACE_MAX, VARIABLES, Y_TRACES, ChipProduct, ChipRule, ChipTrace

_EPOCHS = (1, 63)


def from_loihi(
    dw: str | None = None,
    dt: str | None = None,
    dd: str | None = None,
    *,
    x1_impulse: float = 0.0,
    x1_tau: float = 0.0,
    x2_impulse: float = 0.0,
    x2_tau: float = 0.0,
    y1_impulse: float = 0.0,
    y1_tau: float = 0.0,
    y2_impulse: float = 0.0,
    y2_tau: float = 0.0,
    y3_impulse: float = 0.0,
    y3_tau: float = 0.0,
    t_epoch: int = 1,
    seed: int = 1,
    signals: Mapping[str, str] | None = None,
) -> ChipRule:
    """A rule of the chip's learning engine, from the strings of Lava's ``Loihi2FLearningRule`` and ``Loihi3FLearningRule``.

    Parameters
    ----------
    dw, dt, dd : str, optional
        Changes of the weight, the tag and the delay variable: sums of products of integers, ``2^n``, one gate (``x0``,
        ``y0``, ``u0``..``u9``) and factors ``x1``, ``x2``, ``y1``..``y3``, ``w``, ``t``, ``d``, or brackets as ``(w-255)``.
    x1_impulse, x1_tau, x2_impulse, x2_tau, y1_impulse, y1_tau, y2_impulse, y2_tau, y3_impulse, y3_tau : float
        Impulses and time constants (in steps) of the traces.
    t_epoch : int
        Number of steps of a learning epoch.
    seed : int
        Seed of the random rounding.
    signals : mapping, optional
        "y1", ... -> third factor that the post neuron sends there; with signals, the rule is a three-factor rule.

    Raises
    ------
    NetworkError
        If a string is not such a sum, if Lava reads it differently, or if it runs in only one of Lava's two arithmetics.
    """
    texts = {"w": dw, "t": dt, "d": dd}
    parsed = [(target, p) for target, text in texts.items() if text is not None for p in parsed_products(target, text)]
    if not parsed:
        raise NetworkError("from_loihi: no rule was given; give dw, dt or dd.")
    sent = _signals(signals, t_epoch)
    given = {
        "x1": (x1_impulse, x1_tau), "x2": (x2_impulse, x2_tau),
        "y1": (y1_impulse, y1_tau), "y2": (y2_impulse, y2_tau), "y3": (y3_impulse, y3_tau),
    }  # fmt: skip
    used = {name for _, p in parsed for name, _ in p.factors}
    numbers = {
        n: [plain(f"from_loihi: {n}_{what}", v) for what, v in zip(("impulse", "tau"), values, strict=True)]
        for n, values in given.items()
    }
    needed = {n: own for n, own in numbers.items() if n not in sent and (n in used or any(own))}
    traces = {n: _trace(n, impulse, tau, n in used) for n, (impulse, tau) in needed.items()}
    names = VARIABLES | {name: name for name in traces} | {modulator: slot for slot, modulator in sent.items()}
    return ChipRule(
        products=tuple(ChipProduct(target, _gate(p.gate), *p.literal, p.factors) for target, p in parsed),
        traces=traces,
        sent=sent,
        epoch=_whole("t_epoch", t_epoch, _EPOCHS),
        decimation=_decimation([p.gate for _, p in parsed]),
        seed=_whole("seed", seed, (0, 2**31)),
        names=names,
        scales=dict.fromkeys(names, 1.0),
    )


def _gate(name: str) -> str:
    """Name of a gate without its digit: ``u3`` becomes u, and the 3 becomes the rule's decimation."""
    return name.rstrip("0123456789") if name.startswith("u") else name


def _whole(name: str, value: int, span: tuple[int, int]) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not span[0] <= value <= span[1]:
        raise NetworkError(f"from_loihi: {name} = {shown(value)}; expected a whole number from {span[0]} to {span[1]}.")
    return int(value)


def _signals(given: Any, epoch: int) -> dict[str, str]:
    signals = mapping("from_loihi: signals", given, "{'y1': 'reward'}")
    for slot, sender in signals.items():
        if not isinstance(sender, str):
            raise NetworkError(f"from_loihi: signals: {slot} is {shown(sender)}; expected the name of a third factor.")
        if slot not in Y_TRACES:
            raise NetworkError("from_loihi: signals: " + unknown_name("slot", str(slot), Y_TRACES))
    if signals and epoch != 1:
        raise NetworkError(
            f"from_loihi: t_epoch = {epoch} with signals {sorted(signals)}; Lava keeps only the last value that the neuron "
            "sent in an epoch. Use t_epoch = 1."
        )
    return dict(signals)


def _trace(name: str, impulse: float, tau: float, used: bool) -> ChipTrace:
    if not 0 <= impulse <= TRACE_MAX:
        raise NetworkError(f"from_loihi: {name}_impulse = {impulse!r}; expected 0 to {TRACE_MAX}, the range of a trace.")
    if tau < 0 or (used and tau == 0):
        raise NetworkError(
            f"from_loihi: {name}_tau = {tau!r}, and the rule reads {name}; expected a number of steps above 0. With a tau of "
            "0, Lava computes NaN in float and 0 in integers."
        )
    return ChipTrace(float(impulse), float(tau))


def _decimation(gates: list[str]) -> int:
    periods = sorted({gate for gate in gates if gate.startswith("u")})
    if len(periods) > 1:
        raise NetworkError(f"from_loihi: {' and '.join(periods)} in one rule; a chip supports one. Use it in dw, dt and dd.")
    return int(periods[0][1:]) if periods else 0
