"""Report page of a training: accuracy, learning curve, and the weights before and after."""

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
    """HTML report page of a training.

    Parameters
    ----------
    training : Training
        Training that `neurosim.train.train` returned.
    """
    network, data = training.network.name, training.settings.get("data", "its data")
    shown = "held-out training images" if training.settings.get("held_out") else "the test set"
    question = f"How well does {network} classify {shown} of {data} after training by its plasticity rule?"
    answer = f"{question}\n\n{training_answer(training)}"
    return page(f"{network} trained on {data}", answer, _sections(training), _provenance(training), _command(training))


def training_answer(training: Training) -> str:
    """Result of the training in one sentence."""
    epochs = len(training.history)
    if not epochs:
        return "There is no accuracy yet, because no epoch is finished."
    accuracy = training.history[-1].test_accuracy
    return f"Strict test accuracy {accuracy:.2%} after {epochs} epoch{'' if epochs == 1 else 's'} (a tie counts as an error)."


def curve_figure(training: Training) -> Figure:
    """Figure of the accuracy over epochs, on the training set and the test set."""
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
        "Accuracy after each epoch. It is strict: if two classes have the same largest number of output spikes, this counts as "
        "an error. The training accuracy is measured during learning, with dropout if it is used. The test set was evaluated "
        f"after each epoch, but no setting was chosen by it. All epochs together took {seconds:.1f} s."
    )
    return Section("Learning curve", text, curve_figure(training))


def _weights(training: Training) -> Section:
    after = training.weights
    panels = [Panel(n, {"before": training.initial[n], "after": after[n]}, _unit(training, n)) for n in list(after)[:MOST]]
    head = ("projection", "weights", "unit", "sd before", "sd after", "rms change", "unchanged (%)")
    rows = [(name, *_change(training.initial[name], w, _unit(training, name))) for name, w in after.items()]
    text = "Weights before the first epoch and after the last one." + more_than_drawn(len(after))
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
    return Section("Settings", "All settings that determine the result.", table=[("setting", "value"), *rows])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings without nesting: ``{"dropout": {"hidden": 0.3}}`` becomes ``("dropout.hidden", 0.3)``."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _without_folder(_listed(value))


def _listed(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _without_folder(value: Any) -> Any:
    """Name of a Python file without its folder, because a page does not show folders of one machine."""
    return Path(value).name if isinstance(value, str) and value.endswith(".py") else value


def _provenance(training: Training) -> dict[str, Any]:
    checksums = training.settings.get("checksums", {})
    return provenance() | {f"data {name}": str(text)[:16] for name, text in checksums.items()}


def _command(training: Training) -> str:
    settings = training.settings
    if "model" not in settings or settings.get("data") not in dataset_names():
        return f"neurosim.train({training.network.name}, load_dataset({settings.get('data')!r}), ...)"
    words = ["neurosim", "train", _without_folder(settings["model"]), "--data", settings["data"]]
    words += ["--on-chip", "--target", settings["on_chip"]] if "on_chip" in settings else []
    words += [word for name in settings.get("allow", ()) for word in ("--allow", name)]
    words += ["--epochs", len(training.history), "--eta-decay", settings["eta_decay"]]
    words += [w for name, value in settings.get("dropout", {}).items() for w in (f"--dropout-{name}", value)]
    words += ["--shift", settings["shift"]["pixels"]]
    words += ["--validation", settings["held_out"]["n"]] if settings.get("held_out") else []
    words += [word for name in _OPTIONS if name in settings for word in (f"--{name}", settings[name])]
    words += [word for name, value in settings.get("options", {}).items() for word in ("--set", f"{name}={value!r}")]
    return shlex.join(map(str, words))
