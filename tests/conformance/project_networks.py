"""Networks whose exported projects are run alone, with the samples that are stored in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.desire_chip import UNIT
from models.desire_chip import build as desire_chip
from neurosim import (
    LIF,
    AllToAll,
    ImageInput,
    LatencyCoding,
    Network,
    Normal,
    OneToOne,
    PoissonCoding,
    PoissonCounts,
    PoissonInput,
    Population,
    Projection,
    RateCoding,
    ShortTermPlasticity,
    SpikeArray,
    SpikeRaster,
    Timed,
    Uniform,
    per_step,
)
from neurosim.neurons.step_lif import LeakyIntegrator
from neurosim.plasticity import pair_stdp, reward_stdp
from neurosim.units import Hz, ms
from tests.unit.desire_networks import ALLOW

CELL = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)


@dataclass(frozen=True)
class Case:
    """A network, the arguments of its export, and what may not be lost."""

    network: Network
    duration: Any
    given: Mapping[str, Any] = field(default_factory=dict)
    allow: frozenset[str] = frozenset()


def sources() -> Case:
    """Every input that can be drawn again, each onto a population of its own, names with other letters, and a delay."""
    rng = np.random.default_rng(5)
    raster = (rng.random((12, 6)) < 0.4).astype(np.uint8)
    inputs = {
        "rate": ImageInput(RateCoding(20)),
        "poisson_é": ImageInput(PoissonCoding(18, 0.6)),
        "latency": ImageInput(LatencyCoding(15)),
        "noise": PoissonInput(np.linspace(20, 300, 6) * Hz),
        "switched": PoissonInput(Timed([[0] * 6, [300] * 6, [50] * 6] * Hz, every=10 * ms)),
        "counted": PoissonCounts(1500 * Hz),
        "array": SpikeArray([0, 5, 2, 2], [0, 3, 3, 29] * ms),
        "raster": SpikeRaster(raster),
    }
    cells = [Population(f"{name}_cells", 5, CELL) for name in inputs]
    joined = [Projection(name, f"{name}_cells", AllToAll(Uniform(0, 1.5)), graded=name == "counted") for name in inputs]
    last = [Projection(cell.name, "神経", AllToAll(Normal(0.2, 0.2)), delay=2 * ms) for cell in cells]
    parts = [*(Population(name, 6, model) for name, model in inputs.items()), *cells, Population("神経", 3, CELL)]
    shown = {"images": rng.random((4, 6)), "truth": [0, 1, 2, 0]}
    return Case(Network("sources", parts, [*joined, *last], seed=11), 30 * ms, shown)


def pairs() -> Case:
    """Synapses that learn from pairs of spikes, in a network without images."""
    learning = pair_stdp(0.02, 0.021, bounds=(0, 0.5))
    parts = [Population("input", 20, PoissonInput(60 * Hz)), Population("output", 5, LIF(tau_m=20 * ms, v_th=1.0))]
    return Case(Network("pairs", parts, [Projection("input", "output", np.full((20, 5), 0.2), plasticity=learning)]), 150 * ms)


def rewarded() -> Case:
    """A third factor from outside that changes its sign in time, and a relay for short-term plasticity."""
    rule = reward_stdp(eta=0.05, a_plus=0.2, a_minus=0.1, tau_e=100 * ms, bounds=(0, 1))
    depressing = ShortTermPlasticity(U=0.45, tau_d=200 * ms, tau_f=50 * ms)
    parts = [Population("input", 12, PoissonInput(80 * Hz)), Population("relayed", 6, CELL), Population("output", 4, CELL)]
    joined = [
        Projection("input", "relayed", AllToAll(Uniform(0, 9)), short_term=depressing),
        Projection("relayed", "output", AllToAll(Uniform(0.2, 0.9)), plasticity=rule),
    ]
    signal = np.where(np.arange(80) < 40, 0.9, -0.6)
    return Case(Network("rewarded", parts, joined, seed=3), 80 * ms, {"signals": {"M": signal}})


def phases() -> Case:
    """Images with labels that the network's own neurons learn from, in the phases of a sample; weights are transported."""
    network = desire_chip(sizes=(16, 8, 3), eta=UNIT, output_eta=64 / 128 * UNIT, period=36)
    rng = np.random.default_rng(0)
    shown = {"images": rng.random((10, 16)), "labels": rng.integers(0, 3, 10)}
    return Case(network, 38 * ms, shown, frozenset(ALLOW))


def integrated() -> Case:
    """A readout that never spikes, whose voltage at the end is the prediction."""
    readout = LeakyIntegrator(tau_m=per_step(0.9), range=8.0)
    parts = [Population("pixels", 9, ImageInput(RateCoding(20))), Population("hidden", 9, CELL), Population("out", 3, readout)]
    joined = [Projection("pixels", "hidden", OneToOne(2.0)), Projection("hidden", "out", AllToAll(Normal(0, 0.5)))]
    shown = {"images": np.random.default_rng(6).random((5, 9)), "truth": [0, 1, 2, 1, 0]}
    return Case(Network("integrated", parts, joined), 25 * ms, shown)


CASES: Mapping[str, Callable[[], Case]] = {
    "sources": sources,
    "pairs": pairs,
    "rewarded": rewarded,
    "phases": phases,
    "integrated": integrated,
}
LEARNING = ("pairs", "rewarded", "phases")
