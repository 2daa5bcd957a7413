"""Third factors of an exported graph, which become payloads of sources. Copied beside every graph."""

import sys

import numpy as np

PREFIX = "signals/"
"""Beginning of the names of third factors in a file of samples."""


def constants(texts):
    """Third factors of the command line, "name=value"."""
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = np.array(float(value))
        except ValueError:
            sys.exit(f"--signal {text}: expected NAME=VALUE, such as M=1.")
    return checked(found, "--signal")


def signal_values(given, where):
    """Third factors of a file, by name."""
    return checked({n.removeprefix(PREFIX): values for n, values in given.items() if n.startswith(PREFIX)}, where)


def checked(values, where):
    """The third factors, which have to be finite numbers."""
    for name, array in values.items():
        if array.dtype.kind not in "buif" or not np.all(np.isfinite(array)):
            sys.exit(f"{where}: third factor {name!r}: expected finite numbers.")
    return values


def signal_rasters(entries, factors, given, size, where):
    """Payloads (samples, steps, n) of the sources of third factors.

    Parameters
    ----------
    entries : list
        What each rule needs: "source", "projection", "factor", "n" and "how", or None for the value as it is.
    factors : dict
        Factor, or "projection.factor", -> a number or an array.
    given : dict
        Source -> payloads that a file holds already.
    """
    known = {name for entry in entries for name in (entry["factor"], f"{entry['projection']}.{entry['factor']}")}
    for name in factors:
        if name not in known:
            sys.exit(f"{where}: third factor {name!r}: unknown; expected one of {', '.join(sorted(known)) or 'none'}.")
    out = {}
    for entry in entries:
        if entry["source"] in given:
            values = payloads(entry, given[entry["source"]], size, where)
        else:
            values = encoded(entry, shaped(entry, factors, size, where))
        if not np.array_equal(out.setdefault(entry["source"], values), values):
            who = f"{entry['projection']}.{entry['factor']}"
            sys.exit(f"{where}: third factor {who!r}: projections that end at one population need the same values.")
    return out


def payloads(entry, values, size, where):
    """Payloads of a file."""
    if values.shape != (*size, entry["n"]) or values.dtype.kind not in "buif":
        expected = (*size, entry["n"])
        sys.exit(f"{where}: {entry['source']}: expected shape {expected}, found {values.dtype} of shape {values.shape}.")
    return values


def shaped(entry, factors, size, where):
    """Values of a third factor, (samples, steps, n)."""
    who, (samples, steps), n = f"{entry['projection']}.{entry['factor']}", size, entry["n"]
    values = factors.get(who, factors.get(entry["factor"]))
    if values is None:
        sys.exit(f"third factor {who!r}: missing; give --signal {entry['factor']}=1, or {PREFIX}{entry['factor']} in --inputs.")
    if samples == 1 and values.shape in ((steps,), (steps, 1), (steps, n)):
        values = values[None]
    values = values[:, :, None] if values.shape == (samples, steps) else values
    if values.shape not in ((), (samples, steps, 1), (samples, steps, n)):
        expected = f"({samples}, {steps}) or ({samples}, {steps}, {n})"
        sys.exit(f"{where}: third factor {who!r}: expected a number or shape {expected}, found {values.shape}.")
    return np.broadcast_to(values, (samples, steps, n))


def encoded(entry, values):
    """What neurons send for the values: integers of 7 bits, or the values as they are."""
    how = entry["how"]
    if how is None:
        return values
    scaled = np.round(np.asarray(values, np.float64) * how["scale"]) + how["offset"]
    return np.clip(scaled, how["low"], how["high"]).astype(np.int64)
