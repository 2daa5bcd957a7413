"""Does additive STDP split the weights of one neuron into weak and strong ones, and settle its rate whatever the inputs'
rate?

Song, Miller, Abbott 2000 (doi:10.1038/78829): 1000 excitatory Poisson inputs of 10, 20 or 40 Hz and 200 inhibitory ones of 10
Hz onto one leaky integrate-and-fire neuron, the excitatory weights plastic with A+ = 0.005 of the largest weight, A- = 1.05
A+, tau+ = tau- = 20 ms, starting anywhere between 0 and the largest. Membrane and synapses are the paper's (20 ms, rest -70,
threshold -54, reset -60 mV; 5 ms).

Not the paper's: the emulator's synapses are currents, so a conductance of 0.015 leaks times 60 mV became 0.9 mV of drive, an
inhibitory one of 0.05 times 12 mV became -0.6 mV; the step is 1 ms. Absolute rates therefore differ from the paper's; what is
compared is the shape of the distribution and that the rate regulates itself.

What to see: the flat distribution empties in the middle: most weights go to 0, few to the largest, and the fewer the faster
the inputs are. The output rate falls from up to 100 Hz to nearly the same value for all three input rates, since depression
wins (A- > A+) until only those inputs stay that take part in making spikes.
"""

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from neurosim import LIF, AllToAll, Network, Population, Projection, SpikeRaster, Uniform
from neurosim.analysis.plots import COLOURS
from neurosim.backends.emulator import Session
from neurosim.plasticity import pair_stdp
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.units import ms, mV

EXCITATORY, INHIBITORY = 1000, 200
LARGEST, INHIBITION, INHIBITORY_RATE = 0.9, -0.6, 10
BINS, LOOK = 10, 50
"""Of the histogram; seconds between two looks."""


def network(seed):
    """Inputs that the session is fed with, and the neuron."""
    rule = pair_stdp(0.005 * LARGEST * mV, 0.00525 * LARGEST * mV, 20 * ms, 20 * ms, bounds=(0 * mV, LARGEST * mV))
    neuron = LIF(tau_m=20 * ms, v_rest=-70 * mV, v_th=-54 * mV, v_reset=-60 * mV, tau_syn=5 * ms)
    return Network(
        "song_abbott",
        [
            Population("excitatory", EXCITATORY, SpikeRaster(np.zeros((1, EXCITATORY)))),
            Population("inhibitory", INHIBITORY, SpikeRaster(np.zeros((1, INHIBITORY)))),
            Population("neuron", 1, neuron),
        ],
        [
            Projection("excitatory", "neuron", AllToAll(Uniform(0 * mV, LARGEST * mV)), plasticity=rule),
            Projection("inhibitory", "neuron", AllToAll(INHIBITION * mV)),
        ],
        seed=seed,
    )


