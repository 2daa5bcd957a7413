"""A Lava run that lasts long enough to be killed. Arguments: steps, timeout."""

import sys
from pathlib import Path

import numpy as np

from neurosim.backends.lava.runner import run_lava
from neurosim.errors import LavaError
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection

# Lava installs a top-level package called `tests` too, and a script that is run has only its own folder on its path.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.steps import SOURCE, chip_neuron  # noqa: E402

PROGRAM = FixedProgram(
    "small",
    1e-3,
    (
        FixedPopulation("source", 2, SOURCE),
        FixedPopulation("cells", 3, chip_neuron("LIF", du=np.array(4095), dv=np.array([7, 8, 7]), v_th=np.full(3, 50))),
    ),
    (FixedProjection("source_cells", "source", "cells", np.arange(6).reshape(2, 3)),),
)

if __name__ == "__main__":
    steps = int(sys.argv[1])
    print("begins", flush=True)
    try:
        inputs = {"source": np.ones((1, steps, 2), int)}
        run_lava(PROGRAM, steps, inputs=inputs, probes=[("cells", "v")], timeout=float(sys.argv[2]))
    except LavaError as error:
        sys.exit(f"LavaError: {error}")
    print("ends")
