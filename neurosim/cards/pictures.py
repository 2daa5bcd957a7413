"""Pictures of rules: the learning window or the fixed point of each rule, measured in a run, not drawn from the formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.analysis.plots import COLOURS
from neurosim.analysis.plots_learning import rule_window
from neurosim.cards.executions import starting_weight
from neurosim.cards.trials import (
    DT,
    PLASTIC,
    approach,
    burst_window,
    driven,
    given,
    norms,
    pairing,
    poisson,
    rate_dependence,
    rate_under_inhibition,
    run,
    voltage_pairing,
    window,
)
from neurosim.plasticity.catalogue import rule_entry
from neurosim.plasticity.parameters import checked_rule
from neurosim.plasticity.rule import PlasticityRule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (6.4, 3.8)


def draw_rule(name: str, **options: Any) -> Figure:
    """Draw the picture of a rule of the catalogue.

    Parameters
    ----------
    name : str
        Name of a rule in `neurosim.plasticity.RULES`.
    **options
        Parameters that differ from their defaults.
    """
    from matplotlib.figure import Figure

    entry = rule_entry(name)
    rule = checked_rule(entry, options)
    figure = Figure(figsize=_SIZE, layout="constrained")
    PICTURES.get(name, _window)(figure, given(rule), lambda **more: entry.factory(**{**options, **more}))
    figure.suptitle(name, fontsize=12, x=0.01, ha="left", fontweight="bold")
    return figure


def _dress(ax: Axes, x: str, y: str) -> Axes:
    ax.set_xlabel(x, fontsize=11)
    ax.set_ylabel(y, fontsize=11)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _legend(ax: Axes, **more: Any) -> None:
    ax.legend(frameon=False, fontsize=9, **more)


_Make = Callable[..., PlasticityRule]
_Picture = Callable[["Figure", PlasticityRule, _Make], None]


def _window(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the weight change by one pair of spikes."""
    start = starting_weight(rule.bounds)
    curve = window(rule, start)
    ax = rule_window(figure.subplots(), curve.x, curve.y)
    note = f"one pair, w = {start:g} before it"
    ax.set_title("; ".join([note, *(f"{signal} = 1" for signal in rule.signals)]), fontsize=9, loc="right")


