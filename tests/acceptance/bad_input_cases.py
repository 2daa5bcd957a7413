"""The table of wrong inputs: what is done, the error, and words that its message must have (the object, the remedy)."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import (
    LIF,
    AdaptiveLIF,
    AdEx,
    AllToAll,
    Convolution,
    EquationNeuron,
    FixedProbability,
    ImageInput,
    Izhikevich,
    Network,
    OneToOne,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Recording,
    RefractoryLIF,
    SoftResetLIF,
    SpikeArray,
    compare,
    deploy,
    per_step,
    simulate,
    train,
)
from neurosim.comparison import Comparison
from neurosim.content import content_path
from neurosim.data import fetch, load_dataset, read_idx
from neurosim.errors import (
    ContentError,
    DataError,
    NetworkError,
    NeurosimError,
    QuantisationError,
    TargetError,
    UnitError,
    UnsupportedError,
    UsageError,
)
from neurosim.models import load_model
from neurosim.plasticity import DesireSignal, PlasticityRule, desire, pre
from neurosim.train import Dropout
from neurosim.train.training import Training
from neurosim.units import Hz, ms, mV, nA, second

CELL = LIF(tau_m=20 * ms, v_th=10 * mV)


@dataclass(frozen=True)
class Case:
    """One wrong input; `act` is called in an empty folder."""

    name: str
    error: type[NeurosimError]
    act: Callable[[Path], Any]
    words: tuple[str, ...]


def network(weights: Any = None, neuron: Any = CELL, probes: Any = (), n: int = 2, **projection: Any) -> Network:
    """Two Poisson inputs to `n` neurons."""
    synapses = Projection("noise", "cells", AllToAll(1 * mV) if weights is None else weights, **projection)
    populations = [Population("noise", 2, PoissonInput(100 * Hz)), Population("cells", n, neuron)]
    return Network("small", populations, [synapses], probes)


def images(shape: tuple[int, ...] = (3, 64), value: float = 0.5) -> Any:
    """Grey images."""
    return np.full(shape, value)


def run(steps: int = 5, **changes: Any) -> Recording:
    """A short recording on the emulator."""
    return deploy(network(**changes)).emulate(steps * ms)


def idx(folder: Path, payload: bytes) -> Path:
    """A file with these bytes."""
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(payload)
    return path


def fake_mnist(folder: Path) -> Path:
    """Four whole IDX files with the wrong content."""
    (folder / "mnist").mkdir()
    for part, dims in (("train-images-idx3", (2, 28, 28)), ("train-labels-idx1", (2,))):
        for name in (part, part.replace("train", "t10k")):
            header = bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims)
            payload = header + bytes(int(np.prod(dims)))
            (folder / "mnist" / f"{name}-ubyte.gz").write_bytes(gzip.compress(payload))
    return folder


def model_file(folder: Path, text: str) -> Path:
    """A model of the user's."""
    path = folder / "mine.py"
    path.write_text(text)
    return path


def cut_off(folder: Path) -> Path:
    """A recording of which the end is missing."""
    path = folder / "cut.h5"
    run().save(path)
    path.write_bytes(path.read_bytes()[:-500])
    return path


def text_file(folder: Path, name: str = "notes.h5") -> Path:
    """No HDF5."""
    path = folder / name
    path.write_text("not what you think")
    return path


def compared(other: Recording, **options: Any) -> Comparison:
    """Against a short run."""
    return compare(run(), other, **options)


def digits_net(**options: Any) -> Network:
    """The classifier."""
    return load_model("desire_mlp", **{"sizes": (64, 20, 10), **options})


STDP_LIKE = PlasticityRule("drift", traces={"x": pre(decay=0.5)}, on_post={"w": "x"})

