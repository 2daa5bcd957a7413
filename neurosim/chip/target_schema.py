"""Schema of a hardware target file: numbers, each with its source and how well that source was checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    model_validator,
)

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


class EventCost(Entry):
    """Energy and time of one event."""

    picojoule: NonNegativeFloat
    nanosecond: NonNegativeFloat


class Power(Entry):
    """Power of one idle chip."""

    milliwatt: NonNegativeFloat


class Limits(Section):
    """Fields of neurons and synapses. Every field is an integer on the chip."""

    state_bits: Bits
    decay_bits: Bits
    threshold_max: Count
    threshold_shift: Bits
    activation_shift: Bits
    bias_mantissa: Span
    bias_exponent: Exponents
    refractory: Span
    weight_bits: Bits
    weight_mixed: Span
    weight_excitatory: Span
    weight_inhibitory: Span
    weight_exponent: Exponents
    accumulator_bits: Bits
    delay_max: Count
    message_bits: Bits
    payload_bits: Bits


class LearningEngine(Section):
    """Fields of the learning engine."""

    factors: Count
    trace_bits: Bits
    tag_bits: Bits
    accumulator_bits: Bits
    epoch: Span
    mantissa: Span
    exponent: Exponents


class Placement(Section):
    """Resources of a core, and the format in which it stores synapses."""

    cores_per_chip: Count
    neurons_per_core: Count
    synapse_bits_per_core: Count
    in_axons_per_core: Count
    out_axons_per_core: Count
    weight_formats: Choice
    index_formats: Choice
    word_bits: Bits
    synapses_per_block: Count
    block_header_bits: Count


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
    """Energy and time of each kind of event."""

    synaptic_operation: EventCost
    synaptic_update: EventCost
    neuron_update_active: EventCost
    neuron_update_inactive: EventCost
    spike_within_tile: EventCost
    hop_east_west: EventCost
    hop_north_south: EventCost


class Energy(Section):
    """Energy model; `events` is None if nothing is published, and `note` then explains it."""

    note: Text
    events: EnergyEvents | None = None
    static_power: Power | None = None
