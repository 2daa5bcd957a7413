"""How well does a restricted Boltzmann machine learn bars and stripes, by the kind and the length of its chains?

The data are the 30 images of 4 x 4 pixels of full rows or full columns; no mean log-likelihood can exceed -ln 30 = -3.401. A
machine of 16 + 12 units learns from batches of all images four times. Its likelihood is exact: Z is the sum over the 2^12
states of the hidden units. Chains start at the data (CD-k), at random states (Rdm-k) or go on (PCD-k, 120 chains). "centred"
subtracts the means over the data. A falling rate falls by exp(-0.05) every 200 updates. "connectivity" is CD-10, centred, in
which each connection has a strength and exists while it is above 1/2; half of them exist at the start.

The autocorrelation time tau is that of the visible units in Gibbs sampling of the learned model: 1 plus twice the sum of the
correlations until they fall below 0.05, over 1000 steps of 200 chains that had run for 200 steps from the data. Learning is out
of equilibrium while k is below tau (Decelle, Furtlehner, Seoane 2021). "bars_10" and "bars_1000" are the percentages of samples
that are bars or stripes 10 and 1000 steps after random states.

There is no test set. Rates of 0.05, 0.1, 0.2 and 0.3 were tried with one seed by the likelihood of the data itself.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim.rate import Learner, layered
from neurosim.rate.algorithms.boltzmann import RBM
from neurosim.rate.algorithms.connectivity_gradient import ConnectivityGradient
from neurosim.rate.centring import Centred
from neurosim.rate.chains import FromData, FromNoise, Persistent
from neurosim.rate.patterns import bars_and_stripes
from neurosim.rate.sampling import InBlocks
from neurosim.rate.starts import Normal
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study

BARS = bars_and_stripes(4)
CASES = {
    "CD-1": RBM(FromData(1), eta=0.1),
    "CD-3": RBM(FromData(3), eta=0.1),
    "CD-10": RBM(FromData(10), eta=0.1),
    "CD-30": RBM(FromData(30), eta=0.1),
    "PCD-1": RBM(Persistent(1, 120), eta=0.1),
    "PCD-10": RBM(Persistent(10, 120), eta=0.1),
    "Rdm-10": RBM(FromNoise(10), eta=0.1),
    "PCD-1 falling": RBM(Persistent(1, 120), eta=0.1, eta_decay=0.05),
    "CD-10 centred": RBM(FromData(10), Centred(), eta=0.3, eta_decay=0.05),
    "connectivity": ConnectivityGradient(FromData(10), Centred(), eta=0.3, eta_decay=0.05, eta_c=0.02),
}
CURVES = {
    "CD-1": "#56B4E9", "CD-10": "#0072B2", "PCD-1": "#E69F00", "Rdm-10": "#009E73", "CD-10 centred": "#D55E00",
    "connectivity": "#CC79A7",
}  # fmt: skip
LENGTHS = {"CD-1": 1, "CD-3": 3, "CD-10": 10, "CD-30": 30}
LOOKS = (200, 600, 1000, 2000, 4000, 6000)
PERIOD = 200
"""Updates after which the learning rate falls."""


def mixing(machine, rng, steps=1000, chains=200):
    """Autocorrelation time of the visible units, in Gibbs steps."""
    sampler, v = InBlocks(), BARS.pixels[:, rng.integers(0, 30, chains)]
    for _ in range(200):
        v = sampler.step(machine, v, rng)
    seen = np.empty((steps, *v.shape))
    for k in range(steps):
        seen[k] = v = sampler.step(machine, v, rng)
    seen -= seen.mean(axis=(0, 2), keepdims=True)
    power = np.abs(np.fft.rfft(seen, 2 * steps, axis=0)) ** 2
    covariance = np.fft.irfft(power.sum(axis=(1, 2)))[: steps // 2] / (steps - np.arange(steps // 2))
    rho = covariance / covariance[0]
    below = np.flatnonzero(rho < 0.05)
    return 1 + 2 * rho[1 : below[0] if len(below) else None].sum()


def true_samples(machine, rng, steps, chains=1000):
    """Percent of chains from random states that are bars or stripes after some steps."""
    known = {tuple(column) for column in BARS.pixels.T}
    v = np.asarray(rng.random((16, chains)) < 0.5, float)
    for _ in range(steps):
        v = InBlocks().step(machine, v, rng)
    return 100 * float(np.mean([tuple(column) in known for column in v.T]))


def trial(t):
    algorithm, updates = CASES[t.parameters["case"]], t.parameters["updates"]
    learner = Learner(layered(16, 12, output="logistic", start=Normal(0.1), seed=t.seed), algorithm)
    x, rng = np.tile(BARS.pixels, (1, 4)).astype(np.float32), stream(t.seed, "sampling")
    none = np.zeros((0, x.shape[1]), np.float32)
    found = {}
    with threadpool_limits(1):
        for update in range(updates):
            if update % PERIOD == 0:
                learner.set_epoch(update // PERIOD)
            learner.learn(x, none)
            if update + 1 in LOOKS or update + 1 == updates:
                machine = learner.algorithm.machine(learner.circuit)
                found[update + 1] = machine.log_likelihood(BARS.pixels).mean(), mixing(machine, rng)
        samples = {steps: true_samples(machine, rng, steps) for steps in (10, 1000)}
    likelihoods = [likelihood for likelihood, _ in found.values()]
    present = getattr(algorithm, "exists", lambda circuit: np.ones(1))(learner.circuit).mean()
    return {
        "likelihood": likelihoods[-1],
        "best": max(likelihoods),
        "tau": found[updates][1],
        **{f"likelihood_{k}": found[min(k, updates)][0] for k in LOOKS},
        **{f"tau_{k}": found[min(k, updates)][1] for k in LOOKS},
        **{f"bars_{steps}": value for steps, value in samples.items()},
        "present": 100 * float(present),
    }


def curve(ax, table, name):
    for case in (c for c in CURVES if len(table.where(case=c))):
        values = np.array([table.where(case=case).values(f"{name}_{k}") for k in LOOKS])
        ax.plot(LOOKS, values, color=CURVES[case], lw=0.6, alpha=0.35)
        ax.plot(LOOKS, values.mean(axis=1), color=CURVES[case], marker="o", ms=3.5, label=case)
    ax.set(xlabel="update", xscale="log", xticks=LOOKS, xticklabels=LOOKS)
    ax.minorticks_off()


def by_length(ax, table):
    here = {case: k for case, k in LENGTHS.items() if len(table.where(case=case))}
    k = list(here.values())
    ax.plot(k, [table.where(case=c).values("tau").mean() for c in here], "o-", ms=4, color="#0072B2")
    for case in here:
        taus = table.where(case=case).values("tau")
        ax.plot([here[case]] * len(taus), taus, "o", color="#0072B2", ms=2.5, alpha=0.35)
    ax.plot(k, k, color="0.6", lw=0.8, ls="--")
    ax.text(k[-1], k[-1] * 0.6, "tau = k", color="0.4", ha="right", fontsize=8)
    ax.set(xscale="log", yscale="log", xlabel="k of CD-k", ylabel="tau (Gibbs steps) at the end")


def figure(table):
    drawn = Figure(figsize=(10.5, 3.6), layout="constrained")
    axes = drawn.subplots(1, 3)
    curve(axes[0], table, "likelihood")
    axes[0].axhline(-BARS.entropy, color="k", lw=0.8, ls="--")
    axes[0].text(LOOKS[0], -BARS.entropy + 0.1, "best possible", fontsize=8)
    axes[0].set(ylabel="mean log-likelihood (nats)", ylim=(-11.5, -2.8))
    axes[0].legend(frameon=False, fontsize=8, loc="lower right")
    curve(axes[1], table, "tau")
    axes[1].set(ylabel="tau (Gibbs steps)", yscale="log")
    by_length(axes[2], table)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return drawn


def answer(table):
    parts = [
        f"{case} {rows.values('likelihood').mean():.2f} (tau {rows.values('tau').mean():.0f}, bars or stripes after 10 and "
        f"1000 steps from noise {rows.values('bars_10').mean():.0f} and {rows.values('bars_1000').mean():.0f} %)"
        for (case,), rows in table.by("case")
    ]
    return f"Mean log-likelihood, at best {-BARS.entropy:.2f}: " + "; ".join(parts) + "."


def check(table):
    full = max(table.column("updates")) == LOOKS[-1]
    least = {"CD-10": -4.0, "CD-30": -3.8, "PCD-10": -4.0, "CD-10 centred": -3.7} if full else {"CD-10 centred": -4.4}
    for case, limit in least.items():
        rows = table.where(case=case)
        if len(rows) and not limit < rows.values("likelihood").mean() < -BARS.entropy:
            raise ValueError(f"{case}: {rows.values('likelihood').mean():.2f}, expected above {limit}.")
    short = table.where(case="Rdm-10")
    if len(short) and not short.values("likelihood").mean() < short.values("best").mean() - 0.2:
        raise ValueError("Rdm-10: expected to get worse once tau is far above 10.")


STUDY = Study(
    name="boltzmann",
    question="How well does a restricted Boltzmann machine learn bars and stripes, by the kind and the length of its chains?",
    trial=trial,
    parameters=Grid({"case": list(CASES), "updates": [LOOKS[-1]]}),
    seeds=3,
    measures={
        "likelihood": Measure("1", "exact mean log-likelihood of the 30 images in nats, at the end"),
        "best": Measure("1", "the best of those on the way"),
        "tau": Measure("1", "autocorrelation time in Gibbs steps, at the end"),
        **{f"likelihood_{k}": Measure("1", f"mean log-likelihood after {k} updates") for k in LOOKS},
        **{f"tau_{k}": Measure("1", f"autocorrelation time after {k} updates") for k in LOOKS},
        "bars_10": Measure("%", "samples that are bars or stripes, 10 Gibbs steps from random states"),
        "bars_1000": Measure("%", "the same after 1000 steps"),
        "present": Measure("%", "connections that exist at the end"),
    },
    figure=figure,
    answer=answer,
    expected="CD-10 within 1.0 of the best; tau grows far above k (Decelle et al. 2021); PCD-1 gets worse once tau is large.",
    check=check,
    ci=Size(Grid({"case": ["CD-1", "CD-10 centred"], "updates": [1000]}), seeds=1),
)
