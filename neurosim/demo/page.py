"""Figures and report page of the demo."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurosim.analysis import plots
from neurosim.demo.outcome import Demo, Trial
from neurosim.report import Section, page, provenance

COMMAND = "make demo"


def demo_figures(demo: Demo) -> dict[str, Figure]:
    """Figures by name, in the order of the page."""
    first = demo.trials[0]
    return {
        "learning_curve": _learning_curve(demo),
        "confusion": _confusion(first, demo.dataset.n_classes),
        "raster": _raster(first),
        "weights": _weights(first),
        "agreement": demo.agreement.figure(),
    }


def _figure(width: float = 7.0, height: float = 4.0) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def _learning_curve(demo: Demo) -> Figure:
    figure = _figure()
    accuracy = 100 * np.array([[e.test_accuracy for e in t.training.history] for t in demo.trials])
    met = 100 * np.array([[e.train_accuracy for e in t.training.history] for t in demo.trials])
    plots.learning_curve(figure.add_subplot(), {"test set": accuracy, "training set, while learning": met})
    return figure


def _confusion(trial: Trial, classes: int) -> Figure:
    figure = _figure(5.5, 5.0)
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (trial.labels, trial.counts[1].argmax(axis=1)), 1)
    plots.confusion(figure.add_subplot(), matrix)
    return figure


def _raster(trial: Trial) -> Figure:
    figure = _figure(7.0, 5.0)
    plots.raster(figure.add_subplot(), trial.fixed_run)
    return figure


def _weights(trial: Trial) -> Figure:
    figure = _figure(9.0, 3.6)
    projections = trial.deployment.program.projections
    for axis, fixed in zip(figure.subplots(1, len(projections)), projections, strict=True):
        scale = trial.deployment.program.population(fixed.post).scale_at(fixed.receptor)
        held = np.asarray(fixed.weights) * 2.0**fixed.weight_exp / scale
        wanted = np.asarray(trial.training.weights[fixed.name])
        plots.weight_histogram(axis, {"trained": wanted, "on the chip": held})
        axis.set_title(fixed.name)
    return figure


def demo_page(demo: Demo, figures: dict[str, Figure]) -> str:
    """The report as one self-contained HTML page."""
    result = demo.result
    floats, integers = (f"{result[key]:.1%}" for key in ("accuracy_float", "accuracy_fixed"))
    answer = (
        f"The network classifies {floats} of {result['test_images']} unseen digits correctly in float, and {integers} in the "
        f"chip's 8-bit integers (mean of {len(demo.trials)} seeds). Brian2 {_verdict(result['brian2_identical'])} the "
        f"emulator in float, and Lava fixed_pt {_verdict(result['lava_identical'])} the emulator in integers."
    )
    return page(
        title="Desire backpropagation on handwritten digits",
        answer=answer,
        sections=_sections(demo, figures),
        provenance=provenance() | {"data": _checksums(demo), "seeds": ", ".join(map(str, range(len(demo.trials))))},
        command=COMMAND,
    )


def _verdict(same: bool | None) -> str:
    """What a comparison found; None where it was left out."""
    return {True: "agrees with", False: "DIFFERS from", None: "was not compared with"}[same]


def _checksums(demo: Demo) -> str:
    return "; ".join(f"{name} {value[:12]}" for name, value in demo.dataset.checksums.items())


def _sections(demo: Demo, figures: dict[str, Figure]) -> list[Section]:
    texts = {
        "learning_curve": (
            "Learning curve",
            "Strict accuracy (a tie is an error) after each epoch; the line is the mean over seeds. No setting was chosen by "
            "the accuracy on the test set.",
        ),
        "confusion": (
            "Confusion matrix",
            "Classes of the test images for seed 0, on the emulator with 8-bit integers; the answer is the output with the "
            "largest spike count.",
        ),
        "raster": (
            "Spikes of one image",
            "Spikes of the input, the hidden layer and the output for the first test image, on the emulator in integers.",
        ),
        "weights": ("Weights before and after quantisation", "Weights as trained and as the chip stores them, for seed 0."),
        "agreement": ("Float against integers", "The same test images in float and in the chip's integers, for seed 0."),
    }
    shown = [Section(title, text, figure=figures[name]) for name, (title, text) in texts.items()]
    return [_executions(demo), *shown, _agreement(demo), _losses(demo), _limits(demo)]


def _executions(demo: Demo) -> Section:
    result = demo.result
    weights, spikes, lava = result["brian2"]["weights"], result["brian2"]["spikes"], result["lava"]
    rows = [
        ("What was compared", "Samples", "Equal"),
        ("Weights after training: emulator, Brian2", weights["samples"], weights["identical"]),
        ("Every spike: emulator float, Brian2", spikes["samples"], spikes["identical"]),
    ]
    if lava is not None:
        rows.append(("Every spike: emulator fixed, Lava fixed_pt", lava["samples"], lava["identical"]))
    return Section("One description, three executions", "", table=rows)


def _agreement(demo: Demo) -> Section:
    header = ("Population", "Shared spikes", "Mean rate error (Hz)")
    rows = [(p.population, f"{p.agreement:.2%}", f"{p.rate_error:.3g}") for p in demo.agreement.populations]
    text = "Comparison of float and integers on all test images, for seed 0."
    return Section("What 8 bits change, in numbers", text, table=[header, *rows])


def _losses(demo: Demo) -> Section:
    header = ("Kind", "Where", "Parameter", "As described", "On the chip", "Explanation")
    rows: list[tuple[Any, ...]] = [
        (x.kind, x.where, x.field, f"{x.wanted:.6g}", f"{x.got:.6g}", x.text) for x in demo.trials[0].deployment.report.losses
    ]
    return Section("Every rounding", "For each parameter, the value with the largest error.", table=[header, *rows])


def _limits(demo: Demo) -> Section:
    header = ("Limit", "Where", "Used", "Allowed")
    rows = [(c.name, c.where, f"{c.used:g}", f"{c.limit:g}") for c in demo.trials[0].deployment.report.checks]
    return Section("Limits of the chip", "", table=[header, *rows])
