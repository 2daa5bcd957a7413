"""Four processes compile one function at once, each for a type of its own; then another process uses what they left.

Arguments: a folder, and who keeps compiled code, "numba" or "neurosim". Prints, for the last process, how many forms it read
and what they compute.
"""

import importlib.util
import json
import multiprocessing
import os
import sys
from pathlib import Path

import numba

from neurosim.train.desire.kernel_cache import cached

TYPES = (numba.int64, numba.float64, numba.complex128, numba.float32)
DECORATORS = {"numba": numba.njit(cache=True), "neurosim": cached()}


def function(path, who):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return DECORATORS[who](module.f)


def compile_one(path, who, kind, barrier):
    """All have read what is there before any writes, and so on: the worst order that there can be."""
    replace = os.replace

    def replace_together(*names):
        barrier.wait(60)
        replace(*names)

    os.replace = replace_together
    function(path, who).compile((kind,))


def use(path, who):
    f = function(path, who)
    for kind in TYPES:
        f.compile((kind,))
    print(json.dumps([sum(f.stats.cache_hits.values()), [str(f(x)) for x in (2, 2.5, 2.5 + 0j)]]))


if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    path, who = Path(sys.argv[1], "raced.py"), sys.argv[2]
    path.write_text("def f(x):\n    return x + 1\n")
    barrier = fork.Barrier(len(TYPES))
    writers = [fork.Process(target=compile_one, args=(path, who, kind, barrier)) for kind in TYPES]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    reader = fork.Process(target=use, args=(path, who))
    reader.start()
    reader.join()