DESCRIPTION = (
    Case("population name", NetworkError, lambda f: Population("my cells", 2, CELL), ("my cells", "letters")),
    Case("population size", NetworkError, lambda f: Population("cells", 0, CELL), ("cells", "n = 0", "at least 1")),
    Case("no neuron", NetworkError, lambda f: Population("cells", 2, "LIF"), ("cells", "LIF(...)")),
    Case("parameter shape", NetworkError, lambda f: Population("cells", 3, LIF(tau_m=[1, 2] * ms, v_th=1 * mV)), ("cells", "tau_m", "(3,)")),
    Case("current to an input", NetworkError, lambda f: Network("n", [Population("in", 1, PoissonInput(1 * Hz), current=1)]), ("'in'", "leave it out")),
    Case("current in the wrong unit", NetworkError, lambda f: Network("n", [Population("cells", 1, CELL, current=1 * nA)]), ("cells", "current")),
    Case("no population", NetworkError, lambda f: Network("empty", []), ("empty", "at least one")),
    Case("same name twice", NetworkError, lambda f: Network("n", [Population("a", 1, CELL)] * 2), ("'a'", "name of its own")),
    Case("unknown population", NetworkError, lambda f: Network("n", [Population("cells", 1, CELL)], [Projection("cell", "cells", AllToAll(1 * mV))]), ("cell_cells", "Did you mean 'cells'")),
    Case("projection into an input", NetworkError, lambda f: Network("n", [Population("a", 1, CELL), Population("b", 1, PoissonInput(1 * Hz))], [Projection("a", "b", AllToAll(1 * mV))]), ("a_b", "swap pre and post")),
    Case("unknown receptor", NetworkError, lambda f: network(receptor="ampa"), ("noise_cells", "receptor 'ampa'", "default")),
    Case("weight shape", NetworkError, lambda f: network(weights=np.ones((3, 2)) * mV), ("noise_cells", "(3, 2)", "(n_pre, n_post) = (2, 2)")),
    Case("single weight", NetworkError, lambda f: network(weights=1 * mV), ("noise_cells", "AllToAll")),
    Case("NaN weight", NetworkError, lambda f: network(weights=np.array([[np.nan, 1], [1, 1]]) * mV), ("noise_cells", "1 of 4 weights", "finite")),
    Case("weights without unit", UnitError, lambda f: network(weights=np.ones((2, 2))), ("noise_cells", "volt", "5*mV", "without unit")),
    Case("weights in amperes", UnitError, lambda f: network(weights=AllToAll(1 * nA)), ("noise_cells", "volt", "ampere")),
    Case("one-to-one of unequal sizes", NetworkError, lambda f: network(weights=OneToOne(1 * mV), n=3), ("noise_cells", "equal size")),
    Case("probability above one", NetworkError, lambda f: FixedProbability(1 * mV, p=1.5), ("FixedProbability.p", "0 to 1", "1.5")),
    Case("kernel larger than image", NetworkError, lambda f: network(weights=Convolution(np.ones((1, 1, 5, 5)) * mV, shape=(2, 1))), ("noise_cells", "5 x 5", "does not fit")),
    Case("negative delay", NetworkError, lambda f: network(delay=-1 * ms), ("noise_cells", "delay", "zero or more")),
    Case("delay in volts", UnitError, lambda f: network(delay=1 * mV), ("noise_cells", "delay", "second")),
    Case("no rule", NetworkError, lambda f: network(plasticity="stdp"), ("noise_cells", "PlasticityRule")),
    Case("unknown probe variable", NetworkError, lambda f: network(probes=[Probe("cells", "u")]), ("Probe of 'cells'", "variable 'u'", "spike, v")),
    Case("probe of a missing neuron", NetworkError, lambda f: network(probes=[Probe("cells", "v", neurons=[5])]), ("Probe of 'cells'", "0..1")),
    Case("dt without unit", UnitError, lambda f: Network("n", [Population("a", 1, CELL)], dt=0.1), ("dt", "second", "20*ms")),
    Case("negative time constant", NetworkError, lambda f: LIF(tau_m=-20 * ms, v_th=1 * mV), ("LIF.tau_m", "positive")),
    Case("threshold below reset", NetworkError, lambda f: LIF(tau_m=20 * ms, v_th=-1 * mV), ("LIF", "v_th", "above v_reset")),
    Case("mixed level units", UnitError, lambda f: LIF(tau_m=20 * ms, v_th=1 * mV, v_rest=3), ("LIF.v_rest", "volt")),
    Case("factor above one", NetworkError, lambda f: per_step(1.5), ("per_step", "0 to 1", "1.5")),
    Case("capacity in volts", UnitError, lambda f: AdEx(C=1 * mV), ("AdEx.C", "farad", "200*pF")),
    Case("receptor of no variable", NetworkError, lambda f: EquationNeuron(model="dv/dt = -v/(1*ms) : volt", threshold="v > 1*mV", receptors={"e": "g"}), ("EquationNeuron", "'g'", "v")),
    Case("spikes of a missing neuron", NetworkError, lambda f: Population("in", 2, SpikeArray([0, 7], [1, 2] * ms)), ("'in'", "7", "0 to 1")),
    Case("spike times in volts", UnitError, lambda f: SpikeArray([0], [1] * mV), ("SpikeArray.times", "second")),
    Case("negative rate", NetworkError, lambda f: PoissonInput(-5 * Hz), ("PoissonInput.rate", "zero or more")),
    Case("coding without steps", NetworkError, lambda f: ImageInput(RateCoding(0)), ("RateCoding.steps", "at least one")),
    Case("rule that is not local", NetworkError, lambda f: PlasticityRule("r", on_post={"w": "weights_of_others"}), ("'r'", "not local")),
    Case("rule that is no expression", NetworkError, lambda f: PlasticityRule("r", on_post={"w": "x +"}), ("'r'", "no expression")),
    Case("unknown phase", NetworkError, lambda f: PlasticityRule("r", at={"end": {"w": "w"}}), ("'r'", "phase 'end'", "sample_end")),
    Case("margin as long as the sample", NetworkError, lambda f: DesireSignal(steps=4, margin=4), ("DesireSignal.margin", "steps = 4")),
    Case("dropout of everything", NetworkError, lambda f: Dropout(hidden=1.0), ("Dropout.hidden", "up to 1")),
)  # fmt: skip

