"""How does neurosim compare with the simulators of the field: time, memory, spikes, accuracy and lines of code?

Four networks, each written by hand for every simulator that can express it (`experiments/peers`): a balanced network of 1000
LIF neurons with 90 inputs each; 200 inputs onto 20 neurons whose synapses learn by pair STDP; the inference of a trained
784-512-10 network; and Diehl and Cook's layer of 100 neurons, as in BindsNET's `eth_mnist` (250 ms per image). All receive the
same weights and the same input spikes; for Diehl and Cook the same images, of which each program draws its own spikes.
Networks, inputs and starts are drawn anew for each of three seeds. nengo-loihi and brian2-loihi compute in integers of 8-bit
weights, the others in floating point.

Each simulator runs in an environment of its own, in a process of its own, on one thread (Lava: its own processes). "run" is
the CPU time of the loop over the steps; "start" that of the rest of the process, with what it has compiled before; "first use"
that of a process that finds nothing compiled, and runs ten steps or images. The ratio is to neurosim's emulator, which runs
in the same trial. Memory is that of the largest process. Lines of code are those of the script, without comments and
docstrings, in one layout (``ast.unparse``). Spikes are compared one by one (balanced), or per image and neuron (inference).
To measure: ``python experiments/peers/environments.py FOLDER`` makes the environments, NEUROSIM_PEERS=FOLDER names them.
Expected: in double precision, every spike of the balanced network is the same, and in floating point every spike of the
inference. That the balanced network has the same spikes in single precision, too (BindsNET, snnTorch), was expected at first;
a run showed that it departs after 2194 and 9787 steps for two of three seeds, because the network is chaotic. snnTorch in
double precision had the same spikes for all three.
"""

from __future__ import annotations

import ast
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurosim.content.catalogue import content_path
from neurosim.errors import UnsupportedError
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing, Trial

Found = Mapping[str, Any]
VARIABLE = "NEUROSIM_PEERS"
TITLES = {
    "neurosim": "neurosim", "neurosim_chip": "neurosim (Loihi 2)", "brian2": "Brian2", "nest": "NEST", "lava": "Lava",
    "bindsnet": "BindsNET", "snntorch": "snnTorch", "brian2_loihi": "brian2-loihi", "nengo_loihi": "nengo-loihi",
}  # fmt: skip
HERE = ("neurosim", "neurosim_chip", "brian2")
"""Simulators of this environment."""
CASES = (
    "balanced_neurosim", "balanced_brian2", "balanced_nest", "balanced_bindsnet", "balanced_snntorch",
    "balanced_brian2_loihi", "balanced_nengo_loihi",
    "stdp_neurosim", "stdp_brian2", "stdp_nest", "stdp_bindsnet", "stdp_brian2_loihi",
    "inference_neurosim", "inference_neurosim_chip", "inference_brian2", "inference_nest",
    "inference_bindsnet", "inference_snntorch", "inference_brian2_loihi", "inference_nengo_loihi",
    "diehl_cook_neurosim", "diehl_cook_bindsnet",
    "stdp_lava", "inference_lava", "balanced_lava",
)  # fmt: skip
"""Scripts in `experiments/peers`: a network, and a simulator that can express it.

Lava comes last: its processes wait by polling, so its CPU time rises if the machine does anything else.
"""
SINGLE = ("bindsnet", "snntorch")
"""Simulators that compute in single precision."""
EXACT = {"balanced": ("brian2", "nest", "lava"), "inference": ("brian2", "nest", "lava", *SINGLE)}
"""Network -> simulators that are expected to have the same spikes."""
DECAY = np.exp(-1 / 20)
SHIFTS = (0, 1, 2, -1)
"""By how many steps a simulator may name the same spike differently."""
CUT = ("raster", "labels", "train_images", "train_labels", "test_images", "test_labels")
"""What is shorter in the first use: steps, or images."""
LENGTHS = {
    "full": {"balanced": 10_000, "stdp": 10_000, "inference": 200, "diehl_cook": (10_000, 2_000, 2_000)},
    "ci": {"balanced": 200, "stdp": 200, "inference": 10, "diehl_cook": (20, 20, 10)},
}
"""Steps, steps, images, and images of training, naming and test."""


