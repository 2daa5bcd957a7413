"""Runs, deployments, comparisons and trainings that cannot be."""

from __future__ import annotations

import numpy as np

from neurosim import (
    LIF,
    AdaptiveLIF,
    AllToAll,
    EquationNeuron,
    ImageInput,
    Izhikevich,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    RefractoryLIF,
    SoftResetLIF,
    compare,
    deploy,
    simulate,
    train,
)
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, QuantisationError, TargetError, UnitError, UnsupportedError, UsageError
from neurosim.models import load_model
from neurosim.plasticity import PlasticityRule, broadcast, desire, pre
from neurosim.units import Hz, ms, mV, second
from tests.acceptance.bad_input import Case, compared, digits_net, images, network, run, text_file

STDP_LIKE = PlasticityRule("drift", traces={"x": pre(decay=0.5)}, on_post={"w": "x"})

REWARDED = PlasticityRule(
    "reward",
    traces={"x": pre(decay=0.5)},
    modulators={"R": broadcast()},
    on_post={"w": "a * R * x"},
    parameters={"a": 1 * mV},
)


def _with_rule(rule: PlasticityRule) -> Network:
    populations = [Population("image", 64, ImageInput(RateCoding(20))), Population("cells", 10, LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("net", populations, [Projection("image", "cells", AllToAll(0.1), plasticity=rule)])


RUNNING = (
    Case("duration without unit", UnitError, lambda f: simulate(network(), 1.0), ("duration", "second", "20*ms")),
    Case("duration without end", NetworkError, lambda f: simulate(network(), 1e9 * second), ("duration", "lengthen dt")),
    Case("duration of zero", NetworkError, lambda f: simulate(network(), 0 * second), ("duration", "at least a step")),
    Case(
        "unknown integration",
        UsageError,
        lambda f: simulate(network(), 1 * ms, integration="stepwise"),
        ("integration 'stepwise'", "Did you mean 'step'"),
    ),
    Case(
        "unknown engine target",
        UsageError,
        lambda f: simulate(network(), 1 * ms, target="cpp"),
        ("target 'cpp'", "cpp_standalone"),
    ),
    Case("images that are missing", NetworkError, lambda f: simulate(digits_net(), 21 * ms), ("'image'", "images=")),
    Case(
        "images for no input",
        NetworkError,
        lambda f: simulate(network(), 5 * ms, images=images()),
        ("'small'", "leave out images"),
    ),
    Case(
        "image size",
        NetworkError,
        lambda f: simulate(digits_net(), 21 * ms, images=images((3, 784))),
        ("'image'", "(3, 784)", "(n_samples, 64)"),
    ),
    Case(
        "images out of range",
        NetworkError,
        lambda f: simulate(digits_net(), 21 * ms, images=images(value=16)),
        ("'image'", "0 to 1", "divide"),
    ),
    Case(
        "rate above one spike a step",
        NetworkError,
        lambda f: simulate(Network("n", [Population("in", 1, PoissonInput(5000 * Hz))]), 5 * ms),
        ("PoissonInput.rate", "lower the rate or dt"),
    ),
    Case(
        "rule without its signal",
        NetworkError,
        lambda f: simulate(network(plasticity=REWARDED), 5 * ms),
        ("noise_cells", "'R'", "pass signals="),
    ),
    Case(
        "own equations that do not parse",
        NetworkError,
        lambda f: simulate(
            network(
                weights=np.zeros((2, 2)) * mV,
                neuron=EquationNeuron(model="dv/dt = -v/tau : volt", threshold="v > 1*mV", receptors={"default": "v"}),
            ),
            5 * ms,
        ),
        ("'cells'", "tau", "Correct its equations"),
    ),
    Case(
        "unknown arithmetic",
        UnsupportedError,
        lambda f: deploy(network()).emulate(5 * ms, arithmetic="int8"),
        ("'small'", "arithmetic 'int8'", "fixed"),
    ),
    Case(
        "Izhikevich in steps",
        UnsupportedError,
        lambda f: simulate(network(neuron=Izhikevich()), 5 * ms, integration="step"),
        ("'cells'", "Izhikevich", "use StepIzhikevich.sampled"),
    ),
    Case(
        "probe outside the recording",
        NetworkError,
        lambda f: run().rates("cell"),
        ("population 'cell'", "Did you mean 'cells'"),
    ),
)

DEPLOYING = (
    Case("unknown target", TargetError, lambda f: deploy(network(), "loihi3"), ("hardware target 'loihi3'", "loihi1, loihi2")),
    Case("target of another type", TargetError, lambda f: deploy(network(), 2), ("hardware target", "name or a path", "2")),
    Case(
        "target file that is no TOML",
        TargetError,
        lambda f: deploy(network(), text_file(f, "chip.toml")),
        ("chip.toml", "not a TOML file", "loihi2.toml"),
    ),
    Case(
        "Izhikevich deployed",
        UnsupportedError,
        lambda f: deploy(network(neuron=Izhikevich())),
        ("'cells'", "Izhikevich", "use StepIzhikevich.sampled"),
    ),
    Case(
        "soft reset on loihi1",
        UnsupportedError,
        lambda f: deploy(network(neuron=SoftResetLIF(tau_m=20 * ms, v_th=10 * mV)), "loihi1"),
        ("'cells'", "soft_reset_lif", "use one of lif"),
    ),
    Case(
        "reset away from rest",
        UnsupportedError,
        lambda f: deploy(network(neuron=LIF(tau_m=20 * ms, v_th=10 * mV, v_reset=-5 * mV))),
        ("'cells'", "v_reset", "reset_to_rest"),
    ),
    Case(
        "unknown loss allowed",
        UnsupportedError,
        lambda f: deploy(network(), allow={"soft_reset"}),
        ("soft_reset", "reset_to_rest"),
    ),
    Case("bits as a truth value", UsageError, lambda f: deploy(network(), weight_bits=True), ("weight_bits = True", "whole")),
    Case("nine bits", QuantisationError, lambda f: deploy(network(), weight_bits=9), ("weight_bits = 9", "1 to 8")),
    Case(
        "delay beyond the target",
        QuantisationError,
        lambda f: deploy(network(delay=70 * ms)),
        ("noise_cells", "delay", "63", "Shorten"),
    ),
    Case(
        "threshold jump beyond the field",
        QuantisationError,
        lambda f: deploy(network(neuron=AdaptiveLIF(tau_m=20 * ms, v_th=1 * mV, tau_theta=50 * ms, theta_jump=2000 * mV))),
        ("cells", "theta_jump", "131071", "Lower"),
    ),
    Case(
        "refractory beyond the field",
        QuantisationError,
        lambda f: deploy(network(neuron=RefractoryLIF(tau_m=20 * ms, v_th=10 * mV, refractory=200 * ms))),
        ("cells", "refractory", "63", "Shorten"),
    ),
    Case(
        "two synaptic currents",
        UnsupportedError,
        lambda f: deploy(network(neuron=LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn={"e": 5 * ms, "i": 9 * ms}), receptor="e")),
        ("'cells'", "one tau_syn"),
    ),
    Case(
        "weights that are cut to nothing", QuantisationError, lambda f: deploy(network(), clip=-1.0), ("clip = -1", "positive")
    ),
)

COMPARING = (
    Case("other length", NetworkError, lambda f: compared(run(6)), ("steps", "5 and 6", "same")),
    Case("other sizes", NetworkError, lambda f: compared(run(n=3)), ("sizes", "'cells': 3")),
    Case(
        "other probes",
        NetworkError,
        lambda f: compare(run(probes=[Probe("cells", "v")]), run(probes=[Probe("cells", "v", neurons=[0])])),
        ("cells.v", "(1, 5, 1)", "same probes"),
    ),
    Case(
        "unknown readout", NetworkError, lambda f: compared(run(), readout="output"), ("readout population 'output'", "cells")
    ),
    Case("labels without readout", UsageError, lambda f: compared(run(), labels=[1]), ("labels", "readout=")),
    Case("too many labels", UsageError, lambda f: compared(run(), readout="cells", labels=[1, 2]), ("labels", "(2,)", "(1,)")),
)

TRAINING = (
    Case(
        "no rule to train",
        UnsupportedError,
        lambda f: train(load_model("feedforward"), load_dataset("digits")),
        ("feedforward", "image inputs"),
    ),
    Case(
        "rule of the wrong kind",
        UnsupportedError,
        lambda f: train(_with_rule(STDP_LIKE), load_dataset("digits")),
        ("image_cells", "plasticity=desire(...)"),
    ),
    Case(
        "neuron of the wrong kind",
        UnsupportedError,
        lambda f: train(_with_rule(desire()), load_dataset("digits")),
        ("cells", "SoftResetLIF"),
    ),
    Case(
        "sizes that do not match the data",
        DataError,
        lambda f: train(digits_net(sizes=(49, 20, 10)), load_dataset("digits")),
        ("desire_mlp", "49", "64", "matching sizes"),
    ),
    Case(
        "unknown engine",
        UsageError,
        lambda f: train(digits_net(), load_dataset("digits"), engine="lava"),
        ("engine 'lava'", "emulator"),
    ),
    Case(
        "resume without a folder",
        UsageError,
        lambda f: train(digits_net(), load_dataset("digits"), resume=True),
        ("train", "folder="),
    ),
)