class History:
    """A neuron that goes on for as long as somebody wants to look; one serves the trials of all times."""

    def __init__(self, seed, rate):
        program = lower(network(seed))
        self._session, self._rng, self._chance = Session(program), stream(seed, "spikes"), rate / 1000
        self._largest = program.projections[0].rule.bounds[1]
        self._looks = []

    def look(self, seconds):
        """Measures of the `LOOK` seconds that end there."""
        while len(self._looks) < seconds // LOOK:
            spikes = sum(self._second() for _ in range(LOOK))
            weights = self._session.weights("excitatory_neuron") / self._largest
            counts = np.histogram(weights, BINS, (0, 1))[0]
            shares = {f"bin_{k}": 100 * count / EXCITATORY for k, count in enumerate(counts)}
            self._looks.append({"rate": spikes / LOOK, **shares})
        return self._looks[seconds // LOOK - 1]

    def _second(self):
        inputs = {
            "excitatory": self._rng.random((1000, EXCITATORY), np.float32) < self._chance,
            "inhibitory": self._rng.random((1000, INHIBITORY), np.float32) < INHIBITORY_RATE / 1000,
        }
        return self._session.run(1000, inputs=inputs).counts("neuron").sum()


@cache
def history(seed, rate):
    return History(seed, rate)


def trial(t):
    return history(t.seed, t.parameters["input_rate"]).look(t.parameters["time"])


def figure(table):
    drawn = Figure(figsize=(9, 4), layout="constrained")
    left, right = drawn.subplots(1, 2)
    edges = np.linspace(0, 1, BINS + 1)
    left.stairs(np.full(BINS, 100 / BINS), edges, color="0.5", ls="--", label="before")
    for ((rate,), rows), colour in zip(table.by("input_rate"), COLOURS, strict=False):
        shares = [ends(rows).values(f"bin_{k}").mean() for k in range(BINS)]
        left.stairs(shares, edges, color=colour, lw=1.6, label=f"inputs of {rate} Hz")
        curve(right, rows, "time", "rate", colour=colour)
    left.set_xlabel("weight / largest weight", fontsize=11)
    left.set_ylabel("share of the weights (%)", fontsize=11)
    left.legend(frameon=False, fontsize=9, loc="upper center")
    left.spines[["top", "right"]].set_visible(False)
    times = list(dict.fromkeys(table.column("time")))
    right.set_xticks(times[-1 :: -max(1, len(times) // 5)])
    right.set_yscale("log")
    right.minorticks_off()
    right.set_yticks([10, 20, 50, 100], ["10", "20", "50", "100"])
    right.set_xlabel("time (s)", fontsize=11)
    right.set_ylabel("output rate (Hz)", fontsize=11)
    return drawn


def ends(rows):
    """The rows of the last look."""
    return rows.where(time=max(rows.column("time")))


def outer(rows):
    """Share of the weights (%) in the lowest and the highest tenth, and in a tenth between, at the end."""
    shares = [ends(rows).values(f"bin_{k}").mean() for k in range(BINS)]
    return shares[0], shares[-1], float(np.mean(shares[3:-1]))


def final_rates(table):
    """Mean output rate (Hz) at the end, by input rate."""
    return {rate: ends(rows).values("rate").mean() for (rate,), rows in table.by("input_rate")}


def answer(table):
    parts = [
        f"{rate} Hz: {outer(rows)[0]:.0f} % in the lowest tenth, {outer(rows)[1]:.0f} % in the highest, "
        f"{outer(rows)[2]:.1f} % in a tenth between, output {final_rates(rows)[rate]:.1f} Hz"
        for (rate,), rows in table.by("input_rate")
    ]
    return f"After {max(table.column('time'))} s with inputs of {'; '.join(parts)}."


def check(table):
    rates = list(final_rates(table).values())
    if not max(rates) < 1.25 * min(rates):
        raise ValueError(f"The output rate depends on the inputs': {final_rates(table)}.")
    for (rate,), rows in table.by("input_rate"):
        low, high, between = outer(rows)
        if not (low > 2 * between and high > 1.5 * between):
            raise ValueError(f"{rate} Hz: {low:.1f} % in the lowest tenth, {high:.1f} % in the highest, {between:.1f} % else")


STUDY = Study(
    name="song_abbott",
    question="Does additive STDP split the weights of a neuron into weak and strong, and settle its rate whatever the inputs'?",
    trial=trial,
    parameters=Grid({"input_rate": [10, 20, 40], "time": list(range(LOOK, 1001, LOOK))}),
    seeds=5,
    measures={
        "rate": Measure("Hz", f"output rate over the {LOOK} s before"),
        **{f"bin_{k}": Measure("%", f"share of the weights from {k / BINS:g} to {(k + 1) / BINS:g}") for k in range(BINS)},
    },
    figure=figure,
    answer=answer,
    expected="Two peaks, at 0 and at the largest weight, and output rates that differ by less than a quarter.",
    check=check,
    ci=Size(Grid({"input_rate": [10, 20], "time": [50, 300]}), seeds=1),
)