def balanced(steps: int, t: Trial) -> dict[str, Any]:
    """Four in five neurons excite; 72 excitatory, 18 inhibitory and 10 external inputs of 60 Hz each."""
    rng, n = stream(t.seed, "balanced"), 1000
    weights, external = np.zeros((n, n)), np.zeros((100, n))
    for post in range(n):
        weights[rng.choice(800, 72, replace=False), post] = 0.5
        weights[800 + rng.choice(200, 18, replace=False), post] = -2.5
        external[rng.choice(100, 10, replace=False), post] = 1.75
    return {"recurrent": weights, "external": external, "raster": rng.random((steps, 100)) < 0.06}


def stdp(steps: int, t: Trial) -> dict[str, Any]:
    """Inputs of 20 Hz, of which 50 have common events; a pair changes a weight by 2^-7 or -1.25 times that."""
    rng = stream(t.seed, "stdp")
    raster = rng.random((steps, 200)) < 0.02
    common = rng.random(steps) < 0.01
    raster[common, :50] |= rng.random((common.sum(), 50)) < 0.5
    return {"weights": rng.uniform(0.5, 1.5, (200, 20)), "raster": raster, "up": 2**-7, "down": 1.25 * 2**-7}


def inference(images: int, t: Trial) -> dict[str, Any]:
    """A network of rates, trained by backpropagation and scaled to a threshold of 1; 30 steps of input and 2 of silence."""
    from neurosim.rate import ALGORITHMS, Momentum, layered, train_rates

    digits, rng = t.dataset("mnist"), stream(t.seed, "inference")
    network = layered(784, 512, 10, bias=False)
    epochs = 3 if images > 100 else 1
    n = len(digits.train_labels) if images > 100 else 1000
    shown = replace(digits, train_images=digits.train_images[:n], train_labels=digits.train_labels[:n])
    backprop, momentum = ALGORITHMS["backprop"].make(), Momentum(0.9)
    trained = train_rates(network, backprop, shown, epochs=epochs, optimiser=momentum, progress=False)
    hidden, output = (np.asarray(w, float).T for w in trained.state["weights"])
    seen = digits.train_images[:2000].reshape(-1, 784) / digits.max_value
    active = np.maximum(seen @ hidden, 0)
    top = np.percentile(active, 99.9), np.percentile(np.maximum(active @ output, 0), 99.9)
    grey = digits.test_images[:images].reshape(-1, 784) / digits.max_value
    raster = rng.random((images, 32, 784)) < grey[:, None]
    raster[:, 30:] = False
    labels = digits.test_labels[:images]
    return {"hidden": 2 * hidden / top[0], "output": 1.5 * output * top[0] / top[1], "raster": raster, "labels": labels}


def diehl_cook(images: tuple[int, int, int], t: Trial) -> dict[str, Any]:
    """Images as bytes; the first of the training set name the neurons."""
    digits, (learnt, named, tested) = t.dataset("mnist"), images
    parts = {"train": slice(learnt), "test": slice(tested)}
    shown = {f"{part}_images": getattr(digits, f"{part}_images")[cut] for part, cut in parts.items()}
    labels = {f"{part}_labels": getattr(digits, f"{part}_labels")[cut] for part, cut in parts.items()}
    return {**shown, **labels, "named": named, "seed": t.seed}


GIVEN = {"balanced": balanced, "stdp": stdp, "inference": inference, "diehl_cook": diehl_cook}


def split(case: str) -> tuple[str, str]:
    """Network and simulator of a script."""
    network = next(network for network in GIVEN if case.startswith(f"{network}_"))
    return network, case.removeprefix(f"{network}_")


def python_of(peer: str) -> str:
    """Interpreter of a simulator."""
    if peer in HERE:
        return sys.executable
    folder = os.environ.get(VARIABLE, "")
    found = Path(folder, peer, "bin", "python")
    if not folder or not found.exists():
        raise UnsupportedError(
            f"{TITLES[peer]}: found no {peer}/bin/python in {VARIABLE} = {folder!r}; "
            "make it with 'python experiments/peers/environments.py FOLDER', and set the variable to FOLDER."
        )
    return str(found)


def script_of(*words: str) -> Path:
    """A file of `experiments/peers`, such as that of a network in one simulator."""
    return Path(content_path("experiments", "benchmark_peers")).parent / "peers" / f"{'_'.join(words)}.py"