RUNNING = (
    Case("duration without unit", UnitError, lambda f: simulate(network(), 1.0), ("duration", "second", "20*ms")),
    Case("duration of zero", NetworkError, lambda f: simulate(network(), 0 * second), ("duration", "at least a step")),
    Case("unknown integration", UsageError, lambda f: simulate(network(), 1 * ms, integration="stepwise"), ("integration 'stepwise'", "Did you mean 'step'")),
    Case("unknown engine target", UsageError, lambda f: simulate(network(), 1 * ms, target="cpp"), ("target 'cpp'", "cpp_standalone")),
    Case("images that are missing", NetworkError, lambda f: simulate(digits_net(), 21 * ms), ("'image'", "images=")),
    Case("images for no input", NetworkError, lambda f: simulate(network(), 5 * ms, images=images()), ("'small'", "leave out images")),
    Case("image size", NetworkError, lambda f: simulate(digits_net(), 21 * ms, images=images((3, 784))), ("'image'", "(3, 784)", "(n_samples, 64)")),
    Case("images out of range", NetworkError, lambda f: simulate(digits_net(), 21 * ms, images=images(value=16)), ("'image'", "0 to 1", "divide")),
    Case("rate above one spike a step", NetworkError, lambda f: simulate(Network("n", [Population("in", 1, PoissonInput(5000 * Hz))]), 5 * ms), ("PoissonInput.rate", "lower the rate or dt")),
    Case("rule that learns by itself", UnsupportedError, lambda f: simulate(network(plasticity=STDP_LIKE), 5 * ms), ("noise_cells", "'drift'", "leave out plasticity")),
    Case("own equations that do not parse", NetworkError, lambda f: simulate(network(weights=np.zeros((2, 2)) * mV, neuron=EquationNeuron(model="dv/dt = -v/tau : volt", threshold="v > 1*mV", receptors={"default": "v"})), 5 * ms), ("'cells'", "tau", "Mend")),
    Case("unknown arithmetic", UnsupportedError, lambda f: deploy(network()).emulate(5 * ms, arithmetic="int8"), ("'small'", "arithmetic 'int8'", "fixed")),
    Case("Izhikevich in steps", UnsupportedError, lambda f: simulate(network(neuron=Izhikevich()), 5 * ms, integration="step"), ("'cells'", "Izhikevich", "use LIF")),
    Case("probe outside the recording", NetworkError, lambda f: run().rates("cell"), ("population 'cell'", "Did you mean 'cells'")),
)  # fmt: skip

