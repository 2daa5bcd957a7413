"""What every script of this folder shares: it reads its input, builds, runs, and reports time, memory and spikes.

A script defines ``build(given)``, which returns a function that runs the network and returns arrays. It is called as
``python SCRIPT.py GIVEN.npz FOUND.npz`` in the environment of its simulator, so this file needs NumPy only.
"""

import importlib.metadata
import json
import resource
import sys
import time

import numpy as np


def spent():
    """CPU seconds of this process and of its children that have ended, and seconds on the clock."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return np.array([sum(u.ru_utime + u.ru_stime for u in usage), time.perf_counter()])


def main(build, *packages):
    """Build and run; write what was found, and print what it took and the versions of `packages`."""
    given = dict(np.load(sys.argv[1]))
    begun = spent()
    run = build(given)
    built = spent()
    found = run()
    ended = spent()
    np.savez(sys.argv[2], **found)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    took = {
        "build_cpu": built[0] - begun[0], "run_cpu": ended[0] - built[0], "run_wall": ended[1] - built[1],
        "all_cpu": ended[0], "peak_mib": peak / 1024,
    }  # fmt: skip
    versions = {package: importlib.metadata.version(package) for package in packages}
    print(json.dumps({**took, "versions": versions}))