def measured(network: str, peer: str, given: Found, folder: Path) -> tuple[dict[str, float], Found]:
    """What the script of a simulator took, and what it found; first with the beginning of `given`, in an empty home."""
    home = folder / f"home_{peer}"
    home.mkdir(parents=True)
    begin = {name: value[:10] if name in CUT else value for name, value in given.items()}
    at_home = {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
    first, _ = _run(network, peer, begin, home, at_home)
    took, found = _run(network, peer, given, home, at_home)
    shutil.rmtree(home)
    return {**took, "first_cpu": first["all_cpu"], "start_cpu": took["all_cpu"] - took["run_cpu"]}, found


def _run(network: str, peer: str, given: Found, folder: Path, words: Mapping[str, str]) -> tuple[dict[str, Any], Found]:
    into, out = folder / "given.npz", folder / "found.npz"
    np.savez(into, **given)
    words = {name: value for name, value in os.environ.items() if peer in HERE or name != "PYTHONPATH"} | dict(words)
    words |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [python_of(peer), str(script_of(network, peer)), str(into), str(out)]
    done = subprocess.run(command, env=words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{TITLES[peer]} failed:\n{done.stderr[-2000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    _check_versions(peer, said["versions"])
    return said, dict(np.load(out))


def _check_versions(peer: str, versions: Mapping[str, str]) -> None:
    """The versions that are published are those that ran."""
    if peer in HERE:
        return
    _, pins = runpy.run_path(str(script_of("environments").resolve()))["ENVIRONMENTS"][peer]
    ran = [f"{package}=={version.partition('+')[0]}" for package, version in versions.items()]
    if other := set(ran) - set(pins):
        raise UnsupportedError(f"{TITLES[peer]}: found {', '.join(sorted(other))}, expected {', '.join(pins)}; make it anew.")


def compared(network: str, found: Found, reference: Found, given: Found) -> dict[str, float]:
    """What was found, and by how much it differs from what neurosim found."""
    none = dict.fromkeys(("spikes", "differ", "same_steps", "mean_weight", "accuracy"), 0.0)
    return none | {name: float(value) for name, value in COMPARED[network](found, reference, given).items()}


def _rasters(found: Found, reference: Found, given: Found) -> dict[str, Any]:
    spikes, others = (set(zip(r["step"].tolist(), r["neuron"].tolist(), strict=True)) for r in (found, reference))
    shifted = ({(step - shift, neuron) for step, neuron in spikes} for shift in SHIFTS)
    differ = min((found ^ others for found in shifted), key=len)
    same = min((step for step, _ in differ), default=len(given["raster"]))
    return {"spikes": len(spikes), "differ": len(differ), "same_steps": same}


def _learnt(found: Found, reference: Found, given: Found) -> dict[str, Any]:
    differ = np.abs(found["spikes"] - reference["spikes"]).sum()
    return {"spikes": found["spikes"].sum(), "differ": differ, "mean_weight": found["weights"].mean()}


def _counted(found: Found, reference: Found, given: Found) -> dict[str, Any]:
    right = found["counts"].argmax(axis=1) == given["labels"]
    differ = np.abs(found["counts"] - reference["counts"]).sum()
    return {"spikes": found["counts"].sum(), "differ": differ, "accuracy": 100 * right.mean()}


def _answered(found: Found, reference: Found, given: Found) -> dict[str, Any]:
    right = found["answers"] == given["test_labels"]
    return {"differ": (found["answers"] != reference["answers"]).sum(), "accuracy": 100 * right.mean()}


COMPARED = {"balanced": _rasters, "stdp": _learnt, "inference": _counted, "diehl_cook": _answered}


def lines_of(script: Path) -> int:
    """Lines of a script in one layout, without comments and docstrings."""
    tree = ast.parse(script.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return sum(bool(line.strip()) for line in ast.unparse(tree).splitlines())


def trial(t: Trial) -> dict[str, float]:
    network, peer = split(t.parameters["case"])
    python_of(peer)
    given = {**GIVEN[network](LENGTHS[t.parameters["length"]][network], t), "decay": DECAY}
    reports = {name: measured(network, name, given, t.folder) for name in dict.fromkeys(("neurosim", peer))}
    took, found = reports[peer]
    return {
        "run_s": took["run_cpu"], "wall_s": took["run_wall"], "ratio": took["run_cpu"] / reports["neurosim"][0]["run_cpu"],
        "start_s": took["start_cpu"], "first_use_s": took["first_cpu"], "peak_mib": took["peak_mib"],
        "lines": lines_of(script_of(network, peer)), **compared(network, found, reports["neurosim"][1], given),
    }  # fmt: skip


def rows_of(table: Any) -> dict[str, dict[str, Any]]:
    """Network -> simulator -> its rows."""
    found: dict[str, dict[str, Any]] = {}
    for (case,), rows in table.by("case"):
        network, peer = split(case)
        found.setdefault(network, {})[peer] = rows
    return found


def figure(table: Any) -> Figure:
    """CPU time of a run in each simulator, one panel per network."""
    made, networks = Figure(figsize=(9, 5.5), layout="constrained"), rows_of(table)
    for axis, (network, peers) in zip(np.ravel(made.subplots(2, 2)), networks.items(), strict=False):
        ordered = sorted(peers, key=lambda peer: -peers[peer].values("run_s").mean())
        values = [peers[peer].values("run_s").mean() for peer in ordered]
        colours = ["#0072B2" if peer.startswith("neurosim") else "#BBBBBB" for peer in ordered]
        bars = axis.barh([TITLES[peer] for peer in ordered], values, color=colours)
        axis.bar_label(bars, [f"{value:.3g}" for value in values], padding=2, fontsize=8)
        axis.set(xscale="log", title=network.replace("_", " "), xlabel="CPU s", xlim=(min(values) / 2, max(values) * 6))
        axis.spines[["top", "right"]].set_visible(False)
    for axis in np.ravel(made.axes)[len(networks) :]:
        axis.set_visible(False)
    return made


def answer(table: Any) -> str:
    parts = []
    for network, peers in rows_of(table).items():
        ratios = {TITLES[p]: rows.values("ratio").mean() for p, rows in peers.items() if not p.startswith("neurosim")}
        if ratios:
            shown = ", ".join(f"{name} {ratio:.3g}" for name, ratio in sorted(ratios.items(), key=lambda pair: pair[1]))
            parts.append(f"{network.replace('_', ' ')}: {shown}")
    return f"CPU time of a run over neurosim's. {'; '.join(parts)}."


def check(table: Any) -> None:
    for network, peers in rows_of(table).items():
        for peer in set(peers) & set(EXACT.get(network, ())):
            if peers[peer].values("differ").max() > 0:
                raise ValueError(f"{network}: {TITLES[peer]} has spikes that neurosim has not, expected the same.")


# With one job only: trials at the same time would share the processor that they measure.
STUDY = Study(
    name="benchmark_peers",
    question="How does neurosim compare with the simulators of the field?",
    trial=trial,
    parameters=Grid({"case": list(CASES), "length": ["full"]}),
    seeds=3,
    measures={
        "run_s": Timing("s", "CPU time of the run"),
        "wall_s": Timing("s", "time of the run on the clock"),
        "ratio": Timing("1", "CPU time of the run over that of neurosim's emulator"),
        "start_s": Timing("s", "CPU time of the process without the run: imports, building"),
        "first_use_s": Timing("s", "CPU time of a process that finds nothing compiled, and runs ten steps or images"),
        "peak_mib": Timing("MiB", "largest memory"),
        "lines": Measure("1", "lines of code"),
        "spikes": Measure("1", "spikes of the neurons; 0 where they are not compared"),
        "differ": Measure("1", "spikes (Diehl and Cook: answers) that differ from neurosim's"),
        "same_steps": Measure("1", "steps before the first spike that differs (balanced); 0 elsewhere"),
        "mean_weight": Measure("1", "mean weight after pair STDP; 0 elsewhere"),
        "accuracy": Measure("%", "test images right; 0 where there are none"),
    },
    expected="every spike of the balanced network is the same in double precision, and every one of the inference",
    check=check,
    figure=figure,
    answer=answer,
    ci=Size(Grid({"case": ["balanced_brian2", "stdp_brian2", "inference_neurosim_chip"], "length": ["ci"]}), 1),
)
