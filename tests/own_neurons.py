"""Neurons as a user writes them: each kind of parameter and state, and each part of the language, occurs in one of them."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.neurons import (
    Bias,
    Decay,
    Fraction,
    Level,
    PerLevel,
    StepNeuron,
    Steps,
    SynapticDecay,
    Whole,
)


@dataclass(frozen=True, kw_only=True)
class Quadratic(StepNeuron):
    """Two variables with a square, as those of Izhikevich (2003)."""

    h: Fraction
    k: PerLevel
    base: Bias
    rate: Fraction
    b: Fraction
    v_peak: Level
    v_reset: Level
    w_jump: Level
    states = {"v": "level", "w": "level"}
    step = """
        v = v + h * ((k * v) * v - w + base) + a
        w = w + rate * (b * v - w)
        spike = v >= v_peak
        if spike:
            v = v_reset
            w += w_jump
    """


@dataclass(frozen=True, kw_only=True)
class TwoSynapses(StepNeuron):
    """Excitation and inhibition with time constants of their own, and a refractory time."""

    tau_e: SynapticDecay
    tau_i: SynapticDecay
    tau_m: Decay
    v_th: Level
    refractory: Steps
    states = {"exc": "current", "inh": "current", "v": "level", "held": "whole"}
    inputs = {"excitatory": "a_e", "inhibitory": "a_i"}
    step = """
        exc = decay(exc, tau_e) + (a_e if run_step >= min(0, abs(-2)) else 0)
        inh = decay(inh, tau_i) + a_i
        if held > 0:
            held -= 1
        else:
            v = decay(v, tau_m) + exc - inh
        spike = held == 0 and v > v_th
        if spike:
            v = 0
            held = refractory
    """


@dataclass(frozen=True, kw_only=True)
class Noisy(StepNeuron):
    """Spikes at random, with a probability that rises with its voltage; counts, and sends its count every few steps."""

    tau: Decay
    slope: PerLevel
    every: Whole
    most: Whole
    states = {"v": "level", "mean": "fraction", "count": "whole", "on": "flag", "peak": "wide", "clock": "whole"}
    sends = {"report": ("told", "count")}
    step = """
        v = decay(v, tau) + a
        peak = max(peak, abs(v))
        spike = chance(draw) < min(max(floor(slope * v, 7), 0), 1)
        mean = mean + 0.125 * (int(spike) - mean)
        count += where(spike, 1 + low_bits(draw, 8, most), 0)
        told = (step + 1) % every == 0 and count > 0
        on = not on if told else on or sign(v) < 0
        turn = (count - 5) % every
        bits = turn
        bits = 1
        clock = (on + on) * bits + turn
        if peak > (v if on else abs(v) + peak * 0.5) and max(turn, 2) > 1:
            clock = step
    """
    after = "if told:\n    count = 0"