DEPLOYING = (
    Case("unknown target", TargetError, lambda f: deploy(network(), "loihi3"), ("hardware target 'loihi3'", "loihi1, loihi2")),
    Case("target of another type", TargetError, lambda f: deploy(network(), 2), ("hardware target", "name or path", "2")),
    Case("target file that is no TOML", TargetError, lambda f: deploy(network(), text_file(f, "chip.toml")), ("chip.toml", "not a TOML file", "loihi2.toml")),
    Case("Izhikevich deployed", UnsupportedError, lambda f: deploy(network(neuron=Izhikevich())), ("'cells'", "Izhikevich", "use LIF")),
    Case("soft reset on loihi1", UnsupportedError, lambda f: deploy(network(neuron=SoftResetLIF(tau_m=20 * ms, v_th=10 * mV)), "loihi1"), ("'cells'", "soft_reset_lif", "it runs lif")),
    Case("reset away from rest", UnsupportedError, lambda f: deploy(network(neuron=LIF(tau_m=20 * ms, v_th=10 * mV, v_reset=-5 * mV))), ("'cells'", "v_reset", "reset_to_rest")),
    Case("unknown loss allowed", UnsupportedError, lambda f: deploy(network(), allow={"soft_reset"}), ("soft_reset", "reset_to_rest")),
    Case("nine bits", QuantisationError, lambda f: deploy(network(), weight_bits=9), ("weight_bits = 9", "1 to 8")),
    Case("delay beyond the target", QuantisationError, lambda f: deploy(network(delay=70 * ms)), ("noise_cells", "delay", "63", "Shorten")),
    Case("threshold jump beyond the field", QuantisationError, lambda f: deploy(network(neuron=AdaptiveLIF(tau_m=20 * ms, v_th=1 * mV, tau_theta=50 * ms, theta_jump=2000 * mV))), ("cells", "theta_jump", "131071", "Lower")),
    Case("refractory beyond the field", QuantisationError, lambda f: deploy(network(neuron=RefractoryLIF(tau_m=20 * ms, v_th=10 * mV, refractory=200 * ms))), ("cells", "refractory", "63", "Shorten")),
    Case("two synaptic currents", UnsupportedError, lambda f: deploy(network(neuron=LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn={"e": 5 * ms, "i": 9 * ms}), receptor="e")), ("'cells'", "one tau_syn")),
    Case("weights that are cut to nothing", QuantisationError, lambda f: deploy(network(), clip=-1.0), ("clip = -1", "positive")),
)  # fmt: skip

