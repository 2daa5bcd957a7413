"""The steps of the neurons of a program, and their parameters by the names of those."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from neurosim.neurons.burst_step import BASELINE_BITS, PROBABILITY_BITS, Burst, FixedBurst
from neurosim.neurons.step_form import Desire, Dynamics, StepNeuron
from neurosim.program.fixed import ALIGN_SHIFT, DECAY_UNIT, FixedNeuron
from neurosim.step_language.declaration import Channel, Declaration

_SOMA = {"tau_syn": "current_decay", "tau_m": "decay", "bias": "bias", "v_th": "level", "v_reset": "level"}
_MEMBRANE = {"u": "current", "v": "level"}
_INTEGRATE = """
u = decay(u, tau_syn) + a
v = decay(v, tau_m) + u + bias
"""
_FIRE = """
spike = v > v_th
if spike:
    v = v_reset
"""

DECLARATIONS: Mapping[Dynamics, Declaration] = {
    Dynamics.LIF: Declaration("LIF", _SOMA, _MEMBRANE, _INTEGRATE + _FIRE),
    Dynamics.SOFT_RESET_LIF: Declaration(
        "SoftResetLIF",
        _SOMA,
        _MEMBRANE,
        _INTEGRATE + """
spike = v >= v_th
if spike:
    v = v - v_th
""",
    ),
    Dynamics.REFRACTORY_LIF: Declaration(
        "RefractoryLIF",
        {**_SOMA, "refractory": "whole"},
        {**_MEMBRANE, "held": "whole"},
        _INTEGRATE + """
spike = held == 0 and v > v_th
if spike or held > 0:
    v = v_reset
held = refractory if spike else max(held - 1, 0)
""",
    ),
    Dynamics.ADAPTIVE_LIF: Declaration(
        "AdaptiveLIF",
        {**_SOMA, "tau_theta": "decay", "theta_jump": "level"},
        {**_MEMBRANE, "theta": "wide"},
        _INTEGRATE + """
theta = decay(theta, tau_theta)
spike = v > v_th + theta
if spike:
    v = v_reset
    theta += theta_jump
""",
    ),
    Dynamics.LIF_RESET: Declaration(
        "LIFReset",
        {**_SOMA, "interval": "whole", "offset": "whole"},
        _MEMBRANE,
        """
if (step + 1) % interval == offset:
    u = 0
    v = 0
""" + _INTEGRATE + _FIRE,
    ),
    Dynamics.DESIRE_LIF: Declaration(
        "DesireLIF",
        {
            **_SOMA,
            **{name: "whole" for name in ("period", "steps", "tell", "commit", "wanted", "is_output", "most")},
            "enough": "fraction",
        },
        {**_MEMBRANE, "count": "whole", "label": "flag", "desire": "whole"},
        """
phase = step % period
shown = phase >= 1 and phase <= steps
if not shown:
    u = 0
    v = 0
u = decay(u, tau_syn) + where(shown, a, 0)
v = decay(v, tau_m) + u + bias
spike = v >= v_th
if spike:
    v = v - v_th
if shown:
    count += int(spike)
    label = label or (is_output == 1 and b != 0)
passed = 0
if phase == tell:
    if is_output == 1:
        desire = where(label, int(wanted - count > enough), 0 - int(count > enough))
    else:
        desire = where(abs(b) >= enough and b != 0 and not (b > 0 and count >= most), sign(b), 0)
    passed = desire * abs(where(desire > 0, wanted, 0) - count)
""",
        inputs={"default": ("a", "input"), "other": ("b", "counts")},
        channels={"spike": Channel("spike"), "desire": Channel("passed != 0", "passed")},
        factors={
            "desire": "desire if phase == commit else 0",
            "sample_end": "int(phase == commit)",
            "sample_over": "int(phase == commit + 1)",
        },
        after="""
if phase == commit or phase == commit + 1:
    count = 0
    label = False
    desire = 0
""",
    ),
    Dynamics.BURST_LIF: Declaration(
        "BurstLIF",
        {
            **_SOMA,
            "tau_theta": "decay",
            "theta_jump": "level",
            "refractory": "whole",
            "tau_syn_d": "current_decay",
            "tau_d": "decay",
            "bias_d": "bias",
            "middle": "fraction",
            "slope": "per_level",
            "top": "fraction",
            "delay": "whole",
            "spread": "whole",
            "start": "fraction",
            "share": "fraction",
            "rise": "fraction",
        },
        {
            "u": "current", "v": "wide", "u_d": "current", "v_d": "level", "theta": "wide", "drift": "fraction",
            "held": "whole", "due": "whole",
        },  # fmt: skip
        """
u = decay(u, tau_syn) + a
v = saturate(decay(v, tau_m) + u + bias)
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
    if chance(draw) < min(max(middle + floor(slope * v_d, 7), 0), top):
        due = delay + low_bits(draw, 8, spread)
""",
        inputs={"default": ("a", "input"), "dendrite": ("a_d", "input")},
        channels={"spike": Channel("spike"), "event": Channel("event"), "burst": Channel("burst")},
        factors={"event": "int(event)", "burst": "int(burst)", "burst_probability": "start + drift if event else 0"},
        after="""
