"""Do Langevin proposals without a test draw from a Boltzmann machine well enough, and do spiking units draw them on a chip?

Five units with symmetric normal weights and biases of standard deviation 0.6, a machine per seed. For each sampler, the matrix
of transitions between the 32 states is exact. From it follow the distribution that is drawn in the end, its divergence
(Kullback-Leibler) from the machine's, and the relaxation time in which the slowest deviation falls to 1/e. "drawn" is the
divergence of 100 000 states, as a user would see it: of 20 chains of 5000 steps from 0, or of one run of neurons; independent
states of a perfect sampler would have about 31 / 200 000 = 0.00016.

* "untested": all units flip at once with Langevin proposals (Zhang, Liu, Liu 2022), for a step size alpha.
* "tested": proposals are accepted as a whole (Metropolis, Hastings), which is exact and not local.
* "one by one": Gibbs sampling; a step draws all five units. "all at once": each unit is drawn from the state before.
* "chip", "float": the untested proposals as five `StochasticUnit` with half the weights and a weight of 1/alpha to themselves,
  in the integers of a chip (weights of 8 bits) and in float. Their logistic function is three lines that end at 5, where the
  proposals of alpha 0.1 are: with it, no unit would ever change. Exact numbers are those of the three lines.

On a restricted machine of 9 + 8 units that learned bars and stripes of 3 x 3 by CD-10 ("learned"), block Gibbs sampling is
compared with proposals for the visible units, by their exact 512 x 512 transitions.

Nothing was chosen: all alphas are shown. LIF neurons that sample are another study.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from neurosim import Network, Population, Projection, StochasticUnit, deploy, emulate_network
from neurosim.rate import Learner, layered
from neurosim.rate.algorithms.boltzmann import RBM
from neurosim.rate.centring import Centred
from neurosim.rate.chains import FromData
from neurosim.rate.exact import divergence
from neurosim.rate.patterns import bars_and_stripes
from neurosim.rate.sampling import (
    AtOnce,
    InBlocks,
    Langevin,
    OneByOne,
    PairwiseMachine,
    TestedLangevin,
    probabilities,
    relaxation,
    stationary,
)
from neurosim.rate.starts import Normal
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study
from neurosim.units import ms

UNITS, DRAWN, CHAINS = 5, 100_000, 20
ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
ON_CHIP = (0.2, 0.3, 0.5)
SAMPLERS = {
    "one by one": OneByOne(),
    "all at once": AtOnce(),
    **{f"{kind} {a}": make(a) for kind, make in (("untested", Langevin), ("tested", TestedLangevin)) for a in ALPHAS},
}
KINDS = {"untested": Langevin, "tested": TestedLangevin}
LEARNED = {
    "learned blocks": InBlocks(),
    **{f"learned {kind} {a}": make(a) for kind, make in KINDS.items() for a in (0.1, 0.2, 0.5)},
}
NEURONS = tuple(f"{kind} {a}" for kind in ("float", "chip") for a in ON_CHIP)


class OnUnits(Langevin):
    """Proposals with the logistic function of `StochasticUnit`: three lines, rounded to 1/128."""

    def ones(self, model, s):
        x = self.inputs(model, s)
        half = np.minimum.reduce([np.abs(x) / 4, np.abs(x) / 8 + 1 / 8, np.abs(x) / 32 + 11 / 32, np.full_like(x, 0.5)])
        return 0.5 + np.sign(x) * np.floor(half * 128 + 0.5) / 128


def random_machine(seed):
    rng = stream(seed, "machine")
    weights = 0.6 * rng.standard_normal((UNITS, UNITS))
    return PairwiseMachine((weights + weights.T) / 2 * (1 - np.eye(UNITS)), 0.6 * rng.standard_normal((UNITS, 1)))


def learned_machine(seed):
    """A machine that learned bars and stripes of 3 x 3 pixels."""
    x = np.tile(bars_and_stripes(3).pixels, (1, 8)).astype(np.float32)
    network = layered(9, 8, output="logistic", start=Normal(0.1), seed=seed)
    learner = Learner(network, RBM(FromData(10), Centred(), eta=0.2))
    for _ in range(1000):
        learner.learn(x, np.zeros((0, x.shape[1]), np.float32))
    return learner.algorithm.machine(learner.circuit)


def spiking(machine, alpha, seed):
    """Stochastic units whose next state is a Langevin proposal."""
    weights = machine.weights / 2 + np.eye(UNITS) / alpha
    units = Population("units", UNITS, StochasticUnit(bias=machine.biases[:, 0] / 2 - 1 / (2 * alpha)))
    return Network("langevin", [units], [Projection("units", "units", weights)], seed=seed)


def of_spikes(found, steps):
    """Shares of the 32 states in a run."""
    on = np.zeros((UNITS, steps), int)
    spikes = found.spikes["units"]
    on[spikes.neuron, spikes.step] = 1
    return shares(on)


def shares(states):
    n = len(states)
    return np.bincount((2 ** np.arange(n)[::-1] @ states).astype(int).ravel(), minlength=2**n) / states.shape[1]


def chain(sampler, machine, units, rng):
    s, found = np.zeros((units, CHAINS)), np.empty((DRAWN // CHAINS, units, CHAINS))
    for k in range(len(found)):
        found[k] = s = sampler.step(machine, s, rng)
    return shares(np.concatenate(list(found), axis=1))


def of_neurons(t, machine):
    """Sampler of a case with neurons, and the shares of the states in a run of them."""
    kind, alpha = t.parameters["case"].split()
    network = spiking(machine, float(alpha), t.seed)
    run = deploy(network).emulate(DRAWN * ms) if kind == "chip" else emulate_network(network, DRAWN * ms)
    return OnUnits(float(alpha)), of_spikes(run, DRAWN)


def trial(t):
    case = t.parameters["case"]
    with threadpool_limits(1):
        units, machine = (9, learned_machine(t.seed)) if case in LEARNED else (UNITS, random_machine(t.seed))
        if case in NEURONS:
            sampler, drawn = of_neurons(t, machine)
        else:
            sampler = {**SAMPLERS, **LEARNED}[case]
            drawn = chain(sampler, machine, units, stream(t.seed, case))
        moves, p = sampler.transitions(machine, units), probabilities(machine, units)
    return {
        "bias": max(0.0, divergence(stationary(moves), p)),
        "relaxation": relaxation(moves),
        "drawn": divergence(drawn, p),
    }


def curve(ax, table, prefix, measure, colour, **look):
    alphas = [a for a in ALPHAS if len(table.where(case=f"{prefix} {a}"))]
    if not alphas:
        return
    values = np.array([table.where(case=f"{prefix} {a}").values(measure) for a in alphas])
    ax.plot(alphas, values, color=colour, lw=0.5, alpha=0.35)
    ax.plot(alphas, values.mean(axis=1), color=colour, marker="o", ms=4, **look)


def level(ax, table, case, measure, label):
    rows = table.where(case=case)
    if len(rows):
        ax.axhline(rows.values(measure).mean(), color="0.5", lw=0.9, ls="--")
        ax.text(ALPHAS[-1], rows.values(measure).mean() * 1.1, label, ha="right", fontsize=8, color="0.35")


def figure(table):
    drawn = Figure(figsize=(10.5, 3.6), layout="constrained")
    axes = drawn.subplots(1, 3)
    curve(axes[0], table, "untested", "bias", "#0072B2", label="untested, in the end")
    curve(axes[0], table, "untested", "drawn", "#56B4E9", label="untested, drawn", ls=":")
    curve(axes[0], table, "float", "bias", "#E69F00", label="stochastic units, in the end")
    curve(axes[0], table, "chip", "drawn", "#D55E00", label="on a chip, drawn", ls=":")
    level(axes[0], table, "all at once", "bias", "all at once")
    axes[0].set(title="five units", ylabel="divergence from the machine (nats)", ylim=(1e-6, 2))
    for ax, prefix, exact in ((axes[1], "", "one by one"), (axes[2], "learned ", "learned blocks")):
        curve(ax, table, f"{prefix}untested", "relaxation", "#0072B2", label="untested")
        curve(ax, table, f"{prefix}tested", "relaxation", "#009E73", label="tested")
        level(ax, table, exact, "relaxation", exact.removeprefix("learned "))
        ax.set(ylabel="relaxation time (steps)")
    axes[1].set(title="five units")
    axes[2].set(title="a machine that learned, 9 + 8 units")
    for ax in axes:
        ax.set(xscale="log", yscale="log", xlabel="alpha", xticks=ALPHAS, xticklabels=ALPHAS)
        ax.minorticks_off()
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize=8)
    return drawn


def answer(table):
    parts = [
        f"{case} {rows.values('bias').mean():.2g} in the end, {rows.values('drawn').mean():.2g} drawn, relaxation "
        f"{rows.values('relaxation').mean():.3g}"
        for (case,), rows in table.by("case")
    ]
    return "Divergence in nats, and relaxation time in steps: " + "; ".join(parts) + "."


def check(table):
    claims = {}
    for (case,), rows in table.by("case"):
        bias = rows.values("bias")
        if case in SAMPLERS and isinstance(SAMPLERS[case], OneByOne | TestedLangevin):
            claims[f"{case} is exact"] = bias.max() < 1e-9
        if case in ("untested 0.1", "untested 0.2"):
            claims[f"{case} is below 0.01"] = bias.max() < 0.01
        if case == "untested 0.2":
            claims["what is drawn is below 0.01"] = rows.values("drawn").max() < 0.01
    wrong = [claim for claim, holds in claims.items() if not holds]
    if wrong:
        raise ValueError(f"not so: {', '.join(wrong)}. {answer(table)}")


STUDY = Study(
    name="langevin_sampling",
    question="Do Langevin proposals without a test draw from a Boltzmann machine well enough, and do spiking units on a chip?",
    trial=trial,
    parameters=Grid({"case": [*SAMPLERS, *NEURONS, *LEARNED]}),
    seeds=3,
    measures={
        "bias": Measure("1", "divergence in nats of the distribution drawn in the end from the machine's, exact"),
        "relaxation": Measure("1", "steps in which the slowest deviation falls to 1/e, exact"),
        "drawn": Measure("1", f"divergence in nats of {DRAWN} states that were drawn"),
    },
    figure=figure,
    answer=answer,
    expected="Below 0.01 nats for alpha of 0.1 and 0.2; a bias that grows with alpha, and slow chains for small alpha.",
    check=check,
    ci=Size(Grid({"case": ["all at once", "untested 0.2", "tested 0.2", "chip 0.3"]}), seeds=1),
)
