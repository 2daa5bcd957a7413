"""Report page of a deployment: what is lost, how much of each limit is used, and the weights before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurosim.backends.deployment import Deployment
from neurosim.checks.matrices import Matrix
from neurosim.chip.registers import registers
from neurosim.chip.report import Check, Kind, Loss
from neurosim.neurons.base import Neuron
from neurosim.program.fixed import FixedProjection
from neurosim.report.cores import cores_sections
from neurosim.report.histograms import MOST, Panel, histogram_grid, more_than_drawn
from neurosim.report.page import Section, page
from neurosim.report.provenance import provenance
from neurosim.units import FloatArray

_UNITS = {"volt": "mV", "1": ""}
_CHANGES: Mapping[Kind, str] = {
    "rounding": "rounded",
    "clip": "clipped",
    "saturation": "saturated",
    "allowed": "changed because you allowed it",
}


def deployment_page(deployment: Deployment, command: str = "") -> str:
    """HTML report page of a deployment.

    Parameters
    ----------
    deployment : Deployment
        Deployment that `neurosim.backends.deployment.deploy` returned.
    command : str, optional
        Command that makes the page again.
    """
    network, target = deployment.network, deployment.target
    again = command or f"deploy({network.name}, {target.name!r})"
    title = f"{network.name} on {target.title}"
    return page(title, deployment_answer(deployment), deployment_sections(deployment), provenance(), again)


def deployment_answer(deployment: Deployment) -> str:
    """Summary of the deployment in two or three sentences."""
    report = deployment.report
    fullest = max(report.checks, key=_share, default=None)
    full = f". The limit used most is {fullest.name} of {fullest.where}, at {_share(fullest):.0f} %" if fullest else ""
    counts = Counter(loss.kind for loss in report.losses)
    lost = ", ".join(f"{counts[kind]} {word}" for kind, word in _CHANGES.items() if counts[kind]) or "nothing"
    risks = counts["overflow"]
    could = f" Registers that inputs could overflow: {risks}; they are listed below." if risks else ""
    fields = f"Its parameters: all {len(report.checks)} checked limits hold{full}."
    return f"{deployment.fit}\n\n{fields} Parameters that changed: {lost}.{could}"


def deployment_sections(deployment: Deployment) -> list[Section]:
    """Sections of the page, which other pages can include."""
    return [
        _losses(deployment),
        _weights(deployment),
        _limits(deployment),
        *cores_sections(deployment.fit),
        _neurons(deployment),
        _uncertain(deployment),
    ]


def _losses(deployment: Deployment) -> Section:
    head = ("where", "parameter", "kind", "as described", "on the chip", "explanation")
    rows = [(x.where, x.field, x.kind, *_values(x), x.text) for x in deployment.report.losses]
    text = (
        "The table lists every parameter that the chip's integers do not represent exactly; of several values, it shows the "
        "one with the largest error. Voltages are in volts above rest. Weights are the current per step, after the neuron's "
        "gain (without a unit if you gave none). An overflow is a register that inputs could drive beyond its limit: the "
        "column 'as described' shows the largest possible value, and 'on the chip' the limit. A run on the emulator counts the "
        "overflows that really happen."
    )
    exact = "Nothing is lost: the chip represents every value exactly."
    return Section("What is lost", text if rows else exact, table=[head, *rows] if rows else None)


def _values(loss: Loss) -> tuple[float | None, float | None]:
    return (None, None) if loss.kind == "note" else (loss.wanted, loss.got)


def _limits(deployment: Deployment) -> Section:
    head = ("limit", "where", "used", "allowed", "share (%)")
    checks = sorted(deployment.report.checks, key=_share, reverse=True)
    rows = [(c.name, c.where, c.used, c.limit, round(_share(c), 1)) for c in checks]
    text = f"Limits of {deployment.target.title} that apply to this network; the one used most comes first."
    return Section("Limits", text, table=[head, *rows])


def _share(check: Check) -> float:
    return 100 * check.used / check.limit if check.limit else 0.0


def _weights(deployment: Deployment) -> Section:
    shown = deployment.program.projections[:MOST]
    text = "Weights as described and as the chip stores them." + more_than_drawn(len(deployment.program.projections))
    head = ("projection", "synapses", "bits", "exponent", "signs", "rms error", "became zero")
    rows = [_weight_row(deployment, p) for p in deployment.program.projections]
    return Section("Weights before and after quantisation", text, weight_figure(deployment, shown), [head, *rows])


def weight_figure(deployment: Deployment, projections: Sequence[FixedProjection]) -> Figure:
    """Figure with a histogram of described and stored weights for each projection."""
    return histogram_grid([_panel(deployment, projection) for projection in projections])


def _panel(deployment: Deployment, projection: FixedProjection) -> Panel:
    before, after = weights_before_after(deployment, projection)
    return Panel(projection.name, {"described": before, "on the chip": after}, _unit(deployment, projection))


def weights_before_after(deployment: Deployment, projection: FixedProjection) -> tuple[FloatArray, FloatArray]:
    """Weights of a projection as described, and as the chip's integers represent them, both in the described units (SI)."""
    described = next(p for p in deployment.float_program.projections if p.name == projection.name)
    post = deployment.float_program.population(projection.post).neuron
    unit = deployment.program.population(projection.post).scale_at(projection.receptor) / 2.0**projection.weight_exp
    gain = post.gain_at(projection.receptor)
    return _dense(described.weights) / gain, _dense(projection.stored_weights) / unit / gain


