"""Samples of an exported graph: what a file holds, and what sources send without one. Copied beside every graph."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness_signals import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    PREFIX,
    constants,
    signal_rasters,
    signal_values,
)
from harness_sources import classes, raster, read_npz, refuse  # type: ignore[import-not-found]  # beside this file
from verify import STORED  # type: ignore[import-not-found]  # beside this file in an exported graph


@dataclass(frozen=True)
class Samples:
    """Payloads by source, each (samples, steps, n), true classes (samples,) or None, and whether all is as it was stored."""

    rasters: dict
    truth: object
    count: int
    steps: int
    stored: bool


def read_samples(args, project, sources, folder):
    """The samples to run.

    Parameters
    ----------
    project : dict
        Content of the manifest; its "sources" say what each source sends when the file has no array for it.
    sources : dict
        Source -> number of channels; also of third factors, "projection.y2".
    """
    stored = args.inputs is None and project.get("stored")
    path = args.inputs or (folder / STORED if STORED in project["files"] else None)
    arrays, where = read_npz(path) if path else {}, Path(path or "no --inputs")
    entries = {entry["name"]: entry for entry in project["sources"]}
    given = by_source(arrays, entries, project["signals"], where)
    samples = number_of_samples(args, given, entries, where)
    steps = number_of_steps(args, given, project, entries)
    given = {name: values[:samples] if batched(name, values, entries) else values for name, values in given.items()}
    size = samples, steps
    rasters = {name: raster(entry, given.get(name), size, project, folder, where) for name, entry in entries.items()}
    factors = {**signal_values(given, where), **constants(args.signal)}
    rasters |= signal_rasters(project["signals"], factors, given, size, where)
    labels = given.get("labels")
    truth = given.get("truth", labels if np.ndim(labels) == 1 else None)
    same = bool(stored) and size == (stored["samples"], stored["steps"]) and not args.signal
    return Samples({n: rasters[n] for n in sources}, classes("truth", truth, samples, where), samples, steps, same)


def by_source(arrays, entries, signals, where):
    """Arrays by source; "images" and "labels" are for all sources of that kind, and "labels" are true classes, too."""
    found = dict(arrays)
    for kind in ("images", "labels"):
        for name in (name for name, entry in entries.items() if entry["kind"] == kind and kind in arrays):
            found.setdefault(name, arrays[kind])
    if "images" in arrays and "images" not in entries:
        del found["images"]
        if all(entry["kind"] != "images" for entry in entries.values()):
            refuse(where, "images", "this network has no input of images")
    known = {*entries, *(entry["source"] for entry in signals), "labels", "truth"}
    for name in found:
        if name not in known and not name.startswith(PREFIX):
            expected = ", ".join(map(repr, sorted(entries)))
            refuse(where, name, f"unknown; expected 'images', 'labels', 'truth', '{PREFIX}NAME' or a source ({expected})")
    return found


DIMENSIONS = {"images": 2, "labels": 1}
"""Kind of a source -> dimensions of an array with one image or class per sample."""


def batched(name, values, entries):
    """Whether the first axis of an array counts samples."""
    if name.startswith(PREFIX):
        return values.ndim > 1
    kind = entries[name]["kind"] if name in entries else "labels"
    return values.ndim in (3, DIMENSIONS.get(kind))


def number_of_samples(args, given, entries, where):
    """Number of samples: that of the arrays, or the first of them that the command line wants."""
    counts = {n: len(v) for n, v in given.items() if batched(n, v, entries) and not n.startswith(PREFIX)}
    if len(set(counts.values())) > 1:
        sys.exit(f"{where}: different numbers of samples: {counts}; give every array the same number.")
    there = next(iter(counts.values()), 1)
    if there < 1:
        sys.exit(f"{where}: no samples.")
    if args.samples is not None and counts and args.samples > there:
        sys.exit(f"--samples {args.samples}: {where} has {there}.")
    return args.samples or there


def number_of_steps(args, given, project, entries):
    """Number of steps: that of the command line, of the stored samples, of rasters, or of the code of images and one more."""
    stored = [project["stored"]["steps"]] if project.get("stored") else []
    rasters = [values.shape[1] for name, values in given.items() if values.ndim == 3]
    codes = [entry["steps"] + 1 for entry in entries.values() if "steps" in entry]
    found = args.steps or next(iter([*stored, *rasters, *codes]), None)
    return found or sys.exit("--steps: give the number of steps of a sample; neither the graph nor --inputs says it.")
