"""Small networks whose synapses learn, for Lava and what it is held against: a teacher says when the post neurons spike."""

from __future__ import annotations

import numpy as np

from neurosim.plasticity import PlasticityRule, broadcast, post, pre, synaptic
from neurosim.plasticity.products import StepRule, StepTrace
from neurosim.program.engine_rule import ChipProduct, ChipRule, ChipTrace
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from neurosim.units import ms
from tests.steps import SOURCE, chip_neuron, float_neuron

DT = 1e-3
N_PRE, N_OUT = 6, 5
PAIR = {"x": pre(tau=20 * ms), "y": post(tau=15 * ms)}
TAGGED = {**PAIR, "tag": synaptic(tau=9 * ms)}
REWARD = {"R": broadcast(peak=3)}
RULES = {
    "pair": PlasticityRule(traces=PAIR, on_pre={"w": "-0.0123 * y"}, on_post={"w": "0.0101 * x"}),
    "positive": PlasticityRule(traces=PAIR, on_pre={"w": "-0.3 * y"}, on_post={"w": "0.11 * x"}, bounds=(0, None)),
    "negative": PlasticityRule(traces=PAIR, on_pre={"w": "-0.3 * y"}, on_post={"w": "0.11 * x"}, bounds=(None, 0)),
    "soft bounds": PlasticityRule(traces=PAIR, on_pre={"w": "-0.1 * w * y"}, on_post={"w": "0.1 * (1 - w)**2 * x"}),
    "tag": PlasticityRule(
        traces=TAGGED, on_pre={"tag": "-0.3 * y"}, on_post={"tag": "0.2 * x"}, every={1: {"w": "0.01 * tag**2 - 0.003 * w"}}
    ),
    "aux": PlasticityRule(traces={**PAIR, "aux": synaptic(decay=0.7)}, on_pre={"aux": "-y"}, on_post={"w": "aux * x / 50"}),
    "gates alone": PlasticityRule(on_pre={"w": "0.01"}, on_post={"w": "-0.02"}, every={4: {"w": "0.003", "tag": "1"}}),
    "one step": PlasticityRule(traces={"x": pre(decay=0), "y": post(decay=0)}, on_pre={"w": "y/9"}, on_post={"w": "x/7"}),
    "rewarded": PlasticityRule(
        traces=TAGGED, modulators=REWARD, on_pre={"tag": "-y / 9"}, on_post={"tag": "x / 9"}, every={1: {"w": "0.05 * R * tag"}}
    ),
    "two factors from outside": PlasticityRule(
        traces=PAIR, modulators={**REWARD, "S": broadcast()}, on_post={"w": "0.03 * x * R"}, on_pre={"w": "0.1 * y * S"}
    ),
}  # fmt: skip
CHIP = ChipRule(
    products=(
        ChipProduct("w", "x0", -3, -4, (("y1", 0),)),
        ChipProduct("w", "y0", 1, -2, (("x1", -2),)),
        ChipProduct("t", "u", 1, 0, (("x1", 0),)),
    ),
    traces={"x1": ChipTrace(16.25, 10.0), "y1": ChipTrace(20.0, 8.0)},
    decimation=2,
    epoch=2,
    seed=9,
)


def step_rule(rule):
    """The rule in steps, for weights in its own unit."""
    own = {name: t for name, t in rule.traces.items() if t.side != "synapse"}
    return StepRule(
        name=rule.name,
        traces=tuple(StepTrace(n, t.side, t.channel, t.kept(DT), t.impulse, t.mode, t.peak) for n, t in own.items()),
        modulators={name: m.peak for name, m in rule.modulators.items()},
        products=rule.products,
        kept={name: t.kept(DT) for name, t in rule.traces.items() if t.side == "synapse"},
        bounds=rule.bounds,
    )


def floating(rule, weights=None, **projection):
    """Weights of about 1 hardly reach neurons of threshold 100; the teacher makes them spike one step later."""
    weights = np.full((N_PRE, N_OUT), 0.5) if weights is None else weights
    return StepProgram(
        "net",
        DT,
        (
            StepPopulation("pre", N_PRE, SOURCE),
            StepPopulation("teacher", N_OUT, SOURCE),
            StepPopulation("post", N_OUT, float_neuron("LIF", dv=np.array(1.0), v_th=np.array(100.0))),
        ),
        (
            StepProjection("plastic", "pre", "post", weights, rule=rule, **projection),
            StepProjection("teaching", "teacher", "post", 200 * np.eye(N_OUT)),
        ),
    )


def fixed(rule, weights=None, **projection):
    weights = np.full((N_PRE, N_OUT), 50) if weights is None else weights
    return FixedProgram(
        "net",
        DT,
        (
            FixedPopulation("pre", N_PRE, SOURCE),
            FixedPopulation("post", N_OUT, chip_neuron("LIF", v_th=np.array(100))),
        ),
        (FixedProjection("plastic", "pre", "post", weights, rule=rule, **projection),),
    )


def rasters(rng, samples, steps):
    """Many spikes of pre and post coincide; a teacher's spike comes out one step later."""
    out = {"pre": rng.random((samples, steps, N_PRE)) < 0.15, "teacher": rng.random((samples, steps, N_OUT)) < 0.15}
    out["pre"][:, 1::3, :N_OUT] |= out["teacher"][:, :-1:3][:, : out["pre"][:, 1::3].shape[1]]
    return {name: raster.astype(np.int32) for name, raster in out.items()}
