"""Neurons as Lava processes: the text of a module with the process and its models in both number systems, from the step."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from neurosim.step_language.declaration import Declaration
from neurosim.step_language.kinds import FLAG, FRACTION, GRID_BITS, LEVEL, STATES
from neurosim.step_language.terms import Assignment, Term
from neurosim.step_language.typed import Step, fits, typed

_GRID = float(1 << GRID_BITS)
_HALF = 1 << 23

_MODULE = '''"""{name}, the step of a neuron as a Lava process; generated."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
{senders}

def int32(x):
    """A sum in the 32 bits of the chip's simulation."""
    return np.asarray(x).astype(np.int32).astype(np.int64)


def wrapped(x):
    """Lava's wrap of a current: at 24 bits, one turn only."""
    over = np.where(x > {half}, x - {turn}, x)
    return np.where(over <= -{half}, x + {turn}, over)


def mixed(x):
    """32 random bits out of 32 bits."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def drawn(seed, step, n):
    """The random bits of all neurons in a step."""
    base = mixed(np.array([seed & 0xFFFFFFFF], np.uint32) ^ mixed(np.array([step & 0xFFFFFFFF], np.uint32)))
    with np.errstate(over="ignore"):
        return mixed(base + (np.arange(n, dtype=np.uint32) + np.uint32(1)) * np.uint32(0x9E3779B9))


class {name}({bases}):
    """
{step}
    """

    STATES = {states!r}

    def __init__(self, *, shape, **given):
        super().__init__(shape=shape, **given)
{ports}


{models}'''
_SENDERS = "from processes.third_factor import Sender, SenderFixed, SenderFloat\n"
_MODEL = '''@implements(proc={name}, protocol=LoihiProtocol)
@requires(CPU)
@tag({tags})
class Py{name}{suffix}({base}):
    """In {system}."""

{fields}

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.given = proc_params

    def run_spk(self):
        """One step."""
{body}
'''


def class_name(declaration: Declaration, sends: bool) -> str:
    """Name of the process; two neurons of one name in a network are told apart by their text."""
    prefix = "ThreeFactor" if sends else ""
    return f"{prefix}{declaration.name}_{hashlib.sha256(repr(declaration).encode()).hexdigest()[:6]}"


def module_name(declaration: Declaration, sends: bool) -> str:
    """Name of the module, which lies alone among the processes."""
    return class_name(declaration, sends).lower()


def module_source(declaration: Declaration, sends: bool) -> str:
    """Text of the module; with `sends`, its neurons send y1, y2, y3 to the synapses that learn."""
    name = class_name(declaration, sends)
    states = ("clock", *(f"own_{state}" for state in declaration.states))
    ports = [f"self.{port(declaration, receptor)} = InPort(shape=shape)" for receptor in declaration.inputs]
    ports += [f"self.{out(channel)} = OutPort(shape=shape)" for channel in _outs(declaration)]
    ports += [f"self.{state} = Var(shape=shape, init=0)" for state in states]
    step = textwrap.dedent(declaration.step).strip().replace("\\", "\\\\").replace('"', '\\"')
    return _MODULE.format(
        name=name,
        bases="Sender, AbstractProcess" if sends else "AbstractProcess",
        senders=_SENDERS if sends else "",
        half=_HALF,
        turn=2 * _HALF,
        step=textwrap.indent(step, "    "),
        states=states,
        ports=textwrap.indent("\n".join(ports), " " * 8),
        models="\n\n".join(_model(declaration, name, sends, integers) for integers in (False, True)),
    )


def _outs(declaration: Declaration) -> list[str]:
    """Channels, and what is recorded where that differs from "spike"."""
    return [*declaration.channels, *(["record"] if declaration.marked else [])]


def port(declaration: Declaration, receptor: str) -> str:
    """Where what arrives at a receptor enters the process."""
    return "a_in" if receptor == next(iter(declaration.inputs)) else f"{receptor}_in"


def out(channel: str) -> str:
    """Where a channel leaves the process."""
    return "s_out" if channel == "spike" else f"{channel}_out"


def _model(declaration: Declaration, name: str, sends: bool, integers: bool) -> str:
    writer = _Integers(typed(declaration, True), sends) if integers else _Writer(typed(declaration, False), sends)
    suffix = "Fixed" if integers else "Float"
    return _MODEL.format(
        name=name,
        base=f"Sender{suffix}" if sends else "PyLoihiProcessModel",
        tags='"bit_accurate_loihi", "fixed_pt"' if integers else '"floating_pt"',
        suffix=suffix,
        system="the integers of a chip" if integers else "floating point",
        fields="\n".join(f"    {line}" for line in writer.fields()),
        body="\n".join(f"        {line}" for line in writer.body()),
    )


class _Writer:
    """In floating point."""

    _number_type = "float"

    def __init__(self, step: Step, sends: bool) -> None:
        self._step, self._of, self._sends = step, step.declaration, sends

    def fields(self) -> Iterator[str]:
        for receptor in self._of.inputs:
            yield f"{port(self._of, receptor)}: PyInPort = LavaPyType(PyInPort.VEC_DENSE, {self._number_type})"
        for channel in _outs(self._of):
            yield f"{out(channel)}: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)"
        yield "clock: np.ndarray = LavaPyType(np.ndarray, np.int32)"
        for name, kind in self._of.states.items():
            number = "np.int32" if STATES[kind].type in ("whole", FLAG) else self._number_type
            yield f"own_{name}: np.ndarray = LavaPyType(np.ndarray, {number})"

    def body(self) -> Iterator[str]:
        yield "shape, n = self.clock.shape, self.clock.size"
        yield "step, run_step = int(self.clock.flat[0]), self.time_step - 1"
        yield "self.clock[:] = step + 1"
        if self._of.draws:
            yield 'draw = drawn(self.given["draw_seed"], run_step, n)'
        for name, kind in self._of.parameters.items():
            number = "np.int64" if kind == "whole" else "float"
            yield f'own_{name} = np.asarray(self.given["p_{name}"]).astype({number})'
        for receptor, (name, kind) in self._of.inputs.items():
            yield f"own_{name} = {self._arrived(f'self.{port(self._of, receptor)}.recv()', kind)}"
        for name, kind in self._of.states.items():
            yield f"own_{name} = {self._loaded(f'self.own_{name}', STATES[kind].type)}"
        yield from self._statements(self._step.assignments)
        for channel, (when, carried) in self._step.channels.items():
            sent = self._text(when) if carried is None else f"np.where({self._text(when)}, {self._text(carried)}, 0)"
            yield f"sent_{channel} = np.broadcast_to(np.asarray({sent}), shape).astype(np.int32)"
            yield f"self.{out(channel)}.send(sent_{channel})"
        if self._of.marked:
            yield f"self.record_out.send(sent_spike + sent_{self._of.marked})"
        if self._sends:
            factors = ", ".join(f'"{name}": {self._text(term)}' for name, term in self._step.factors.items())
            yield f"self.tell(sent_spike != 0, {{{factors}}})"
        yield from self._statements(self._step.after)
        for name, kind in self._of.states.items():
            yield f"self.own_{name}[:] = {self._stored(f'own_{name}', STATES[kind].type)}"

    def _arrived(self, text: str, kind: str) -> str:
        return text

    def _loaded(self, text: str, type_name: str) -> str:
        if type_name == FLAG:
            return f"{text} != 0"
        return f"{text}.astype(np.int64)" if type_name == "whole" else f"{text}.astype(float)"

    def _stored(self, text: str, type_name: str) -> str:
        return text

    def _statements(self, assignments: Sequence[Assignment]) -> Iterator[str]:
        yield from (f"own_{a.name} = {self._text(a.value)}" for a in assignments)

    # expressions

    def _text(self, term: Term) -> str:
        write: Callable[[Term], str] = getattr(self, f"_{term.op}", self._operation)
        return write(term)

    def _operation(self, term: Term) -> str:
        a, b = (self._text(x) for x in term.parts)
        return f"({a} {_OPERATORS[term.op]} {b})"

    def _name(self, term: Term) -> str:
        name = str(term.parts[0])
        return name if name in ("step", "run_step") else f"own_{name}"

    _kept = _name

    def _number(self, term: Term) -> str:
        number = term.parts[0]
        if term.type == FLAG:
            return str(bool(number))
        return repr(float(number)) if term.type == FRACTION or not float(number).is_integer() else repr(int(number))

    def _negative(self, term: Term) -> str:
        return f"(-{self._text(term.parts[0])})"

    def _compare(self, term: Term) -> str:
        sign, a, b = term.parts
        return f"({self._text(a)} {sign} {self._text(b)})"

    def _not(self, term: Term) -> str:
        return f"np.logical_not({self._text(term.parts[0])})"

    def _choice(self, term: Term) -> str:
        return f"np.where({', '.join(self._text(x) for x in term.parts)})"

    def _min(self, term: Term) -> str:
        return f"np.minimum({self._text(term.parts[0])}, {self._text(term.parts[1])})"

    def _max(self, term: Term) -> str:
        return f"np.maximum({self._text(term.parts[0])}, {self._text(term.parts[1])})"

    def _abs(self, term: Term) -> str:
        return f"np.abs({self._text(term.parts[0])})"

    def _sign(self, term: Term) -> str:
        return f"np.sign({self._text(term.parts[0])}).astype(np.int64)"

    def _whole(self, term: Term) -> str:
        return f"np.asarray({self._text(term.parts[0])}).astype(np.int64)"

    def _units(self, term: Term) -> str:
        fraction, bits = term.parts
        return f"np.floor({self._text(fraction)} * {float(1 << bits)!r}).astype(np.int64)"

    def _chance(self, term: Term) -> str:
        bits = term.parts[0]
        return f"((draw >> np.uint32({32 - bits})) * {2.0**-bits!r})"

    def _low_bits(self, term: Term) -> str:
        bits, most = term.parts
        return f"(((draw & np.uint32({(1 << bits) - 1})).astype(np.int64) * ({self._text(most)} + 1)) >> {bits})"


class _Integers(_Writer):
    """In the integers of a chip: whole numbers of 64 bits that are cut to 32 where the chip's are."""

    _number_type = "np.int32"

    def _arrived(self, text: str, kind: str) -> str:
        return f"int32({text}.astype(np.int64) << 6)" if kind == "input" else f"{text}.astype(np.int64)"

    def _loaded(self, text: str, type_name: str) -> str:
        if type_name == FRACTION:
            return f"{text} / {_GRID!r}"
        return f"{text} != 0" if type_name == FLAG else f"{text}.astype(np.int64)"

    def _stored(self, text: str, type_name: str) -> str:
        return f"{text} * {_GRID!r}" if type_name == FRACTION else text

    def _operation(self, term: Term) -> str:
        text = super()._operation(term)
        return f"int32{text}" if term.type == LEVEL and term.op in ("add", "sub", "times") else text

    def _product(self, term: Term) -> str:
        left, right, rounding, bits = term.parts
        exact, rounded = f"{self._text(left)} * {self._text(right)}", "floor" if rounding == "down" else "trunc"
        if term.type == LEVEL:
            whole = f"np.{rounded}({exact}).astype(np.int64)"
            return whole if fits(term, self._of) else f"int32({whole})"
        grid = float(1 << (GRID_BITS if bits is None else bits))
        return f"(np.{rounded}({exact} * {grid!r}) / {grid!r})"

    def _saturate(self, term: Term) -> str:
        return f"np.clip({self._text(term.parts[0])}, {1 - _HALF}, {_HALF - 1})"

    def _wrap(self, term: Term) -> str:
        return f"wrapped({self._text(term.parts[0])})"


_OPERATORS: Mapping[str, str] = {"add": "+", "sub": "-", "times": "*", "and": "&", "or": "|", "modulo": "%"}
