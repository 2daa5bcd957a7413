"""A stand-in for NEST under MPI, which computes nothing: every neuron spikes at the steps that its number divides.

As in NEST under MPI, each process has only the events of its own neurons (NODE % PROCESSES == RANK) and the synapses onto them.
The environment says which process this is, as mpirun does.
"""

import os
from types import SimpleNamespace

import numpy as np

__version__ = "3.10.0"
RANK, PROCESSES = int(os.environ.get("STUB_RANK", "0")), int(os.environ.get("STUB_PROCESSES", "1"))
VerbosityLevel = SimpleNamespace(ERROR=0)
local_num_threads, resolution, min_delay = 1, 0.1, 0.1
_models, _synapses, _time = [], [], [0.0]


class Nodes:
    """A range of nodes."""

    def __init__(self, first, n):
        self.first, self.n, self.of = first, n, None

    def __len__(self):
        return self.n

    def tolist(self):
        return list(range(self.first, self.first + self.n))

    def set(self, values):
        assert len(values) == self.n

    @property
    def events(self):
        """Spikes of the recorded nodes of this process, in no order."""
        steps = round(_time[0] / resolution)
        own = [node for node in self.of.tolist() if node % PROCESSES == RANK]
        found = [(step, node) for node in own for step in range(1, steps + 1) if step % node == 0]
        times, senders = np.array(found[::-1]).reshape(-1, 2).T
        return {"times": times, "senders": senders, "V_m": times * 1.0 + senders}


def ResetKernel():
    _models.clear()
    _synapses.clear()
    _time[0] = 0.0


def Create(model, n=1, params=None):
    if isinstance(n, dict):
        n = 1
    first = sum(len(nodes) for nodes in _models) + 1
    _models.append(Nodes(first, n))
    return _models[-1]


def CopyModel(existing, new, params):
    assert existing == "stdp_synapse" and params["Wmax"] > 0


def Connect(pre, post, rule=None, synapses=None):
    if rule is None:
        for recorder, nodes in ((post, pre), (pre, post)):
            recorder.of = nodes
        return
    if "synapse_model" not in synapses:
        assert rule == "one_to_one" and len(pre) == len(post) and synapses["delay"] > 0
        return
    assert rule == "one_to_one" and len(pre) == len(post) == len(synapses["weight"]) == len(synapses["delay"])
    model = synapses["synapse_model"]
    _synapses.extend((model, s, t, w) for s, t, w in zip(pre, post, synapses["weight"], strict=True) if t % PROCESSES == RANK)


class _Found(list):
    def get(self, what):
        return [synapse[("source", "target", "weight").index(what)] for synapse in self]


def GetConnections(synapse_model):
    return _Found(rest for model, *rest in reversed(_synapses) if model == synapse_model)


class RunManager:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def Run(time):
    _time[0] += time


def Rank():
    return RANK


def NumProcesses():
    return PROCESSES
