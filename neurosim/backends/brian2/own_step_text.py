"""Own neurons in Brian2: the typed step as statements, with names that Brian2 does not use itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from neurosim.backends.brian2.blueprint import Readout
from neurosim.backends.brian2.step_text import Words
from neurosim.neurons.base import Event
from neurosim.neurons.step_form import OwnStep, StepNeuron
from neurosim.step_language.kinds import FLAG, STATES, WHOLE
from neurosim.step_language.typed import Assignment, Step, Term, typed

_MODEL_TYPES: Mapping[str, str] = {"whole": "integer", FLAG: "integer"}
_LARGE = "1e300"
_CALL = re.compile(r"\w\(")


def own_name(name: str) -> str:
    """The variable in Brian2, which reserves names such as ``i``, ``refractory`` and ``cos``."""
    return f"own_{name}"


def own_words(own: OwnStep) -> Words:
    """An own neuron in Brian2's words."""
    step = typed(own.declaration, integers=False)
    update = "\n".join(_Writer(step).update())
    return Words(
        update=update,
        threshold="sent_spike > 0",
        reset="",
        parameters=(),
        states="\n" + "\n".join(_model(step)),
        receptors={receptor: own_name(name) for receptor, (name, _) in own.declaration.inputs.items()},
        events={name: Event(f"sent_{name} > 0") for name in step.channels if name != "spike"},
        modulators={name: f"factor_{name}" for name in step.factors},
        further=_parameters,
        readouts=_readouts,
        # Groups know the step of the run where they have a function that draws by it.
        functions=("random_bits",) if "step_of_run" in update else (),
        common="",
        every=(),
    )


def _model(step: Step) -> Iterator[str]:
    declaration = step.declaration
    for name, kind in declaration.states.items():
        yield f"{own_name(name)} : {_MODEL_TYPES.get(STATES[kind].type, '1')}"
    yield from (f"{own_name(name)} : 1" for name in declaration.input_kinds)
    yield from (f"sent_{name} : integer" for name in step.channels)
    yield from (f"factor_{name} : 1" for name in step.factors)


def _parameters(neuron: StepNeuron) -> Mapping[str, Any]:
    assert neuron.own is not None
    seed = {"draw_seed": float(neuron.own.seed)} if neuron.own.declaration.draws else {}
    return {own_name(name): value for name, value in neuron.own.values.items()} | seed


def _readouts(neuron: StepNeuron) -> Mapping[str, Readout]:
    assert neuron.own is not None
    return {name: Readout(own_name(name)) for name in neuron.own.declaration.states}


class _Writer:
    def __init__(self, step: Step) -> None:
        self._step = step
        self._before: list[str] = []
        self._compared = 0
        names = Counter(a.name for a in (*step.assignments, *step.after))
        self._repeated = {name for name, times in names.items() if times > 1 and name not in step.declaration.states}

    def update(self) -> Iterator[str]:
        if self._step.declaration.draws:
            yield "drawn_bits = random_bits(draw_seed, step_of_run, i)"
        yield from self._statements(self._step.assignments)
        for name, (when, _) in self._step.channels.items():
            sent = self._real(when)
            yield from self._taken()
            yield f"sent_{name} = {sent}"
        for name, factor in self._step.factors.items():
            sent = self._real(factor)
            yield from self._taken()
            yield f"factor_{name} = {sent}"
        yield from self._statements(self._step.after)
        yield from (f"{own_name(name)} = 0" for name in self._step.declaration.input_kinds)

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        for a in assignments:
            # Brian2 keeps a result that is the same for all neurons apart from those that differ, and lets no name be both.
            spread = " + 0*i" if a.name in self._repeated else ""
            value = self._assigned(a.value)
            yield from self._taken()
            yield f"{own_name(a.name)} = {value}{spread}"

    def _taken(self) -> list[str]:
        """Statements that compute what the next one compares."""
        taken, self._before = self._before, []
        return taken

    def _assigned(self, term: Term) -> str:
        # Truth values are whole numbers, for which every code generator of Brian2 has variables. Cython assigns no real number
        # to those, and a parameter that is whole in the step is a real number in Brian2.
        return f"int({self._text(term)})" if term.type in (WHOLE, FLAG) else self._text(term)

    def _real(self, term: Term) -> str:
        return f"int({self._text(term)})" if term.type == FLAG else self._text(term)

    def _text(self, term: Term) -> str:
        write: Callable[[Term], str] = getattr(self, f"_{term.op}", self._operation)
        return write(term)

    def _operation(self, term: Term) -> str:
        a, b = term.parts
        return f"({self._real(a)} {_OPERATORS[term.op]} {self._real(b)})"

    def _and(self, term: Term) -> str:
        return f"({self._text(term.parts[0])} {term.op} {self._text(term.parts[1])})"

    _or = _and

    def _name(self, term: Term) -> str:
        name = {"step": "t_in_timesteps", "run_step": "step_of_run"}.get(term.parts[0], own_name(term.parts[0]))
        return f"({name} > 0)" if term.type == FLAG else name

    def _kept(self, term: Term) -> str:
        return own_name(term.parts[0])

    def _number(self, term: Term) -> str:
        number = term.parts[0]
        if term.type == FLAG:
            return "(1 > 0)" if number else "(0 > 1)"
        return repr(int(number)) if float(number).is_integer() else repr(float(number))

    def _negative(self, term: Term) -> str:
        return f"(-{self._real(term.parts[0])})"

    def _compare(self, term: Term) -> str:
        sign, *sides = term.parts
        left, right = (self._alone(self._real(side)) for side in sides)
        return f"({left} {sign} {right})"

    def _alone(self, text: str) -> str:
        """A side of a comparison; Brian2 compares no results of functions that it does not know to be real."""
        if not _CALL.search(text):
            return text
        self._compared += 1
        self._before.append(f"compared{self._compared} = {text}")
        return f"compared{self._compared}"

    def _not(self, term: Term) -> str:
        return f"(not {self._text(term.parts[0])})"

    def _choice(self, term: Term) -> str:
        test, yes, no = term.parts
        if term.type == FLAG:
            t, a, b = (self._text(x) for x in term.parts)
            return f"(({t} and {a}) or ((not {t}) and {b}))"
        chosen = f"int({self._text(test)})"
        return f"({chosen}*{self._real(yes)} + (1 - {chosen})*{self._real(no)})"

    def _min(self, term: Term) -> str:
        a, b = (self._real(x) for x in term.parts)
        return f"clip({a}, -{_LARGE}, {b})"

    def _max(self, term: Term) -> str:
        a, b = (self._real(x) for x in term.parts)
        return f"clip({a}, {b}, {_LARGE})"

    def _abs(self, term: Term) -> str:
        return f"abs({self._real(term.parts[0])})"

    def _sign(self, term: Term) -> str:
        return f"sign({self._real(term.parts[0])})"

    def _whole(self, term: Term) -> str:
        return f"int({self._text(term.parts[0])})"

    def _units(self, term: Term) -> str:
        fraction, bits = term.parts
        return f"int(floor({self._real(fraction)}*{float(1 << bits)!r}))"

    def _chance(self, term: Term) -> str:
        return "(floor(drawn_bits/65536.0)/65536.0)"

    def _low_bits(self, term: Term) -> str:
        bits, most = term.parts
        low = f"(drawn_bits - {float(1 << bits)}*floor(drawn_bits/{float(1 << bits)}))"
        return f"int(floor({low}*({self._real(most)} + 1)/{float(1 << bits)}))"


_OPERATORS: Mapping[str, str] = {"add": "+", "sub": "-", "times": "*", "modulo": "%"}
