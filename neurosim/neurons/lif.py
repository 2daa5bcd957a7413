"""Leaky integrate-and-fire neurons with a reset value: plain, with refractory time, and with adaptive threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from neurosim.checks.grid import completed
from neurosim.errors import NetworkError, UnsupportedError, shown
from neurosim.neurons.base import Equations, Neuron, StepDecay, check_tau, check_time, decay_of, level, level_unit, tau_of
from neurosim.neurons.lif_steps import ADAPTIVE_STEP, LIF_STEP, REFRACTORY_STEP
from neurosim.neurons.step_form import ProgramNeuron, Reading, steps_of_decay
from neurosim.step_language.declaration import Declaration
from neurosim.units import FloatArray, IntArray, si


@dataclass(frozen=True, kw_only=True)
class LIF(Neuron):
    r"""Leaky integrate-and-fire neuron with an optional exponential synaptic current.

    .. math::
        \tau_m \dot v = v_{rest} - v + g + bias, \qquad \tau_{syn} \dot g = -g

    A presynaptic spike adds its weight to ``g``, or directly to ``v`` if `tau_syn` is None. If ``v > v_th``, the neuron spikes,
    and ``v = v_reset``.

    Parameters
    ----------
    tau_m : time or per_step(factor)
        Membrane time constant.
    v_th : volt or plain number
        Threshold. All levels and the weights have the same unit.
    v_rest, v_reset : unit of v_th
        Resting value; reset value after a spike (the resting value by default).
    bias : unit of v_th
        Constant drive, as the distance from rest at which v settles. With ``tau_m = per_step(a)``, the increase of v in each
        step.
    tau_syn : time, per_step(factor), mapping of receptor to these, or None
        Time constant of the synaptic current. With a mapping, the neuron has several receptors, each with a current of its
        own.

    Notes
    -----
    Lapicque (1907); the current-based form of Brette et al. (2007), doi:10.1007/s10827-007-0038-6.

    The difference form scales weights so that they have the same effect as in continuous time. With `tau_syn`, the factor is
    ``(tau_syn/dt)(1 - e^{-dt/tau_syn})(1 - e^{-dt/tau_m})``, which preserves the mean voltage under a spike train. Without
    `tau_syn`, the factor is ``e^{-dt/tau_m}``, the part of a jump that is left when the next step tests the threshold.
    With ``tau_m = per_step(a)``, the neuron is defined by the difference equation ``v <- a v + w + bias``; continuous time then
    scales a jump by ``1/a``.
    """

    paper: ClassVar[str] = "Brette et al. 2007, doi:10.1007/s10827-007-0038-6"
    drive: ClassVar[str | None] = "bias"
    declaration: ClassVar[Declaration] = LIF_STEP
    levels: ClassVar[tuple[str, ...]] = ("v_th", "v_rest", "bias")

    tau_m: Any
    v_th: Any
    v_rest: Any = 0.0
    v_reset: Any = None
    bias: Any = 0.0
    tau_syn: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = type(self).__name__
        check_tau(self.tau_m, f"{kind}.tau_m")
        for receptor, tau in self._receptor_taus().items():
            check_tau(tau, f"{kind}.tau_syn[{receptor!r}]")
        names = self.levels if self.v_reset is None else (*self.levels, "v_reset")
        level_unit(self, names)
        if np.any(level(self.v_th) <= self._reset_level()):
            given = self.v_rest if self.v_reset is None else self.v_reset
            raise NetworkError(
                f"{kind}: v_th = {shown(self.v_th)} must be above v_reset = {shown(given)}; "
                "otherwise the neuron spikes without input."
            )

    def _receptor_taus(self) -> dict[str, Any]:
        if self.tau_syn is None:
            return {}
        return dict(self.tau_syn) if isinstance(self.tau_syn, Mapping) else {"default": self.tau_syn}

    def _reset_level(self) -> FloatArray:
        return level(self.v_rest if self.v_reset is None else self.v_reset)

    def _values_of_neurons(self) -> Iterator[tuple[str, Any]]:
        yield from super()._values_of_neurons()
        yield from ((f"tau_syn[{receptor!r}]", tau) for receptor, tau in self._receptor_taus().items())

    @property
    def drive_unit(self) -> str:
        return self.unit

    @property
    def unit(self) -> str:
        """Unit of the levels and the weights: "volt" or "1"."""
        return level_unit(self, ("v_th",))

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {receptor: self.unit for receptor in self._receptor_taus() or ("default",)}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", *self._currents().values())

    def variable_unit(self, variable: str) -> str:
        return self.unit

    def _currents(self) -> dict[str, str]:
        """Current variable of each receptor; a single default receptor has the variable "g"."""
        taus = self._receptor_taus()
        return {r: "g" if set(taus) == {"default"} else f"g_{r}" for r in taus}

    def _parameters(self, dt: float) -> dict[str, tuple[Any, str]]:
        tau_m = tau_of(self.tau_m, dt)
        levels = {name: (level(getattr(self, name)), self.unit) for name in self.levels}
        given = self._tau_by_current()
        taus = {f"tau_{g}": (_apart(tau_of(tau, dt), tau_m), "second") for g, tau in given.items()}
        return {"tau_m": (tau_m, "second"), "v_reset": (self._reset_level(), self.unit)} | levels | taus | self._slope(dt)

    def _slope(self, dt: float) -> dict[str, tuple[Any, str]]:
        """Slope with which v increases by the bias in each step of `dt` seconds, for a decay that is given per step."""
        if not isinstance(self.tau_m, StepDecay) or not np.any(level(self.bias)):
            return {}
        kept = self.tau_m.kept
        # After a step, a constant slope has changed v by slope * tau * (1 - kept).
        seconds = dt if kept == 1 else -dt / np.log(kept) * (1 - kept)
        return {"bias_slope": (level(self.bias) / seconds, f"{self.unit}/second")}

    def _tau_by_current(self) -> dict[str, Any]:
        taus = self._receptor_taus()
        return {g: taus[r] for r, g in self._currents().items()}

    def equations(self, dt: float) -> Equations:
        currents = self._currents()
        # Terms that are zero are left out, because Brian2 would compute them in every step.
        parameters = self._parameters(dt)
        sloped = "bias_slope" in parameters
        levels = ("v_rest",) if sloped else ("v_rest", "bias")
        terms = [name for name in levels if np.any(level(getattr(self, name)))]
        leak = f"({' + '.join([*terms, *currents.values()])} - v)/tau_m"
        without_leak = sloped and self.tau_m.kept == 1
        slope = "bias_slope" if without_leak else f"{leak} + bias_slope" if sloped else leak
        lines = [f"dv/dt = {slope} : {self.unit}"]
        lines += [f"d{g}/dt = -{g}/{_tau_symbol(g, parameters)} : {self.unit}" for g in currents.values()]
        return Equations(
            model="\n".join(lines),
            threshold="v > v_th",
            reset="v = v_reset",
            parameters=parameters,
            receptors=currents or {"default": "v"},
            weight_scale=1.0 if currents or not isinstance(self.tau_m, StepDecay) else 1 / self.tau_m.kept,
            initial={"v": (level(self.v_rest), self.unit)},
            # Both methods are exact; "exact" cannot solve an equation that has only a slope.
            method="exponential_euler" if without_leak else "exact",
        )

    def step_form(self, dt: float) -> ProgramNeuron:
        taus = self._receptor_taus()
        if len(taus) > 1:
            raise UnsupportedError(
                f"{type(self).__name__} with receptors {', '.join(taus)}: the difference form has one synaptic current; "
                "give one tau_syn."
            )
        kept_v = decay_of(self.tau_m, dt)
        kept_u = decay_of(next(iter(taus.values())), dt) if taus else np.zeros(())
        gain = self._gain(kept_u, kept_v) if taus else self._jump_gain(kept_v)
        receptor = next(iter(self.weight_units))
        values = {
            "bias": level(self.bias) * (1 if isinstance(self.tau_m, StepDecay) else 1 - kept_v),
            # Through the decay, whose rounding is that of Lava's neurons.
            "tau_syn": 1 - (1 - kept_u),
            "tau_m": 1 - (1 - kept_v),
            "v_th": level(self.v_th) - level(self.v_rest),
            "v_reset": self._reset_level() - level(self.v_rest),
            **self._further(dt),
        }
        return ProgramNeuron(
            declaration=replace(self.declaration, inputs={receptor: ("a", "input")}),
            values={name: np.asarray(values[name], np.float64) for name in self.declaration.parameters},
            gains={receptor: gain},
            threshold=values["v_th"],
            readings={
                "v": Reading("v", offset=level(self.v_rest)),
                **{name: Reading("u", np.asarray(1 / gain)) for name in self._currents().values()},
            },
        )

    def _further(self, dt: float) -> dict[str, FloatArray]:
        """Parameters of the step besides those of a soma."""
        return {}

    def _jump_gain(self, kept_v: FloatArray) -> FloatArray:
        return np.ones(()) if isinstance(self.tau_m, StepDecay) else kept_v

    def _gain(self, kept_u: FloatArray, kept_v: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            gain = np.asarray(steps_of_decay(kept_u) * (1 - kept_u) * (1 - kept_v))
        if not np.all(np.isfinite(gain) & (gain > 0)):
            raise NetworkError(
                f"{type(self).__name__}: tau_m = {shown(self.tau_m)} with tau_syn = {shown(self.tau_syn)} "
                "makes weights ineffective in the difference form; with a synaptic current, both must keep a factor above 0 "
                "and below 1 in a step."
            )
        return gain


def _same_tau(tau: FloatArray, tau_m: FloatArray) -> Any:
    return np.isclose(tau, tau_m, rtol=1e-6, atol=0)


def _tau_symbol(current: str, parameters: Mapping[str, tuple[Any, str]]) -> str:
    """Name of the current's time constant, or of the membrane's if both are equal, so that Brian2 can solve this case."""
    own = f"tau_{current}"
    return "tau_m" if np.all(_same_tau(parameters[own][0], parameters["tau_m"][0])) else own


def _apart(tau: FloatArray, tau_m: FloatArray) -> FloatArray:
    """`tau`, changed slightly where it equals `tau_m` in some neurons only: Brian2's solution divides by the difference."""
    same = _same_tau(tau, tau_m)
    return tau if np.all(same) else np.where(same, tau_m * (1 + 2e-6), tau)


