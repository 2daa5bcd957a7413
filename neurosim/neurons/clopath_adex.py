"""Adaptive exponential neuron whose spikes have a width, an after-depolarisation, and an effect on the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.grid import nearest
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.neurons.base import Equations, Neuron
from neurosim.neurons.ranges import POSITIVE, check_ranges
from neurosim.neurons.step_form import ProgramNeuron, Reading
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray, IntArray, si

_MS, _MV = 1e-3, 1e-3
_STEP = Declaration(
    name="ClopathAdEx",
    parameters={
        **dict.fromkeys(("v_reset", "v_th", "v_peak", "v_spike", "v_late", "jump", "Delta_T", "b", "I_sp", "current"), "level"),
        **dict.fromkeys(("sharp", "leak", "per_farad", "adapts", "a_sub"), "fraction"),
        **{"tau_z": "decay", "tau_T": "decay", "width": "whole", "half": "whole"},
    },
    states={"v": "level", "w_ad": "level", "z": "level", "excess": "level", "held": "whole"},
    step="""
        if held == width:
            v = v_reset
            w_ad = w_ad + b
            z = I_sp
            excess = jump
            held = 0
        upswing = Delta_T * exp(min((v - v_th - excess) * sharp, 100))
        rise = leak * (upswing - v) + per_farad * (z - w_ad + current)
        change = adapts * (a_sub * v - w_ad)
        if held > 0:
            v = v_spike if held < half else v_late
            held += 1
        else:
            v = v + rise + a
            w_ad = w_ad + change
        z = decay(z, tau_z)
        excess = decay(excess, tau_T)
        spike = held == 0 and v > v_peak
        if spike:
            v = v_spike
            held = 1
    """,
)
"""Voltages are relative to rest, currents are in amperes; `excess` is how far the threshold is above its resting value."""


@dataclass(frozen=True, kw_only=True)
class ClopathAdEx(Neuron):
    r"""Adaptive exponential integrate-and-fire neuron with spike after-depolarisation and adaptive threshold.

    .. math::
        C \dot u = -g_L (u - E_L) + g_L \Delta_T e^{(u - V_T)/\Delta_T} - w_{ad} + z + I, \qquad
        \tau_w \dot w_{ad} = a (u - E_L) - w_{ad}, \qquad \tau_z \dot z = -z, \qquad \tau_T \dot V_T = V_{rest} - V_T

    If u > v_peak, the neuron spikes. For the time `width`, u has the values of a spike, v_spike in the first half and v_late in
    the second, and does not integrate. Then u = v_reset, w_ad += b, z = I_sp and V_T = V_T_max. A presynaptic spike adds its
    weight, in volts, to u. Voltage-based plasticity (`neurosim.plasticity.clopath`) needs this width, because it reads u.

    The neuron is defined by one time step (forward Euler), so it runs in Brian2 with ``integration="step"`` and on the emulator
    in float. No chip has its exponential function. Probes record v, w_ad, z and v_T.

    Parameters
    ----------
    C : farad
        Membrane capacitance; 281 pF by default.
    g_L : siemens
        Leak conductance; 30 nS by default.
    E_L, V_T, V_T_max, Delta_T : volt
        Rest; threshold of the exponential at rest and after a spike; width of the exponential. -70.6 mV, -50.4 mV, -30.4 mV and
        2 mV by default.
    tau_w, tau_z, tau_T : time
        Time constants of adaptation, after-depolarisation and threshold; 144 ms, 40 ms and 50 ms by default.
    a : siemens
        Subthreshold adaptation; 4 nS by default.
    b, I_sp : ampere
        Increase of the adaptation at a spike, and after-depolarisation current; 0.805 pA and 400 pA by default.
    v_peak, v_spike, v_late, v_reset : volt
        Voltage at which a spike begins; voltage in its first and second half; voltage after it. 20 mV, 29.4 mV, 32.862 mV and
        -49.5016 mV by default.
    width : time
        Duration of a spike; 2 ms by default.
    current : ampere
        Input current I; 0 by default. The `current` of a population is added to it.

    Raises
    ------
    NetworkError
        If a value is not finite or not in its range, or v_peak is not above V_T.

    Notes
    -----
    Clopath, Büsing, Vasilaki, Gerstner (2010), doi:10.1038/nn.2479, Table 1. The voltages of a spike, its width and v_reset are
    not in the paper; they are those of the authors' code (ModelDB 144566), which runs with steps of 1 ms. There V_T_max is
    -30.4 mV, which the paper prints without its sign.
    """

    paper: ClassVar[str] = "Clopath, Büsing, Vasilaki, Gerstner 2010, doi:10.1038/nn.2479"
    drive: ClassVar[str | None] = "current"
    _UNITS: ClassVar[dict[str, str]] = {
        "C": "farad", "g_L": "siemens", "E_L": "volt", "V_T": "volt", "V_T_max": "volt", "Delta_T": "volt", "tau_w": "second",
        "tau_z": "second", "tau_T": "second", "a": "siemens", "b": "ampere", "I_sp": "ampere", "v_peak": "volt",
        "v_spike": "volt", "v_late": "volt", "v_reset": "volt", "width": "second", "current": "ampere",
    }  # fmt: skip
    _DEFAULTS: ClassVar[dict[str, float]] = {
        "C": 281e-12, "g_L": 30e-9, "E_L": -70.6 * _MV, "V_T": -50.4 * _MV, "V_T_max": -30.4 * _MV, "Delta_T": 2 * _MV,
        "tau_w": 144 * _MS, "tau_z": 40 * _MS, "tau_T": 50 * _MS, "a": 4e-9, "b": 0.805e-12, "I_sp": 400e-12,
        "v_peak": 20 * _MV, "v_spike": 29.4 * _MV, "v_late": 32.862 * _MV, "v_reset": -49.5016 * _MV, "width": 2 * _MS,
        "current": 0.0,
    }  # fmt: skip

    C: Any = None
    g_L: Any = None
    E_L: Any = None
    V_T: Any = None
    V_T_max: Any = None
    Delta_T: Any = None
    tau_w: Any = None
    tau_z: Any = None
    tau_T: Any = None
    a: Any = None
    b: Any = None
    I_sp: Any = None
    v_peak: Any = None
    v_spike: Any = None
    v_late: Any = None
    v_reset: Any = None
    width: Any = None
    current: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self._given()
        check_ranges(self, given, dict.fromkeys(("C", "Delta_T", "tau_w", "tau_z", "tau_T", "width"), POSITIVE))
        if np.any(given["v_peak"] <= given["V_T"]):
            raise NetworkError("ClopathAdEx.v_peak is not above V_T; a spike begins above the threshold of the exponential.")

    def _given(self) -> dict[str, FloatArray]:
        """Parameters as SI arrays, by name."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: np.array(self._DEFAULTS[name]) if value is None else si(value, self._UNITS[name], f"ClopathAdEx.{name}")
            for name, value in given.items()
        }

    @property
    def drive_unit(self) -> str:
        return "ampere"

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"default": "volt"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "w_ad", "z", "v_T")

    def state_unit(self, variable: str) -> str:
        return "volt" if variable in ("v", "v_T") else "ampere"

    def equations(self, dt: float) -> Equations:
        raise UnsupportedError(
            "ClopathAdEx is written as one time step, because its spikes have a width; simulate it with integration='step', or "
            "on the emulator in float."
        )

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        seconds = self._given()["width"]
        return {"width": (seconds, np.maximum(nearest(seconds, dt), 1))}

    def step_form(self, dt: float) -> ProgramNeuron:
        p = self._given()
        steps = self.whole_times(dt)["width"][1]
        values = {
            **{name: p[name] - p["E_L"] for name in ("v_reset", "v_peak", "v_spike", "v_late")},
            **{name: p[name] for name in ("Delta_T", "b", "I_sp", "current")},
            "v_th": p["V_T"] - p["E_L"],
            "jump": p["V_T_max"] - p["V_T"],
            "sharp": 1 / p["Delta_T"],
            "leak": dt * p["g_L"] / p["C"],
            "per_farad": dt / p["C"],
            "adapts": dt / p["tau_w"],
            "a_sub": p["a"],
            "tau_z": np.exp(-dt / p["tau_z"]),
            "tau_T": np.exp(-dt / p["tau_T"]),
            "width": steps,
            "half": (steps + 1) // 2,
        }
        return ProgramNeuron(
            declaration=_STEP,
            values={name: np.asarray(value, np.float64) for name, value in values.items()},
            readings={"v": Reading("v", offset=p["E_L"]), "v_T": Reading("excess", offset=p["V_T"])},
            threshold=p["v_peak"] - p["E_L"],
        )
