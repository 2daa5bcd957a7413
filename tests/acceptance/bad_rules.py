"""Plasticity that is described wrongly, or asks for what a chip does not have."""

from __future__ import annotations

import numpy as np

from neurosim import (
    LIF,
    Network,
    Population,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    Uniform,
    deploy,
    emulate_network,
    simulate,
)
from neurosim.cards.card import named_card
from neurosim.chip.learning_engine.loihi_rule import from_loihi
from neurosim.errors import ContentError, NetworkError, QuantisationError, UnitError, UnsupportedError
from neurosim.plasticity import (
    PlasticityRule,
    broadcast,
    load_rule,
    pair_stdp,
    post,
    post_modulator,
    pre,
    reward_stdp,
    synaptic,
)
from neurosim.units import Hz, ms, mV
from tests.acceptance.bad_input import Case

TRACES = {"x": pre(tau=20 * ms), "y": post(tau=20 * ms)}
TINY = PlasticityRule("tiny", traces=TRACES, on_post={"w": "1e-9 * x"}, bounds=(0, 1))
POWER = load_rule("power_law_stdp")


def plastic(rule, weights=0.5, **projection):
    """Two neurons with `rule` between them and their input."""
    return Network(
        name="net",
        populations=[
            Population("in", 2, SpikeRaster(np.eye(2, dtype=np.uint8))),
            Population("cells", 2, LIF(tau_m=20 * ms, v_th=1.0)),
        ],
        projections=[Projection("in", "cells", np.full((2, 2), weights), plasticity=rule, **projection)],
    )


def in_volts(rule):
    """The same with weights of 1 mV."""
    neuron = LIF(tau_m=20 * ms, v_th=10 * mV)
    populations = [Population("in", 2, SpikeRaster(np.eye(2, dtype=np.uint8))), Population("cells", 2, neuron)]
    return Network("net", populations, [Projection("in", "cells", np.full((2, 2), 1.0) * mV, plasticity=rule)])


def rule(**given):
    """A rule with the usual traces."""
    return PlasticityRule("r", traces=TRACES, **given)