FILES = (
    Case("unknown data set", DataError, lambda f: load_dataset("minst"), ("data set 'minst'", "Did you mean 'mnist'")),
    Case("data set that is not here", DataError, lambda f: load_dataset("mnist", f), ("mnist", "neurosim data fetch mnist", "NEUROSIM_DATA")),
    Case("data set with the wrong checksum", DataError, lambda f: load_dataset("mnist", fake_mnist(f)), ("train-images", "SHA-256", "neurosim data fetch mnist")),
    Case("nothing to fetch", DataError, lambda f: fetch("digits"), ("digits", "scikit-learn")),
    Case("IDX file that is missing", DataError, lambda f: read_idx(f / "absent"), ("absent", "Check the path")),
    Case("IDX file that is none", DataError, lambda f: read_idx(idx(f, b"PNG and more")), ("train-images", "not a whole IDX file", "Replace")),
    Case("IDX file that is cut off", DataError, lambda f: read_idx(idx(f, bytes([0, 0, 8, 1, 0, 0, 0, 9, 1, 2]))), ("train-images", "10 bytes", "17 bytes")),
    Case("gzip file that is cut off", DataError, lambda f: read_idx(idx(f, gzip.compress(bytes(999))[:-9])), ("train-images", "damaged gzip", "Replace")),
    Case("recording that is missing", DataError, lambda f: Recording.load(f / "absent.h5"), ("absent.h5", "Recording.save")),
    Case("recording that is cut off", DataError, lambda f: Recording.load(cut_off(f)), ("cut.h5", "cut off", "again")),
    Case("recording that is none", DataError, lambda f: Recording.load(text_file(f)), ("notes.h5", "not HDF5")),
    Case("training that is a recording", DataError, lambda f: (run().save(f / "r.h5"), Training.load(f / "r.h5")), ("r.h5", "no training", "neurosim train")),
    Case("unknown model", ContentError, lambda f: load_model("desire"), ("model 'desire'", "desire_mlp")),
    Case("model that is no Python", ContentError, lambda f: load_model(model_file(f, "def build(:\n")), ("mine.py, line 1", "not Python")),
    Case("model without build", ContentError, lambda f: load_model(model_file(f, "x = 1\n")), ("mine.py", "build()", "add")),
    Case("model that raises", ContentError, lambda f: load_model(model_file(f, "def build():\n    return [][0]\n")), ("mine.py, line 2", "IndexError", "Mend")),
    Case("model that imports what is missing", ContentError, lambda f: load_model(model_file(f, "\nimport nosuchthing\n")), ("mine.py, line 2", "nosuchthing")),
    Case("model that builds no network", ContentError, lambda f: load_model(model_file(f, "def build():\n    return 3\n")), ("mine.py", "int", "neurosim.Network")),
    Case("model of another suffix", ContentError, lambda f: load_model(text_file(f, "net.txt")), ("net.txt", ".py")),
    Case("unknown option of a model", ContentError, lambda f: load_model("desire_mlp", size=(64, 10)), ("option 'size'", "Did you mean 'sizes'")),
    Case("unknown kind of content", ContentError, lambda f: content_path("model", "x"), ("kind of content", "Did you mean 'models'")),
)  # fmt: skip

COMPARING = (
    Case("other length", NetworkError, lambda f: compared(run(6)), ("steps", "5 and 6", "same")),
    Case("other sizes", NetworkError, lambda f: compared(run(n=3)), ("sizes", "'cells': 3")),
    Case("other probes", NetworkError, lambda f: compare(run(probes=[Probe("cells", "v")]), run(probes=[Probe("cells", "v", neurons=[0])])), ("cells.v", "(1, 5, 1)", "same probes")),
    Case("unknown readout", NetworkError, lambda f: compared(run(), readout="output"), ("readout population 'output'", "cells")),
    Case("labels without readout", UsageError, lambda f: compared(run(), labels=[1]), ("labels", "readout=")),
    Case("too many labels", UsageError, lambda f: compared(run(), readout="cells", labels=[1, 2]), ("labels", "(2,)", "(1,)")),
)  # fmt: skip

TRAINING = (
    Case("no rule to train", UnsupportedError, lambda f: train(load_model("feedforward"), load_dataset("digits")), ("feedforward", "image inputs")),
    Case("rule of the wrong kind", UnsupportedError, lambda f: train(_with_rule(STDP_LIKE), load_dataset("digits")), ("image_cells", "plasticity=desire(...)")),
    Case("neuron of the wrong kind", UnsupportedError, lambda f: train(_with_rule(desire()), load_dataset("digits")), ("cells", "SoftResetLIF")),
    Case("sizes that do not match the data", DataError, lambda f: train(digits_net(sizes=(49, 20, 10)), load_dataset("digits")), ("desire_mlp", "49", "64", "fitting sizes")),
    Case("unknown engine", UsageError, lambda f: train(digits_net(), load_dataset("digits"), engine="lava"), ("engine 'lava'", "emulator")),
    Case("resume without a folder", UsageError, lambda f: train(digits_net(), load_dataset("digits"), resume=True), ("train", "folder=")),
)  # fmt: skip


def _with_rule(rule: PlasticityRule) -> Network:
    populations = [Population("image", 64, ImageInput(RateCoding(20))), Population("cells", 10, LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("net", populations, [Projection("image", "cells", AllToAll(0.1), plasticity=rule)])


CASES = DESCRIPTION + RUNNING + DEPLOYING + FILES + COMPARING + TRAINING