@dataclass(frozen=True, kw_only=True)
class RefractoryLIF(LIF):
    """LIF neuron whose voltage is held at reset for the time `refractory` after a spike; its synaptic current continues.

    Parameters
    ----------
    refractory : time
        Refractory time. As in Brian2, the shortest interval between two spikes is the number of whole steps that fit into
        this time.
    """

    declaration: ClassVar[Declaration] = REFRACTORY_STEP
    refractory: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        check_time(self.refractory, "RefractoryLIF.refractory")

    def equations(self, dt: float) -> Equations:
        base = super().equations(dt)
        held = base.model.replace(f" : {self.unit}", f" : {self.unit} (unless refractory)", 1)
        return replace(base, model=held, refractory=si(self.refractory, "second", "refractory"))

    def _further(self, dt: float) -> dict[str, FloatArray]:
        refractory = si(self.refractory, "second", "refractory")
        if refractory.ndim:
            raise UnsupportedError("RefractoryLIF: the difference form has one refractory time for all neurons; give one.")
        return {"refractory": np.asarray(max(int(completed(refractory, dt)) - 1, 0), np.float64)}

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        refractory = si(self.refractory, "second", "refractory")
        return {"refractory": (refractory, completed(refractory, dt))}


@dataclass(frozen=True, kw_only=True)
class AdaptiveLIF(LIF):
    r"""LIF neuron with an adaptive threshold: :math:`v > v_{th} + \theta`, :math:`\tau_\theta \dot\theta = -\theta`.

    Parameters
    ----------
    tau_theta : time or per_step(factor)
        Time constant with which the threshold returns to v_th.
    theta_jump : unit of v_th
        Increase of the threshold at each spike.

    Notes
    -----
    Bellec et al. (2018), arXiv:1803.09574.
    """

    paper: ClassVar[str] = "Bellec et al. 2018, arXiv:1803.09574"
    declaration: ClassVar[Declaration] = ADAPTIVE_STEP
    levels: ClassVar[tuple[str, ...]] = ("v_th", "v_rest", "bias", "theta_jump")
    tau_theta: Any
    theta_jump: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tau(self.tau_theta, "AdaptiveLIF.tau_theta")

    @property
    def variables(self) -> tuple[str, ...]:
        return (*super().variables, "theta")

    def equations(self, dt: float) -> Equations:
        base = super().equations(dt)
        return replace(
            base,
            model=f"{base.model}\ndtheta/dt = -theta/tau_theta : {self.unit}",
            threshold="v > v_th + theta",
            reset="v = v_reset; theta += theta_jump",
            parameters={**base.parameters, "tau_theta": (tau_of(self.tau_theta, dt), "second")},
        )

    def _further(self, dt: float) -> dict[str, FloatArray]:
        return {"tau_theta": 1 - (1 - decay_of(self.tau_theta, dt)), "theta_jump": level(self.theta_jump)}
