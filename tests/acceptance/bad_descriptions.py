"""Networks that are described wrongly."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neurosim import (
    LIF,
    AdEx,
    AllToAll,
    Convolution,
    DesireLIF,
    EquationNeuron,
    FixedProbability,
    ImageInput,
    LabelInput,
    Network,
    Normal,
    OneToOne,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Sparse,
    SpikeArray,
    Transposed,
    per_step,
)
from neurosim.errors import NetworkError, UnitError
from neurosim.plasticity import DesireSignal, PlasticityRule
from neurosim.train import Dropout
from neurosim.units import Hz, ms, mV, nA, second
from tests.acceptance.bad_input import CELL, Case, network

DESCRIPTION = (
    Case("population name", NetworkError, lambda f: Population("my cells", 2, CELL), ("my cells", "letters")),
    Case("network name of another kind", NetworkError, lambda f: Network(3, [Population("a", 1, CELL)]), ("name = 3", "text")),
    Case(
        "network name with a line",
        NetworkError,
        lambda f: Network("a\nimport os", [Population("a", 1, CELL)]),
        ("import os", "printable"),
    ),
    Case(
        "network name with a folder",
        NetworkError,
        lambda f: Network("../a", [Population("a", 1, CELL)]),
        ("../a", "names of files"),
    ),
    Case("network without a name", NetworkError, lambda f: Network("", [Population("a", 1, CELL)]), ("name = ''", "text of 1")),
    Case("population size", NetworkError, lambda f: Population("cells", 0, CELL), ("cells", "n = 0", "at least 1")),
    Case("no neuron", NetworkError, lambda f: Population("cells", 2, "LIF"), ("cells", "LIF(...)")),
    Case(
        "parameter shape",
        NetworkError,
        lambda f: Population("cells", 3, LIF(tau_m=[1, 2] * ms, v_th=1 * mV)),
        ("cells", "tau_m", "(3,)"),
    ),
    Case(
        "current to an input",
        NetworkError,
        lambda f: Network("n", [Population("in", 1, PoissonInput(1 * Hz), current=1)]),
        ("'in'", "leave it out"),
    ),
    Case(
        "current in the wrong unit",
        NetworkError,
        lambda f: Network("n", [Population("cells", 1, CELL, current=1 * nA)]),
        ("cells", "current"),
    ),
    Case("no population", NetworkError, lambda f: Network("empty", []), ("empty", "at least one")),
    Case("same name twice", NetworkError, lambda f: Network("n", [Population("a", 1, CELL)] * 2), ("'a'", "name of its own")),
    Case(
        "unknown population",
        NetworkError,
        lambda f: Network("n", [Population("cells", 1, CELL)], [Projection("cell", "cells", AllToAll(1 * mV))]),
        ("cell_cells", "Did you mean 'cells'"),
    ),
    Case(
        "projection into an input",
        NetworkError,
        lambda f: Network(
            "n", [Population("a", 1, CELL), Population("b", 1, PoissonInput(1 * Hz))], [Projection("a", "b", AllToAll(1 * mV))]
        ),
        ("a_b", "swap pre and post"),
    ),
    Case("unknown receptor", NetworkError, lambda f: network(receptor="ampa"), ("noise_cells", "receptor 'ampa'", "default")),
    Case(
        "weight shape",
        NetworkError,
        lambda f: network(weights=np.ones((3, 2)) * mV),
        ("noise_cells", "(3, 2)", "(n_pre, n_post) = (2, 2)"),
    ),
    Case("single weight", NetworkError, lambda f: network(weights=1 * mV), ("noise_cells", "AllToAll")),
    Case(
        "NaN weight",
        NetworkError,
        lambda f: network(weights=np.array([[np.nan, 1], [1, 1]]) * mV),
        ("noise_cells", "1 of 4 weights", "finite"),
    ),
    Case(
        "weights without unit",
        UnitError,
        lambda f: network(weights=np.ones((2, 2))),
        ("noise_cells", "volt", "5*mV", "without unit"),
    ),
    Case("weights in amperes", UnitError, lambda f: network(weights=AllToAll(1 * nA)), ("noise_cells", "volt", "ampere")),
    Case(
        "one-to-one of unequal sizes",
        NetworkError,
        lambda f: network(weights=OneToOne(1 * mV), n=3),
        ("noise_cells", "equal size"),
    ),
    Case(
        "probability above one",
        NetworkError,
        lambda f: FixedProbability(1 * mV, p=1.5),
        ("FixedProbability.p", "0 to 1", "1.5"),
    ),
    Case(
        "kernel larger than image",
        NetworkError,
        lambda f: network(weights=Convolution(np.ones((1, 1, 5, 5)) * mV, shape=(2, 1))),
        ("noise_cells", "5 x 5", "does not fit"),
    ),
    Case(
        "sparse weights without unit",
        UnitError,
        lambda f: network(weights=sparse.eye_array(2)),
        ("noise_cells", "volt", "carries no unit", "Sparse(matrix, mV)"),
    ),
    Case(
        "sparse weights twice for a pair",
        NetworkError,
        lambda f: network(weights=Sparse(sparse.coo_array(([1, 2], ([0, 0], [1, 1])), shape=(2, 2)), mV)),
        ("noise_cells", "0 -> 1", "sum_duplicates"),
    ),
    Case(
        "delay beyond memory",
        NetworkError,
        lambda f: network(delay=4294967.3 * second),
        ("noise_cells", "4294967300 steps", "GiB", "Shorten the delay"),
    ),
    Case("seed of None", NetworkError, lambda f: Network("n", [Population("a", 1, CELL)], seed=None), ("'n'", "seed = None")),
    Case(
        "means over no interval",
        NetworkError,
        lambda f: network(probes=[Probe("cells", "v", average="time")]),
        ("Probe of 'cells'", "needs an interval", "every=10*ms"),
    ),
    Case(
        "some synapses of a projection",
        NetworkError,
        lambda f: network(probes=[Probe("noise_cells", "w", every=1 * ms, neurons=[0])]),
        ("Probe of 'noise_cells'", "all of its synapses"),
    ),
    Case(
        "masked weights",
        UnitError,
        lambda f: network(weights=np.ma.masked_less(np.eye(2), 1)),
        ("noise_cells", "masked", ".filled(value)"),
    ),
    Case("a negative spread", NetworkError, lambda f: Normal(1 * mV, -1 * mV), ("Normal.sd", "zero or more")),
    Case("negative delay", NetworkError, lambda f: network(delay=-1 * ms), ("noise_cells", "delay", "zero or more")),
    Case("delay in volts", UnitError, lambda f: network(delay=1 * mV), ("noise_cells", "delay", "second")),
    Case("no rule", NetworkError, lambda f: network(plasticity="stdp"), ("noise_cells", "PlasticityRule")),
    Case(
        "unknown probe variable",
        NetworkError,
        lambda f: network(probes=[Probe("cells", "u")]),
        ("Probe of 'cells'", "variable 'u'", "spike, v"),
    ),
    Case(
        "probe of a missing neuron",
        NetworkError,
        lambda f: network(probes=[Probe("cells", "v", neurons=[5])]),
        ("Probe of 'cells'", "0..1"),
    ),
    Case("dt without unit", UnitError, lambda f: Network("n", [Population("a", 1, CELL)], dt=0.1), ("dt", "second", "20*ms")),
    Case("negative time constant", NetworkError, lambda f: LIF(tau_m=-20 * ms, v_th=1 * mV), ("LIF.tau_m", "positive")),
    Case("threshold below reset", NetworkError, lambda f: LIF(tau_m=20 * ms, v_th=-1 * mV), ("LIF", "v_th", "above v_reset")),
    Case("mixed level units", UnitError, lambda f: LIF(tau_m=20 * ms, v_th=1 * mV, v_rest=3), ("LIF.v_rest", "volt")),
    Case("factor above one", NetworkError, lambda f: per_step(1.5), ("per_step", "0 to 1", "1.5")),
    Case("capacity in volts", UnitError, lambda f: AdEx(C=1 * mV), ("AdEx.C", "farad", "200*pF")),
    Case(
        "receptor of no variable",
        NetworkError,
        lambda f: EquationNeuron(model="dv/dt = -v/(1*ms) : volt", threshold="v > 1*mV", receptors={"e": "g"}),
        ("EquationNeuron", "'g'", "v"),
    ),
    Case(
        "spikes of a missing neuron",
        NetworkError,
        lambda f: Population("in", 2, SpikeArray([0, 7], [1, 2] * ms)),
        ("'in'", "7", "0 to 1"),
    ),
    Case("spike times in volts", UnitError, lambda f: SpikeArray([0], [1] * mV), ("SpikeArray.times", "second")),
    Case("negative rate", NetworkError, lambda f: PoissonInput(-5 * Hz), ("PoissonInput.rate", "zero or more")),
    Case("coding without steps", NetworkError, lambda f: ImageInput(RateCoding(0)), ("RateCoding.steps", "at least 1")),
    Case(
        "rule that is not local",
        NetworkError,
        lambda f: PlasticityRule("r", on_post={"w": "weights_of_others"}),
        ("'r'", "not local"),
    ),
    Case(
        "rule that is no expression",
        NetworkError,
        lambda f: PlasticityRule("r", on_post={"w": "x +"}),
        ("'r'", "not an expression"),
    ),
    Case(
        "unknown phase",
        NetworkError,
        lambda f: PlasticityRule("r", at={"end": {"w": "w"}}),
        ("'r'", "phase 'end'", "sample_end"),
    ),
    Case(
        "margin as long as the sample",
        NetworkError,
        lambda f: DesireSignal(steps=4, margin=4),
        ("DesireSignal.margin", "steps = 4"),
    ),
    Case(
        "unknown channel",
        NetworkError,
        lambda f: network(channel="burst"),
        ("'burst'", "spike"),
    ),
    Case(
        "payload of a channel that has none",
        NetworkError,
        lambda f: Network("n", [Population("a", 1, CELL)], [Projection("a", "a", [[1]] * mV, graded=True)]),
        ("'a_a'", "no payload", "leave graded out"),
    ),
    Case(
        "transposed weights of nothing",
        NetworkError,
        lambda f: network(weights=Transposed("forward")),
        ("Transposed", "'forward'"),
    ),
    Case(
        "desire after the end of the period",
        NetworkError,
        lambda f: DesireLIF(tau_m=per_step(0.75), period=20),
        ("DesireLIF.period = 20", "need 24"),
    ),
    Case("label in the past", NetworkError, lambda f: LabelInput(step=-1), ("LabelInput.step = -1",)),
    Case("dropout of everything", NetworkError, lambda f: Dropout(hidden=1.0), ("Dropout.hidden", "up to 1")),
)
