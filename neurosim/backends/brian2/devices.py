"""Brian2's devices that other packages add, such as brian2cuda and brian2genn: the same Brian2 objects, built for them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import brian2
from brian2.devices import all_devices, reset_device

from neurosim.backends.brian2.build import build
from neurosim.backends.brian2.engine import run_with
from neurosim.backends.brian2.environment import build_folder, preferences, seeded
from neurosim.backends.brian2.read import read
from neurosim.backends.brian2.targets import Job, Outcome
from neurosim.errors import UnsupportedError, UsageError, unknown_name
from neurosim.network.network import Network
from neurosim.processes.stopwatch import now
from neurosim.results.recording import Recording


def simulate_on_device(
    network: Network,
    duration: Any,
    device: str,
    *,
    integration: str = "exact",
    images: Any = None,
    labels: Any = None,
    signals: Mapping[str, Any] | None = None,
    build_dir: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Recording:
    """Run `network` on a device of Brian2 that another package has registered.

    Parameters
    ----------
    network : Network
        The description.
    duration : time
        Duration of the run.
    device : str
        Name of the device: "cuda_standalone" after ``import brian2cuda``, "genn" after ``import brian2genn``.
    integration : {"exact", "step"}
        As for `neurosim.simulate`.
    images, labels, signals
        As for `neurosim.simulate`, for one sample.
    build_dir : path, optional
        Folder in which the device builds its program; a temporary folder if left out.
    **options
        Further options of ``brian2.set_device``.

    Returns
    -------
    Recording
        As `neurosim.simulate` returns it.

    Raises
    ------
    UsageError
        If no package has registered this device.
    UnsupportedError
        If there are several images.
    NetworkError, SimulationError
        As for `neurosim.simulate`.
    """
    if device not in all_devices:
        raise UsageError(unknown_name("device", device, all_devices) + " Import the package that registers it first.")
    execute = partial(_run, device=device, options=options)
    return run_with(execute, network, duration, images, labels, signals, integration, device, False, build_dir)


def _run(job: Job, device: str, options: Mapping[str, Any]) -> Outcome:
    if job.samples > 1:
        raise UnsupportedError(f"Device {device!r} runs one sample per call, found {job.samples}; use one call per image.")
    with build_folder(job.build_dir) as folder, _chosen(device, {"directory": str(folder), **options}):
        with preferences({}), seeded(job.request.seed):
            built = build(job.request, job.sample(0))
            begun = now()
            with job.request.error_context():
                built.network.run(job.duration, namespace={})
            return Outcome([read(built, job.request, job.steps)], now().since(begun))


@contextmanager
def _chosen(device: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Use the device within the block; it builds and runs its program when the network runs."""
    brian2.set_device(device, **options)
    try:
        yield
    finally:
        brian2.device.reinit()
        reset_device()
