"""What the sources of a step program are fed: checked once, for every execution of the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.arrays import whole_number, whole_numbers
from neurosim.deploy.program import FixedProgram
from neurosim.errors import NetworkError, unknown_name
from neurosim.inputs import Raster
from neurosim.step import Dynamics, StepProgram

_PAYLOADS = (-(2**31), 2**31 - 1)
"""What 32 bits hold."""


def complete_inputs(program: StepProgram | FixedProgram, steps: int, inputs: Mapping[str, Any]) -> dict[str, Raster]:
    """Payloads of every source in the program's order, (samples, steps, n); silence where none are given.

    Raises
    ------
    NetworkError
        If they do not fit the program: unknown source, wrong shape, different numbers of samples, payloads that are no
        whole numbers of 32 bits or that need more bits than a graded projection carries, no steps.
    """
    who = f"Program {program.name!r}"
    whole_number(steps, f"{who}: steps", 1)
    sources = {p.name: p.n for p in program.populations if p.neuron.dynamics is Dynamics.SOURCE}
    for name in inputs:
        if name not in sources:
            raise NetworkError(f"{who}: " + unknown_name("source", name, sources))
    samples = {name: len(values) for name, values in inputs.items()}
    if len(set(samples.values())) > 1:
        raise NetworkError(f"{who}: inputs have different numbers of samples: {samples}.")
    count = next(iter(samples.values()), 1)
    fed = {name: _source(name, (count, steps, n), inputs.get(name)) for name, n in sources.items()}
    if isinstance(program, FixedProgram):
        check_payloads(program, fed)
    return fed


def check_payloads(program: FixedProgram, fed: Mapping[str, Raster]) -> None:
    """NetworkError if a source sends a number that a graded projection from it cannot carry."""
    for projection in program.projections:
        values = fed.get(projection.pre)
        if values is None or not projection.graded or projection.release is not None:
            continue
        largest, top = max(int(values.max(initial=0)), -int(values.min(initial=0))), (1 << projection.message_bits) - 1
        if largest > top:
            raise NetworkError(
                f"Source {projection.pre!r}: payloads reach {largest}; projection {projection.name!r} carries "
                f"{projection.message_bits} bits, up to {top}. Send smaller payloads and make its weights larger."
            )


def _source(name: str, shape: tuple[int, int, int], values: Any) -> Raster:
    if values is None:
        return np.zeros(shape, np.uint8)
    array = np.asarray(values)
    if isinstance(values, np.ma.MaskedArray) and np.any(values.mask):
        raise NetworkError(f"Source {name!r}: payloads are masked; fill them (.filled(0)).")
    if array.shape != shape:
        raise NetworkError(f"Source {name!r}: input has shape {array.shape}; expected (samples, steps, n) = {shape}.")
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    if not np.issubdtype(array.dtype, np.integer):
        raise NetworkError(f"Source {name!r}: payloads are {array.dtype}; expected whole numbers.")
    return array if array.dtype == np.uint8 else whole_numbers(array, f"Source {name!r}: payloads", *_PAYLOADS).astype(np.int32)
