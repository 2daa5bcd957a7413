"""Texts of an exported project: how to run it, and what a board needs."""

from __future__ import annotations

from typing import Any

from neurosim._version import __version__
from neurosim.backends.lava.connections import connection
from neurosim.backends.lava.graph_learning import graph_learning
from neurosim.backends.lava.kinds import Program
from neurosim.backends.lava.project_manifest import Deployed

_README = """# {network} for {target}

A Lava process graph that neurosim {version} wrote. It needs lava-nc 0.10.0, and nothing of neurosim.

{run}

* `--inputs batch.npz` runs other samples. The file holds arrays: {arrays}.
* `--samples 10`, `--steps 50`, `--readout output.first`, `--probe cells.v` and `--out results.npz` change a run; `--help` lists
  all options.
* `results.npz` then holds `spikes/<population>` (rows of sample, step, neuron and payload), `state/<population>.<state>`,
  `weights/<projection>` (final weights of projections that learn, before x after), `readout/scores` and `readout/prediction`.
* `--dry-run` shows which model runs each process; `--hw` runs on a Loihi 2 board with Intel's extension, and
  `microcode/README.md` says what it needs for this.

All numbers are integers of the chip; `units` in `manifest.json` has the factors to described units. The manifest also lists
every rounding, clip and other loss (`report`), the core of every neuron (`placement`), versions, and a checksum of every file
(`files`). The script names a file that was changed, and runs it all the same with `--accept-changes`.
"""
_STORED = """    python graph.py

runs the {samples} stored samples of {steps} steps, and compares spikes and final weights with those of neurosim's emulator."""
_BARE = """    python graph.py --inputs batch.npz --steps 100

runs the samples of a file."""
_MICROCODE = """# Microcode

A Loihi 2 board runs the processes that Lava's hardware extension knows. {which}

The file `microcode/<Process>.py` is the place for one. It defines one process model, which names the process:

    from lava.magma.core.decorator import implements, requires
    from lava.magma.core.resources import Loihi2NeuroCore
    from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
    from processes.{module} import {process}

    @implements(proc={process}, protocol=LoihiProtocol)
    @requires(Loihi2NeuroCore)
    class Nc{process}(...):      # a model class of the extension, with its microcode

`python graph.py --hw --dry-run` shows which model runs each process, and which files are still missing. What each process
computes in a step is in `processes/`, in floating point and in the integers of the chip. neurosim ships no microcode.
"""


def own_processes(program: Program) -> dict[str, str]:
    """Processes of the graph that Lava does not have -> the modules in ``processes`` that define them."""
    graph = graph_learning(program)
    kinds = [graph.kind(p) for p in program.populations if not p.neuron.is_source]
    carried = [p for p in program.projections if p.name not in graph.backwards]
    made: list[Any] = [connection(p, p.name in graph.backwards.values()) for p in carried]
    found = {part.name: part.module.partition(".")[2] for part in [*kinds, *made] if not part.stock}
    return found | ({"Release": "release"} if any(p.release is not None for p in carried) else {})


def microcode_text(own: dict[str, str]) -> str:
    """README of the folder for microcode."""
    names = "\n".join(f"* `{name}`, defined in `processes/{module}.py`" for name, module in sorted(own.items()))
    which = f"This graph also has these, which need microcode:\n\n{names}" if own else "This graph has no others."
    process, module = min(own.items(), default=("Process", "process"))
    return _MICROCODE.format(which=which, process=process, module=module)


def readme(deployment: Deployed, entries: dict[str, Any]) -> str:
    """README of a project."""
    kinds = {entry["kind"] for entry in entries["sources"]}
    arrays = ["`images` (samples, pixels) from 0 to 1"] if "images" in kinds else []
    arrays += ["`labels` (samples,), the classes that the network is told"] if "labels" in kinds else []
    arrays += ["`truth` (samples,), the classes that predictions are compared with"]
    arrays += [f"spikes (samples, steps, {entry['n']}) of `{entry['name']}`" for entry in entries["sources"]]
    arrays += [f"`signals/{name}`, a number or (samples, steps)" for name in sorted(_factors(deployment))]
    stored = entries["stored"]
    run = _STORED.format(**stored) if stored else _BARE
    return _README.format(
        network=deployment.network.name,
        target=deployment.target.title,
        version=__version__,
        run=run,
        arrays=", ".join(arrays),
    )


def _factors(deployment: Deployed) -> set[str]:
    """Third factors from outside."""
    rules = graph_learning(deployment.program).rules.values()
    return {sent.modulator for rule in rules for sent in rule.sent.values() if sent.modulator}
