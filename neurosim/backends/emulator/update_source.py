"""The update of a population as the text of a kernel, written from the typed step of its neuron.

One call computes one step: it reads what arrives and clears it, updates the states, and marks what leaves on each channel. In
the integers of a chip, levels are 32-bit numbers, and fractions are doubles on the grid of 2^-12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosim.backends.emulator.arithmetic import ACCUMULATOR_HALF, HALF, Arithmetic
from neurosim.backends.emulator.courses import CLOCK, ROW, door_lines
from neurosim.backends.emulator.overflow import ACCUMULATOR, SUMS, WRAPS
from neurosim.chip.bounds import SUM_LIMIT
from neurosim.plasticity.products import STATE
from neurosim.step_language.declaration import Declaration
from neurosim.step_language.kinds import FLAG, FRACTION, GRID_BITS, LEVEL, PARAMETERS, STATES, WHOLE
from neurosim.step_language.typed import Assignment, Step, Term, fits, typed

_GRID = float(1 << GRID_BITS)
_ALIGN = 64
"""A chip shifts synaptic input by 6 bits against the state."""
_TOP = (1 << 23) - 1
MIXING = """
def _mixed(x: i32) -> i32:
    y = (x ^ shift_right(x, 16)) * -2048144789
    z = (y ^ shift_right(y, 13)) * -1028477387
    return z ^ shift_right(z, 16)