def _burst_window(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the weight change by one post event, and by a burst."""
    ax = figure.subplots()
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    curves = burst_window(make(bounds=None), 0.5)
    for curve, colour, label in zip(curves, (COLOURS[0], COLOURS[1]), ("one event", "a burst of two spikes"), strict=True):
        ax.plot(curve.x * 1e3, curve.y, ".-", ms=4, lw=0.8, color=colour, label=label)
    _legend(_dress(ax, "first post spike - pre spike (ms)", "weight change"), loc="upper left")


def _frequency(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the weight change by sixty pairs at each rate, in both orders."""
    ax = figure.subplots()
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    rates = (0.5, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    start = starting_weight(rule.bounds)
    # Bounds would clip the curve; they belong to the network, not to the pairing protocol.
    free = make(bounds=None)
    for gap, colour, label in ((10, COLOURS[0], "post 10 ms after pre"), (-10, COLOURS[1], "post 10 ms before pre")):
        curve = pairing(free, rates, gap, start)
        ax.plot(curve.x, curve.y, "o-", ms=4, color=colour, label=label)
    _legend(_dress(ax, "rate of pairs (Hz)", "weight change by 60 pairs"))


def _voltage(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the weight change by five pairs at each rate, in both orders, at a neuron with a voltage."""
    ax = figure.subplots()
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    for gap, colour, label in ((10, COLOURS[0], "post 10 ms after pre"), (-10, COLOURS[1], "post 10 ms before pre")):
        curve = voltage_pairing(make, (1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50), gap)
        ax.plot(curve.x, curve.y, "o-", ms=4, color=colour, label=label)
    _legend(_dress(ax, "rate of pairs (Hz)", "weight change by 5 pairs"))


def _fixed_point(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the mean weight over time from several starting weights."""
    ax = figure.subplots()
    for start, colour in zip((0.05, 0.5, 0.95), COLOURS, strict=False):
        curve = approach(rule, start)
        ax.plot(curve.x, curve.y, color=colour, lw=1.5, label=f"from {start:g}")
    ax.set_ylim(0, 1)
    ax.set_title("independent Poisson spikes, 20 Hz on both sides", fontsize=9, loc="right")
    _legend(_dress(ax, "time (s)", "mean weight of 40 synapses"))


def _norm(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the norm of the weights over time from several starting norms."""
    ax = figure.subplots()
    ax.axhline(1, color="0.6", lw=0.8, zorder=0)
    scales = (0.25, 1.0, 2.0)
    for scale, curve, colour in zip(scales, norms(rule, scales, rule.parameters["norm"]), COLOURS, strict=False):
        ax.plot(curve.x, curve.y, color=colour, lw=1.5, label=f"from {scale:g}")
    ax.set_ylim(0, None)
    _legend(_dress(ax, "time (s)", "norm of the weights / norm"))


def _sliding_threshold(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the weight change as a function of the post rate, after three mean rates."""
    ax = figure.subplots()
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    rates = (2, 5, 8, 11, 14, 17, 20, 23, 26, 30)
    for mean, colour in zip((5.0, 10.0, 15.0), COLOURS, strict=False):
        curve = rate_dependence(rule, rates, mean, starting_weight(rule.bounds))
        ax.plot(curve.x, curve.y, "o-", ms=4, color=colour, label=f"after a mean rate of {mean:g} Hz")
    _legend(_dress(ax, "post rate (Hz)", "weight change (1/s)"))


def _target_rate(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw the post rate over time while inhibition learns."""
    ax = figure.subplots()
    for target, colour in zip((5, 10, 20), COLOURS, strict=False):
        from neurosim.units import Hz

        curve = rate_under_inhibition(make(eta=-0.002, rho_0=target * Hz))
        ax.axhline(target, color=colour, lw=0.8, ls="--")
        ax.plot(curve.x, curve.y, "o-", ms=3, color=colour, label=f"target {target} Hz")
    ax.set_yscale("log")
    ax.set_yticks([5, 10, 20, 40], ["5", "10", "20", "40"])
    ax.minorticks_off()
    ax.set_title("inhibition as negative weights, eta = -0.002", fontsize=9, loc="right")
    _legend(_dress(ax, "time (s)", "post rate (Hz)"))


def _reward(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw reward, tags and weights for a causal and an acausal pair; the reward follows a second later."""
    steps = 3000
    pre, post = np.zeros((steps, 2)), np.zeros((steps, 1))
    post[200] = 1
    pre[190, 0] = pre[210, 1] = 1
    time = np.arange(steps) * DT
    reward = np.where(time >= 1.0, 0.5 * np.exp(-(time - 1.0) / 0.2), 0.0)
    _stacked(figure, rule, pre, post, reward, "tag", ("post 10 ms after pre", "post 10 ms before pre"))


def _error(figure: Figure, rule: PlasticityRule, make: _Make) -> None:
    """Draw error, traces and weights for an active and a silent input; the error has one sign, then the other."""
    steps = 2000
    pre, post = poisson(np.array([40.0, 0.0]), steps, 2, "error"), np.zeros((steps, 1))
    time = np.arange(steps) * DT
    error = np.select([(time > 0.4) & (time < 0.9), (time > 1.3) & (time < 1.6)], [0.5, -0.5], 0.0)
    _stacked(figure, rule, pre, post, error, "x", ("input at 40 Hz", "silent input"))


def _stacked(
    figure: Figure, rule: PlasticityRule, pre: Any, post: Any, signal: Any, variable: str, labels: tuple[str, str]
) -> None:
    """Draw third factor, synaptic variable or trace, and weight in three stacked axes."""
    start = np.full((pre.shape[1], 1), starting_weight(rule.bounds))
    (modulator,) = rule.signals
    record = run(driven(rule, pre, post, start, watch=(variable,), every=5), len(pre), {modulator: signal})
    found, weights = record.synapses[PLASTIC, variable], record.weights[PLASTIC]
    third, middle, last = figure.subplots(3, 1, sharex=True, height_ratios=(1, 1.5, 1.5))
    third.plot(np.arange(len(pre)) * DT, signal, color="0.3", lw=1.2)
    third.axhline(0, color="0.6", lw=0.8, zorder=0)
    _dress(third, "", modulator)
    for k, label in enumerate(labels):
        middle.plot(found.steps * DT, found.values.reshape(len(found.steps), -1)[:, k], color=COLOURS[k], lw=1.5)
        last.plot(weights.steps * DT, weights.values[:, k, 0], color=COLOURS[k], lw=1.5, label=label)
    _dress(middle, "", variable)
    _dress(last, "time (s)", "w")
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=9)
    figure.align_ylabels()


PICTURES: Mapping[str, _Picture] = {
    "triplet_stdp": _frequency,
    "clopath": _voltage,
    "multiplicative_stdp": _fixed_point,
    "van_rossum_stdp": _fixed_point,
    "instar": _fixed_point,
    "oja": _norm,
    "bcm": _sliding_threshold,
    "inhibitory_stdp": _target_rate,
    "reward_stdp": _reward,
    "delta": _error,
    "ebcp": _burst_window,
    "adaptive_ebcp": _burst_window,
    "burstccn_w": _burst_window,
    "burstccn_q": _burst_window,
    "burstccn_y": _burst_window,
    "burst_dependent": _burst_window,
}
"""Name of a rule -> function that draws its picture; the other rules show their learning window."""
