"""Which model of each process runs: on this computer, or on a Loihi 2 board (``--hw``). Copied beside every graph.

Processes that Lava does not have need microcode on a board; the folder ``microcode`` is the place for it.
"""

import importlib.util
import inspect
import sys
from dataclasses import dataclass, replace

from lava.magma.compiler.compiler_graphs import ProcGroupDiGraphs
from lava.magma.core import run_configs
from lava.magma.core.model.model import AbstractProcessModel
from lava.proc.io.source import PySendModelFixed, PySendModelFloat, RingBuffer
from processes.recorder import PyRecorder, Recorder  # type: ignore[import-not-found]  # beside this file
from verify import MICROCODE  # type: ignore[import-not-found]  # beside this file

EXTENSION = "CLoihiProcessModel"
"""Name that Lava's module has only where it could import the hardware extension."""
ON_HOST = {
    "fixed_pt": {RingBuffer: PySendModelFixed, Recorder: PyRecorder},
    "floating_pt": {RingBuffer: PySendModelFloat, Recorder: PyRecorder},
}
"""Number system -> processes that run on the host also with a board, and their models."""
ON_BOARD = tuple(getattr(run_configs, name) for name in ("AbstractNcProcessModel", EXTENSION) if hasattr(run_configs, name))
"""Bases of models for a board: of its neuro cores and of its embedded processors."""
NO_EXTENSION = (
    "--hw: Lava's hardware extension (lava-loihi, from Intel's research community) is not installed for this Python, so that "
    "there are no models for a board. Without --hw, the graph runs on this computer."
)


@dataclass(frozen=True)
class Choice:
    """The model that runs a process, where it runs, and why it cannot."""

    process: str
    kind: str
    model: str
    where: str
    problem: str = ""


def simulation(args):
    """The configuration that runs a graph on this computer."""
    return run_configs.Loihi2SimCfg(select_tag=args.tag)


def board(args, graph, folder):
    """The configuration that runs a graph on a board, and the place of microcode; ends the program without the extension."""
    own = {kind.__name__: kind for kind in map(type, everything(graph).values()) if is_own(kind)}
    if not hasattr(run_configs, EXTENSION):
        empty = ", ".join(sorted(name for name in own if not slot(folder, name).is_file()))
        sys.exit(NO_EXTENSION + (f" On a board, these processes would need a file in {MICROCODE}/: {empty}." if empty else ""))
    given = {kind: microcode(kind, slot(folder, name)) for name, kind in own.items() if slot(folder, name).is_file()}
    return run_configs.Loihi2HwCfg(select_tag=args.hw_tag, exception_proc_model_map={**ON_HOST[args.tag], **given})


def everything(graph):
    """Processes by name."""
    relays = {f"{name} relay": process for name, process in graph.relays.items()}
    return {**graph.sources, **graph.populations, **graph.projections, **relays}


def is_own(kind):
    """Whether a class of processes is not part of Lava."""
    return kind.__module__.startswith("processes.")


def slot(folder, kind):
    """The file for the microcode of a process."""
    return folder / MICROCODE / f"{kind}.py"


def microcode(kind, path):
    """The one process model of `kind` in a file."""
    spec = importlib.util.spec_from_file_location(f"{MICROCODE}_{kind.__name__}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == spec.name]
    found = [c for c in classes if issubclass(c, AbstractProcessModel) and c.implements_process is kind]
    if len(found) != 1:
        sys.exit(f"{path}: expected one process model with @implements(proc={kind.__name__}, ...), found {len(found)}.")
    return found[0]


def choices(graph, config, hw):
    """What a configuration chooses for each process; with `hw`, all but sources have to run on a board."""
    found = {}
    for name, process in everything(graph).items():
        kind = type(process)
        if kind not in found:
            found[kind] = chosen(process, config)
        choice = replace(found[kind], process=name)
        yield replace(choice, problem=missing(kind)) if hw and choice.where != "board" and kind is not RingBuffer else choice


def chosen(process, config):
    """What a configuration chooses for a process."""
    kind = type(process)
    try:
        model = config.select(process, ProcGroupDiGraphs._find_proc_models(process))
    except (AssertionError, NotImplementedError) as error:
        return Choice("", kind.__name__, "none", "nowhere", str(error))
    return Choice("", kind.__name__, model.__name__, "board" if issubclass(model, ON_BOARD) else "this computer")


def missing(kind):
    """Why a board does not run a class of processes."""
    if is_own(kind):
        return f"needs microcode: {MICROCODE}/{kind.__name__}.py"
    return "Lava's hardware extension has no model of it"


def table(found):
    """Lines of text: process, class, model, place and problem."""
    rows = [("process", "class", "model", "runs on", ""), *((c.process, c.kind, c.model, c.where, c.problem) for c in found)]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return "\n".join("  ".join([*(row[k].ljust(widths[k]) for k in range(4)), row[4]]).rstrip() for row in rows)
