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


def peak_memory():
    """MiB of the largest process. Not `ru_maxrss` for its own: on Linux that begins with the memory of what started it."""
    with open("/proc/self/status") as status:
        (own,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main(build, *packages):
    """Build and run; write what was found, and print what it took and the versions of `packages`."""
    given = dict(np.load(sys.argv[1]))
    begun = spent()
    run = build(given)
    built = spent()
    found = run()
    ended = spent()
    np.savez(sys.argv[2], **found)
    took = {
        "build_cpu": built[0] - begun[0], "run_cpu": ended[0] - built[0], "run_wall": ended[1] - built[1],
        "all_cpu": ended[0], "peak_mib": peak_memory(),
    }  # fmt: skip
    versions = {package: importlib.metadata.version(package) for package in packages}
    print(json.dumps({**took, "versions": versions}))
