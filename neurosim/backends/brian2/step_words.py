"""Neurons in Brian2: the typed step as statements, with names that Brian2 does not use itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosim.neurons.base import Event
from neurosim.step_language.declaration import Declaration
from neurosim.step_language.kinds import FLAG, STATES, WHOLE
from neurosim.step_language.terms import Assignment, Term
from neurosim.step_language.typed import Step, typed

_MODEL_TYPES: Mapping[str, str] = {"whole": "integer", FLAG: "integer"}
_LARGE = "1e300"
_CALL = re.compile(r"\w\(")


def own_name(name: str) -> str:
    """The variable in Brian2, which reserves names such as ``i``, ``refractory``, ``cos`` and all in ``_post``."""
    return f"own_{name}_value"


def _sent(channel: str) -> str:
    return f"sent_{channel}_value"


def _factor(name: str) -> str:
    return f"factor_{name}_value"


@dataclass(frozen=True)
class Words:
    """The statements of one kind of neuron in Brian2.

    Attributes
    ----------
    update, threshold, reset : str
        Update, threshold condition and reset of a step, which run in this order.
    model : str
        Model lines of its variables.
    events : mapping
        Channel besides "spike" -> its event.
    modulators : mapping
        Third factor -> variable that holds it.
    functions : tuple of str
        Functions from `neurosim.backends.brian2.functions` that the statements call.
    payload : str
        Variable that contains the payload of a spike, or "" for a payload of 1.
    """

    update: str
    threshold: str
    reset: str
    model: str
    events: Mapping[str, Event]
    modulators: Mapping[str, str]
    functions: tuple[str, ...]
    payload: str


def words_of(declaration: Declaration) -> Words:
    """A neuron in Brian2's words."""
    step = typed(declaration, integers=False)
    writer = _Writer(step)
    split = writer.split()
    update, threshold, reset = split or ("\n".join(writer.update()), f"{_sent('spike')} > 0", "")
    return Words(
        update=update,
        threshold=threshold,
        reset=reset,
        model="\n".join(_model(step, spikes=split is None)),
        events={name: Event(f"{_sent(name)} > 0") for name in step.channels if name != "spike"},
        modulators={name: _factor(name) for name in step.factors},
        # Groups know the step of the run where they have a function that draws by it.
        functions=("random_bits",) if "step_of_run" in update else (),
        payload="sent_record" if declaration.marked else "",
    )


def _model(step: Step, spikes: bool) -> Iterator[str]:
    declaration = step.declaration
    for name, kind in declaration.states.items():
        yield f"{own_name(name)} : {_MODEL_TYPES.get(STATES[kind].type, '1')}"
    yield from (f"{own_name(name)} : 1" for name in declaration.input_kinds)
    yield from (f"{_sent(name)} : integer" for name in step.channels if spikes or name != "spike")
    yield from (f"{_factor(name)} : 1" for name in step.factors)
    if declaration.marked:
        yield "sent_record : integer"


def _is_reset(a: Assignment, kept: set[str]) -> bool:
    """Whether an assignment changes a state where the neuron spikes, and reads nothing but states and parameters."""
    if a.value.op != "choice" or a.name not in kept:
        return False
    test, yes, no = a.value.parts
    return test.op == no.op == "name" and test.parts[0] == "spike" and no.parts[0] == a.name and _names(yes) <= kept


def _names(term: Any) -> set[str]:
    """Names that a term reads."""
    if not isinstance(term, Term):
        return set()
    own = {str(term.parts[0])} if term.op in ("name", "kept") else set()
    return own.union(*(_names(part) for part in term.parts)) if term.parts else own


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
            yield f"{_sent(name)} = {sent}"
        for name, term in self._step.factors.items():
            value = self._real(term)
            yield from self._taken()
            yield f"{_factor(name)} = {value}"
        if self._step.declaration.marked:
            yield f"sent_record = {_sent('spike')} + {_sent(self._step.declaration.marked)}"
        yield from self._statements(self._step.after)
        yield from self._cleared()

    def split(self) -> tuple[str, str, str] | None:
        """Update, threshold and reset where the step ends with ``if spike: ...``, which then concerns spiking neurons only."""
        at = next(k for k, a in enumerate(self._step.assignments) if a.name == "spike")
        first, spike, last = self._step.assignments[:at], self._step.assignments[at], self._step.assignments[at + 1 :]
        declaration = self._step.declaration
        kept = {*declaration.states, *declaration.parameters}
        plain = list(self._step.channels) == ["spike"] and not (self._step.after or self._step.factors or declaration.draws)
        if not (plain and all(_is_reset(a, kept) for a in last) and _names(spike.value) <= kept):
            return None
        threshold = self._text(spike.value)
        if self._taken():
            return None
        update = "\n".join([*self._statements(first), *self._cleared()])
        return update, threshold, "\n".join(f"{own_name(a.name)} = {self._assigned(a.value.parts[1])}" for a in last)

    def _cleared(self) -> Iterator[str]:
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

    def _exp(self, term: Term) -> str:
        return f"exp({self._real(term.parts[0])})"

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
