"""One of everything that runs, deployments and studies return, for the tests of how objects show themselves."""

from __future__ import annotations

import neurosim
from neurosim.cards.card import named_card
from neurosim.chip.target import load_target
from neurosim.data import load_dataset
from neurosim.plasticity import pair_stdp
from neurosim.study.results import read_results
from neurosim.study.runner import run_study
from neurosim.study.source import load_study
from neurosim.units import Hz, ms, mV

STUDY = '''
from neurosim.study import Grid, Measure, Study


def trial(t):
    return {"m": t.parameters["a"] + 0.25 * t.seed}


MEASURES = {"m": Measure("mV", "a number")}
STUDY = Study("toy", "Is <b>it</b> & all?", trial, Grid({"a": [1.0, 2.0], "b": ["<i>", "x"]}), MEASURES, seeds=2)
'''


def learning(name="small", n=20):
    rule = pair_stdp(bounds=(0 * mV, 2 * mV), a_plus=0.01 * mV, a_minus=0.01 * mV)
    return neurosim.Network(
        name,
        [
            neurosim.Population("noise", n, neurosim.PoissonInput(50 * Hz)),
            neurosim.Population("cells", 5, neurosim.LIF(tau_m=20 * ms, v_th=10 * mV)),
        ],
        [
            neurosim.Projection("noise", "cells", neurosim.AllToAll(1 * mV), plasticity=rule),
            neurosim.Projection("cells", "cells", neurosim.AllToAll(-0.1 * mV), delay=2 * ms),
        ],
        [neurosim.Probe("cells", "v"), neurosim.Probe("noise_cells", "w", every=10 * ms)],
    )


def study_results(folder):
    (folder / "toy.py").write_text(STUDY)
    run_study(load_study(folder / "toy.py"), folder / "toy", progress=False)
    return read_results(folder / "toy")


def made(folder):
    network = learning()
    deployment = neurosim.deploy(network)
    recording = deployment.emulate(100 * ms)
    run = neurosim.start(network)
    run.advance(10 * ms)
    results = study_results(folder)
    return {
        "network": network, "deployment": deployment, "recording": recording, "running": run, "fit": deployment.fit,
        "unfit": neurosim.deploy(learning(n=9000), allow={"does_not_fit"}).fit,
        "comparison": neurosim.compare(recording, neurosim.emulate_network(network, 100 * ms)),
        "placement": deployment.place(activity=recording), "price": deployment.price(recording), "card": named_card("desire"),
        "results": results, "table": results.table, "target": load_target("loihi2"), "dataset": load_dataset("digits"),
        "report": deployment.report, "program": deployment.program, "step program": deployment.float_program,
        "spikes": recording.spikes, "states": recording.states, "weights": recording.weights, "needs": deployment.needs,
        "train": recording.spikes["cells"], "trace": recording.weights["noise_cells"],
        "rule": network.projections[0].plasticity,
    }  # fmt: skip
