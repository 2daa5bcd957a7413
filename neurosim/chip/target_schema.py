"""Schema of a hardware target file: numbers, each with its source and how well that source was checked.

A number decides what a deployment does, or there is only one that neurosim's arithmetic can do (`only`, `within`), or it is
informative: it is stored with its source for readers and for models of placement and energy, and no deployment reads it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    model_validator,
)

from neurosim.program.widths import Widths

Text = Annotated[str, Field(min_length=1)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""Integers that integer and floating-point arithmetic both represent exactly."""


class Section(BaseModel):
    """Base of all tables, which are immutable; unknown keys and values of another type are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Entry(Section):
    """One fact about the chip, with its source.

    Attributes
    ----------
    source : str
        Where the fact comes from; each part, separated by semicolons, begins with a key of the table `sources`.
    confidence : str
        ``read`` in the named source, ``quoted`` from a publication, ``derived`` from other numbers,
        ``unchecked`` (from memory), or ``assumed`` (not published; the number of another chip is used instead).
    note : str
        Remarks on how to use it.
    """

    source: Text
    confidence: Literal["read", "quoted", "derived", "unchecked", "assumed"]
    note: str = ""


INFORMATIVE = "informative"
"""Marks a field, or all fields of a section, that no deployment reads."""


def only(**numbers: int) -> Any:
    """Marks an entry whose `numbers` cannot be others, because neurosim's arithmetic has no others."""
    return within(**{name: (number, number) for name, number in numbers.items()})


def within(**ranges: tuple[int, int]) -> Any:
    """Marks an entry whose numbers lie in `ranges`, which are those of neurosim's arithmetic."""

    def check(entry: Entry) -> Entry:
        for name, (low, high) in ranges.items():
            number = getattr(entry, name)
            if not low <= number <= high:
                wanted = f"{low}" if low == high else f"{low} to {high}"
                raise ValueError(f"{name} = {number}; the arithmetic of neurosim supports {wanted} only")
        return entry

    return AfterValidator(check)


class Count(Entry):
    """A count, for example of bits, steps or neurons."""

    value: Annotated[int, Field(ge=0, le=2**53)]


class Bits(Entry):
    """A width or a shift in bits, at most 64."""

    value: Annotated[int, Field(ge=0, le=64)]


class Span(Entry):
    """All integers from `min` to `max`, both included, in steps of `step`."""

    min: Whole
    max: Whole
    step: PositiveInt = 1

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.min > self.max:
            raise ValueError(f"min {self.min} must not be above max {self.max}")
        return self


class Exponents(Span):
    """Exponents of powers of two by which a 64-bit number can be shifted."""

    min: Annotated[int, Field(ge=-64)]
    max: Annotated[int, Field(le=64)]


