"""Burst neurons as Brian2 statements, which follow `neurosim.neurons.burst_step.Burst` one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.backends.brian2.blueprint import Readout
from neurosim.backends.brian2.step_text import ARRIVE, LEAK, Words
from neurosim.neurons.base import Event
from neurosim.neurons.burst_step import DRAW_BITS
from neurosim.neurons.step_form import StepNeuron

# An event cannot occur while a second spike is due, so `sent` is 0, 1 (an event) or 2 (a second spike).
_UPDATE = f"""{ARRIVE}v = {LEAK}
u_d = u_d*(1 - dendrite_du) + a_d
a_d = 0
v_d = v_d*(1 - dendrite_dv) + u_d + dendrite_bias
theta = theta*(1 - dtheta)
v = v - theta
sent = int(held == 0)*int(v > v_th) + 2*int(due == 1)
due = due - int(due > 0)
held = held - int(held > 0)"""

# Bits 16 to 31 decide whether there is a second spike, bits 0 to 7 when.
_RESET = """first = int(sent == 1)
v = v*(1 - first)
theta += first*theta_jump
held = refractory
bits = random_bits(draw_seed, step_of_run, i)
high = floor(bits/65536.0)
low = bits - 256.0*floor(bits/256.0)
later = burst_delay + int(floor(low*(burst_spread + 1)/256.0))
due += first*int(high < burst_middle + burst_slope*v_d)*later"""

_STATES = """
u_d : 1
v_d : 1
a_d : 1
theta : 1
drift : 1
held : integer
due : integer
sent : integer
burst_probability = burst_start + drift : 1"""


def _further(neuron: StepNeuron) -> Mapping[str, Any]:
    burst, whole = neuron.burst, float(1 << DRAW_BITS)
    assert burst is not None
    return {
        "dendrite_du": burst.du,
        "dendrite_dv": burst.dv,
        "dendrite_bias": burst.bias,
        "burst_middle": burst.middle * whole,
        "burst_slope": burst.slope * whole,
        "burst_delay": burst.delay,
        "burst_spread": burst.spread,
        "burst_start": burst.start,
        "burst_share": 2.0**-burst.average if burst.average else 0.0,
        "draw_seed": float(burst.seed),
    }


def _readouts(neuron: StepNeuron) -> Mapping[str, Readout]:
    """Readouts of the described variables: currents and adaptation are voltages."""
    burst = neuron.burst
    assert burst is not None
    return {
        "v_d": Readout("v_d"),
        "g_d": Readout("u_d", scale=1 / burst.gain),
        "adaptation": Readout("theta", scale=1 / neuron.dv),
        "baseline": Readout("drift", offset=burst.start),
    }


BURST_WORDS = Words(
    update=_UPDATE,
    threshold="sent > 0",
    reset=_RESET,
    parameters=("v_th", "refractory", "dtheta", "theta_jump"),
    states=_STATES,
    receptors={"dendrite": "a_d"},
    events={
        "event": Event("sent == 1", "drift -= burst_probability*burst_share"),
        "burst": Event("sent == 2", "drift += burst_share"),
    },
    modulators={"burst_probability": "burst_probability"},
    further=_further,
    readouts=_readouts,
    functions=("random_bits",),
    payload="sent",
)
