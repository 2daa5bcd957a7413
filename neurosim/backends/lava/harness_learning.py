"""Part of the harness of a Lava graph for projections that learn. Copied beside every graph."""

import numpy as np
from lava.magma.core.process.connection import LearningConnectionProcess
from processes.synapse_recorder import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    FORGOTTEN,
    SynapseRecorder,
)


def read_watch(texts):
    """Parsed `--watch` options: projection -> Var -> number of steps between two recordings."""
    watched = {}
    for text in texts:
        place, _, every = text.rpartition(":")
        projection, _, var = place.rpartition(".")
        watched.setdefault(projection, {})[var] = int(every)
    return watched


def is_plastic(process):
    """Whether the process is a connection that learns."""
    return isinstance(process, LearningConnectionProcess)


def plastic(graph):
    """Names of the projections that learn."""
    return [name for name, process in graph.projections.items() if is_plastic(process)]


def record_synapses(process, watched, sample, steps, path):
    """Attach a recorder to a learning connection, and return it; if post neurons send y1, y2, y3, it reads them there."""
    watched = {"weights": 0, **watched}
    recorder = SynapseRecorder(shape=process.weights.shape, watched=watched, sample=sample, steps=steps, path=str(path))
    senders = process.s_in_y1.get_src_ports()
    traced = senders[0].process if senders else process
    for name in {*watched, *(FORGOTTEN if steps > sample else ())}:
        owner = traced if name in ("y1", "y2", "y3") else process
        getattr(recorder, name).connect_var(getattr(owner, name))
    return recorder


def collect_synapses(name, process, watched, path):
    """Recorded values by "synapse/<projection>.<var>", and the steps before which they hold; matrices are (n_pre, n_post)."""
    results = {}
    with np.load(path) as file:
        for var in (key for key in file.files if not key.endswith(".steps")):
            values, steps = file[var], file[f"{var}.steps"]
            if watched.get(var):
                first = process.weights.init if var == "weights" else np.zeros(values.shape[1:])
                values, steps = np.concatenate([np.asarray(first)[None], values]), np.concatenate([[0], steps])
            results[f"synapse/{name}.{var}"] = values if values.ndim == 2 else values.transpose(0, 2, 1)
            results[f"synapse_steps/{name}.{var}"] = steps
    return results
