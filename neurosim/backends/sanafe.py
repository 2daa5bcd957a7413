"""Export of a placed network to SANA-FE, which estimates energy and time of a chip step by step.

Boyle, Plagge, Cardwell, Chance, Gerstlauer, "SANA-FE: Simulating Advanced Neuromorphic Architectures for Fast Exploration",
IEEE TCAD (2025). Only files are written; SANA-FE 2.2.9 runs them in an environment of its own.

Its LIF neuron computes the voltage of Loihi with the same steps of 1/64, so a network of LIF neurons without a synaptic time
constant has equal spikes. Its synaptic current is not rounded, so other networks are refused, and so are delays and learning.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from neurosim.chip.placement.bounds import is_dense
from neurosim.chip.target import load_target
from neurosim.errors import UnsupportedError
from neurosim.files.atomic import atomic_folder
from neurosim.program.fixed import ALIGN_SHIFT, FixedPopulation, FixedProgram, FixedProjection
from neurosim.program.widths import check_widths

if TYPE_CHECKING:
    from neurosim.chip.placement.placement import Placement
    from neurosim.chip.target_schema import EventCost

_SYNC = "{ 1: 0.6e-6, 2: 1.0e-6, 4: 1.4e-6, 29: 1.8e-6 }"
"""Seconds of a barrier between steps by number of tiles, as in SANA-FE's own loihi.yaml."""
_RUN = '''"""Runs net.yaml on arch.yaml in SANA-FE and prints energy (J) and spikes as JSON: python run.py STEPS"""

import json
import sys

import sanafe

arch = sanafe.load_arch("arch.yaml")
chip = sanafe.SpikingChip(arch)
chip.load(sanafe.load_net("net.yaml", arch))
found = chip.sim(int(sys.argv[1]), timing_model="simple", spike_trace=True)
spikes = [[step, str(neuron)] for step, neurons in enumerate(found["spike_trace"]) for neuron in neurons]
print(json.dumps({"energy": dict(found["energy"]), "seconds": found["sim_time"], "spikes": spikes}, default=str))
'''


def write_sanafe(program: FixedProgram, placement: Placement, folder: str | Path) -> Path:
    """Write ``arch.yaml``, ``net.yaml`` and ``run.py``, and return the folder.

    Parameters
    ----------
    program : FixedProgram
        A network of LIF neurons without sources; currents drive it.
    placement : Placement
        Its cores, all on one chip.
    folder : str or path
        Folder of the files, which is made if it does not exist.

    Raises
    ------
    UnsupportedError
        If SANA-FE would compute something else, or if the network is on several chips.
    """
    _check(program, placement)
    with atomic_folder(folder) as partial:
        (partial / "arch.yaml").write_text(_architecture(placement), encoding="utf-8")
        (partial / "net.yaml").write_text(_network(program, placement), encoding="utf-8")
        (partial / "run.py").write_text(_RUN, encoding="utf-8")
    return Path(folder)


def _check(program: FixedProgram, placement: Placement) -> None:
    check_widths(program.name, program.widths, "SANA-FE")
    if placement.chips > 1:
        raise UnsupportedError(f"SANA-FE: one chip is supported, found {placement.chips}; use a smaller network.")
    for p in program.populations:
        if p.neuron.dynamics != "lif" or p.neuron.courses or np.any(p.neuron.values["tau_syn"] != 0):
            raise UnsupportedError(
                f"Population {p.name!r}: SANA-FE has equal spikes only for LIF neurons without a synaptic time constant and "
                "with constant currents; found another neuron or a source."
            )
    for k in program.projections:
        if k.rule is not None or k.release is not None or k.graded or np.any(k.delays):
            raise UnsupportedError(f"Projection {k.name!r}: learning, delays and payloads cannot be exported to SANA-FE.")


