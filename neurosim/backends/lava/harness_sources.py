"""Payloads of the sources of an exported graph, drawn as neurosim draws them. Copied beside every graph."""

import sys

import numpy as np
from draws import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    bernoulli,
    generator,
    latency_coded,
    poisson_coded,
    poisson_counts,
    rate_coded,
)
from verify import DRAWN  # type: ignore[import-not-found]  # beside this file in an exported graph

INT32 = (-(2**31), 2**31 - 1)


def read_npz(path):
    """Arrays of a file, which may not contain Python objects."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in file.files}
    except Exception as error:
        sys.exit(f"{path}: the file is missing, damaged, or not a .npz file of numbers ({error}).")


def refuse(where, name, why):
    """End the program because of an array."""
    sys.exit(f"{where}: {name}: {why}.")


def raster(entry, values, size, project, folder, where):
    """Payloads of a source, each (samples, steps, n) for size (samples, steps).

    Parameters
    ----------
    entry : dict
        The source in the manifest: "name", "n", "kind", and what belongs to this kind.
    values : array or None
        Array of a file: payloads, images or classes.
    """
    if values is None:
        return DRAW[entry["kind"]](entry, size, project, folder)
    if entry["kind"] == "images" and values.ndim == 2:
        return coded(entry, intensities(values, entry, where), size, project)
    if entry["kind"] == "labels" and values.ndim == 1:
        return taught(entry, classes(entry["name"], values, size[0], where), size, where)
    return given_raster(entry, values, size, where)


def given_raster(entry, values, size, where):
    """Payloads that a file holds; cut to the number of steps or padded with silence."""
    name, n, (samples, steps) = entry["name"], entry["n"], size
    array = values if values.ndim == 3 else values[None]
    if array.ndim != 3 or array.shape[2] != n or len(array) != samples:
        refuse(where, name, f"expected shape (samples, steps, {n}), found {values.shape}")
    if array.dtype.kind not in "bui":
        refuse(where, name, f"payloads are {array.dtype}; expected whole numbers")
    low, high = entry.get("range") or INT32
    if array.size and not low <= int(array.min()) <= int(array.max()) <= high:
        refuse(where, name, f"payloads from {array.min()} to {array.max()}; expected whole numbers from {low} to {high}")
    return fitted(array, steps)


def fitted(array, steps):
    """Payloads cut to a number of steps, or padded with silence."""
    kept = array[:, :steps]
    return np.pad(kept, ((0, 0), (0, steps - kept.shape[1]), (0, 0)))


def intensities(values, entry, where):
    """Images as float32 (samples, n), from 0 to 1."""
    if values.dtype.kind not in "buif" or values.shape[1] != entry["n"]:
        refuse(where, entry["name"], f"expected images (samples, {entry['n']}), found {values.dtype} of shape {values.shape}")
    array = values.astype(np.float32)
    if not np.all((array >= 0) & (array <= 1)):
        refuse(where, entry["name"], "intensities must be from 0 to 1; divide by the largest grey value")
    return array


def coded(entry, images, size, project):
    """Spikes of images, with the random stream of the source."""
    rng = generator(project["seed"], ("input", entry["name"]))
    spikes = CODE[entry["coding"]](entry, images, rng)
    return fitted(np.swapaxes(spikes, 0, 1), size[1])


def classes(name, values, samples, where):
    """Classes (samples,) as whole numbers, or None."""
    if values is None:
        return None
    if values.shape != (samples,) or values.dtype.kind not in "ui":
        refuse(where, name, f"expected ({samples},) whole numbers, found {values.dtype} of shape {values.shape}")
    return values.astype(np.int64)


def taught(entry, labels, size, where):
    """Spikes of the labels: one per sample."""
    if labels.min() < 0 or labels.max() >= entry["n"]:
        refuse(where, entry["name"], f"from {labels.min()} to {labels.max()}; expected classes from 0 to {entry['n'] - 1}")
    out = np.zeros((*size, entry["n"]), np.uint8)
    if entry["step"] < size[1]:
        out[np.arange(size[0]), entry["step"], labels] = 1
    return out


def silent(entry, size, project, folder):
    """No spikes."""
    return np.zeros((*size, entry["n"]), np.uint8)


def required(entry, *_):
    """A source whose payloads only a file can hold."""
    wanted = "images (samples, {n})" if entry["kind"] == "images" else "an array (samples, steps, {n})"
    sys.exit(f"--inputs: source {entry['name']!r} needs {wanted.format(n=entry['n'])} in a .npz file.")


def rates(entry, steps, project, folder):
    """Mean numbers of events: (), (n,), (steps, 1) or (steps, n)."""
    values = read_npz(folder / DRAWN)[f"{entry['name']}.rates"]
    if not entry["every"]:
        return values * project["dt"]
    row = np.arange(steps) // entry["every"]
    if row[-1] >= len(values):
        sys.exit(f"--steps {steps}: the rates of source {entry['name']!r} are given for {len(values) * entry['every']} steps.")
    chosen = values[row]
    return (chosen if chosen.ndim == 2 else chosen[:, None]) * project["dt"]


def by_sample(draw, entry, size, project, folder):
    """What is drawn from given rates, with a random stream for each sample."""
    mean, shape = rates(entry, size[1], project, folder), (size[1], entry["n"])
    streams = (generator(project["seed"], ("input", entry["name"], k)) for k in range(size[0]))
    return np.stack([draw(mean, shape, rng) for rng in streams])


def spikes(entry, size, project, folder):
    """The same given spikes in every sample."""
    step, neuron, payload = read_npz(folder / DRAWN)[f"{entry['name']}.spikes"].T
    out, inside = np.zeros((size[1], entry["n"]), np.int32), step < size[1]
    out[step[inside], neuron[inside]] = payload[inside]
    return np.repeat(out[None], size[0], axis=0)


DRAW = {
    "file": required,
    "images": required,
    "labels": silent,
    "poisson": lambda *given: by_sample(bernoulli, *given),
    "counts": lambda *given: by_sample(poisson_counts, *given),
    "spikes": spikes,
}
"""Kind of a source -> what it sends if the file has nothing for it."""
CODE = {
    "rate": lambda entry, images, rng: rate_coded(images, entry["steps"]),
    "poisson": lambda entry, images, rng: poisson_coded(images, entry["steps"], entry["max_probability"], rng),
    "latency": lambda entry, images, rng: latency_coded(images, entry["steps"], entry["threshold"]),
}
"""How images become spikes."""
