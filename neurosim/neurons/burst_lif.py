"""Burst neuron for integer arithmetic: two compartments, bursts of two spikes, and burst-dependent plasticity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from neurosim.arrays import shape_of, whole_number
from neurosim.checks.described import Described
from neurosim.checks.grid import nearest
from neurosim.errors import NetworkError, UnsupportedError, shown
from neurosim.neurons.base import Equations, Neuron, check_tau, check_time, decay_of, zero_or_si
from neurosim.neurons.lif_steps import ADAPTATION, BODY, INTEGRATE, LABELS, SOMA
from neurosim.neurons.step_form import ProgramNeuron, Reading, Supply, steps_of_decay
from neurosim.plasticity.literals import milliseconds, millivolts
from neurosim.step_language.declaration import Channel, Declaration, Membrane, Reach
from neurosim.step_language.kinds import GRID_BITS
from neurosim.units import FloatArray, IntArray, si

BURST_STEP = Declaration(
    "BurstLIF",
    {
        **SOMA, "refractory": "held", **ADAPTATION, "middle": "probability", "start": "fraction",
        "tau_syn_d": "current_decay", "tau_d": "decay", "bias_d": "bias", "slope": "per_level",
        "delay": "whole", "spread": "whole", "share": "fraction",
    },
    {
        "u": "current", "v": "wide", "u_d": "current", "v_d": "level", "theta": "wide", "drift": "fraction",
        "held": "whole", "due": "whole",
    },
    INTEGRATE.replace("decay(v, tau_m) + u + bias", "saturate(decay(v, tau_m) + u + bias)") + """
u_d = decay(u_d, tau_syn_d) + a_d
v_d = decay(v_d, tau_d) + u_d + bias_d
theta = decay(theta, tau_theta)
v = v - theta
burst = due == 1
due = max(due - 1, 0)
event = held == 0 and v > v_th
spike = event or burst
held = refractory if spike else max(held - 1, 0)
if event:
    v = 0
    theta += theta_jump
    if chance(draw) < probability(middle + floor(slope * v_d, 7)):
        due = delay + low_bits(draw, 8, spread)
""",
    inputs={"default": ("a", "input"), "dendrite": ("a_d", "input")},
    channels={"spike": Channel("spike"), "event": Channel("event"), "burst": Channel("burst")},
    factors={"event": "int(event)", "burst": "int(burst)", "burst_probability": "start + drift if event else 0"},
    after="""
if event:
    drift -= floor((start + drift) * share)
if burst:
    drift += share
