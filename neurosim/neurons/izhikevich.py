"""Two-variable neuron of Izhikevich, and adaptive exponential neuron; both run in simulation only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from neurosim.errors import UnsupportedError
from neurosim.neurons.base import Equations, Neuron
from neurosim.neurons.ranges import POSITIVE, check_ranges
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.units import si

_MS = 1e-3
_MV = 1e-3
_POSITIVE = dict.fromkeys(("C", "Delta_T", "tau_w", "tau_syn"), POSITIVE)


@dataclass(frozen=True, kw_only=True)
class Izhikevich(Neuron):
    r"""Izhikevich neuron, the "simple model of spiking neurons".

    .. math::
        \dot v = 0.04 v^2 + 5 v + 140 - w + I, \qquad \dot w = a (b v - w)

    Here v is in mV and time in ms. If v >= 30 mV, the neuron spikes: v = c, w += d. A presynaptic spike adds its weight, in
    volts, to v.

    Parameters
    ----------
    a, b : float
        Rate and sensitivity of the recovery variable w (per ms; w in mV/ms).
    c : volt
        Reset potential after a spike; -65 mV by default.
    d : float
        Increase of the recovery variable w at a spike, in mV/ms.
    current : float
        Constant input I, in mV/ms.

    Notes
    -----
    Izhikevich (2003), doi:10.1109/TNN.2003.820440.
    """

    paper: ClassVar[str] = "Izhikevich 2003, doi:10.1109/TNN.2003.820440"
    drive: ClassVar[str | None] = "current"

    a: Any = 0.02
    b: Any = 0.2
    c: Any = None
    d: Any = 8.0
    current: Any = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, self._values(), {})

    def _values(self) -> dict[str, Any]:
        """Parameters as SI arrays, by name."""
        given = {name: si(getattr(self, name), "1", f"Izhikevich.{name}") for name in ("a", "b", "d", "current")}
        return given | {"c": np.array(-65 * _MV) if self.c is None else si(self.c, "volt", "Izhikevich.c")}

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"default": "volt"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "w")

    def equations(self, dt: float) -> Equations:
        values = self._values()
        return Equations(
            model=(
                "dv/dt = (0.04*(v/mV)**2 + 5*v/mV + 140 + current)*mV/ms - w : volt\ndw/dt = a*(b*v/ms - w)/ms : volt/second"
            ),
            threshold="v >= 30*mV",
            reset="v = c; w += d*mV/ms",
            parameters={name: (value, "volt" if name == "c" else "1") for name, value in values.items()},
            receptors={"default": "v"},
            initial={"v": (values["c"], "volt")},
            method="euler",
        )

    def step_form(self, dt: float) -> ProgramNeuron:
        raise UnsupportedError(
            "Izhikevich has no difference form: it runs only in Brian2, in continuous time. For a chip, the emulator or "
            f"integration='step', use StepIzhikevich.sampled with the same parameters and dt={dt * 1e3:g}*ms."
        )


@dataclass(frozen=True, kw_only=True)
class AdEx(Neuron):
    r"""Adaptive exponential integrate-and-fire neuron.

    .. math::
        C \dot v = -g_L (v - E_L) + g_L \Delta_T e^{(v - V_T)/\Delta_T} - w + g + I, \qquad
        \tau_w \dot w = a (v - E_L) - w, \qquad \tau_{syn} \dot g = -g

    If v > v_cut, the neuron spikes: v = v_reset, w += b. A presynaptic spike adds its weight, in amperes, to g. The defaults
    are those of the regular-spiking neuron in the paper.

    Parameters
    ----------
    C : farad
        Membrane capacitance; 281 pF by default.
    g_L : siemens
        Leak conductance; 30 nS by default.
    E_L, V_T, Delta_T : volt
        Resting potential, and threshold and width of the exponential; -70.6 mV, -50.4 mV and 2 mV by default.
    tau_w : time
        Time constant of the adaptation; 144 ms by default.
    a : siemens
        Subthreshold adaptation; 4 nS by default.
    b : ampere
        Increase of the adaptation at a spike; 0.0805 nA by default.
    v_reset, v_cut : volt
        Reset potential, and potential at which a spike is emitted; -70.6 mV and 20 mV by default.
    tau_syn : time
        Time constant of the synaptic current g; 5 ms by default.
    current : ampere
        Input current I; 0 by default. The `current` of a population is added to it.

    Notes
    -----
    Brette & Gerstner (2005), doi:10.1152/jn.00686.2005.
    """

    paper: ClassVar[str] = "Brette & Gerstner 2005, doi:10.1152/jn.00686.2005"
    drive: ClassVar[str | None] = "current"
    _UNITS: ClassVar[dict[str, str]] = {
        "C": "farad", "g_L": "siemens", "E_L": "volt", "V_T": "volt", "Delta_T": "volt", "tau_w": "second",
        "a": "siemens", "b": "ampere", "v_reset": "volt", "v_cut": "volt", "tau_syn": "second", "current": "ampere",
    }  # fmt: skip
    _DEFAULTS: ClassVar[dict[str, float]] = {
        "C": 281e-12, "g_L": 30e-9, "E_L": -70.6e-3, "V_T": -50.4e-3, "Delta_T": 2e-3, "tau_w": 144e-3,
        "a": 4e-9, "b": 0.0805e-9, "v_reset": -70.6e-3, "v_cut": 20e-3, "tau_syn": 5e-3, "current": 0.0,
    }  # fmt: skip

    C: Any = None
    g_L: Any = None
    E_L: Any = None
    V_T: Any = None
    Delta_T: Any = None
    tau_w: Any = None
    a: Any = None
    b: Any = None
    v_reset: Any = None
    v_cut: Any = None
    tau_syn: Any = None
    current: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, self._values(), _POSITIVE)

    @property
    def drive_unit(self) -> str:
        return "ampere"

    def _values(self) -> dict[str, Any]:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: np.array(self._DEFAULTS[name]) if value is None else si(value, self._UNITS[name], f"AdEx.{name}")
            for name, value in given.items()
        }

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"default": "ampere"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "w", "g")

    def equations(self, dt: float) -> Equations:
        values = self._values()
        return Equations(
            model=(
                "dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + g + current)/C : volt\n"
                "dw/dt = (a*(v - E_L) - w)/tau_w : ampere\n"
                "dg/dt = -g/tau_syn : ampere"
            ),
            threshold="v > v_cut",
            reset="v = v_reset; w += b",
            parameters={name: (value, self._UNITS[name]) for name, value in values.items()},
            receptors={"default": "g"},
            initial={"v": (values["E_L"], "volt")},
            method="euler",
        )
