"""The page about one training: how well the network does, how it got there, and its weights before and after."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurosim.analysis.plots import learning_curve
from neurosim.data import dataset_names
from neurosim.neurons.base import Neuron
from neurosim.report.histograms import MOST, Panel, histogram_grid, more_than_drawn
from neurosim.report.page import Section, page
from neurosim.report.provenance import provenance
from neurosim.train.desire.training import Training
from neurosim.units import FloatArray

_UNITS = {"volt": "mV", "amp": "nA", "siemens": "nS"}
_OPTIONS = ("batch", "dtype", "seed", "engine")


def training_page(training: Training) -> str:
    """HTML page of a training.

    Parameters
    ----------
    training : Training
        What `neurosim.train` returned.
    """
    network, data = training.network.name, training.settings.get("data", "its data")
    shown = "held-out training images" if training.settings.get("held_out") else "the test set"
    question = f"How well does {network} classify {shown} of {data} after training by its plasticity rule?"
    answer = f"{question}\n\n{training_answer(training)}"
    return page(f"{network} trained on {data}", answer, _sections(training), _provenance(training), _command(training))


def training_answer(training: Training) -> str:
    """The result in a sentence."""
    epochs = len(training.history)
    if not epochs:
        return "It was not trained: no epoch is finished."
    accuracy = training.history[-1].test_accuracy
    return f"Strict test accuracy {accuracy:.2%} after {epochs} epoch{'' if epochs == 1 else 's'} (a tie counts as an error)."


def curve_figure(training: Training) -> Figure:
    """Accuracy over epochs, on the training and the test set."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    curves = {
        "training": [[100 * e.train_accuracy for e in training.history]],
        "test": [[100 * e.test_accuracy for e in training.history]],
    }
    learning_curve(figure.subplots(), curves)
    return figure


def _sections(training: Training) -> list[Section]:
    return [_curve(training), _weights(training), _settings(training)]


def _curve(training: Training) -> Section:
    seconds = sum(e.seconds for e in training.history)
    text = (
        "Accuracy after each epoch; strict: two classes with the same number of output spikes count as an error. Training "
        "accuracy is taken while learning, with dropout where there is any. The test set was looked at after each epoch for "
        f"the record only: nothing was chosen by it. All epochs together took {seconds:.1f} s."
    )
    return Section("Learning curve", text, curve_figure(training))


def _weights(training: Training) -> Section:
    after = training.weights
    panels = [Panel(n, {"before": training.initial[n], "after": after[n]}, _unit(training, n)) for n in list(after)[:MOST]]
    head = ("projection", "weights", "unit", "sd before", "sd after", "rms change", "unchanged (%)")
    rows = [(name, *_change(training.initial[name], w, _unit(training, name))) for name, w in after.items()]
    text = "Weights before the first and after the last epoch." + more_than_drawn(len(after))
    return Section("Weights before and after training", text, histogram_grid(panels), [head, *rows])


def _change(before: FloatArray, after: FloatArray, unit: str) -> tuple[Any, ...]:
    from neurosim import units

    scale = float(getattr(units, unit)) if unit else 1.0
    change = after - before
    spread = (before.std() / scale, after.std() / scale, float(np.sqrt(np.mean(change**2))) / scale)
    return (after.size, unit or "SI", *spread, 100 * float(np.mean(change == 0)))


def _unit(training: Training, name: str) -> str:
    projection = training.network.projection(name)
    model = training.network.population(projection.post).model
    return _UNITS.get(model.weight_units[projection.receptor], "") if isinstance(model, Neuron) else ""


def _settings(training: Training) -> Section:
    plain = {name: value for name, value in training.settings.items() if name not in ("checksums", "model_run_by")}
    rows = [(name, str(value)) for name, value in (*_flat(plain), ("epochs", len(training.history)))]
    return Section("Settings", "Everything that decides the result.", table=[("setting", "value"), *rows])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """``{"dropout": {"hidden": 0.3}}`` as ``("dropout.hidden", 0.3)``."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _without_folder(_listed(value))


def _listed(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _without_folder(value: Any) -> Any:
    """A page names files, not the folders of one machine."""
    return Path(value).name if isinstance(value, str) and value.endswith(".py") else value


def _provenance(training: Training) -> dict[str, Any]:
    checksums = training.settings.get("checksums", {})
    return provenance() | {f"data {name}": str(text)[:16] for name, text in checksums.items()}


def _command(training: Training) -> str:
    settings = training.settings
    if "model" not in settings or settings.get("data") not in dataset_names():
        return f"neurosim.train({training.network.name}, load_dataset({settings.get('data')!r}), ...)"
    dropout = settings["dropout"]
    words = ["neurosim", "train", _without_folder(settings["model"]), "--data", settings["data"]]
    words += ["--epochs", len(training.history), "--eta-decay", settings["eta_decay"]]
    words += ["--dropout-input", dropout["input"], "--dropout-hidden", dropout["hidden"]]
    words += ["--shift", settings["shift"]["pixels"]]
    words += ["--validation", settings["held_out"]["n"]] if settings.get("held_out") else []
    words += [word for name in _OPTIONS for word in (f"--{name}", settings[name])]
    words += [word for name, value in settings.get("options", {}).items() for word in ("--set", f"{name}={value!r}")]
    return shlex.join(map(str, words))