""",
    marked="burst",
    apart={"dendrite": ("u_d", "v_d", "tau_syn_d", "tau_d", "bias_d", "slope")},
    labels={
        **LABELS, "middle": "p_mid", "start": "baseline", "tau_syn_d": "du of the dendrite", "tau_d": "dv of the dendrite",
        "bias_d": "bias of the dendrite",
    },
    reach=Reach((BODY, Membrane("a_d", "tau_syn_d", "tau_d", "bias_d")), adapts=True, lowered=True),
)  # fmt: skip


@dataclass(frozen=True)
class SteadyBaseline(Described):
    """Burst baseline P that stays at `p`, a probability from 0 to 1.

    Parameters
    ----------
    p : float
        Probability of a burst at which nothing is learned, from 0 to 1.
    """

    p: float = 0.5
    k: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_probability(self.p, "SteadyBaseline.p")


@dataclass(frozen=True)
class EventBaseline(Described):
    """Burst baseline P that follows the fraction of events that become bursts.

    At an event, P decreases by the fraction 2^-k of its value; at a burst, P increases by 2^-k.

    Parameters
    ----------
    k : int
        Exponent of the averaging: P averages over about 2^k events; 1 to 12.
    p : float
        P at the start of a sample.

    Notes
    -----
    P has the same fixed point as the ratio of two rates (Payeur et al. 2021), but needs no division. With an event rate E, it
    averages over about 2^k / E seconds.
    """

    k: int = 4
    p: float = 0.5

    def __post_init__(self) -> None:
        _check_probability(self.p, "EventBaseline.p")
        whole_number(self.k, "EventBaseline.k", 1, GRID_BITS)


@dataclass(frozen=True, kw_only=True)
class BurstLIF(Neuron):
    r"""Burst neuron with an LIF soma and a dendrite; the dendrite sets the probability that a spike becomes a burst of two.

    .. math::
        \tau_s \dot v = -v + g + bias - a, \quad \tau_d \dot v_d = -v_d + g_d + bias_d, \quad \tau_a \dot a = -a,
        \quad p = \mathrm{clip}(p_{mid} + v_d / p_{span}, 0, 1)

    * An event is a somatic spike. It occurs if ``v > v_th`` and no spike occurred within `refractory`. Then ``v = 0``, and a
      rises by `jump`.
    * With the current probability p, a second spike follows after `burst_delay` to `burst_delay` + `burst_jitter`; each whole
      step in this range has the same probability. The second spike resets nothing, but counts as a spike for `refractory`.

    The channels are "spike", "event" and "burst": an event is sent on "spike" and "event", and a second spike on "spike" and
    "burst". In a recording, an event has the payload 1 and a second spike the payload 2.

    Parameters
    ----------
    tau_s, tau_d, tau_syn, tau_a : time or per_step(factor)
        Time constants of the soma, the dendrite, the synaptic currents of both, and the adaptation.
    v_th : volt
        Threshold above rest, which is 0.
    jump : volt
        Increase of the adaptation a at an event.
    refractory : time
        Time after any spike in which no event can occur; more than `burst_delay` + `burst_jitter`.
    p_mid : float
        Burst probability if the dendrite is at rest.
    p_span : volt
        Increase of v_d over which the burst probability rises by 1.
    burst_delay, burst_jitter : time
        Shortest time from an event to its second spike, and width of the random part; rounded to whole steps.
    bias, bias_d : volt
        Constant drive of soma and dendrite, as the voltage at which they settle: the current times tau / C.
    baseline : SteadyBaseline or EventBaseline
        Definition of the modulator "burst_probability", with which plasticity rules compare bursts.

    Notes
    -----
    Receptors: "default" (soma) and "dendrite". Modulator: "burst_probability", the value of P from before an event, which the
    neuron sends to its synapses at that event. Random numbers are a function of the seed of the network, the name of the
    population, the step of the run and the neuron; they are the same in every execution. In Brian2 the neuron runs with
    ``integration="step"``, not in continuous time.

    The model is the cell of the XOR task of Payeur, Guerguiev, Zenke, Richards, Naud (2021), doi:10.1038/s41593-021-00857-x,
    with currents in place of conductances, a fixed threshold, and a straight line in place of the sigmoid. The defaults follow
    that cell: `jump` is 200 pA * 16 ms / 370 pF.
    """

    paper: ClassVar[str] = "Payeur et al. 2021, doi:10.1038/s41593-021-00857-x"
    channels: ClassVar[tuple[str, ...]] = ("spike", "event", "burst")
    modulators: ClassVar[tuple[str, ...]] = ("burst_probability",)
    drive: ClassVar[str | None] = "bias"

    tau_s: Any = milliseconds(16)
    tau_d: Any = milliseconds(7)
    tau_syn: Any = milliseconds(5)
    tau_a: Any = milliseconds(100)
    v_th: Any = millivolts(20)
    jump: Any = millivolts(8.65)
    refractory: Any = milliseconds(20)
    p_mid: float = 0.5
    p_span: Any = millivolts(32)
    burst_delay: Any = milliseconds(5)
    burst_jitter: Any = milliseconds(7)
    bias: Any = 0.0
    bias_d: Any = 0.0
    baseline: SteadyBaseline | EventBaseline = field(default_factory=EventBaseline)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("tau_s", "tau_d", "tau_syn", "tau_a"):
            check_tau(getattr(self, name), f"BurstLIF.{name}")
        for name, fits, expected in (
            ("v_th", self._volts("v_th") > 0, "above 0"),
            ("p_span", self._volts("p_span") > 0, "above 0"),
            ("jump", self._volts("jump") >= 0, "of 0 or more"),
            ("bias", True, "that is finite"),
            ("bias_d", True, "that is finite"),
        ):
            if not (np.all(fits) and np.all(np.isfinite(self._volts(name)))):
                raise NetworkError(f"BurstLIF.{name} = {shown(getattr(self, name))}; expected a voltage {expected}.")
        for name in ("refractory", "burst_delay", "burst_jitter"):
            check_time(getattr(self, name), f"BurstLIF.{name}")
        for name in ("p_span", "refractory", "burst_delay", "burst_jitter"):
            if shape_of(getattr(self, name)):
                raise NetworkError(f"BurstLIF.{name} = {shown(getattr(self, name))}; expected one value for all neurons.")
        _check_probability(self.p_mid, "BurstLIF.p_mid")
        self._check_order()

    def _check_order(self) -> None:
        longest = self._seconds("burst_delay") + self._seconds("burst_jitter")
        if not self._seconds("refractory") > longest:
            raise NetworkError(
                f"BurstLIF.refractory = {shown(self.refractory)}: a second spike follows up to {longest:g} s after an event, "
                "and no event may occur before it; make refractory longer, or burst_delay and burst_jitter shorter."
            )

    def _volts(self, name: str) -> FloatArray:
        """Parameter `name` as a voltage in SI; zero needs no unit."""
        return zero_or_si(getattr(self, name), "volt", f"BurstLIF.{name}")

    def _seconds(self, name: str) -> float:
        return float(si(getattr(self, name), "second", f"BurstLIF.{name}"))

    @property
    def drive_unit(self) -> str:
        return "volt"

    @property
    def weight_units(self) -> Mapping[str, str]:
        return {"default": "volt", "dendrite": "volt"}

    @property
    def variables(self) -> tuple[str, ...]:
        return ("v", "g", "v_d", "g_d", "adaptation", "baseline")

    def state_unit(self, variable: str) -> str:
        return self.variable_unit(variable)

    def variable_unit(self, variable: str) -> str:
        return "1" if variable == "baseline" else "volt"

    def equations(self, dt: float) -> Equations:
        raise UnsupportedError(
            "BurstLIF counts steps and draws random numbers in whole steps, and has no form in continuous time; run it with "
            "integration='step', on the emulator or in Lava (emulate_network, deploy), or use a biophysical burst neuron."
        )

    def whole_times(self, dt: float) -> Mapping[str, tuple[FloatArray, IntArray]]:
        times = {name: np.asarray(self._seconds(name)) for name in ("burst_delay", "burst_jitter", "refractory")}
        return {name: (seconds, nearest(seconds, dt)) for name, seconds in times.items()}

    def _steps(self, dt: float) -> tuple[int, int, int]:
        """Delay, jitter and refractory time in steps."""
        delay, spread, refractory = (int(steps) for _, steps in self.whole_times(dt).values())
        if delay < 1 or delay + spread >= refractory:
            raise UnsupportedError(
                f"BurstLIF with a step of {dt:g} s: burst_delay is {delay} steps, burst_jitter {spread} and refractory "
                f"{refractory}; expected a delay of one or more, and a refractory time longer than both. Shorten dt."
            )
        return delay, spread, refractory

    def step_form(self, dt: float) -> ProgramNeuron:
        soma, dendrite, current = (decay_of(tau, dt) for tau in (self.tau_s, self.tau_d, self.tau_syn))
        delay, spread, refractory = self._steps(dt)
        share = 2.0**-self.baseline.k if self.baseline.k else 0.0
        gain, gain_d = _gain(current, soma), _gain(current, dendrite)
        values = {
            "bias": self._volts("bias") * (1 - soma),
            "tau_syn": 1 - (1 - current),
            "tau_m": 1 - (1 - soma),
            "v_th": self._volts("v_th"),
            "refractory": refractory - 1,
            "tau_theta": 1 - (1 - decay_of(self.tau_a, dt)),
            "theta_jump": self._volts("jump") * (1 - soma),
            "middle": self.p_mid,
            "start": self.baseline.p,
            "tau_syn_d": 1 - (1 - current),
            "tau_d": 1 - (1 - dendrite),
            "bias_d": self._volts("bias_d") * (1 - dendrite),
            "slope": float(1 / self._volts("p_span")),
            "delay": delay,
            "spread": spread,
            "share": share,
        }
        return ProgramNeuron(
            declaration=BURST_STEP,
            values={name: np.asarray(value, np.float64) for name, value in values.items()},
            gains={"default": gain, "dendrite": gain_d},
            threshold=self._volts("v_th"),
            readings={
                "g": Reading("u", np.asarray(1 / gain)),
                "g_d": Reading("u_d", np.asarray(1 / gain_d)),
                "adaptation": Reading("theta", np.asarray(1 / (1 - soma))),
                "baseline": Reading("drift", added="start"),
            },
            sends={
                "event": Supply(signed=False, channel="event"),
                "burst": Supply(signed=False, channel="burst"),
                "burst_probability": Supply(signed=False, channel="event"),
            },
        )


def _gain(current: FloatArray, membrane: FloatArray) -> FloatArray:
    """Weight factor that keeps the mean voltage under a spike train as in continuous time; the same as in `LIF`."""
    with np.errstate(invalid="ignore"):
        gain = np.asarray(steps_of_decay(current) * (1 - current) * (1 - membrane))
    if not np.all(np.isfinite(gain) & (gain > 0)):
        raise NetworkError("BurstLIF: tau_syn, tau_s and tau_d must keep a factor above 0 and below 1 in a step.")
    return gain


def _check_probability(value: float, who: str) -> None:
    if not 0 <= value <= 1:
        raise NetworkError(f"{who} = {value!r}; expected a probability from 0 to 1.")
