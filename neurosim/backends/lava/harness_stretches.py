"""Run of a Lava graph in stretches, on orders that come line by line. Copied beside every graph; neurosim starts it.

An order is a line of JSON, ``{"do": "advance", ...}``, in the pipe `orders`; a line in the pipe `answers` says that it was
carried out. Arrays are in files of the folder. All processes go on from one stretch to the next with their complete state.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path

import compat  # type: ignore[import-not-found]  # noqa: F401  # beside this file in an exported graph, and before lava
import graph as described  # type: ignore[import-not-found]  # beside this file in an exported graph
import numpy as np
from harness import own_var, record  # type: ignore[import-not-found]  # beside this file in an exported graph
from harness_ends import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    GivenUp,
    abandon,
    name_shared_memory,
    show_failures,
)
from harness_learning import (  # type: ignore[import-not-found]  # beside this file in an exported graph
    collect_synapses,
    plastic,
    read_watch,
    record_synapses,
)
from lava.magma.core.model.py.connection import PyLearningConnection
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.source import RingBuffer
from processes.pieces import MODELS  # type: ignore[import-not-found]  # beside this file in an exported graph


class Stretches:
    """A graph that goes on.

    Parameters
    ----------
    folder : Path
        Folder of all files: ``<k>.npy`` are the inputs of the k-th source by name, ``results.npz`` are results of a stretch.
    probes : list of str
        States to record, "population.var".
    watched : mapping
        Projection -> Var -> 0: Vars of learning connections to read at the end of each stretch.
    """

    def __init__(self, folder, probes, watched):
        self.folder, self.done = folder, 0
        self.graph = described.build({name: np.zeros((n, 1), int) for name, n in described.SOURCES.items()})
        for k, name in enumerate(sorted(described.SOURCES)):
            self.graph.sources[name].proc_params["path"] = str(folder / f"{k}.npy")
        self.probed, self.watched = [probe.rpartition(".")[::2] for probe in probes], watched
        self.spikes = {name: folder / f"spikes{k}.npz" for k, name in enumerate(self.graph.populations)}
        self.learned = {name: folder / f"learned{k}.npz" for k, name in enumerate(plastic(self.graph))}
        self.recorders, self.firsts = [], []

    def advance(self, steps):
        """Run `steps` steps, and write what was recorded."""
        if self.recorders:
            for recorder in self.recorders:
                recorder.last.set(np.array([self.done + steps]))
        else:
            self._begin(steps)
        for first in self.firsts:
            first.run(condition=RunSteps(num_steps=steps))
        results = {}
        for name, file in self.spikes.items():
            results |= self._recorded(name, file)
        for name, file in self.learned.items():
            results |= collect_synapses(name, self.graph.projections[name], {}, file)
        np.savez(self.folder / "results.npz", **results)
        self.done += steps

    def _begin(self, steps):
        """Attach recorders, and compile each part of the graph; Lava compiles only processes that are connected."""
        graph = self.graph
        for name, file in self.spikes.items():
            states = [var for population, var in self.probed if population == name]
            self.recorders.append(record(graph.populations[name], states, steps, file))
        for name, file in self.learned.items():
            watched = self.watched.get(name, {})
            self.recorders.append(record_synapses(graph.projections[name], watched, sys.maxsize, steps, file))
        config = Loihi2SimCfg(select_tag=described.TAG, exception_proc_model_map={RingBuffer: MODELS[described.TAG]})
        for process in (*graph.populations.values(), *graph.projections.values(), *graph.relays.values()):
            if not process.runtime:
                process.create_runtime(run_cfg=config)
                self.firsts.append(process)

    def _recorded(self, name, path):
        """Spikes of a population, with steps counted from the start of the stretch, and its states, as one sample."""
        with np.load(path, allow_pickle=False) as file:
            found = {f"state/{name}.{state}": file[state][None] for state in file.files if state != "spikes"}
            sample = np.zeros((len(file["spikes"]), 1), int)
            spikes = file["spikes"] - np.array([self.done, 0, 0])
            return found | {f"spikes/{name}": np.hstack([sample, spikes])}

    def get(self, population, var):
        """Write the values of a state of a population."""
        found = own_var(self.graph.populations[population], var)
        np.savez(self.folder / "results.npz", values=np.broadcast_to(found.get(), found.shape))

    def set(self, kind, name, var):
        """Set a Var of a population or a projection to what ``given.npy`` holds, also before the first stretch."""
        found, values = own_var(getattr(self.graph, kind)[name], var), np.load(self.folder / "given.npy", allow_pickle=False)
        if self.firsts:
            found.set(values)
        else:
            found.init = values

    def stop(self):
        """End all processes of Lava."""
        for first in self.firsts:
            first.stop()


def serve(stretches, orders, answers):
    """Carry out orders until one of them is to stop."""
    with open(orders) as lines, open(answers, "w") as out:
        for line in lines:
            order = json.loads(line)
            do = order.pop("do")
            getattr(stretches, do)(**order)
            print(do, file=out, flush=True)
            if do == "stop":
                return


def main():
    """Run the graph beside this file in stretches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the pipes orders and answers, and of all arrays")
    parser.add_argument("--probe", nargs="*", default=[], metavar="POPULATION.VAR", help="states to record")
    parser.add_argument("--watch", nargs="*", default=[], metavar="PROJECTION.VAR:0", help="learned Vars to read")
    args = parser.parse_args()
    # Lava would parse a rule again whenever any Var of its connection is set, and would then round its time constants.
    PyLearningConnection.on_var_update = lambda self: None
    name_shared_memory()
    show_failures()
    try:
        serve(Stretches(args.folder, args.probe, read_watch(args.watch)), args.folder / "orders", args.folder / "answers")
    except GivenUp:
        abandon()
    except BaseException:
        traceback.print_exc()
        abandon()


if __name__ == "__main__":
    main()
