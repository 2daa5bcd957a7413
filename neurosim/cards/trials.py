"""Small experiments that show the effect of a rule: its learning window, its fixed point, the effect of a reward.

The emulator runs them in float.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.network.connectivity import OneToOne
from neurosim.network.inputs import SpikeRaster
from neurosim.network.network import Network, Population, Probe, Projection
from neurosim.neurons import LIF, BurstAverage, BurstParrot, ClopathAdEx, Neuron, SoftResetLIF, per_step
from neurosim.plasticity.measured import measured_in
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import broadcast
from neurosim.results.recording import Recording
from neurosim.rng import stream
from neurosim.units import FloatArray, as_quantity

DT = 1e-3
"""Time step in seconds."""
PLASTIC = "plastic"
"""Name of the projection that learns."""


def run(network: Network, steps: int, signals: Mapping[str, Any] | None = None) -> Recording:
    """Run the network on the emulator in float."""
    from neurosim.backends.running.whole import emulate_network

    return emulate_network(network, as_quantity(steps * DT, "second"), signals=signals)


def given(rule: PlasticityRule) -> PlasticityRule:
    """The rule with every third factor as a signal of the run, including those that a training loop supplies."""
    same = copy(rule)
    signals = {name: broadcast(peak=modulator.peak) for name, modulator in rule.modulators.items()}
    object.__setattr__(same, "modulators", signals)
    return same


def driven(rule: PlasticityRule, pre: Any, post: Any, start: Any, *, watch: Sequence[str] = (), every: int = 1) -> Network:
    """A network in which pre and post neurons spike at given times, so that only the weights change freely.

    Parameters
    ----------
    pre, post : array (steps, n)
        Spikes; post neurons must not spike in step 0.
    start : array (n_pre, n_post)
        Initial weights.
    watch : sequence of str
        Synaptic variables and traces to record besides w.
    every : int
        Number of steps between two recordings.
    """
    weights = np.asarray(start, np.float64)
    # The post neuron keeps no voltage and its threshold is so high that only the driver makes it spike, one step later.
    deaf = 10.0 * (1.0 + float(np.abs(weights).sum()) + sum(abs(b) for b in rule.bounds if np.isfinite(b)) * len(weights))
    ahead = np.roll(np.asarray(post), -1, axis=0)
    look = as_quantity(every * DT, "second")
    return Network(
        name=f"trial_{rule.name}",
        populations=[
            Population("pre", weights.shape[0], SpikeRaster(np.asarray(pre, np.int32))),
            Population("driver", weights.shape[1], SpikeRaster(np.asarray(ahead, np.int32))),
            Population("post", weights.shape[1], LIF(tau_m=per_step(0.0), v_th=deaf)),
        ],
        projections=[
            Projection("driver", "post", OneToOne(2 * deaf)),
            Projection("pre", "post", weights, plasticity=measured_in(rule, "1"), name=PLASTIC),
        ],
        probes=[Probe(PLASTIC, variable, every=look) for variable in ("w", *watch)],
        dt=as_quantity(DT, "second"),
    )


def poisson(rate: Any, steps: int, n: int, name: str) -> FloatArray:
    """Poisson spikes (steps, n) at `rate` (Hz), none in step 0; `name` selects the random stream."""
    spikes = stream(0, "rule_trials", name).random((steps, n)) < np.asarray(rate) * DT
    spikes[0] = False
    return np.asarray(spikes, np.float64)


@dataclass(frozen=True)
class Curve:
    """A curve of y values over x values."""

    x: FloatArray
    y: FloatArray


def window(rule: PlasticityRule, start: float, signal: float = 1.0, reach: int = 60) -> Curve:
    """Weight change by one pre and one post spike over their time difference (post - pre, s), with a pre neuron for each."""
    delays = np.arange(-reach, reach + 1)
    steps = 2 * reach + 3
    pre, post = np.zeros((steps, delays.size)), np.zeros((steps, 1))
    post[reach + 1] = 1
    pre[reach + 1 - delays, np.arange(delays.size)] = 1
    network = driven(rule, pre, post, np.full((delays.size, 1), start), every=steps)
    weights = run(network, steps, dict.fromkeys(rule.signals, np.full(steps, signal))).weights[PLASTIC].values
    return Curve(delays * DT, weights[-1, :, 0] - start)


def burst_window(rule: PlasticityRule, start: float, reach: int = 60) -> tuple[Curve, Curve]:
    """Weight change by one postsynaptic event, and by two spikes 8 ms apart, over their time after one pre spike.

    The averages of the post neurons start at 5 Hz and a burst probability of 0.3; homeostasis is off.
    """
    from neurosim.backends.brian2 import simulate

    delays, gap = np.arange(-reach, reach + 1), 8
    n, steps = delays.size, 2 * reach + gap + 4
    pre, driver = np.zeros((steps, n)), np.zeros((steps, 2))
    pre[reach + 2 - delays, np.arange(n)] = 1
    driver[reach + 1] = 1
    driver[reach + 1 + gap, 1] = 1
    hertz = as_quantity(1.0, "hertz")
    average = BurstAverage(E_min=0 * hertz, E_max=1e9 * hertz, start_events=5 * hertz, start_bursts=1.5 * hertz)
    network = Network(
        name=f"trial_{rule.name}",
        populations=[
            Population("pre", n, SpikeRaster(pre)),
            Population("driver", 2, SpikeRaster(driver)),
            Population("post", 2, BurstParrot(average=average)),
        ],
        projections=[
            Projection("driver", "post", OneToOne(1.0), receptor="repeated"),
            Projection("pre", "post", np.full((n, 2), start), plasticity=measured_in(rule, "1"), name=PLASTIC),
        ],
        dt=as_quantity(DT, "second"),
    )
    weights = simulate(network, as_quantity(steps * DT, "second"), progress=False).final_weights()[PLASTIC] - start
    return Curve(delays * DT, weights[:, 0]), Curve(delays * DT, weights[:, 1])


def pairing(rule: PlasticityRule, rates: Sequence[float], gap: int, start: float, pairs: int = 60) -> Curve:
    """Weight change by `pairs` pairs of spikes at each rate (Hz), with the post spike `gap` steps after the pre spike."""
    n = len(rates)
    periods = [round(1 / (rate * DT)) for rate in rates]
    steps = max(periods) * pairs + abs(gap) + 2
    pre, post = np.zeros((steps, n)), np.zeros((steps, n))
    for k, period in enumerate(periods):
        at = 1 + max(0, -gap) + period * np.arange(pairs)
        pre[at, k] = post[at + gap, k] = 1
    network = driven(rule, pre, post, np.full((n, n), start), every=steps)
    weights = run(network, steps).weights[PLASTIC].values
    return Curve(np.asarray(rates, np.float64), np.diagonal(weights[-1]) - start)


def voltage_pairing(make: Callable[..., PlasticityRule], rates: Sequence[float], gap: int, pairs: int = 5) -> Curve:
    """Weight change by `pairs` pairs of spikes at each rate (Hz), for a rule of voltages; the weights are 0.5 mV at first."""
    plain = make().parameters
    rule = make(a_ltd=plain["a_ltd"] * DT, a_ltp=as_quantity(plain["a_ltp"] * DT, "1/volt"), bounds=None)
    n, first = len(rates), 1 + max(0, -gap)
    periods = [round(1 / (rate * DT)) for rate in rates]
    steps = max(periods) * pairs + abs(gap) + 100
    pre, driver = np.zeros((2, steps, n), np.int32)
    for k, period in enumerate(periods):
        at = first + period * np.arange(pairs)
        # The driver's spike acts one step after it.
        pre[at, k] = driver[at + gap - 1, k] = 1
    network = Network(
        name=f"trial_{rule.name}",
        populations=[
            Population("pre", n, SpikeRaster(pre)),
            Population("driver", n, SpikeRaster(driver)),
            Population("post", n, ClopathAdEx()),
        ],
        projections=[
            Projection("driver", "post", OneToOne(as_quantity(0.2, "volt"))),
            Projection("pre", "post", OneToOne(as_quantity(0.5 * DT, "volt")), plasticity=rule, name=PLASTIC),
        ],
        dt=as_quantity(DT, "second"),
    )
    changed = np.diagonal(run(network, steps).weights[PLASTIC].values[-1]) / DT - 0.5
    return Curve(np.asarray(rates, np.float64), changed)


def approach(rule: PlasticityRule, start: float, rate: float = 20.0, seconds: float = 60.0, n: int = 40) -> Curve:
    """Mean weight over time from the initial weight `start`, with independent Poisson spikes of pre and post neurons."""
    steps = round(seconds / DT)
    network = driven(
        rule, poisson(rate, steps, n, "pre"), poisson(rate, steps, 1, "post"), np.full((n, 1), start), every=steps // 200
    )
    trace = run(network, steps).weights[PLASTIC]
    return Curve(trace.steps * DT, trace.values.mean(axis=(1, 2)))


def rate_dependence(rule: PlasticityRule, rates: Sequence[float], mean_rate: float, start: float, trials: int = 80) -> Curve:
    """Mean weight change per second at each post rate, after the post neuron has fired at `mean_rate` for 4 s.

    All spike trains are Poisson. The pre neurons are silent until the post rate changes, so that nothing is learned before.
    """
    before, after, n_pre = 4000, 200, 20
    steps = before + after
    late = np.arange(steps)[:, None] >= before
    changes = []
    for part in range(10):
        pre = poisson(np.where(late, 20.0, 0.0), steps, n_pre, f"pre{part}")
        post = poisson(
            np.where(late, np.repeat(rates, trials // 10), mean_rate), steps, len(rates) * trials // 10, f"post{part}"
        )
        network = driven(rule, pre, post, np.full((n_pre, post.shape[1]), start), every=steps)
        changed = run(network, steps).weights[PLASTIC].values[-1] - start
        changes.append(changed.mean(axis=0).reshape(len(rates), -1).mean(axis=1))
    return Curve(np.asarray(rates, np.float64), np.mean(changes, axis=0) / (after * DT))


def integrator(rule: PlasticityRule, pre: FloatArray, start: Any, every: int, threshold: float = 1.0) -> Network:
    """A neuron without leak that receives plastic weights: it spikes whenever its weighted inputs sum up to the threshold."""
    weights = np.asarray(start, np.float64)
    return Network(
        name=f"trial_{rule.name}",
        populations=[
            Population("pre", weights.shape[0], SpikeRaster(np.asarray(pre, np.int32))),
            Population("post", weights.shape[1], SoftResetLIF(tau_m=per_step(1.0), v_th=threshold)),
        ],
        projections=[Projection("pre", "post", weights, plasticity=measured_in(rule, "1"), name=PLASTIC)],
        probes=[Probe(PLASTIC, "w", every=as_quantity(every * DT, "second"))],
        dt=as_quantity(DT, "second"),
    )


def norms(rule: PlasticityRule, scales: Sequence[float], norm: float, seconds: float = 40.0, n: int = 20) -> list[Curve]:
    """Norm of the weights over time from each starting norm, in units of `norm`; half of the inputs have correlated rates."""
    steps = round(seconds / DT)
    together = 20.0 + 20.0 * (np.sin(np.arange(steps) * DT * 2 * np.pi / 0.3) > 0)[:, None] * (np.arange(n) < n // 2)
    start = np.tile(np.asarray(scales)[None, :] * norm / np.sqrt(n), (n, 1))
    trace = run(integrator(rule, poisson(together, steps, n, "pre"), start, steps // 200, norm), steps).weights[PLASTIC]
    lengths = np.linalg.norm(trace.values, axis=1) / norm
    return [Curve(trace.steps * DT, column) for column in lengths.T]


def rate_under_inhibition(rule: PlasticityRule, seconds: float = 60.0, bin_seconds: float = 2.0) -> Curve:
    """Post rate (Hz) over time while inhibition, which has negative weights, learns, and excitation is fixed.

    The rate is the mean over 20 neurons that share their inputs.
    """
    steps, n_post = round(seconds / DT), 20
    excitation, inhibition = poisson(20.0, steps, 100, "excitation"), poisson(20.0, steps, 50, "inhibition")
    neuron: Neuron = LIF(tau_m=as_quantity(0.02, "second"), v_th=1.0)
    strength = stream(0, "rule_trials", "excitation weights").uniform(0.02, 0.08, (100, n_post))
    network = Network(
        name=f"trial_{rule.name}",
        populations=[
            Population("excitation", 100, SpikeRaster(np.asarray(excitation, np.int32))),
            Population("inhibition", 50, SpikeRaster(np.asarray(inhibition, np.int32))),
            Population("post", n_post, neuron),
        ],
        projections=[
            Projection("excitation", "post", strength),
            Projection("inhibition", "post", np.full((50, n_post), -1e-3), plasticity=measured_in(rule, "1"), name=PLASTIC),
        ],
        dt=as_quantity(DT, "second"),
    )
    raster = run(network, steps).raster("post")[0]
    width = round(bin_seconds / DT)
    counts = raster[: steps // width * width].reshape(-1, width, n_post).sum(axis=1)
    return Curve((np.arange(len(counts)) + 0.5) * bin_seconds, counts.mean(axis=1) / bin_seconds)