RULES = (
    Case("unknown factor", NetworkError, lambda f: rule(on_post={"w": "x * z"}), ("'r'", "'z' is not local", "tag, w, x, y")),
    Case("unknown function", NetworkError, lambda f: rule(on_post={"w": "tanh(x)"}), ("'r'", "tanh", "exp")),
    Case("unknown variable", NetworkError, lambda f: rule(on_post={"v": "x"}), ("'r'", "'v'", "aux, tag, w")),
    Case("unknown event", NetworkError, lambda f: rule(post={"w": "x"}), ("'r'", "'post'", "on_post")),
    Case("rule that changes nothing", NetworkError, lambda f: rule(), ("'r'", "changes nothing", "on_pre")),
    Case("trace with tau 0", NetworkError, lambda f: pre(tau=0 * ms), ("pre", "tau", "positive")),
    Case("trace with tau in volts", UnitError, lambda f: post(tau=1 * mV), ("post", "second")),
    Case("trace without decay", NetworkError, lambda f: pre(), ("pre", "tau", "decay")),
    Case("trace that never decays", NetworkError, lambda f: pre(decay=1), ("pre", "up to, not including, 1")),
    Case("unknown mode", NetworkError, lambda f: pre(tau=1 * ms, mode="replace"), ("mode 'replace'", "overwrite")),
    Case("unknown pre channel", NetworkError, lambda f: pre(tau=1 * ms, channel="burst"), ("channel 'burst'", "arrival")),
    Case("impulse below 0", NetworkError, lambda f: pre(tau=1 * ms, impulse=-1), ("impulse = -1", "above 0")),
    Case(
        "trace that is none",
        NetworkError,
        lambda f: PlasticityRule("r", traces={"x": 5}, on_pre={"w": "x"}),
        ("'x'", "pre(tau"),
    ),
    Case(
        "name twice",
        NetworkError,
        lambda f: PlasticityRule("r", traces=TRACES, parameters={"x": 1}, on_pre={"w": "x"}),
        ("parameter 'x'", "already a trace"),
    ),
    Case(
        "decay of no synaptic variable",
        NetworkError,
        lambda f: PlasticityRule("r", traces={"e": synaptic(tau=1 * ms)}, on_pre={"w": "e"}),
        ("'e'", "'tag' or 'aux'"),
    ),
    Case("bounds the wrong way", NetworkError, lambda f: rule(on_pre={"w": "x"}, bounds=(1, 0)), ("'r'", "low < high")),
    Case("parameter that is no number", NetworkError, lambda f: rule(parameters={"a": "b"}), ("parameter 'a'", "number")),
    Case("period of 0", NetworkError, lambda f: rule(every={0: {"w": "x"}}), ("'r'", "every = 0", "at least 1")),
    Case(
        "amplitudes without unit on weights in volts",
        UnitError,
        lambda f: in_volts(pair_stdp()),
        ("in_cells", "a_plus * x is a plain number", "weights are in volt", "a_plus=0.05*mV"),
    ),
    Case(
        "parameter in another unit",
        UnitError,
        lambda f: in_volts(rule(on_post={"w": "a * x"}, parameters={"a": 10 * ms})),
        ("in_cells", "a * x is in second", "Give a in volt"),
    ),
    Case(
        "bounds in another unit",
        UnitError,
        lambda f: in_volts(rule(on_post={"w": "w * x"}, bounds=(0 * Hz, 5 * Hz))),
        ("in_cells", "upper bound is in hertz", "in volt"),
    ),
    Case(
        "bounds without unit",
        UnitError,
        lambda f: in_volts(rule(on_post={"w": "w * x"}, bounds=(0, 10))),
        ("in_cells", "upper bound", "volt"),
    ),
    Case("tower of powers", NetworkError, lambda f: rule(on_pre={"w": "9**9**9**9"}), ("'r'", "exponent", "-8 to 8")),
    Case("power that never ends", NetworkError, lambda f: rule(on_pre={"w": "(x+y)**3000"}), ("'r'", "3000", "-8 to 8")),
    Case("infinite constant", NetworkError, lambda f: rule(on_pre={"w": "1e400 * x"}), ("'r'", "finite")),
    Case("division by zero", NetworkError, lambda f: rule(on_pre={"w": "x / 0"}), ("'r'", "x / 0", "zero")),
    Case("code for an update", NetworkError, lambda f: rule(on_pre={"w": "__import__('os')"}), ("'r'", "__import__", "exp")),
    Case("function's name", NetworkError, lambda f: rule(on_pre={"w": "x"}, parameters={"exp": 1}), ("'exp'", "another")),
    Case(
        "the same name in other letters",
        NetworkError,
        lambda f: rule(on_pre={"w": "ｘ"}, parameters={"ｘ": 1}),
        ("parameter 'x'", "already a trace"),
    ),
    Case(
        "signal in volts",
        UnitError,
        lambda f: emulate_network(plastic(reward_stdp()), 2 * ms, signals={"M": 1 * mV}),
        ("in_cells", "'M'", "plain number"),
    ),
    Case("parameter as text", NetworkError, lambda f: pair_stdp(a_plus="3"), ("pair_stdp: a_plus", "'3'", "number")),
    Case("weights out of bounds", NetworkError, lambda f: plastic(pair_stdp(bounds=(0, 0.1))), ("in_cells", "0.5", "0.1")),
    Case(
        "channel that the neuron lacks",
        NetworkError,
        lambda f: plastic(rule(on_burst={"w": "x"})),
        ("in_cells", "'burst'", "'cells' (LIF)", "spike"),
    ),
    Case(
        "modulator that the neuron lacks",
        NetworkError,
        lambda f: plastic(rule(modulators={"m": post_modulator("plateau")}, on_post={"w": "m * x"})),
        ("in_cells", "'plateau'", "'cells' (LIF)", "none"),
    ),
    Case(
        "signal that is missing", NetworkError, lambda f: emulate_network(plastic(reward_stdp()), 2 * ms), ("'M'", "signals={")
    ),
    Case(
        "signal that no rule reads",
        NetworkError,
        lambda f: emulate_network(plastic(pair_stdp()), 2 * ms, signals={"M": [0, 0]}),
        ("modulator 'M'",),
    ),
    Case(
        "signal of the wrong length",
        NetworkError,
        lambda f: simulate(plastic(reward_stdp()), 2 * ms, signals={"M": np.zeros(3)}),
        ("'M'", "(3,)", "(1, 2)"),
    ),
    Case(
        "signal above its peak",
        NetworkError,
        lambda f: emulate_network(plastic(reward_stdp()), 2 * ms, signals={"M": [0, 5]}),
        ("'M'", "reaches 5", "peak"),
    ),
    Case("peak of 0", NetworkError, lambda f: broadcast(peak=0), ("broadcast", "above 0")),
    Case("no polynomial on a chip", UnsupportedError, lambda f: deploy(plastic(POWER)), ("**0.4", "polynomial")),
    Case(
        "learning with a delay",
        UnsupportedError,
        lambda f: deploy(plastic(pair_stdp(), delay=2 * ms)),
        ("delay",),
    ),
    Case(
        "parameter of each synapse on a chip",
        UnsupportedError,
        lambda f: deploy(plastic(rule(on_post={"w": "a * x"}, parameters={"a": Uniform(0.1, 0.2)}))),
        ("'a'", "differs between synapses"),
    ),
    Case(
        "constant below the chip's range",
        QuantisationError,
        lambda f: deploy(plastic(TINY)),
        ("in_cells", "tiny", "1e-09", "smallest"),
    ),
    Case(
        "learning weights of few bits",
        UnsupportedError,
        lambda f: deploy(plastic(pair_stdp()), weight_bits=4),
        ("in_cells", "4"),
    ),
    Case("no gate in Loihi's rule", NetworkError, lambda f: from_loihi(dw="x1*y1", x1_tau=1, y1_tau=1), ("x1*y1", "x0")),
    Case("what Lava misreads", NetworkError, lambda f: from_loihi(dw="x0*(y1*2)", y1_tau=1), ("y1*2", "Lava reads as (y1+2)")),
    Case("k of two digits", NetworkError, lambda f: from_loihi(dw="u10*w"), ("u10", "u1")),
    Case("tau 0 in Loihi's rule", NetworkError, lambda f: from_loihi(dw="x0*y1", y1_impulse=1), ("y1", "tau")),
    Case("release of nothing", NetworkError, lambda f: ShortTermPlasticity(U=0, tau_d=1 * ms), ("U = 0", "above 0")),
    Case("rule that nobody knows", ContentError, lambda f: load_rule("pair_sdtp"), ("'pair_sdtp'", "pair_stdp")),
    Case("option that a rule lacks", NetworkError, lambda f: named_card("pair_stdp", tau=3), ("tau", "tau_plus")),
)