def _dense(matrix: Matrix) -> FloatArray:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, np.float64)


def _unit(deployment: Deployment, projection: FixedProjection) -> str:
    model = deployment.network.population(projection.post).model
    units = model.weight_units.values() if isinstance(model, Neuron) else ()
    return next((_UNITS[unit] for unit in units if unit in _UNITS), "")


def _weight_row(deployment: Deployment, projection: FixedProjection) -> tuple[Any, ...]:
    before, after = weights_before_after(deployment, projection)
    there = before != 0
    error = float(np.sqrt(np.mean((before - after)[there] ** 2))) if there.any() else 0.0
    signs = projection.sign_mode.name.lower() if projection.sign_mode else "inferred"
    gone = int((there & (after == 0)).sum())
    return (projection.name, int(there.sum()), projection.weight_bits, projection.weight_exp, signs, error, gone)


def _neurons(deployment: Deployment) -> Section:
    fields = ("du", "dv", "v_th", "bias_mant", "bias_exp")
    populations = [p for p in deployment.program.populations if not p.neuron.is_source]
    found = [(p, registers(p.neuron, p.widths)) for p in populations]
    rows = [(p.name, p.n, p.neuron.step.name, *(_span(own.get(name)) for name in fields)) for p, own in found]
    text = "The integer parameters of every population, before the shifts of the chip; a range if neurons differ."
    return Section("Neurons on the chip", text, table=[("population", "n", "dynamics", *fields), *rows])


def _span(values: Any) -> int | str:
    if values is None:
        return ""
    low, high = int(values.min()), int(values.max())
    return low if low == high else f"{low} to {high}"


def _uncertain(deployment: Deployment) -> Section:
    entries = deployment.target.uncertain()
    used = {key.removeprefix("limits."): e for key, e in entries.items() if key.startswith(("limits.", "placement."))}
    rows = [(key, e.confidence, e.source, e.note) for key, e in used.items()]
    text = "The checks above rely on these limits of the chip, which are assumed or not confirmed by a source."
    named = {word.strip(";") for _, _, source, _ in rows for word in source.split()}
    cited = [f"{name}: {title}." for name, title in deployment.target.sources.items() if name in named]
    text += f"\n\nSources: {' '.join(cited)}" if cited else ""
    return Section("Uncertain limits of the target", text, table=[("limit", "confidence", "source", "note"), *rows])
