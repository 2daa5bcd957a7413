"""A valid call of every public constructor, and where what it makes is put to use."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from scipy import sparse

import neurosim
from neurosim import neurons, plasticity, study
from neurosim.network import inputs
from neurosim.neurons import Equations, Event, PoissonNoise, RateTeacher
from neurosim.plasticity.feedback import FEEDBACKS
from neurosim.train import Dropout, Recipe
from neurosim.train.desire.augment import Shift
from neurosim.units import Hz, ms
from tests.acceptance.nasty import CELL, NEVER, Base, use_input, use_network, use_neuron, use_projection, use_weights
from tests.conformance.scenarios import SCENARIOS

ELSEWHERE: Mapping[str, str] = {
    "NeurosimError": "an error",
    "Neuron": "a base, which has no model",
    "Recording": "what runs give back",
    "DrivingForce": "an enumeration",
    "calibrate": "runs: test_drift.py",
    "cite": "takes names: test_cite.py",
    "compare": "takes recordings: test_described.py",
    "deploy": "runs: test_described.py",
    "emulate_network": "runs: test_described.py",
    "load_model": "reads a file: test_models.py",
    **dict.fromkeys(("Bias", "Decay", "Fraction", "Level", "PerLevel", "Steps", "SynapticDecay", "Whole"), "an annotation"),
    "StepNeuron": "a base, which has no step: test_own_neurons.py",
    "simulate": "runs: test_described.py",
    **dict.fromkeys(("Running", "start", "resume"), "a network that runs: test_running.py"),
    "train": "runs: test_described.py",
    "RuleEntry": "an entry of the catalogue",
    "load_rule": "reads the catalogue",
    "Trial": "what a study hands to its function",
}
"""Public names that are no constructors of descriptions, and what they are."""

_LIF = {"tau_m": 20 * ms, "v_th": 1.0}
_POPULATIONS = [neurosim.Population("in", 2, neurosim.PoissonInput(10 * Hz)), neurosim.Population("cells", 2, CELL)]


def _with_decay(decay: Any) -> None:
    use_neuron(neurosim.LIF(tau_m=decay, v_th=1.0))


def _with_timed(timed: Any) -> None:
    use_neuron(_EQUATIONS["make"](**{**_EQUATIONS["given"], "parameters": {"I": timed}}))


def _with_noise(noise: PoissonNoise) -> None:
    use_neuron(neurons.PV(noise=[noise]))


def _with_encoder(encoder: Any) -> None:
    use_input(inputs.ImageInput(encoder))


def _with_population(population: Any) -> None:
    use_network(neurosim.Network("n", [population]))


def _with_probe(probe: Any) -> None:
    use_network(neurosim.Network("n", _POPULATIONS, [neurosim.Projection("in", "cells", [[1.0, 2.0]] * 2)], [probe]))


def _with_projections(projections: Any) -> None:
    use_network(neurosim.Network("n", _POPULATIONS, projections))


def _with_release(release: Any) -> None:
    use_projection(neurosim.Projection("in", "cells", [[1.0, 2.0]] * 2, short_term=release))


def _with_baseline(baseline: Any) -> None:
    use_neuron(neurons.BurstLIF(baseline=baseline))


def _with_average(average: Any) -> None:
    use_neuron(neurons.BurstParrot(average=average))


def _with_detector(detector: Any) -> None:
    use_neuron(neurons.BurstParrot(detector=detector))


def _with_teacher(teacher: Any) -> None:
    use_neuron(neurons.TwoCompartment(teacher=teacher))


def _with_signal(signal: Any) -> None:
    use_neuron(neurons.DesireLIF(tau_m=neurosim.per_step(0.75), signal=signal))


def _with_range(drawn: Any) -> None:
    plan = study.Random({"a": drawn}, 2)
    assert len(list(plan.rounds(lambda point, measure: 0.0))[0]) == 2


def _with_plan(plan: Any) -> None:
    _STUDY["make"](**{**_STUDY["given"], "parameters": plan}).design()


def _with_size(size: Any) -> None:
    _STUDY["make"](**{**_STUDY["given"], "ci": size}).design("ci")


def _anything(made: Any) -> None:
    """It is made, and that is all."""


_EQUATIONS: dict[str, Any] = {
    "make": neurosim.EquationNeuron,
    "given": {
        "model": "dv/dt = (I - v)/(10*ms) : 1",
        "threshold": "v > 1",
        "reset": "v = 0",
        "parameters": {"I": 0.5},
        "receptors": {"default": "v"},
        "weight_unit": "1",
    },
}

_NEURONS: Mapping[str, Mapping[str, Any]] = {
    "LIF": _LIF,
    "SoftResetLIF": _LIF,
    "RefractoryLIF": {**_LIF, "refractory": 2 * ms},
    "AdaptiveLIF": {**_LIF, "tau_theta": 50 * ms, "theta_jump": 0.1},
    "Izhikevich": {},
    "AdEx": {},
    "BurstLIF": {},
    "DesireLIF": {"tau_m": neurosim.per_step(0.75)},
    "EquationNeuron": _EQUATIONS["given"],
    "PV": {},
    "SOM": {},
    "ConductanceAdEx": {},
    "TwoCompartment": {},
    "BurstPoisson": {},
    "BurstParrot": {},
    "LeakyIntegrator": {"tau_m": 20 * ms, "inflow": 0.1},
}
_EVENTS = np.array([(0, 0, 1000), (1, 0, 2500)], [("x", "i2"), ("y", "i2"), ("t", "i8")])
_IN_TABLE: Mapping[str, Mapping[str, Any]] = {
    type(p.neuron).__name__: {f.name: getattr(p.neuron, f.name) for f in fields(p.neuron)}
    for row in SCENARIOS
    for p in row.network.populations
    if type(p.neuron).__name__ in {*neurons.__all__} - {*_NEURONS}
}
"""Neurons of the table of conformance that are not above, with the parameters that they have there."""
_STUDY: dict[str, Any] = {
    "make": study.Study,
    "given": {
        "name": "s",
        "question": "Is it?",
        "trial": abs,
        "parameters": study.Grid({"a": [1, 2]}),
        "measures": {"m": study.Measure("1", "a number")},
    },
}
_CALLS = ("trial", "figure", "answer", "check")


_RULES: Mapping[str, Mapping[str, Any]] = {
    "burst_dependent_carried": {"eta": 1e-3, "tau": 100 * ms},
    "normalise": {"to": 2.0},
    "gated": {"rule": plasticity.pair_stdp()},
    "post_modulator": {"supplier": "desire"},
    "post_state": {"state": "v"},
    "Trace": {"side": "pre", "decay": 0.5},
    "pre": {"tau": 20 * ms},
    "post": {"tau": 20 * ms},
    "synaptic": {"tau": 20 * ms},
    "PlasticityRule": {"traces": {"x": plasticity.pre(20 * ms)}, "on_post": {"w": "0.01*x"}},
}
"""What has to be given, where not everything has a default."""
_NO_RULE = (
    "HIPPOCAMPUS", "HIPPOCAMPUS_MINIMAL", "SOMATOSENSORY_CORTEX", "VISUAL_CORTEX", "VISUAL_CORTEX_MINIMAL", "RULES",
    "DesireSignal", *ELSEWHERE,
)  # fmt: skip


def _rule(name: str) -> Base:
    make = getattr(plasticity, name)
    # What is in another unit than its weights is refused by the network.
    units = {(p, "wrong unit") for p in inspect.signature(make).parameters}
    things = {("supplier", kind) for kind in ("object", "lambda", "class", "network", "ellipsis", "slice", "generator")}
    # An infinite limit is none.
    limits = {("bounds", "infinity in a list")}
    return Base(make, _RULES.get(name, {}), _anything, frozenset(units | things | limits))


def _neuron(name: str) -> Base:
    return Base(getattr(neurons, name), {**_NEURONS, **_IN_TABLE}[name], use_neuron)


BASES: dict[str, Base] = (
    {name: _neuron(name) for name in (*_NEURONS, *_IN_TABLE)}
    | {
        "BurstAverage": Base(neurons.BurstAverage, {}, _with_average),
        "ConstantBaseline": Base(neurons.ConstantBaseline, {}, _with_average),
        "BurstDetector": Base(neurons.BurstDetector, {}, _anything),
        "IntervalDetector": Base(neurons.IntervalDetector, {}, _with_detector),
        "TraceDetector": Base(neurons.TraceDetector, {}, _with_detector),
        "EventBaseline": Base(neurons.EventBaseline, {}, _with_baseline),
        "SteadyBaseline": Base(neurons.SteadyBaseline, {}, _with_baseline),
        "PoissonNoise": Base(PoissonNoise, {"receptor": "exc", "rate": 10 * Hz, "weight": 0.1}, _with_noise),
        "RateTeacher": Base(RateTeacher, {"lesson": neurosim.Timed([0, 1, -1], 1 * ms)}, _with_teacher),
        "per_step": Base(neurosim.per_step, {"kept": 0.5}, _with_decay),
        "Timed": Base(
            neurosim.Timed, {"values": [0.1, 0.2], "every": 1 * ms}, _with_timed, frozenset({("values", "wrong unit")})
        ),
        "SpikeArray": Base(neurosim.SpikeArray, {"indices": [0, 1], "times": [1, 2] * ms}, use_input),
        "SpikeRaster": Base(neurosim.SpikeRaster, {"values": np.eye(2, dtype=int)}, use_input),
        **{
            make.__name__: Base(make, {"events": _EVENTS, "sensor": [2, 1], "dt": 1 * ms}, use_input)
            for make in (neurosim.event_spikes, neurosim.event_counts)
        },
        "PoissonInput": Base(neurosim.PoissonInput, {"rate": 10 * Hz}, use_input),
        "PoissonCounts": Base(neurosim.PoissonCounts, {"rate": 10 * Hz}, use_input),
        "ImageInput": Base(neurosim.ImageInput, {"encoder": neurosim.RateCoding(5)}, use_input),
        "LabelInput": Base(neurosim.LabelInput, {}, use_input),
        "RateCoding": Base(neurosim.RateCoding, {}, _with_encoder),
        "PoissonCoding": Base(neurosim.PoissonCoding, {}, _with_encoder),
        "LatencyCoding": Base(neurosim.LatencyCoding, {}, _with_encoder),
        "AllToAll": Base(neurosim.AllToAll, {"weight": 0.5}, use_weights(2, 2)),
        "OneToOne": Base(neurosim.OneToOne, {"weight": 0.5}, use_weights(2, 2)),
        "FixedProbability": Base(neurosim.FixedProbability, {"weight": 0.5, "p": 0.5}, use_weights(2, 2)),
        "FixedInDegree": Base(neurosim.FixedInDegree, {"weight": 0.5, "n": 1}, use_weights(2, 2)),
        "FixedOutDegree": Base(neurosim.FixedOutDegree, {"weight": 0.5, "n": 1}, use_weights(2, 2)),
        "FixedNumber": Base(neurosim.FixedNumber, {"weight": 0.5, "n": 2}, use_weights(2, 2)),
        "FromList": Base(neurosim.FromList, {"weight": 0.5, "pre": [0, 1], "post": [1, 0]}, use_weights(2, 2)),
        "projections_from_list": Base(
            neurosim.projections_from_list,
            {"pre": "in", "post": "cells", "edges": ([0, 0], [1, 1]), "weight": [0.5, 1.0], "delay": [1, 2] * ms},
            _with_projections,
        ),
        "OnRing": Base(neurosim.OnRing, {"weight": 0.5, "profile": neurosim.Within(0.3)}, use_weights(4, 4)),
        "OnGrid": Base(neurosim.OnGrid, {"weight": 0.5, "profile": neurosim.Within(1.0), "shape": (2, 2)}, use_weights(4, 4)),
        **{
            kind.__name__: Base(kind, {"width": 0.3, "peak": 0.5}, lambda p: use_weights(4, 4)(neurosim.OnRing(0.5, p)))
            for kind in (neurosim.Exponential, neurosim.Gaussian, neurosim.Within)
        },
        "Clipped": Base(
            neurosim.Clipped,
            {"of": neurosim.Normal(0.0, 1.0), "low": 0.0, "high": 1.0},
            lambda d: use_weights(2, 2)(neurosim.AllToAll(d)),
            # An infinite limit is none.
            frozenset({("low", "minus infinity"), ("high", "infinity")}),
        ),
        "LocallyConnected": Base(neurosim.LocallyConnected, {"weight": 0.5, "shape": (3, 3), "kernel": 2}, use_weights(9, 4)),
        "Convolution": Base(neurosim.Convolution, {"weight": np.ones((1, 1, 2, 2)), "shape": (3, 3)}, use_weights(9, 4)),
        "Pooling": Base(neurosim.Pooling, {"weight": 0.5, "shape": (4, 4)}, use_weights(16, 4)),
        "Normal": Base(neurosim.Normal, {"mean": 0.0, "sd": 1.0}, lambda d: use_weights(2, 2)(neurosim.AllToAll(d))),
        "Uniform": Base(neurosim.Uniform, {"low": 0.0, "high": 1.0}, lambda d: use_weights(2, 2)(neurosim.AllToAll(d))),
        "Sparse": Base(neurosim.Sparse, {"matrix": sparse.eye_array(2), "unit": 1}, use_weights(2, 2)),
        "Transposed": Base(neurosim.Transposed, {"of": "a"}, _anything),
        "Population": Base(neurosim.Population, {"name": "cells", "n": 2, "neuron": CELL}, _with_population),
        "Projection": Base(neurosim.Projection, {"pre": "in", "post": "cells", "weights": [[1.0, 2.0]] * 2}, use_projection),
        "Probe": Base(neurosim.Probe, {"of": "in_cells", "variable": "w", "every": 1 * ms}, _with_probe),
        "Network": Base(neurosim.Network, {"name": "n", "populations": _POPULATIONS}, use_network),
        "ShortTermPlasticity": Base(neurosim.ShortTermPlasticity, {"U": 0.5, "tau_d": 100 * ms}, _with_release),
        "Dropout": Base(Dropout, {}, _anything),
        "Recipe": Base(Recipe, {"data": "digits"}, _anything),
        "Shift": Base(Shift, {}, _anything),
        "Equations": Base(Equations, {"model": "v : 1", "threshold": "v > 1", "reset": ""}, _anything),
        "Event": Base(Event, {"condition": "v > 1"}, _anything),
    }
    | {kind.__name__: Base(kind, {}, _anything) for kind in FEEDBACKS.values()}
)
STUDIES: dict[str, Base] = {
    "Range": Base(study.Range, {"low": 0.5, "high": 2.0}, _with_range),
    "LogRange": Base(study.LogRange, {"low": 0.5, "high": 2.0}, _with_range),
    "Integers": Base(study.Integers, {"low": 1, "high": 3}, _with_range),
    "Choice": Base(study.Choice, {"values": [1, 2]}, _anything, frozenset(("values", kind) for kind in NEVER)),
    "Grid": Base(study.Grid, {"values": {"a": [1]}}, _with_plan),
    "Random": Base(study.Random, {"ranges": {"a": study.Range(0, 1)}, "n": 2}, _with_plan),
    "Search": Base(study.Search, {"ranges": {"a": study.Range(0, 1)}, "n": 2, "measure": "m"}, _with_plan),
    "Measure": Base(study.Measure, {"unit": "1", "meaning": "a number"}, _anything),
    "Timing": Base(study.Timing, {"unit": "1", "meaning": "a number"}, _anything),
    "Size": Base(study.Size, {}, _with_size),
    "Study": Base(
        study.Study,
        _STUDY["given"],
        lambda made: made.design(),
        frozenset((name, kind) for name in _CALLS for kind in ("lambda", "class")),
    ),
}
BASES |= STUDIES
BASES["DesireSignal"] = Base(plasticity.DesireSignal, {}, _with_signal)
BASES |= {name: _rule(name) for name in plasticity.__all__ if name not in _NO_RULE}
