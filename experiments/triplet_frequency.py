"""Does the triplet rule reproduce how spike-timing dependent plasticity depends on the rate of the pairings?

Pfister and Gerstner 2006 (doi:10.1523/JNEUROSCI.1425-06.2006) fitted it to pairs of layer 5 cells of the visual cortex (Sjostrom,
Turrigiano, Nelson 2001, doi:10.1016/S0896-6273(01)00542-6). A trial makes their protocol: 60 pairings at 0.1 to 50 Hz, the pre spike
10 ms before or after the post spike, each pairing a synapse of its own that starts at 1.

MEASURED holds the experimental means and standard errors of Table 1 of Pfister and Gerstner. They were read from three public
copies of that table, which agree: the VH-Lab Matlab toolbox (sjostrom_freq_stdp), sPyNNaker's example of the triplet rule, and a study
in Nengo; not from the article itself.

What to see: pairings that come alone are depressed whatever their order, or hardly changed; from 40 Hz on both orders are
potentiated, because each post spike finds the slow trace of those before it. A pair rule with the same window cannot do that.
The curves of both fits leave the error bars where the authors' fits do: the fits minimise the error over all points.
"""

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, Network, OneToOne, Population, Projection, SpikeArray, simulate
from neurosim.analysis.plots import COLOURS
from neurosim.emulate import emulate_network
from neurosim.plasticity import VISUAL_CORTEX, VISUAL_CORTEX_MINIMAL, pair_stdp, triplet_stdp
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

RATES = (0.1, 10.0, 20.0, 40.0, 50.0)
MEASURED = {
    10: ((-0.04, 0.05), (0.14, 0.10), (0.29, 0.14), (0.53, 0.11), (0.56, 0.26)),
    -10: ((-0.29, 0.08), (-0.41, 0.11), (-0.34, 0.10), (0.56, 0.32), (0.75, 0.19)),
}
"""Lag in ms -> (mean, standard error) of the relative change at each of RATES."""

RULES = {
    "full": lambda: triplet_stdp(**VISUAL_CORTEX),
    "minimal": lambda: triplet_stdp(**VISUAL_CORTEX_MINIMAL),
    # The window of the minimal triplet rule, with the pair amplitude that the measured +10 ms at 20 Hz asks for.
    "pair": lambda: pair_stdp(8.77e-3, 7.1e-3, 16.8 * ms, 33.7 * ms),
}
RUNS = {
    "emulator": emulate_network,
    "brian2": lambda network, duration: simulate(network, duration, progress=False),
}
PAIRINGS, MARGIN = 60, 50


def pairings(rate):
    """Post spikes of both synapses at a rate, in ms."""
    return MARGIN + np.round(np.arange(PAIRINGS) * 1000 / rate)


def network(rule, rate):
    """Two synapses, one a lag; teachers make the post neurons spike a step after their own spikes."""
    lags, times = np.array(list(MEASURED)), pairings(rate)
    who = np.repeat(np.arange(len(lags)), PAIRINGS)
    post = np.tile(times, len(lags))
    return Network(
        "pairings",
        [
            Population("pre", len(lags), SpikeArray(who, (post - lags[who]) * ms)),
            Population("teacher", len(lags), SpikeArray(who, (post - 1) * ms)),
            Population("post", len(lags), LIF(tau_m=2 * ms, v_th=10.0)),
        ],
        [Projection("pre", "post", OneToOne(1.0), plasticity=rule), Projection("teacher", "post", OneToOne(30.0))],
    )


def trial(t):
    rate = t.parameters["rate"]
    described = network(RULES[t.parameters["rule"]](), rate)
    recording = RUNS[t.parameters["run"]](described, (pairings(rate)[-1] + MARGIN) * ms)
    if len(recording.spikes["post"].step) != PAIRINGS * len(MEASURED):
        raise ValueError("The teachers did not make every post spike, or more.")
    change = final(recording.weights["pre_post"]) - 1
    return {"after": change[0], "before": change[1]}


def final(trace):
    """Weights of the two synapses at the end."""
    last = trace.values[-1]
    return np.diag(last.toarray() if hasattr(last, "toarray") else np.reshape(last, (2, 2)) if np.size(last) == 4 else np.diag(last))


def figure(table):
    drawn = Figure(figsize=(9, 4), layout="constrained")
    for ax, (lag, measure, title) in zip(drawn.subplots(1, 2, sharey=True), SIDES, strict=True):
        mean, error = np.array(MEASURED[lag]).T
        ax.errorbar(RATES, mean, error, fmt="ks", ms=5, capsize=3, label="measured (Sjöström et al. 2001)")
        for (rule, rows), colour in zip(table.where(run="emulator").by("rule"), COLOURS, strict=False):
            ax.plot(rows.column("rate"), rows.values(measure), "o-", ms=4, color=colour, label=LABELS[rule[0]])
        for (rule,), rows in table.where(run="brian2").by("rule"):
            ax.plot(rows.column("rate"), rows.values(measure), "+", ms=12, color="0.4", label="Brian2" if rule == "full" else None)
        ax.axhline(0, lw=0.6, color="0.6")
        ax.set(title=title, xlabel="rate of the pairings (Hz)")
        ax.spines[["top", "right"]].set_visible(False)
    drawn.axes[0].set_ylabel("relative change of the weight")
    drawn.axes[0].legend(frameon=False, fontsize=8)
    return drawn