def _architecture(placement: Placement) -> str:
    """The mesh of the target with the constants of silicon."""
    owner = placement.target if placement.target.energy.silicon else load_target("loihi1")
    cost = owner.energy.silicon
    assert cost is not None
    core = placement.target.placement
    each, rows = core.cores_per_tile.value if core.cores_per_tile else 1, core.tile_rows.value if core.tile_rows else 1
    tiles = -(-core.cores_per_chip.value // each)
    down, across = cost.hop_north_south, cost.hop_east_west
    hops = {"north": down, "east": across, "south": down, "west": across}
    lines = [
        f"# Constants: {json.dumps(cost.note)}",
        "architecture:",
        "  name: chip",
        "  attributes:",
        "    topology: mesh",
        f"    width: {-(-tiles // rows)}",
        f"    height: {rows}",
        "    link_buffer_size: 16",
        "    sync_model: table",
        f"    latency_sync: {_SYNC}",
        "  tile:",
        f"    - name: tile[0..{-(-tiles // rows) * rows - 1}]",
        "      attributes:",
        *(f"        {line}" for way, entry in hops.items() for line in _cost(f"{way}_hop", entry)),
        "      core:",
        f"        - name: core[0..{each - 1}]",
        "          attributes:",
        "            buffer_position: soma",
        "            buffer_inside_unit: false",
        f"            max_neurons_supported: {core.neurons_per_core.value}",
        *_unit("axon_in", "axon_in", "", {"message_in": cost.message_in}),
        *_unit("soma", "lif", "leaky_integrate_fire", _soma(cost)),
        *_unit("dendrite", "dendrite", "accumulator", {"update": None}),
        *_unit("synapse", "dense", "current_based", {"process_spike": cost.synapse_dense}),
        *_unit("", "sparse", "current_based", {"process_spike": cost.synapse_sparse}),
        *_unit("axon_out", "axon_out", "", {"message_out": cost.message_out}),
    ]
    return "\n".join(lines) + "\n"


def _soma(cost: Any) -> dict[str, EventCost | None]:
    return {"access_neuron": cost.neuron_access, "update_neuron": cost.neuron_update, "spike_out": cost.spike_out}


def _unit(kind: str, name: str, model: str, costs: dict[str, EventCost | None]) -> list[str]:
    head = [f"          {kind}:"] if kind else []
    body = [f"                model: {model}"] if model else []
    body += [f"                {line}" for event, entry in costs.items() for line in _cost(event, entry)]
    return [*head, f"            - name: {name}", "              attributes:", *body]


def _cost(event: str, entry: EventCost | None) -> list[str]:
    picojoule, nanosecond = (0.0, 0.0) if entry is None else (entry.picojoule, entry.nanosecond)
    return [f"energy_{event}: {picojoule}e-12", f"latency_{event}: {nanosecond}e-9"]


def _network(program: FixedProgram, placement: Placement) -> str:
    # Names of users could be anything, so populations are numbered.
    numbers = {p.name: f"p{k}" for k, p in enumerate(program.populations)}
    lines = ["network:", "  name: network", "  groups:"]
    for p in program.populations:
        ways = [is_dense(k, placement.target) for k in placement.needs.incoming[p.name]]
        lines += _group(p, numbers[p.name], "dense" if any(ways) or not ways else "sparse")
    edges = [line for k in program.projections for line in _edges(k, numbers)]
    lines += ["  edges:", *edges] if edges else []
    each = placement.target.placement.cores_per_tile
    many = each.value if each else 1
    lines.append("mappings:")
    for p in program.populations:
        for j, core in enumerate(placement.core_of[p.name].tolist()):
            lines.append(f"  - {numbers[p.name]}.{j}: [core: {core // many}.{core % many}]")
    return "\n".join(lines) + "\n"


def _group(population: FixedPopulation, name: str, synapse: str) -> list[str]:
    values, n, unit = population.neuron.values, population.n, 1 << ALIGN_SHIFT
    each = [np.broadcast_to(np.asarray(values[key], np.float64), (n,)) for key in ("tau_m", "v_th", "bias")]
    rows = [
        f"        - {j}: [leak_decay: {decay!r}, threshold: {threshold / unit!r}, bias: {bias / unit!r}]"
        for j, (decay, threshold, bias) in enumerate(zip(*(row.tolist() for row in each), strict=True))
    ]
    shared = f"soma_hw_name: lif, synapse_hw_name: {synapse}, reset: 0.0, reset_mode: hard, input_decay: 0.0, log_spikes: true"
    return [f"    - name: {name}", f"      attributes: [{shared}]", "      neurons:", *rows]


def _edges(projection: FixedProjection, numbers: dict[str, str]) -> list[str]:
    # Weights of a sparse matrix that became 0 are synapses all the same, in the placement and in the price, too.
    found = sparse.coo_array(projection.stored_weights)
    pre, post, scale = numbers[projection.pre], numbers[projection.post], 2.0**projection.weight_exp
    return [
        f"    - {pre}.{i} -> {post}.{j}: [weight: {w * scale!r}]"
        for i, j, w in zip(found.row.tolist(), found.col.tolist(), found.data.tolist(), strict=True)
    ]