class Choice(Entry):
    """Allowed values of an integer, in rising order."""

    values: Annotated[tuple[Annotated[int, Field(ge=0, le=2**53)], ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Choice:
        if list(self.values) != sorted(set(self.values)):
            raise ValueError(f"values {list(self.values)} must be in rising order, each once")
        return self


class AtLimit(Entry):
    """What happens to a current that is too large for its register."""

    value: Literal["wrap", "saturate"]


class EventCost(Entry):
    """Energy and time of one event."""

    picojoule: NonNegativeFloat
    nanosecond: NonNegativeFloat


class Power(Entry):
    """Power of one idle chip."""

    milliwatt: NonNegativeFloat


class Limits(Section):
    """Fields of neurons and synapses. Every field is an integer on the chip.

    A weight of fewer than 8 bits lies in the highest of 8 bits, and the weight exponent shifts it from there. A chip without
    `weight_mixed` has one sign per neuron that sends; one without `current_at_limit` has currents that wrap.
    """

    state_bits: Annotated[Bits, within(value=(4, 24))]
    decay_bits: Annotated[Bits, within(value=(0, 12))]
    threshold_max: Annotated[Count, within(value=(1, 2**17 - 1))]
    threshold_shift: Annotated[Bits, within(value=(0, 6))]
    activation_shift: Annotated[Bits, within(value=(0, 6))]
    current_at_limit: AtLimit | None = None
    bias_mantissa: Annotated[Span, only(step=1), within(min=(-(2**12), 0), max=(0, 2**12 - 1))]
    bias_exponent: Annotated[Exponents, only(min=0, step=1), within(max=(0, 7))]
    refractory: Annotated[Span, only(min=1, step=1)]
    weight_bits: Annotated[Bits, within(value=(1, 8))]
    weight_mixed: Span | None = None
    weight_excitatory: Span
    weight_inhibitory: Span
    weight_exponent: Annotated[Exponents, only(step=1), within(min=(-8, 0), max=(-8, 7))]
    accumulator_bits: Bits
    delay_max: Count
    message_bits: Annotated[Bits, INFORMATIVE]
    payload_bits: Annotated[Bits, within(value=(0, 31))]

    @property
    def widths(self) -> Widths:
        """Widths of states and decays, as the arithmetic of the emulator takes them."""
        wraps = self.current_at_limit is None or self.current_at_limit.value == "wrap"
        return Widths(self.state_bits.value, self.decay_bits.value, self.activation_shift.value, wraps)

    @model_validator(mode="after")
    def _states_hold_thresholds(self) -> Limits:
        one, other, top = self.threshold_shift.value, self.activation_shift.value, self.widths.top
        if one != other:
            raise ValueError(
                f"threshold_shift = {one} and activation_shift = {other}; the arithmetic of neurosim supports equal ones only"
            )
        highest = self.threshold_max.value << one
        if highest > top:
            raise ValueError(
                f"threshold_max = {self.threshold_max.value}, shifted left by {one} bits, is {highest}; a state of "
                f"{self.state_bits.value} bits is at most {top}"
            )
        return self

    @model_validator(mode="after")
    def _weights_of_these_bits(self) -> Limits:
        bits = self.weight_bits.value
        full = 2**bits
        spans = (
            ("weight_mixed", self.weight_mixed, (-full, full - 2, 2)),
            ("weight_excitatory", self.weight_excitatory, (0, full - 1, 1)),
            ("weight_inhibitory", self.weight_inhibitory, (1 - full, 0, 1)),
        )
        for name, span, (low, high, step) in spans:
            if span is not None and (span.min, span.max, span.step) != (low, high, step):
                raise ValueError(
                    f"{name} has min {span.min}, max {span.max}, step {span.step}; weights of {bits} bits have "
                    f"min {low}, max {high}, step {step}"
                )
        return self


class LearningEngine(Section):
    """Fields of the learning engine."""

    factors: Annotated[Count, within(value=(2, 3))]
    trace_bits: Annotated[Bits, only(value=7)]
    tag_bits: Annotated[Bits, only(value=9)]
    accumulator_bits: Annotated[Bits, only(value=16)]
    epoch: Annotated[Span, only(min=1, max=63, step=1)]
    mantissa: Annotated[Span, only(min=-8, step=1), within(max=(1, 7))]
    exponent: Annotated[Exponents, only(step=1), within(min=(-7, 8), max=(-7, 8))]


class Placement(Section):
    """Resources of a core, and the format in which it stores synapses. A limit that is left out is not checked."""

    cores_per_chip: Annotated[Count, within(value=(1, 2**20))]
    neurons_per_core: Count
    synapse_bits_per_core: Count
    in_axons_per_core: Count
    out_axons_per_core: Count
    weight_formats: Choice
    index_formats: Choice
    word_bits: Annotated[Bits, within(value=(1, 64))]
    synapses_per_block: Annotated[Count, within(value=(1, 2**20))]
    block_header_bits: Count
    learning_axon_entries: Annotated[Count, within(value=(1, 16))] | None = None
    delay_slots_per_core: Count | None = None
    synapse_formats_per_core: Count | None = None
    neuron_profiles_per_core: Count | None = None
    threshold_profiles_per_core: Count | None = None
    learning_profiles_per_core: Count | None = None
    state_variable_bits: Bits | None = None
    state_bytes_per_neuron: Count | None = None
    chips_per_system: Count | None = None
    cores_per_tile: Annotated[Count, within(value=(1, 1024))] | None = None
    tile_rows: Annotated[Count, within(value=(1, 1024))] | None = None


class DynamicsEntry(Entry):
    """How one kind of neuron dynamics runs on the target.

    Attributes
    ----------
    way : str
        ``stock`` (a process of Lava, in fixed point), ``own_process`` (a process that neurosim exports), or
        ``chip_only`` (the chip supports it, but Lava has no fixed-point model of it).
    process : str
        Name of Lava's class, if there is one.
    """

    way: Literal["stock", "own_process", "chip_only"]
    process: str = ""


class EnergyEvents(Section):
    """Energy and time of each kind of event, by simulation before the chip was made or by measurement.

    A price says which events of a run have no constant.
    """

    how: Literal["simulated", "measured"] = "simulated"
    synaptic_operation: EventCost
    synaptic_update: EventCost | None = None
    neuron_update_active: EventCost | None = None
    neuron_update_inactive: EventCost | None = None
    spike_within_tile: EventCost | None = None
    hop_east_west: EventCost | None = None
    hop_north_south: EventCost | None = None


class SiliconEvents(Section):
    """Energy and time of each kind of event as fitted to a chip that was measured; the events are those of SANA-FE."""

    note: Text
    synapse_dense: EventCost
    synapse_sparse: EventCost
    neuron_access: EventCost
    neuron_update: EventCost
    spike_out: EventCost
    message_in: EventCost
    message_out: EventCost
    hop_east_west: EventCost
    hop_north_south: EventCost


class Energy(Section):
    """Energy model; `events` is None if nothing is published, and `note` then explains it. `silicon` is kept apart from it."""

    note: Text
    events: EnergyEvents | None = None
    silicon: SiliconEvents | None = None
    static_power: Power | None = None