"""
"""The finaliser of MurmurHash3, in 32 bits."""


@dataclass(frozen=True)
class Update:
    """The kernel of a kind of population.

    Attributes
    ----------
    source : str
        Text of the kernel; `door` is the function to call.
    pointers : tuple of (role, name)
        What the table of pointers holds, in order: "counts" if any, "numbers" (parameters that all neurons share), "state",
        "parameter", "factor", and "course" and "clock" of each parameter that changes in time.
    lanes : tuple of (role, name)
        What follows in the table: first lanes of "input", "channel" and "payload".
    scalars : tuple of str
        Parameters in the order of "numbers".
    """

    source: str
    pointers: tuple[tuple[str, str], ...]
    lanes: tuple[tuple[str, str], ...]
    scalars: tuple[str, ...]
    door: str = "update"


def update_source(
    declaration: Declaration, arithmetic: Arithmetic, arrays: Sequence[str] = (), counts: Mapping[str, int] | None = None,
    factors: Sequence[str] = (), courses: Mapping[str, bool] | None = None,
) -> Update:  # fmt: skip
    """The update of populations of a neuron.

    Parameters
    ----------
    arrays : sequence of str
        Parameters that have one value per neuron.
    counts : mapping
        State -> place of its count of numbers that left its register; nothing is counted if left out.
    factors : sequence of str
        Third factors that are written for synapses that learn.
    courses : mapping
        Parameter that changes in time -> whether it differs between neurons.
    """
    step = typed(declaration, arithmetic is not Arithmetic.FLOAT)
    return _WRITERS[arithmetic](step, tuple(arrays), counts, tuple(factors), courses or {}).update()


def storage(kind: str, integers: bool) -> str:
    """Type of the numbers that a state is kept in."""
    return "i32" if integers or STATES[kind].type in ("whole", FLAG) else "f64"


def parameter_storage(kind: str, integers: bool) -> str:
    """Type of the numbers of a parameter that differs between neurons."""
    whole = PARAMETERS[kind].type == "whole" or (integers and PARAMETERS[kind].type == LEVEL)
    return "i32" if whole else "f64"


class _Writer:
    """In float."""

    _integers = False

    def __init__(
        self, step: Step, arrays: tuple[str, ...], counts: Mapping[str, int] | None, factors: tuple[str, ...],
        courses: Mapping[str, bool],
    ) -> None:  # fmt: skip
        self._step, self._of, self._arrays, self._counts = step, step.declaration, arrays, counts or {}
        self._factors, self._courses = factors, tuple(courses)
        self._moving = tuple(name for name, each in courses.items() if each)
        self._scalars = tuple(name for name in self._of.parameters if name not in arrays and name not in courses)
        self._payloads = tuple(name for name, (_, carried) in step.channels.items() if carried is not None)
        self._once: list[Assignment] = []
        self._each: list[Assignment] = []
        differing = {*arrays, *self._moving}
        for assignment in step.assignments:
            once = assignment.shared and not (_read(assignment.value) & differing)
            (self._once if once else self._each).append(assignment)
            if not once:
                differing.add(assignment.name)

    def update(self) -> Update:
        counted = (("counts", ""),) if self._counts else ()
        pointers = (
            *counted,
            ("numbers", ""),
            *(("state", s) for s in self._of.states),
            *(("parameter", p) for p in self._arrays),
            *(("factor", f) for f in self._factors),
            *((role, name) for name in self._courses for role in ("course", CLOCK)),
        )
        lanes = (
            *(("input", a) for a in self._of.input_kinds),
            *(("channel", c) for c in self._step.channels),
            *(("payload", c) for c in self._payloads),
        )
        inner, door = "\n".join(self._inner()), "\n".join(self._door(pointers, lanes))
        helpers = f"{MIXING if self._of.draws else ''}{ROW if self._courses else ''}"
        return Update(f"{helpers}\n{inner}\n\n{door}\n", pointers, lanes, self._scalars)

    # the loop over the neurons

    def _inner(self) -> Iterator[str]:
        yield f"def _neurons(_n: i64, step: i64, run_step: i64, _base: i32, {', '.join(self._signature())}):"
        for j, name in enumerate(self._scalars):
            yield f"    {name} = {self._scalar(name, f'_numbers[{j}]')}"
        for assignment in self._once:
            yield f"    {assignment.name} = {self._text(assignment.value)}"
        yield from (f"    _count{place} = 0" for place in self._places)
        yield "    for _i in range(_n):"
        for line in (*self._loads(), *self._statements(self._each), *self._sends(), *self._statements(self._step.after)):
            yield f"        {line}"
        for line in self._stores():
            yield f"        {line}"
        yield from (f"    _counts[{place}] += _count{place}" for place in self._places)

    @property
    def _places(self) -> list[int]:
        """Counts that are kept."""
        return sorted({*self._counts.values(), WRAPS, ACCUMULATOR, SUMS}) if self._counts else []

    def _signature(self) -> Iterator[str]:
        if self._counts:
            yield "_counts: P[i64]"
        yield "_numbers: P[f64]"
        for name, kind in self._of.states.items():
            yield f"_state_{name}: P[{storage(kind, self._integers)}]"
        for name in self._arrays:
            yield f"_each_{name}: P[{parameter_storage(self._of.parameters[name], self._integers)}]"
        yield from (f"{_factor(name)}: P[f64]" for name in self._factors)
        for name in self._courses:
            kind = parameter_storage(self._of.parameters[name], self._integers)
            yield f"_each_{name}: P[{kind}]" if name in self._moving else f"{name}: {kind}"
        yield from (f"_input_{name}: P[{self._arriving}]" for name in self._of.input_kinds)
        yield from (f"_channel_{name}: P[u8]" for name in self._step.channels)
        yield from (f"_payload_{name}: P[i32]" for name in self._payloads)

    @property
    def _arriving(self) -> str:
        return "i32" if self._integers else "f64"

    def _scalar(self, name: str, text: str) -> str:
        return f"i32({text})" if parameter_storage(self._of.parameters[name], self._integers) == "i32" else text

    def _loads(self) -> Iterator[str]:
        if self._of.draws:
            yield "draw = _mixed(_base + (i32(_i) + 1) * -1640531527)"
        for name, kind in self._of.states.items():
            yield f"{name} = {self._loaded(kind, f'_state_{name}[_i]')}"
        for name, kind in self._of.input_kinds.items():
            if self._counts:
                yield f"_exact_{name} = f64(_input_{name}[_i]) * {float(_ALIGN) if kind == 'input' else 1.0}"
            yield f"{name} = {self._arrived(kind, f'_input_{name}[_i]')}"
            yield f"_input_{name}[_i] = {0 if self._integers else 0.0}"
        yield from (f"{name} = _each_{name}[_i]" for name in (*self._arrays, *self._moving))
        read = [name for name in self._factors if name.startswith(STATE)]
        yield from (f"{_factor(name)}[_i] = f64({name.removeprefix(STATE)})" for name in read)

    def _loaded(self, kind: str, text: str) -> str:
        if STATES[kind].type == FLAG:
            return f"{text} != 0"
        return f"f64({text}) * {1 / _GRID!r}" if self._integers and STATES[kind].type == FRACTION else text

    def _arrived(self, kind: str, text: str) -> str:
        return text

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        for a in assignments:
            if a.name in self._counts and a.value.op == "wrap":
                yield from self._wraps(a)
            yield f"{a.name} = {self._assigned(a.value)}"
            if a.name in self._counts and a.value.op == "saturate" and a is self._integration(a.name):
                yield f"_count{self._counts[a.name]} += i64({a.name} == {_TOP} or {a.name} == -{_TOP})"

    def _assigned(self, term: Term) -> str:
        """Literals and counts of steps have 64 bits, and states have 32."""
        return f"i32({self._text(term)})" if term.type == WHOLE else self._text(term)

    def _integration(self, name: str) -> Assignment | None:
        """The first assignment of a state that saturates: a reset that follows is not counted again."""
        return next((a for a in self._each if a.name == name and a.value.op == "saturate"), None)

    def _wraps(self, assignment: Assignment) -> Iterator[str]:
        """Statements that count before a current takes in its input."""
        yield from ()

    def _sends(self) -> Iterator[str]:
        for name, (when, carried) in self._step.channels.items():
            yield f"_channel_{name}[_i] = u8({self._text(when)})"
            if carried is not None:
                yield f"_payload_{name}[_i] = i32({self._text(carried)})"
        sent = [name for name in self._factors if not name.startswith(STATE)]
        yield from (f"{_factor(name)}[_i] = f64({self._text(self._step.factors[name])})" for name in sent)

    def _stores(self) -> Iterator[str]:
        changed = {a.name for a in (*self._each, *self._step.after)}
        for name, kind in self._of.states.items():
            if name in changed:
                yield f"_state_{name}[_i] = {self._stored(kind, name)}"

    def _stored(self, kind: str, name: str) -> str:
        if storage(kind, self._integers) == "f64":
            return name
        return f"i32({name} * {_GRID!r})" if STATES[kind].type == FRACTION else f"i32({name})"

    # the function that is called

    def _door(self, pointers: Sequence[tuple[str, str]], lanes: Sequence[tuple[str, str]]) -> Iterator[str]:
        arriving = self._arriving
        yield (
            f"def update(n: i64, step: i64, run_step: i64, seed: i64, table: P[i64], ring: P[{arriving}], fired: P[u8], "
            "payload: P[i32]):"
        )
        base = "_mixed(i32(seed) ^ _mixed(i32(run_step)))" if self._of.draws else "i32(0)"
        given = ["n", "step", "run_step", base]
        fixed = len(pointers) - 2 * len(self._courses)
        for at, (role, name) in enumerate(pointers[:fixed]):
            given.append(f"as_{self._pointed(role, name)}(table[{at}])")
        kinds = [parameter_storage(self._of.parameters[name], self._integers) for name in self._courses]
        for statement, argument in door_lines(self._courses, self._moving, kinds, fixed):
            yield f"    {statement}"
            given.append(argument)
        places = {"input": "ring", "channel": "fired", "payload": "payload"}
        for at, (role, _) in enumerate(lanes, len(pointers)):
            given.append(f"{places[role]} + table[{at}]")
        yield f"    _neurons({', '.join(given)})"

    def _pointed(self, role: str, name: str) -> str:
        if role == "counts":
            return "i64"
        if role == "state":
            return storage(self._of.states[name], self._integers)
        return "f64" if role in ("numbers", "factor") else parameter_storage(self._of.parameters[name], self._integers)

    # expressions

    def _text(self, term: Term) -> str:
        write: Callable[[Term], str] = getattr(self, f"_{term.op}", self._operation)
        return write(term)

    def _operation(self, term: Term) -> str:
        sign = _OPERATORS[term.op]
        return f"({self._text(term.parts[0])} {sign} {self._text(term.parts[1])})"

    def _name(self, term: Term) -> str:
        return str(term.parts[0])

    _kept = _name

    def _number(self, term: Term) -> str:
        number = term.parts[0]
        if term.type == FLAG:
            return f"({int(number)} != 0)"
        real = term.type == FRACTION or (not self._integers and term.type != "whole")
        return repr(float(number)) if real else f"({int(number)})"

    def _modulo(self, term: Term) -> str:
        """At least 0 for negative numbers too, as in Python."""
        number, divisor = (self._text(part) for part in term.parts)
        return f"(({number} % {divisor} + {divisor}) % {divisor})"

    def _negative(self, term: Term) -> str:
        return f"(-{self._text(term.parts[0])})"

    def _product(self, term: Term) -> str:
        left, right, rounding, bits = term.parts
        exact = f"f64({self._text(left)}) * f64({self._text(right)})"
        rounded = "floor" if rounding == "down" else "trunc"
        if term.type == LEVEL:
            # The conversion itself rounds toward zero, and one to 32 bits is undefined beyond them.
            whole = exact if rounding == "toward zero" else f"floor({exact})"
            return f"i32({whole})" if fits(term, self._of) else f"i32(i64({whole}))"
        grid = float(1 << (GRID_BITS if bits is None else bits))
        return f"({rounded}({exact} * {grid!r}) * {1 / grid!r})"

    def _compare(self, term: Term) -> str:
        sign, left, right = term.parts
        return f"({self._text(left)} {sign} {self._text(right)})"

    def _not(self, term: Term) -> str:
        return f"(not {self._text(term.parts[0])})"

    def _choice(self, term: Term) -> str:
        test, yes, no = (self._text(t) for t in term.parts)
        if term.type == FLAG:
            return f"(({test} and {yes}) or ((not {test}) and {no}))"
        return f"({yes} if {test} else {no})"

    def _min(self, term: Term) -> str:
        return f"{term.op}({self._text(term.parts[0])}, {self._text(term.parts[1])})"

    _max = _min

    def _abs(self, term: Term) -> str:
        return f"abs({self._text(term.parts[0])})"

    def _exp(self, term: Term) -> str:
        return f"exp({self._text(term.parts[0])})"

    def _sign(self, term: Term) -> str:
        number = self._text(term.parts[0])
        return f"(i32({number} > 0) - i32({number} < 0))"

    def _whole(self, term: Term) -> str:
        return f"i32({self._text(term.parts[0])})"

    def _units(self, term: Term) -> str:
        fraction, bits = term.parts
        return f"i32(floor(f64({self._text(fraction)}) * {float(1 << bits)!r}))"

    def _chance(self, term: Term) -> str:
        bits = term.parts[0]
        return f"(f64(shift_right(draw, {32 - bits})) * {2.0**-bits!r})"

    def _low_bits(self, term: Term) -> str:
        bits, most = term.parts
        return f"shift_right((draw & {(1 << bits) - 1}) * (i32({self._text(most)}) + 1), {bits})"


class _Integers(_Writer):
    """In the integers of a chip, as lava-nc computes them."""

    _integers = True

    def _arrived(self, kind: str, text: str) -> str:
        return f"{text} * {_ALIGN}" if kind == "input" else text

    def _saturate(self, term: Term) -> str:
        return f"min(max({self._summed(term.parts[0])}, -{_TOP}), {_TOP})"

    def _summed(self, term: Term) -> str:
        return self._text(term)

    def _wrap(self, term: Term) -> str:
        return f"_wrapped({self._text(term.parts[0])})"

    def _wraps(self, assignment: Assignment) -> Iterator[str]:
        yield f"_exact = {self._exact(assignment.value.parts[0])}"
        yield f"_count{SUMS} += i64(_exact >= {SUM_LIMIT!r} or _exact < -{SUM_LIMIT!r})"
        yield f"_count{self._counts[assignment.name]} += i64(_exact > {HALF!r} or _exact <= -{HALF!r})"

    def _exact(self, term: Term) -> str:
        """A sum without the limits of 32 bits."""
        if term.op in ("add", "sub"):
            return f"({self._exact(term.parts[0])} {_OPERATORS[term.op]} {self._exact(term.parts[1])})"
        if term.op == "name" and term.parts[0] in self._of.input_kinds:
            return f"_exact_{term.parts[0]}"
        return f"f64({self._text(term)})"


class _FirstChip(_Integers):
    """In the integers of the first chip: the dendritic accumulator, u, and what is added to a decayed v wrap by true modulo."""

    def _arrived(self, kind: str, text: str) -> str:
        return _turned(f"{text} * {_ALIGN}", ACCUMULATOR_HALF) if kind == "input" else text

    def _wrap(self, term: Term) -> str:
        return _turned(self._text(term.parts[0]), HALF)

    def _summed(self, term: Term) -> str:
        kept, added = _parts(term)
        if not kept or not added:
            return self._text(term)
        return f"{' + '.join(self._text(t) for t in kept)} + {_turned(' + '.join(self._text(t) for t in added), HALF)}"

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        for a in assignments:
            kept, added = _parts(a.value.parts[0]) if a.value.op == "saturate" else ([], [])
            if a.name in self._counts and kept and len(added) > 1:
                yield f"_exact = {' + '.join(f'f64({self._text(t)})' for t in added)}"
                yield f"_count{WRAPS} += i64(_exact >= {HALF!r} or _exact < -{HALF!r})"
            yield from super()._statements([a])

    def _wraps(self, assignment: Assignment) -> Iterator[str]:
        for name in sorted(_read(assignment.value) & set(self._of.input_kinds)):
            half = ACCUMULATOR_HALF
            yield f"_count{ACCUMULATOR} += i64(_exact_{name} >= {half!r} or _exact_{name} < -{half!r})"
        yield f"_exact = f64({self._text(assignment.value.parts[0])})"
        yield f"_count{self._counts[assignment.name]} += i64(_exact >= {HALF!r} or _exact < -{HALF!r})"


class _Unlimited(_Integers):
    """In integers whose states have 32 bits, which nothing limits to 24."""

    def _saturate(self, term: Term) -> str:
        return self._text(term.parts[0])

    _wrap = _saturate

    def _product(self, term: Term) -> str:
        left, right, rounding, _ = term.parts
        if term.type != LEVEL:
            return super()._product(term)
        exact = f"f64({self._text(left)}) * f64({self._text(right)})"
        whole = exact if rounding == "toward zero" else f"floor({exact})"
        return f"i32(i64({whole}))"


_WRITERS: Mapping[Arithmetic, type[_Writer]] = {
    Arithmetic.FLOAT: _Writer,
    Arithmetic.FIXED: _Integers,
    Arithmetic.LOIHI1: _FirstChip,
    Arithmetic.UNLIMITED: _Unlimited,
}


def _factor(name: str) -> str:
    """Name in a kernel of the array of a third factor, or of a state of the neuron from before the step."""
    return f"_{name.replace(STATE, 'before_')}" if name.startswith(STATE) else f"_factor_{name}"


def _turned(text: str, half: float) -> str:
    """Two's complement with the sign bit at `half`."""
    return f"((({text}) + {int(half)} & {2 * int(half) - 1}) - {int(half)})"


def _parts(term: Term) -> tuple[list[Term], list[Term]]:
    """What is kept of a state, and what is added to it, in a sum."""
    if term.op == "add":
        (a, b), (c, d) = _parts(term.parts[0]), _parts(term.parts[1])
        return a + c, b + d
    return ([term], []) if _decays(term) else ([], [term])


def _decays(term: Any) -> bool:
    """Whether a term holds a decayed state."""
    return isinstance(term, Term) and (term.op == "kept" or any(_decays(part) for part in term.parts))


_OPERATORS: Mapping[str, str] = {"add": "+", "sub": "-", "times": "*", "and": "and", "or": "or"}
WRAPPED = """
def _wrapped(x: i32) -> i32:
    over = x - 16777216 if x > 8388608 else x
    return x + 16777216 if over <= -8388608 else over
"""
"""Lava's wrap of u: strictly above 2^23, at or below -2^23, one turn only, and the second from the number before the first."""


def _read(value: Any) -> set[str]:
    """Names that a term reads."""
    if not isinstance(value, Term):
        return set()
    own = {value.parts[0]} if value.op in ("name", "kept") else set()
    return own.union(*(_read(part) for part in value.parts)) if value.parts else own
