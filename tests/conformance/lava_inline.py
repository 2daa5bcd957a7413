"""Lava's own process models without Lava's runtime: one thread a model, a queue a channel; hundreds of networks a minute.

Lava's compiler builds the models of an exported graph exactly as for a run; only the operating-system processes and semaphores
between them are left out. Run as a child: ``python lava_inline.py FOLDER STEPS`` reads inputs.npz and writes results.npz there:
"<population>.<u, v, theta or spike>" (steps, n), and of plastic projections, after the learning phase of each step,
"<projection>.<w, t or d>" (steps, n_pre, n_post) and "<projection>.<x1, x2, y1, y2 or y3>" (steps, n).
"""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np

PATIENCE = 60.0
STATES = ("u", "v")
LEARNED = {"w": "weights", "t": "tag_1", "d": "tag_2", "x1": "x1", "x2": "x2", "y1": "y1", "y2": "y2", "y3": "y3"}


class Wire:
    """A channel within one process; like Lava's it casts what is sent to the type of the sending port."""

    def __init__(self, dtype):
        self.dtype, self.queue = dtype, SimpleQueue()

    def send(self, data):
        self.queue.put(np.array(data, self.dtype))

    def recv(self):
        return self.queue.get(timeout=PATIENCE)


def load(folder):
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("graph", folder / "graph.py")
    graph = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(graph)
    return graph


def compiled(graph, tag):
    """Executables of the parts of the graph."""
    import compat  # noqa: F401  # beside the graph, and before lava
    from lava.magma.compiler.compiler import Compiler
    from lava.magma.compiler.compiler_graphs import ProcGroupDiGraphs
    from lava.magma.core.run_configs import Loihi2SimCfg

    find = ProcGroupDiGraphs._find_proc_models
    found = {}

    def remember(proc):
        if type(proc) not in found:
            found[type(proc)] = find(proc)
        return found[type(proc)]

    ProcGroupDiGraphs._find_proc_models = staticmethod(remember)
    seen = set()
    for process in graph.populations.values():
        if process not in seen:
            executable = Compiler().compile(process, Loihi2SimCfg(select_tag=tag))
            seen |= set(executable.proc_builders)
            yield executable


def models(executable):
    """Process -> model, wired."""
    for channel in executable.channel_builders:
        ends = (channel.src_process, channel.src_port_initializer), (channel.dst_process, channel.dst_port_initializer)
        wire = Wire(channel.src_port_initializer.d_type)
        for process, port in ends:
            executable.proc_builders[process].csp_ports.setdefault(port.name, []).append(wire)
    return {process: builder.build() for process, builder in executable.proc_builders.items()}


def run(parts, steps, names):
    """(name, variable) -> (steps, n)."""
    out = {}
    with ThreadPoolExecutor(max(len(p) for p in parts)) as pool:
        for part in parts:
            watched = {names[process]: model for process, model in part.items() if process in names}
            for k in range(steps):
                for model in part.values():
                    model.time_step = k + 1
                for future in [pool.submit(model.run_spk) for model in part.values()]:
                    future.result()
                for model in part.values():
                    if model.lrn_guard():
                        model.run_lrn()
                for name, model in watched.items():
                    for key, value in seen(model):
                        out.setdefault(f"{name}.{key}", []).append(value)
    return {key: np.stack(values) for key, values in out.items()}


def seen(model):
    """What is kept of a neuron or of a learning connection."""
    if hasattr(model, "tag_1"):
        yield from ((key, np.array(np.transpose(getattr(model, var)))) for key, var in LEARNED.items())
        return
    own = [name for name in vars(type(model)) if name.startswith("own_")]
    yield from ((name.removeprefix("own_"), np.array(getattr(model, name), float)) for name in own)
    yield from ((state, np.array(getattr(model, state), float)) for state in STATES if hasattr(model, state))
    yield "spike", model.sent_spikes


def spy(model):
    """Keep what a neuron sends."""
    send = model.s_out.send

    def keep(data):
        model.sent_spikes = np.array(data, int)
        send(data)

    model.s_out.send = keep


def main(folder, steps):
    module = load(folder)
    with np.load(folder / "inputs.npz") as file:
        graph = module.build({name: file[name][0].T.copy() for name in file.files})
    plastic = {process: name for name, process in graph.projections.items() if hasattr(process, "tag_1")}
    names = {process: name for name, process in graph.populations.items()} | plastic
    parts = [models(executable) for executable in compiled(graph, module.TAG)]
    for part in parts:
        for process, model in part.items():
            if process in names and process not in plastic:
                spy(model)
    np.savez(folder / "results.npz", **run(parts, steps, names))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
