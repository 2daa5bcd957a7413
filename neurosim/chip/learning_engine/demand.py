"""What a rule on a chip needs: memory of synapses and traces, ports for third factors, and products that are evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurosim.program.engine_rule import ChipRule

if TYPE_CHECKING:
    from neurosim.chip.target import Target

_GATES = {"x0": "pre spike", "y0": "post spike", "u": "learning epoch"}


@dataclass(frozen=True)
class LearningDemand:
    """What a rule needs of a chip.

    Attributes
    ----------
    synapse_bits : mapping
        Field of a synapse ("weight", "tag", "aux") -> its bits.
    pre_bits, post_bits : int
        Bits of the traces of a pre neuron, and of a post neuron; the latter has none if it sends third factors.
    ports : mapping
        Port y1..y3 of the post neuron -> third factor that is sent there in every epoch, with "-" for its negative part.
    epoch, period : int
        Steps of a learning epoch, and steps between two openings of the products that wait for no spike.
    products : mapping
        "pre spike", "post spike" and "learning epoch" -> products that are evaluated there at each synapse.
    """

    synapse_bits: Mapping[str, int]
    pre_bits: int
    post_bits: int
    ports: Mapping[str, str]
    epoch: int
    period: int
    products: Mapping[str, int]

    @property
    def bits_per_synapse(self) -> int:
        """Bits of a synapse, without its index."""
        return sum(self.synapse_bits.values())

    def __str__(self) -> str:
        fields = ", ".join(f"{name} {bits}" for name, bits in self.synapse_bits.items())
        traces = [f"{bits} bits per {side} neuron" for side, bits in (("pre", self.pre_bits), ("post", self.post_bits)) if bits]
        ports = ", ".join(f"{port} {name}" for port, name in self.ports.items())
        work = ", ".join(f"{count} per {gate}" for gate, count in self.products.items())
        return (
            f"synapse: {self.bits_per_synapse} bits ({fields}); traces: {', '.join(traces) or 'none'}; "
            f"ports for third factors: {ports or 'none'}; products at each synapse: {work or 'none'}; "
            f"learning epochs of {_steps(self.epoch)}"
            + (f", every {self.period} of them for products without a spike" if self.period > 1 else "")
        )


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def demand_of(rule: ChipRule, target: Target, weight_bits: int = 8) -> LearningDemand:
    """What `rule` needs of `target`, for weights of `weight_bits` bits.

    The variable aux lies in the field of a delay, which has the bits of the longest delay on the chip; Lava and the emulator
    let it grow to 255.
    """
    used = {name for p in rule.products for name, _ in p.factors} | {p.target for p in rule.products}
    fields = {"weight": weight_bits}
    if "t" in used:
        fields["tag"] = target.engine.tag_bits.value
    if "d" in used:
        fields["aux"] = target.limits.delay_max.value.bit_length()
    bits, own = target.engine.trace_bits.value, [name for name in rule.traces if name not in rule.sent]
    counted = Counter(p.gate for p in rule.products)
    return LearningDemand(
        synapse_bits=fields,
        pre_bits=bits * sum(name.startswith("x") for name in own),
        post_bits=bits * sum(name.startswith("y") for name in own),
        ports={slot: ("-" if rule.sending[slot].scale < 0 else "") + name for slot, name in sorted(rule.sent.items())},
        epoch=rule.epoch,
        period=1 << rule.decimation,
        products={what: counted[gate] for gate, what in _GATES.items() if counted[gate]},
    )
