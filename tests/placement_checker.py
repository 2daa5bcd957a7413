"""Checks a placement from nothing but the arrays of the program, the numbers of the chip and the core of every neuron.

It shares no code with the placer: it counts synapse by synapse, writes the formula of the synapse memory down again, and knows
no slices, bounds or patterns.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse


@dataclass
class CoreUse:
    """What one core holds."""

    neurons: int = 0
    compartments: int = 0
    memory: int = 0
    in_axons: int = 0
    out_axons: int = 0
    delay_slots: int = 0
    synapses: int = 0
    formats: set = field(default_factory=set)
    profiles: set = field(default_factory=set)
    thresholds: set = field(default_factory=set)
    rules: set = field(default_factory=set)


def entries(projection: Any) -> tuple[Any, Any]:
    """Pre and post neuron of every synapse; what learns may begin at zero."""
    if sparse.issparse(projection.weights):
        found = projection.weights.tocoo()
        return found.row.astype(np.int64), found.col.astype(np.int64)
    weights = np.asarray(projection.weights)
    return np.nonzero(np.ones_like(weights) if projection.rule is not None else weights)


def words(synapses: int, bits: int, chip: Any) -> int:
    """Words of an axon: one block after the other."""
    total = 0
    while synapses > 0:
        block = min(synapses, chip["synapses_per_block"])
        total += int(np.ceil((chip["block_header_bits"] + block * bits) / chip["word_bits"]))
        synapses -= block
    return total


def rounded_up(bits: int, formats: Any) -> int:
    return min([f for f in formats if f >= bits], default=bits)


def numbers(target: Any) -> dict[str, Any]:
    found = {}
    for name, entry in target.placement:
        found[name] = None if entry is None else getattr(entry, "value", getattr(entry, "values", None))
    return found


class Checked:
    """A placement counted again. `problems` lists all that is wrong; `cores` has what each core holds."""

    def __init__(self, program: Any, target: Any, core_of: Any) -> None:
        self.chip = numbers(target)
        self.tag_bits, self.longest_delay = target.learning.tag_bits.value, target.limits.delay_max.value
        self.problems: list[str] = []
        self.cores: dict[int, CoreUse] = defaultdict(CoreUse)
        self.core_of = {name: np.asarray(place) for name, place in core_of.items()}
        self.sources = {p.name for p in program.populations if p.neuron.is_source}
        self.neurons(program)
        self.lines: dict[Any, list[Any]] = defaultdict(list)
        placed = 0
        for projection in program.projections:
            placed += self.synapses(program, projection)
        self.axons()
        self.placed_synapses = placed
        self.limits()

    def neurons(self, program: Any) -> None:
        sizes = {p.name: p.n for p in program.populations if p.name not in self.sources}
        for k in program.projections:
            if k.release is not None:
                sizes[f"{k.name} relay"] = program.population(k.pre).n
        if set(sizes) != set(self.core_of):
            self.problems.append(f"placed are {sorted(self.core_of)}, expected {sorted(sizes)}")
        for name, n in sizes.items():
            place = self.core_of[name]
            if place.shape != (n,) or not np.issubdtype(place.dtype, np.integer) or (place < 0).any():
                self.problems.append(f"{name}: not every neuron has one core")
            relay = name.endswith(" relay")
            neuron = None if relay else program.population(name).neuron
            membranes = 1 if relay or neuron.step.reach is None else max(1, len(neuron.step.reach.membranes))
            states = 2 if relay else len(neuron.step.states)
            delays = [0 if relay else int(np.max(k.delays, initial=0)) for k in program.projections if k.post == name]
            slots = 8
            while slots < max(delays, default=0) + 2:
                slots *= 2
            for j, core in enumerate(place.tolist()):
                use = self.cores[core]
                use.neurons += 1
                use.compartments += membranes
                use.delay_slots += membranes * slots
                use.memory += states * (self.chip["state_variable_bits"] or 0)
                if not relay:
                    use.profiles.add(self.table(neuron, j, ("decay", "current_decay", "held")))
                    use.thresholds.add(self.table(neuron, j, ("threshold",)))
                else:
                    use.profiles.add("relay")
                    use.thresholds.add("relay")

    @staticmethod
    def table(neuron: Any, j: int, kinds: Any) -> Any:
        rows = []
        for kind in kinds:
            for name, its in neuron.step.parameters.items():
                if its == kind and name in neuron.values:
                    values = np.asarray(neuron.values[name]).reshape(-1)
                    rows.append(float(values[j if len(values) > 1 else 0]))
        return tuple(rows)

    def synapses(self, program: Any, k: Any) -> int:
        if k.release is not None:
            n = program.population(k.pre).n
            relay = f"{k.name} relay"
            one_bit = rounded_up(1, self.chip["weight_formats"])
            self.one(k.pre, relay, np.arange(n), np.arange(n), one_bit, None, ("relay",), 0, k)
            pre = relay
        else:
            pre = k.pre
        used = set()
        for product in k.rule.products if k.rule is not None else ():
            used |= {product.target, *(name for name, _ in product.factors)}
        delay = max(int(np.max(k.delays, initial=0)).bit_length(), self.longest_delay.bit_length() if "d" in used else 0)
        bits = rounded_up(k.weight_bits, self.chip["weight_formats"]) + delay + (self.tag_bits if "t" in used else 0)
        rows, columns = entries(k)
        form = (k.weight_exp, k.mode, k.weight_bits, delay, repr(k.rule), k.message_bits > 0)
        self.one(pre, k.post, rows, columns, bits, k.rule, form, k.message_bits, k)
        return len(rows) + (n if k.release is not None else 0)

    def one(self, pre: str, post: str, rows: Any, columns: Any, bits: int, rule: Any, form: Any, payload: int, k: Any) -> None:
        n_pre = int(rows.max(initial=-1)) + 1
        there = self.core_of[post][columns]
        key = (pre, post, k.channel, repr(rule), payload)
        for core in np.unique(there).tolist():
            mine = rows[there == core]
            counts = np.bincount(mine, minlength=n_pre)
            counts = counts[counts > 0]
            size = int((self.core_of[post] == core).sum())
            index = rounded_up(int(np.ceil(np.log2(size))) if size > 1 else 0, self.chip["index_formats"])
            ways = []
            if rule is None or (counts == size).all():
                ways.append((len(counts) * words(size, bits, self.chip), "dense"))
            if index <= self.chip["index_formats"][-1]:
                many = np.unique(counts, return_counts=True)
                ways.append((sum(int(m) * words(int(c), bits + index, self.chip) for c, m in zip(*many, strict=True)), index))
            best = min(ways, key=lambda way: way[0])
            use = self.cores[core]
            use.memory += best[0] * self.chip["word_bits"]
            use.synapses += len(mine)
            use.formats.add((form, best[1]))
            if rule is not None:
                use.rules.add(repr((rule.products, sorted(rule.traces.items()), rule.epoch, rule.decimation)))
            self.lines[key, core].append((np.unique(mine), rule is not None))

    def axons(self) -> None:
        """Input axons of each core, and the output axons that lead to them."""
        for (key, core), lists in self.lines.items():
            pre = np.unique(np.concatenate([rows for rows, _ in lists]))
            each = (self.chip["learning_axon_entries"] or 1) if lists[0][1] else 1
            self.cores[core].in_axons += each * len(pre)
            if key[0] not in self.sources:
                for source in self.core_of[key[0]][pre].tolist():
                    self.cores[source].out_axons += 1

    def limits(self) -> None:
        allowed = {
            "compartments": "neurons_per_core",
            "memory": "synapse_bits_per_core",
            "in_axons": "in_axons_per_core",
            "out_axons": "out_axons_per_core",
            "delay_slots": "delay_slots_per_core",
            "formats": "synapse_formats_per_core",
            "profiles": "neuron_profiles_per_core",
            "thresholds": "threshold_profiles_per_core",
            "rules": "learning_profiles_per_core",
        }
        for core, use in self.cores.items():
            for name, limit in allowed.items():
                found = getattr(use, name)
                found = len(found) if isinstance(found, set) else found
                if self.chip[limit] is not None and found > self.chip[limit]:
                    self.problems.append(f"core {core}: {found} {name}, allowed {self.chip[limit]}")
        chips = {core // self.chip["cores_per_chip"] for core in self.cores}
        if self.chip["chips_per_system"] is not None and len(chips) > self.chip["chips_per_system"]:
            self.problems.append(f"{len(chips)} chips")
