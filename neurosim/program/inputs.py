"""Input spikes of a network or a step program on the grid of time steps, the same for all executions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.arrays import whole_number, whole_numbers
from neurosim.checks.grid import steps_of
from neurosim.checks.memory import check_memory
from neurosim.errors import NetworkError, unknown_name
from neurosim.network.inputs import ImageInput, Input, LabelInput, Raster, check_images, check_labels
from neurosim.network.network import Network, Population
from neurosim.program.fixed import FixedProgram
from neurosim.program.step import StepProgram
from neurosim.rng import stream
from neurosim.units import si

_PAYLOADS = (-(2**31), 2**31 - 1)
"""Smallest and largest payload: the range of a signed integer of 32 bits."""


def count_steps(network: Network, duration: Any) -> int:
    """Number of steps in `duration` (a time), rounded to the nearest; issues the warning `RoundedTime` if rounding changes it.

    Raises
    ------
    NetworkError
        If the result is less than one step, or more steps than a recording can count.
    """
    return steps_of(si(duration, "second", "duration"), network.step_seconds, duration)


def input_rasters(network: Network, steps: int, images: Any = None, labels: Any = None) -> dict[str, Raster]:
    """Spikes of every input population, each of shape (samples, steps, n).

    Parameters
    ----------
    images : array (samples, n), optional
        Intensities 0..1 for the network's image input; the number of images is the number of samples (1 without images).
    labels : array (samples,), optional
        Classes for the network's label input, which stays silent without labels.

    Raises
    ------
    NetworkError
        If images are missing, if images or labels have the wrong shape or range, or if the network has no input for them.
    """
    sources = [p for p in network.populations if isinstance(p.model, Input)]
    shown = [p for p in sources if isinstance(p.model, ImageInput)]
    if images is not None and not shown:
        raise NetworkError(f"Network {network.name!r} has no ImageInput; leave out images.")
    if labels is not None and not any(isinstance(p.model, LabelInput) for p in sources):
        raise NetworkError(f"Network {network.name!r} has no LabelInput; leave out labels.")
    if images is not None:
        images = check_images(images, shown[0].n, f"Population {shown[0].name!r}")
    samples = 1 if images is None else len(images)
    for source in sources:
        who = f"Spikes of {source.name!r} ({samples} samples, {steps} steps, {source.n} neurons)"
        check_memory(samples * steps * source.n, who, "Run a shorter time or fewer samples; continue from the weights.")
    return {p.name: _raster(network, p, steps, samples, images, labels) for p in sources}


def _raster(network: Network, source: Population, steps: int, samples: int, images: Any, labels: Any) -> Raster:
    model = source.model
    if isinstance(model, LabelInput) and labels is not None:
        classes = check_labels(labels, source.n, samples, f"Population {source.name!r}")
        out = np.zeros((samples, steps, source.n), np.uint8)
        if model.step < steps:
            out[np.arange(samples), model.step, classes] = 1
        return out
    if isinstance(model, ImageInput) and images is not None:
        intensity = check_images(images, source.n, f"Population {source.name!r}")
        coded = model.encoder.encode(intensity, stream(network.seed, "input", source.name))[:steps]
        return np.pad(np.swapaxes(coded, 0, 1), ((0, 0), (0, steps - len(coded)), (0, 0)))
    if isinstance(model, ImageInput):
        raise NetworkError(
            f"Population {source.name!r} is an image input, and no images were given; pass images=... of shape "
            f"(n_samples, {source.n}) with intensities from 0 to 1."
        )
    assert isinstance(model, Input)
    runs = [
        model.raster(source.n, steps, network.step_seconds, stream(network.seed, "input", source.name, k))
        for k in range(samples)
    ]
    return runs[0][None] if samples == 1 else np.stack(runs)


def complete_inputs(program: StepProgram | FixedProgram, steps: int, inputs: Mapping[str, Any]) -> dict[str, Raster]:
    """Payloads of every source in the order of the program, each (samples, steps, n); sources without input are silent.

    Raises
    ------
    NetworkError
        If the inputs do not fit the program: an unknown source, a wrong shape, different numbers of samples, payloads that
        are not whole numbers of 32 bits or that need more bits than a graded projection carries, or no steps.
    """
    who = f"Program {program.name!r}"
    whole_number(steps, f"{who}: steps", 1)
    sources = {p.name: p.n for p in program.populations if p.neuron.is_source}
    for name in inputs:
        if name not in sources:
            raise NetworkError(f"{who}: " + unknown_name("source", name, sources))
    samples = {name: len(values) for name, values in inputs.items()}
    if len(set(samples.values())) > 1:
        raise NetworkError(f"{who}: inputs have different numbers of samples: {samples}; expected the same number for all.")
    count = next(iter(samples.values()), 1)
    fed = {name: _source(name, (count, steps, n), inputs.get(name)) for name, n in sources.items()}
    if isinstance(program, FixedProgram):
        check_payloads(program, fed)
    return fed


def check_payloads(program: FixedProgram, fed: Mapping[str, Raster]) -> None:
    """Raise NetworkError if a source sends a payload that a graded projection from it cannot carry."""
    for projection in program.projections:
        values = fed.get(projection.pre)
        if values is None or not projection.graded or projection.release is not None:
            continue
        largest, top = max(int(values.max(initial=0)), -int(values.min(initial=0))), (1 << projection.message_bits) - 1
        if largest > top:
            raise NetworkError(
                f"Source {projection.pre!r}: payloads reach {largest}; projection {projection.name!r} carries payloads of "
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