if event:
    drift -= floor((start + drift) * share)
if burst:
    drift += rise
""",
        marked="burst",
    ),
}  # fmt: skip
"""Dynamics -> its step. u and v of a soma come in the states, "held" counts the refractory steps that are left."""

def declaration_of(neuron: StepNeuron | FixedNeuron) -> Declaration:
    """The step of a neuron of a program, with its receptors by their names."""
    if neuron.own is not None:
        return neuron.own.declaration
    return _with_receptors(neuron.dynamics, neuron.receptors)


@functools.cache
def _with_receptors(dynamics: Dynamics, receptors: tuple[str, ...]) -> Declaration:
    """A receptor that a neuron does not have keeps its name: nothing ends there."""
    declaration = DECLARATIONS[dynamics]
    names = [*receptors, *list(declaration.inputs)[len(receptors) :]]
    return replace(declaration, inputs=dict(zip(names, declaration.inputs.values(), strict=True)))


def parameters_of(neuron: StepNeuron | FixedNeuron) -> Mapping[str, Any]:
    """Parameters of a neuron of a program, by the names of its step."""
    return numbers(neuron) if neuron.own is None else neuron.own.values


def seed_of(neuron: StepNeuron | FixedNeuron) -> int:
    """Seed of the random numbers of a population; 0 if it draws none."""
    return next((part.seed for part in (neuron.burst, neuron.own) if part is not None), 0)


@singledispatch
def numbers(neuron: Any) -> dict[str, Any]:
    """Parameters of a neuron of a program, by the names of its declaration; a decay as the factor that is kept."""
    raise TypeError(type(neuron))


@numbers.register
def _(neuron: StepNeuron) -> dict[str, Any]:
    return {
        "tau_syn": 1 - neuron.du,
        "tau_m": 1 - neuron.dv,
        "bias": neuron.bias,
        "v_th": neuron.v_th,
        "v_reset": neuron.v_reset,
        "tau_theta": 1 - neuron.dtheta,
        "theta_jump": neuron.theta_jump,
        **_shared(neuron),
        **_bursts(neuron.burst),
    }


@numbers.register
def _(neuron: FixedNeuron) -> dict[str, Any]:
    unit, align = float(DECAY_UNIT), float(1 << ALIGN_SHIFT)
    return {
        "tau_syn": (unit - (np.asarray(neuron.du) + 1.0)) / unit,
        "tau_m": (unit - np.asarray(neuron.dv)) / unit,
        "bias": neuron.bias.astype(np.float64),
        "v_th": np.asarray(neuron.v_th) * align,
        "v_reset": 0.0,
        "tau_theta": (unit - np.asarray(neuron.dtheta)) / unit,
        "theta_jump": np.asarray(neuron.theta_jump) * align,
        **_shared(neuron),
        **_bursts(neuron.burst),
    }


def _shared(neuron: StepNeuron | FixedNeuron) -> dict[str, Any]:
    interval = max(neuron.reset_interval, 1)
    schedule = {"interval": interval, "offset": neuron.reset_offset % interval}
    return {"refractory": neuron.refractory, **schedule, **_phases(neuron.desire)}


def _phases(desire: Desire | None) -> dict[str, Any]:
    if desire is None:
        return {}
    return {
        "period": desire.period,
        "steps": desire.steps,
        "tell": desire.tell,
        "commit": desire.commit,
        "wanted": desire.denominator,
        "is_output": int(desire.above == 0),
        "most": desire.most,
        "enough": desire.threshold,
    }


@singledispatch
def _bursts(burst: Any) -> dict[str, Any]:
    return {}


@_bursts.register
def _(burst: Burst) -> dict[str, Any]:
    share = 2.0**-burst.average if burst.average else 0.0
    return {
        "tau_syn_d": 1 - np.asarray(burst.du),
        "tau_d": 1 - np.asarray(burst.dv),
        "bias_d": burst.bias,
        "middle": burst.middle,
        "slope": burst.slope,
        "top": np.inf,
        "start": burst.start,
        "share": share,
        "rise": share,
        "delay": burst.delay,
        "spread": burst.spread,
    }


@_bursts.register
def _(burst: FixedBurst) -> dict[str, Any]:
    unit, whole, places = float(DECAY_UNIT), float(1 << PROBABILITY_BITS), float(1 << BASELINE_BITS)
    share = 2.0**-burst.average if burst.average else 0.0
    return {
        "tau_syn_d": (unit - (np.asarray(burst.du) + 1.0)) / unit,
        "tau_d": (unit - np.asarray(burst.dv)) / unit,
        "bias_d": burst.bias,
        "middle": burst.middle / whole,
        "slope": 2.0**-burst.slope / whole,
        "top": (whole - 1) / whole,
        "start": burst.start / places,
        "share": share,
        "rise": np.floor(places * share) / places,
        "delay": burst.delay,
        "spread": burst.spread,
    }
