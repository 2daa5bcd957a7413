"""Inhibitory neurons of cortical networks: the adaptive exponential neuron with conductance-based synapses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from typing_extensions import Self

from neurosim.checks.grid import completed
from neurosim.neurons.base import Equations, Neuron, plus
from neurosim.neurons.exponential import euler_tau
from neurosim.neurons.noise import PoissonNoise, check_noise, check_noise_size, with_noise
from neurosim.neurons.ranges import NOT_NEGATIVE, POSITIVE, check_ranges, check_start, si_values
from neurosim.plasticity.literals import milliseconds, millivolts, nanosiemens, picoamperes, picofarads
from neurosim.units import FloatArray, IntArray, si

_RANGES = {
    **dict.fromkeys(("C", "g_L", "Delta_T", "tau_w", "tau_exc", "tau_inh"), POSITIVE),
    "refractory": NOT_NEGATIVE,
}
_EXACT = ("tau_exc", "tau_inh")
_CONDUCTANCES = {"g_e": "tau_exc", "g_i": "tau_inh"}


@dataclass(frozen=True, kw_only=True)
class ConductanceAdEx(Neuron):
    r"""Adaptive exponential integrate-and-fire neuron with excitatory and inhibitory conductances.

    .. math::
        C \dot v &= g_L (E_L - v) + g_L \Delta_T e^{(v - V_T)/\Delta_T} + g_L g_e (E_E - v) + g_L g_i (E_I - v) - w + I \\
        \tau_w \dot w &= a (v - E_L) - w, \qquad \tau_{exc} \dot g_e = -g_e, \qquad \tau_{inh} \dot g_i = -g_i

    If v > v_cut, the neuron spikes: v = v_reset, w += b, and v stays at v_reset for the time `refractory`. Membrane and
    adaptation are integrated by forward Euler; conductances decay exactly.

    Parameters
    ----------
    C : farad
        Membrane capacitance.
    g_L : siemens
        Leak conductance.
    E_L, V_T, Delta_T, v_reset, v_cut : volt
        Resting potential; threshold and width of the exponential; reset potential; potential at which a spike is emitted.
    refractory : time
        Time for which v stays at `v_reset`.
    a : siemens
        Subthreshold adaptation.
    b : ampere
        Increase of the adaptation at a spike.
    tau_w, tau_exc, tau_inh : time
        Time constants of the adaptation and of the excitatory and inhibitory conductances.
    E_E, E_I : volt
        Reversal potentials of excitation and inhibition.
    current : ampere, or Timed
        Input current; the `current` of a population is added to it.
    v_start : volt
        Value of v at time zero; E_L by default.
    noise : sequence of PoissonNoise
        Noise sources, independent for each neuron, on any receptor.

    Notes
    -----
    Receptors: "exc" and "inh"; a weight is a conductance in units of `g_L`. The defaults are those of `PV`.

    Brette & Gerstner (2005), doi:10.1152/jn.00686.2005, with the parameters of Payeur, Guerguiev, Zenke, Richards, Naud (2021),
    doi:10.1038/s41593-021-00857-x. In the simulator of these authors, v is held at rest while a neuron is refractory. It
    therefore continues from rest, independently of its reset potential (-55 mV for PV and -65 mV for SOM).
    """

    paper: ClassVar[str] = "Brette & Gerstner 2005, doi:10.1152/jn.00686.2005"
    drive: ClassVar[str | None] = "current"
    timed: ClassVar[tuple[str, ...]] = ("current",)
    units: ClassVar[Mapping[str, str]] = {
        "C": "farad", "g_L": "siemens", "E_L": "volt", "V_T": "volt", "Delta_T": "volt", "v_reset": "volt", "v_cut": "volt",
        "refractory": "second", "a": "siemens", "b": "ampere", "tau_w": "second", "tau_exc": "second", "tau_inh": "second",
        "E_E": "volt", "E_I": "volt", "current": "ampere",
    }  # fmt: skip

    C: Any = picofarads(100)
    g_L: Any = nanosiemens(10)
    E_L: Any = millivolts(-70)
    V_T: Any = millivolts(-48)
    Delta_T: Any = millivolts(2)
    v_reset: Any = millivolts(-70)
    v_cut: Any = millivolts(0)
    refractory: Any = milliseconds(1)
    a: Any = nanosiemens(0)
    b: Any = picoamperes(0)
    tau_w: Any = milliseconds(100)
    tau_exc: Any = milliseconds(5)
    tau_inh: Any = milliseconds(10)
    E_E: Any = millivolts(0)
    E_I: Any = millivolts(-80)
    current: Any = picoamperes(0)
    v_start: Any = None
    noise: Sequence[PoissonNoise] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, self._values(), _RANGES)
        check_start(self.v_start, self._who("v_start"))
        check_noise(self, self.noise)

    def check_size(self, n: int, who: str) -> None:
        super().check_size(n, who)
        check_noise_size(self.noise, n, who)

    def _who(self, name: str) -> str:
        return f"{type(self).__name__}.{name}"

    def _values(self) -> dict[str, Any]:
        return si_values(self, self.units)

    def with_current(self, current: Any) -> Self:
        return replace(self, current=plus(self.current, current, "ampere", self._who("current")))

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"exc": "1", "inh": "1"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "w", *_CONDUCTANCES)

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        refractory = self._values()["refractory"]
        return {"refractory": (refractory, completed(refractory, dt))}

    def equations(self, dt: float) -> Equations:
        values = self._values()
        start = values["E_L"] if self.v_start is None else si(self.v_start, "volt", self._who("v_start"))
        values |= {name: euler_tau(getattr(self, name), dt) for name in _EXACT}
        refractory = values.pop("refractory")
        cell = Equations(
            model="\n".join([_MEMBRANE, *(f"d{g}/dt = -{g}/{tau} : 1" for g, tau in _CONDUCTANCES.items())]),
            threshold="v > v_cut",
            reset="v = v_reset\nw += b",
            parameters={name: (value, self.units[name]) for name, value in values.items()},
            receptors={"exc": "g_e", "inh": "g_i"},
            initial={"v": (start, "volt")},
            refractory=refractory if np.any(refractory) else None,
            method="euler",
        )
        return with_noise(cell, self, self.noise, dt)


_MEMBRANE = """
synaptic = g_e*(E_E - v) + g_i*(E_I - v) : volt
dv/dt = (g_L*(E_L - v + Delta_T*exp((v - V_T)/Delta_T) + synaptic) - w + current)/C : volt (unless refractory)
dw/dt = (a*(v - E_L) - w)/tau_w : ampere"""


@dataclass(frozen=True, kw_only=True)
class PV(ConductanceAdEx):
    """Fast-spiking, parvalbumin-positive interneuron without adaptation and with a sharp threshold.

    The parameters are those of `ConductanceAdEx`.
    """


@dataclass(frozen=True, kw_only=True)
class SOM(ConductanceAdEx):
    """Adapting, somatostatin-positive interneuron with a low threshold.

    The parameters are those of `ConductanceAdEx`.
    """

    g_L: Any = nanosiemens(5)
    V_T: Any = millivolts(-61.84)
    Delta_T: Any = millivolts(4)
    refractory: Any = milliseconds(2)
    a: Any = nanosiemens(0.5)
    b: Any = picoamperes(10)
    tau_w: Any = milliseconds(500)
