"""The kernel of a population in float: its loop over the neurons, and the function that is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neurosim.backends.emulator.courses import CLOCK, ROW, door_lines
from neurosim.backends.emulator.overflow import ACCUMULATOR, SUMS, WRAPS
from neurosim.backends.emulator.update_terms import Terms, names_read, parameter_storage, storage
from neurosim.plasticity.products import STATE
from neurosim.program.widths import Widths
from neurosim.step_language.kinds import FLAG, FRACTION, GRID_BITS, STATES, WHOLE
from neurosim.step_language.terms import Assignment, Term
from neurosim.step_language.typed import Step

GRID = float(1 << GRID_BITS)
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


class Writer(Terms):
    """In float."""

    def __init__(
        self, step: Step, arrays: tuple[str, ...], counts: Mapping[str, int] | None, factors: tuple[str, ...],
        courses: Mapping[str, bool], widths: Widths,
    ) -> None:  # fmt: skip
        super().__init__(step.declaration)
        self._widths, self._top = widths, widths.top
        self._step, self._arrays, self._counts = step, arrays, counts or {}
        self._factors, self._courses = factors, tuple(courses)
        self._moving = tuple(name for name, each in courses.items() if each)
        self._scalars = tuple(name for name in self._of.parameters if name not in arrays and name not in courses)
        self._payloads = tuple(name for name, (_, carried) in step.channels.items() if carried is not None)
        self._once: list[Assignment] = []
        self._each: list[Assignment] = []
        differing = {*arrays, *self._moving}
        for assignment in step.assignments:
            once = assignment.shared and not (names_read(assignment.value) & differing)
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
                yield f"_exact_{name} = f64(_input_{name}[_i]) * {float(self._widths.align) if kind == 'input' else 1.0}"
            yield f"{name} = {self._arrived(kind, f'_input_{name}[_i]')}"
            yield f"_input_{name}[_i] = {0 if self._integers else 0.0}"
        yield from (f"{name} = _each_{name}[_i]" for name in (*self._arrays, *self._moving))
        read = [name for name in self._factors if name.startswith(STATE)]
        yield from (f"{_factor(name)}[_i] = f64({name.removeprefix(STATE)})" for name in read)

    def _loaded(self, kind: str, text: str) -> str:
        if STATES[kind].type == FLAG:
            return f"{text} != 0"
        return f"f64({text}) * {1 / GRID!r}" if self._integers and STATES[kind].type == FRACTION else text

    def _arrived(self, kind: str, text: str) -> str:
        return text

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        for a in assignments:
            if a.name in self._counts and a.value.op == "wrap":
                yield from self._wraps(a)
            yield f"{a.name} = {self._assigned(a.value)}"
            if a.name in self._counts and a.value.op == "saturate" and a is self._integration(a.name):
                yield f"_count{self._counts[a.name]} += i64({a.name} == {self._top} or {a.name} == -{self._top})"

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
        return f"i32({name} * {GRID!r})" if STATES[kind].type == FRACTION else f"i32({name})"

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


def _factor(name: str) -> str:
    """Name in a kernel of the array of a third factor, or of a state of the neuron from before the step."""
    return f"_{name.replace(STATE, 'before_')}" if name.startswith(STATE) else f"_factor_{name}"
