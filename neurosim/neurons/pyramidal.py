"""Common part of the two-compartment pyramidal neurons: membranes, adaptation, moving threshold and synapses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar

from typing_extensions import Self

from neurosim.neurons.base import Equations, plus
from neurosim.neurons.bursting import BurstingNeuron
from neurosim.neurons.exponential import euler_tau
from neurosim.neurons.noise import PoissonNoise, check_noise, check_noise_size, with_noise
from neurosim.neurons.ranges import POSITIVE, check_ranges, check_start, si_values
from neurosim.neurons.teacher import RateTeacher, with_teacher
from neurosim.plasticity.literals import milliseconds, millivolts, nanosiemens, picoamperes, picofarads
from neurosim.units import si


class DrivingForce(Enum):
    """Voltage that drives the current of a dendritic synapse."""

    SOMA = "v_s"
    """Voltage of the soma, as in the simulator of Payeur et al."""
    DENDRITE = "v_d"
    """Voltage of the dendrite."""


_TIMES = ("tau_s", "tau_d", "tau_ws", "tau_wd", "tau_theta", "tau_exc", "tau_inh")
_RANGES = dict.fromkeys((*_TIMES, "C_s", "C_d", "D_d"), POSITIVE)
_EXACT = ("tau_ws", "tau_exc", "tau_inh")
"""Time constants of exact decays; membranes, threshold and dendritic adaptation are integrated by forward Euler."""


@dataclass(frozen=True, kw_only=True)
class Pyramidal(BurstingNeuron):
    """Base of the pyramidal neurons with a soma and a dendrite.

    Parameters
    ----------
    E_L, E_E, E_I : volt
        Resting and reset potential; reversal potentials of excitation and of inhibition.
    theta_0, theta_jump : volt
        Resting value of the threshold, and its increase at a spike.
    tau_s, tau_d, tau_ws, tau_wd, tau_theta, tau_exc, tau_inh : time
        Time constants of soma, dendrite, somatic and dendritic adaptation, threshold, excitatory and inhibitory conductances.
    C_s, C_d : farad
        Membrane capacitances of soma and dendrite.
    b_s : ampere
        Somatic adaptation current caused by a spike.
    a_d : siemens
        Subthreshold adaptation of the dendrite.
    E_d, D_d : volt
        Midpoint and width of the dendritic nonlinearity.
    I_s, I_d : ampere, or Timed
        Input currents of soma and dendrite; the `current` of a population is added to I_s.
    v_start, w_d_start : volt
        Somatic voltage (E_L by default) and dendritic adaptation at time zero.
    dend_driving_force : DrivingForce
        Voltage that drives the currents of dendritic synapses: that of the soma or of the dendrite.
    noise : sequence of PoissonNoise
        Noise sources, independent for each neuron, on any receptor.
    teacher : RateTeacher, optional
        Teacher that drives the dendrite during lessons.
    """

    paper: ClassVar[str] = "Payeur et al. 2021, doi:10.1038/s41593-021-00857-x"
    drive: ClassVar[str | None] = "I_s"
    timed: ClassVar[tuple[str, ...]] = ("I_s", "I_d")
    receptors: ClassVar[Mapping[str, str]] = {
        "soma_exc": "g_se", "soma_inh": "g_si", "dend_exc": "g_de", "dend_inh": "g_di",
    }  # fmt: skip
    units: ClassVar[Mapping[str, str]] = {
        "E_L": "volt", "E_E": "volt", "E_I": "volt", "theta_0": "volt", "theta_jump": "volt", "tau_s": "second",
        "tau_d": "second", "tau_ws": "second", "tau_wd": "second", "tau_theta": "second", "tau_exc": "second",
        "tau_inh": "second", "C_s": "farad", "C_d": "farad", "b_s": "ampere", "a_d": "siemens", "E_d": "volt", "D_d": "volt",
        "I_s": "ampere", "I_d": "ampere",
    }  # fmt: skip

    E_L: Any = millivolts(-70)
    E_E: Any = millivolts(0)
    E_I: Any = millivolts(-80)
    theta_0: Any = millivolts(-50)
    theta_jump: Any = millivolts(2)
    tau_s: Any = milliseconds(16)
    tau_d: Any = milliseconds(7)
    tau_ws: Any = milliseconds(100)
    tau_wd: Any = milliseconds(30)
    tau_theta: Any = milliseconds(27)
    tau_exc: Any = milliseconds(5)
    tau_inh: Any = milliseconds(10)
    C_s: Any = picofarads(370)
    C_d: Any = picofarads(170)
    b_s: Any = picoamperes(-200)
    a_d: Any = nanosiemens(13)
    E_d: Any = millivolts(-38)
    D_d: Any = millivolts(6)
    I_s: Any = picoamperes(0)
    I_d: Any = picoamperes(0)
    v_start: Any = None
    w_d_start: Any = millivolts(0.1)
    dend_driving_force: DrivingForce = DrivingForce.SOMA
    noise: Sequence[PoissonNoise] = ()
    teacher: RateTeacher | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, self._values(), _RANGES)
        check_start(self.v_start, self._who("v_start"))
        check_start(self.w_d_start, self._who("w_d_start"))
        check_noise(self, self.noise)

    def check_size(self, n: int, who: str) -> None:
        super().check_size(n, who)
        check_noise_size(self.noise, n, who)
        if self.teacher is not None:
            self.teacher.lesson.check_size(n, f"{who}: RateTeacher.lesson")

    def _who(self, name: str) -> str:
        return f"{type(self).__name__}.{name}"

    def _values(self) -> dict[str, Any]:
        return si_values(self, self.units)

    def with_current(self, current: Any) -> Self:
        return replace(self, I_s=plus(self.I_s, current, "ampere", self._who("I_s")))

    @property
    def weight_units(self) -> Mapping[str, str]:
        # Weights are in units of the leak conductance of the compartment.
        return dict.fromkeys(self.receptors, "1")

    @property
    def cell_variables(self) -> tuple[str, ...]:
        taught = () if self.teacher is None else ("taught_current",)
        return ("v_s", "v_d", "w_s", "w_d", "theta", *self.receptors.values(), *taught)

    def equations(self, dt: float) -> Equations:
        return with_teacher(with_noise(super().equations(dt), self, self.noise, dt), self.teacher)

    def cell_parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the parameters by name."""
        exact = {name: (euler_tau(getattr(self, name), dt), "second") for name in _EXACT}
        return {name: (value, self.units[name]) for name, value in self._values().items()} | exact

    def cell_initial(self) -> dict[str, tuple[Any, str]]:
        """Pairs (SI value, unit) of the variables at time zero, by name."""
        rest = si(self.E_L, "volt", self._who("E_L"))
        return {
            "v_s": (rest if self.v_start is None else si(self.v_start, "volt", self._who("v_start")), "volt"),
            "v_d": (rest, "volt"),
            "w_d": (si(self.w_d_start, "volt", self._who("w_d_start")), "volt"),
            "theta": (si(self.theta_0, "volt", self._who("theta_0")), "volt"),
        }

    def cell_model(self, soma: str = "", dendrite: str = "") -> str:
        """Equations for Brian2; `soma` and `dendrite` are additional terms of the currents, in amperes."""
        v: str = self.dend_driving_force.value
        if self.teacher is not None:
            dendrite += " + taught_current"
        return "\n".join(
            [
                f"dv_s/dt = (E_L - v_s + g_se*(E_E - v_s) + g_si*(E_I - v_s))/tau_s + (b_s*w_s + I_s{soma})/C_s : volt",
                f"dv_d/dt = (E_L - v_d + g_de*(E_E - {v}) + g_di*(E_I - {v}))/tau_d + (I_d - a_d*w_d{dendrite})/C_d : volt",
                "dw_s/dt = -w_s/tau_ws : 1",
                "dw_d/dt = (v_d - E_L - w_d)/tau_wd : volt",
                "dtheta/dt = (theta_0 - theta)/tau_theta : volt",
                "plateau = 1/(1 + exp(-(v_d - E_d)/D_d)) : 1",
                *(f"d{g}/dt = -{g}/{tau} : 1" for g, tau in _CONDUCTANCES.items()),
            ]
        )


_CONDUCTANCES = {"g_se": "tau_exc", "g_de": "tau_exc", "g_si": "tau_inh", "g_di": "tau_inh"}
