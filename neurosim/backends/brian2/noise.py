"""Noise of neurons in difference equations: normal numbers that are drawn before a run, as signals of the neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurosim.backends.brian2.blueprint import Blueprint
from neurosim.program.noise import Drawn
from neurosim.units import FloatArray


def drawn_of(blueprint: Blueprint) -> Drawn:
    """The numbers that the neurons of a blueprint receive, the same as on the emulator."""
    return Drawn({c.name: (c.n, c.noise_seed) for c in blueprint.cells if c.noise})


def noise_signals(blueprint: Blueprint, drawn: Mapping[str, FloatArray]) -> dict[str, dict[str, FloatArray]]:
    """Population -> its signals that are noise, for normal numbers (steps, n)."""
    return {name: {signal: size * rows for signal, size in blueprint.cell(name).noise.items()} for name, rows in drawn.items()}


def with_noise(blueprint: Blueprint, steps: int) -> Blueprint:
    """The blueprint with the noise of the first `steps` steps of all samples."""
    found = noise_signals(blueprint, drawn_of(blueprint).take(steps))
    return replace(
        blueprint, cells=tuple(replace(c, signals={**c.signals, **found.get(c.name, {})}) for c in blueprint.cells)
    )
