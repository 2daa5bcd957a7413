"""Short-term plasticity as Brian2 statements: event-driven, with one x and u per synapse (equal for all of a neuron)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import brian2

from neurosim.network.short_term import ShortTermPlasticity
from neurosim.units import si

_X, _U, _REST, _JUMP, _TAU_X, _TAU_U = (f"release_{name}" for name in ("x", "u", "rest", "jump", "tau_x", "tau_u"))


@dataclass(frozen=True)
class Release:
    """Text that short-term plasticity adds to Synapses.

    Attributes
    ----------
    model : str
        Equations.
    factor : str
        Factor by which a transmitted weight is multiplied; "" for none.
    after : str
        Statements after the transmission.
    namespace, initial : mapping
        Constants, and values of variables at time zero.
    """

    model: str = ""
    factor: str = ""
    after: str = ""
    namespace: dict[str, Any] = field(default_factory=dict)
    initial: dict[str, float] = field(default_factory=dict)


def release(short_term: ShortTermPlasticity | None) -> Release:
    """The text for `short_term`; empty if the projection has no short-term plasticity."""
    if short_term is None:
        return Release()
    moves_x, moves_u = short_term.tau_d is not None, short_term.tau_f is not None
    lines = [f"d{_X}/dt = (1 - {_X})/{_TAU_X} : 1 (event-driven)"] * moves_x
    lines += [f"d{_U}/dt = ({_REST} - {_U})/{_TAU_U} : 1 (event-driven)"] * moves_u
    u, x = _U if moves_u else _REST, _X if moves_x else "1"
    after = [f"{_X} -= {u}*{_X}"] * moves_x + [f"{_U} += {_JUMP}*(1 - {_U})"] * moves_u
    taus = {_TAU_X: short_term.tau_d, _TAU_U: short_term.tau_f}
    return Release(
        model="\n".join(lines),
        factor=f"*{u}*{x}",
        after="\n" + "\n".join(after),
        namespace={_REST: short_term.U, _JUMP: short_term.jump}
        | {name: float(si(tau, "second", name)) * brian2.second for name, tau in taus.items() if tau is not None},
        initial=({_X: 1.0} if moves_x else {}) | ({_U: short_term.U} if moves_u else {}),
    )
