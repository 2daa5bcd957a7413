"""Do bursts teach a network of spiking cells the exclusive or?

Payeur, Guerguiev, Zenke, Richards, Naud 2021 (doi:10.1038/s41593-021-00857-x), figure 4: `models/burst_xor.py` with pools of 500
cells and steps of 0.1 ms, in Brian2 as a C++ program. Before training, and after it, each of the four inputs is shown once for
8 s without lesson; a rate is the mean event rate of the output pool in the 4 s before the moment of the lesson.

Training runs in pieces of some epochs. Each piece begins from rest with the weights of the one before and 6 s of silence, three
times as long as averages last; so a trial that is killed goes on with its last whole piece, beside the folder of its trial. The
published schedule is 500 epochs. `speed` multiplies the learning rates: with fewer epochs and larger rates the changes of an
epoch add up to as much.

What to see: before, the output answers all four inputs alike. After, it is above 6 Hz, in the middle of the two rates that the
teacher asks for, for (1,0) and (0,1) only.
"""

import json
from time import perf_counter

import numpy as np
from matplotlib.figure import Figure

from neurosim import simulate
from neurosim.analysis.plots import COLOURS
from neurosim.data.files import replacing
from neurosim.models import load_model
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.units import second

EXAMPLES = ("00", "10", "01", "11")
POOLS = ("input1", "input2", "hidden1", "hidden2", "output")
LEVEL, POINTS = 6.0, 10
"""Hz between the answers; places of the learning curve."""
MOMENT, WINDOW, LESSON, EXAMPLE, SILENCE = 7.2, 4.0, 0.8, 8.0, 6.0
"""Seconds: of the lesson within an example, before it, of it, of an example, and before the first."""
E_MIN, E_MAX = 2, 10


def piece(settings, seed, number, weights, epochs, tests, folder):
    """A run: the weights at its end, and the rates (examples, pools) of every round."""
    place = dict(cells=settings["cells"], eta=[settings["speed"] * rate for rate in (8e-3, 4e-3)])
    network = load_model("burst_xor", epochs=epochs, tests=(tests, 0), seed=seed, **place)
    model = network.model
    return network, model
