"""Checks of a program that was made by hand, before its arrays are packed or exported: wrong indices would corrupt memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from neurosim.checks.grid import check_ring, fit_delays
from neurosim.checks.matrices import check_compressed
from neurosim.errors import NetworkError, UnsupportedError, unknown_name
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram


def check_program(program: StepProgram | FixedProgram) -> None:
    """Check that all weights and delays fit the populations; raise a NetworkError that names the projection otherwise."""
    sizes = {p.name: p.n for p in program.populations}
    known = {p.name: p for p in program.projections}
    for projection in program.projections:
        who = f"Projection {projection.name!r}"
        for end in (projection.pre, projection.post):
            if end not in sizes:
                raise NetworkError(f"{who}: " + unknown_name("population", end, sizes))
        shape = sizes[projection.pre], sizes[projection.post]
        _check_weights(who, projection.weights, shape, isinstance(program, FixedProgram))
        _check_delays(who, projection.delays, projection.weights, sum(sizes.values()))
        if projection.transposed:
            _check_transposed(who, projection, known)


def check_on_chip(program: StepProgram | FixedProgram) -> None:
    """Raise UnsupportedError if the step of a neuron computes what no chip and no process of Lava can."""
    for population in program.populations:
        declaration = population.neuron.declaration
        if declaration is not None and declaration.simulated_only:
            raise UnsupportedError(
                f"Population {population.name!r}: the step of {declaration.name} calls exp(...), and a chip has no exponential "
                "function; use Brian2 with integration='step', or the emulator in float."
            )


def check_start(program: StepProgram | FixedProgram, engine: str) -> None:
    """Raise UnsupportedError if a population has noise, a current that changes in time, or another start than rest."""
    for population in program.populations:
        who = f"Population {population.name!r}"
        if population.neuron.noise:
            raise UnsupportedError(
                f"{who}: its neurons have white noise, which those in {engine} do not; leave noise out, or use the emulator or "
                "Brian2."
            )
        if population.neuron.courses:
            raise UnsupportedError(
                f"{who}: its current changes in time, which its neurons in {engine} do not; give a constant current, send the "
                "changes as spikes, or use the emulator or Brian2."
            )
        if population.initial:
            raise UnsupportedError(
                f"{who}: initial values of {', '.join(population.initial)}, but {engine} begins each sample at rest; leave "
                "them out, or use the emulator or Brian2."
            )


def _check_weights(who: str, weights: Any, shape: tuple[int, int], whole: bool) -> None:
    is_sparse = isinstance(weights, sparse.csr_array)
    if not (is_sparse or isinstance(weights, np.ndarray)) or weights.shape != shape:
        found = f"{type(weights).__name__} of shape {np.shape(weights)}"
        raise NetworkError(f"{who}: weights are {found}; expected an array or a scipy.sparse.csr_array {shape}.")
    if isinstance(weights, sparse.csr_array):
        check_compressed(weights, f"{who}: weights")
        if not weights.has_canonical_format:
            raise NetworkError(f"{who}: weights have unsorted or repeated indices; call .sum_duplicates() on them.")
    values = weights.data if is_sparse else weights
    fits = np.issubdtype(values.dtype, np.integer) or (
        values.dtype.kind == "f" and bool(np.all(np.isfinite(values))) and not (whole and np.any(np.floor(values) != values))
    )
    if not fits:
        problem = "not whole numbers, and the chip stores integers; round them" if whole else "not finite; replace NaN and inf"
        raise NetworkError(f"{who}: some weights are {problem} first.")


def _check_delays(who: str, delays: Any, weights: Any, neurons: int) -> None:
    steps = np.asarray(delays)
    if steps.dtype.kind not in "iu" or not fit_delays(steps, weights) or np.any(steps < 0):
        raise NetworkError(
            f"{who}: delays are {steps.dtype} of shape {steps.shape}; expected whole numbers of steps, zero or more, as a "
            f"scalar or as an array of shape {weights.shape}."
        )
    check_ring(float(np.max(steps, initial=0)), neurons, f"{who}: delay")


def _check_transposed(who: str, projection: Any, known: dict[str, Any]) -> None:
    if projection.transposed not in known:
        raise NetworkError(f"{who}: transposed: " + unknown_name("projection", projection.transposed, known))
    forward = known[projection.transposed]
    if np.ndim(forward.delays):
        raise UnsupportedError(
            f"{who}: it uses the transposed weights of {forward.name!r}, whose synapses have delays of their own; give them "
            "one delay for all, or run the network in Brian2."
        )
    if sparse.issparse(forward.weights) or (forward.pre, forward.post) != (projection.post, projection.pre):
        raise NetworkError(
            f"{who}: it uses the transposed weights of {forward.name!r}; expected a dense projection from "
            f"{projection.post!r} to {projection.pre!r}."
        )
