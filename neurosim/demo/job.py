"""Steps of the demo; each returns plain data, and the last one writes the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from neurosim.analysis.comparison import compare
from neurosim.backends.deployment import Deployment, deploy
from neurosim.backends.lava.interpreter import lava_python
from neurosim.data import Dataset, load_dataset
from neurosim.demo.checks import brian2_spikes, brian2_weights, lava_spikes
from neurosim.demo.outcome import Demo, Trial
from neurosim.demo.page import demo_figures, demo_page
from neurosim.files.atomic import atomic_write
from neurosim.files.json_file import write_json
from neurosim.files.lock import folder_lock
from neurosim.models.load import load_model
from neurosim.results.provenance import provenance
from neurosim.terminal.console import console
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.loop import intensities, train
from neurosim.units import FloatArray

MODEL = "desire_mlp"
STEPS = 20
DROPOUT = Dropout(hidden=0.3)


def run_demo(
    out: str | Path,
    *,
    seeds: int = 3,
    epochs: int = 60,
    brian2_samples: int = 50,
    lava_samples: int = 100,
    target: str = "loihi2",
) -> dict[str, Any]:
    """Train a classifier by desire backpropagation on the digits, then check, deploy and run it in every execution.

    Parameters
    ----------
    out : path
        Folder for ``report.html``, ``result.json``, ``trained.h5``, the figures and ``lava/`` (the standalone graph).
    seeds, epochs : int
        Number of independent trainings, and of epochs in each.
    brian2_samples : int
        Number of test samples whose spikes are compared with Brian2, and of training samples after which weights are compared.
    lava_samples : int
        Number of test samples of which every spike is compared with Lava's ``fixed_pt``; this step is left out with 0, and
        where Lava is not installed.
    target : str
        Name of the chip.

    Returns
    -------
    dict
        Content of ``result.json``.
    """
    with folder_lock(out):
        return _run(Path(out), seeds, epochs, brian2_samples, lava_samples, target)


def _run(folder: Path, seeds: int, epochs: int, brian2_samples: int, lava_samples: int, target: str) -> dict[str, Any]:
    say, started = _narrator(), time.perf_counter()
    dataset = load_dataset("digits")
    images = intensities(dataset.test_images, dataset)
    trials = tuple(_trial(seed, epochs, target, dataset, images, say) for seed in range(seeds))
    first = trials[0]
    say(f"Brian2: weights after {brian2_samples} training samples, spikes of {brian2_samples} test samples")
    weights = brian2_weights(load_model(MODEL, seed=0), dataset, brian2_samples, DROPOUT)
    spikes = brian2_spikes(first.deployment, images[:brian2_samples], _duration())
    lava = _in_lava(first.deployment, images[:lava_samples], say)
    result = _result(trials, weights, spikes, lava) | {"seconds": time.perf_counter() - started}
    agreement = compare(first.float_run, first.fixed_run, readout="output", labels=dataset.test_labels)
    say("report")
    _write(folder, Demo(trials, dataset, agreement, result))
    return result


def _in_lava(deployment: Deployment, images: FloatArray, say: Callable[[str], None]) -> dict[str, Any] | None:
    """What the comparison with Lava found; None where there is no Lava, or no image to show it."""
    if not lava_python().version:
        say("Lava: this step is left out, since lava-nc is not installed; 'neurosim lava setup' installs it")
        return None
    if not len(images):
        return None
    say(f"Lava fixed_pt: every spike of {len(images)} test samples")
    return lava_spikes(deployment, images, _duration())


def _narrator() -> Callable[[str], None]:
    screen, started = console(stderr=True), time.perf_counter()
    return lambda text: screen.print(
        Text.assemble((f"{time.perf_counter() - started:5.0f} s", "dim"), f"  {text}"), soft_wrap=True
    )


def _duration() -> Any:
    """Duration of a sample, T + 1 steps of 1 ms, because spikes in the last row still count."""
    from neurosim.units import ms

    return (STEPS + 1) * ms


def _trial(
    seed: int, epochs: int, target: str, dataset: Dataset, images: FloatArray, say: Callable[[str], None]
) -> Trial:
    network = load_model(MODEL, seed=seed)
    training = train(
        network,
        dataset,
        epochs=epochs,
        dropout=DROPOUT,
        seed=seed,
        origin={"model": MODEL, "options": {"seed": seed}},
    )
    deployment = deploy(training.network, target)
    floats, integers = (deployment.emulate(_duration(), images=images, arithmetic=a) for a in ("float", "fixed"))
    trial = Trial(training, deployment, floats, integers, dataset.test_labels)
    say("seed {}: test accuracy {:.1%} in float, {:.1%} in 8-bit integers".format(seed, *trial.accuracies))
    return trial


def _result(trials: tuple[Trial, ...], weights: Any, spikes: Any, lava: dict[str, Any] | None) -> dict[str, Any]:
    floats, integers = zip(*(t.accuracies for t in trials), strict=True)
    first = trials[0]
    return {
        "network": "-".join(str(p.n) for p in first.training.network.populations),
        "target": first.deployment.target.name,
        "accuracy_float": float(np.mean(floats)),
        "accuracy_fixed": float(np.mean(integers)),
        "accuracy_float_by_seed": list(floats),
        "accuracy_fixed_by_seed": list(integers),
        "test_images": len(first.labels),
        "brian2_identical": weights["identical"] and spikes["identical"],
        "brian2": {"weights": weights, "spikes": spikes},
        "lava_identical": None if lava is None else lava["identical"],
        "lava": lava,
        "settings": dict(first.training.settings),
        "epochs": len(first.training.history),
        "provenance": provenance(),
    }


def _write(folder: Path, demo: Demo) -> None:
    first = demo.trials[0]
    first.training.save(folder / "trained.h5")
    first.deployment.write_lava(folder / "lava")
    figures = demo_figures(demo)
    for name, figure in figures.items():
        with atomic_write(folder / f"{name}.png") as partial:
            figure.savefig(partial, dpi=150)
    write_json(folder / "result.json", demo.result)
    with atomic_write(folder / "report.html") as partial:
        partial.write_text(demo_page(demo, figures), encoding="utf-8")
