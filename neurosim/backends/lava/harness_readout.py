"""Predictions of an exported graph, and its results beside those of the emulator. Copied beside every graph."""

import sys

import numpy as np


def of_counts(results, population, shape):
    """Number of spikes."""
    rows = results[f"spikes/{population}"]
    scores = np.zeros((shape[0], shape[2]), np.int64)
    np.add.at(scores, (rows[:, 0], rows[:, 2]), 1)
    return scores


def of_first(results, population, shape):
    """Number of steps that are left after the first spike; 0 for a neuron that is silent."""
    rows = results[f"spikes/{population}"]
    scores = np.zeros((shape[0], shape[2]), np.int64)
    np.maximum.at(scores, (rows[:, 0], rows[:, 2]), shape[1] - rows[:, 1])
    return scores


SPIKES = {"count": of_counts, "first": of_first}
STATES = {"last": lambda v: v[:, -1], "mean": lambda v: v.mean(axis=1), "max": lambda v: v.max(axis=1)}
"""Readouts of spikes, and of the state v over the steps of a sample."""


def readout_of(text, known):
    """Population and kind of a readout, "population.kind"; ("", "") for none."""
    if not text:
        return "", ""
    population, _, kind = text.rpartition(".")
    if population not in known or kind not in {**SPIKES, **STATES}:
        kinds = ", ".join({**SPIKES, **STATES})
        sys.exit(f"--readout {text}: expected POPULATION.KIND of the populations {sorted(known)} and the kinds {kinds}.")
    return population, kind


def probes_of(readout):
    """States that a readout needs."""
    population, kind = readout
    return [f"{population}.v"] if kind in STATES else []


def predicted(results, readout, shape):
    """Scores (samples, n) and predictions (samples,) of a readout: the first of the largest scores wins."""
    population, kind = readout
    if kind in STATES:
        scores = STATES[kind](results[f"state/{population}.v"])
    else:
        scores = SPIKES[kind](results, population, shape)
    return {"readout/scores": scores, "readout/prediction": scores.argmax(axis=1)}


def in_words(results, populations, truth):
    """Lines of text: spikes, predictions and accuracy."""
    yield "spikes: " + ", ".join(f"{name} {len(results[f'spikes/{name}'])}" for name in populations)
    if "readout/prediction" in results:
        found = results["readout/prediction"]
        more = ", ..." if len(found) > 20 else ""
        yield f"predictions: {', '.join(map(str, found[:20]))}{more}"
        if truth is not None:
            yield f"accuracy: {100 * np.mean(found == truth):.2f} % of {len(truth)} samples"


def compared(results, path):
    """Differences from the results of the emulator, in words; none if both are equal."""
    differences = []
    with np.load(path, allow_pickle=False) as expected:
        for name in expected.files:
            kind, _, part = name.partition("/")
            words = BESIDE[kind](expected[name], results[name])
            if words:
                differences.append(f"{part}: {words}")
    return differences


def spikes_beside(wanted, found):
    """How spikes differ; rows are sample, step, neuron and payload."""
    one, two = ({tuple(row) for row in rows.tolist()} for rows in (wanted, found))
    if one == two:
        return ""
    sample, step, neuron, _ = min(one ^ two)
    return f"{len(one ^ two)} of {len(one | two)} spikes differ, the first in sample {sample}, step {step}, neuron {neuron}"


def weights_beside(wanted, found):
    """How final weights differ."""
    different = np.count_nonzero(wanted != found)
    return f"{different} of {wanted.size} final weights differ" if different else ""


BESIDE = {"spikes": spikes_beside, "weights": weights_beside}
