"""What a neuron declares, and the statements of its step.

A step is a text of assignments and conditions::

    u = decay(u, tau_syn) + a
    v = decay(v, tau_m) + u + bias
    spike = v > v_th
    if spike:
        v = 0

Names are the parameters and states that the neuron declares, its inputs, ``step``, ``run_step`` and ``draw``; any other name
that is assigned is a result for the rest of the step. Operators are ``+ - * %``, comparisons, ``and``, ``or``, ``not`` and
``a if c else b``. Functions are ``decay(x, tau)``, ``where(c, a, b)``, ``min``, ``max``, ``abs``, ``sign``, ``int(flag)``,
``floor(x * y, bits)``, which rounds a product down instead of toward zero, ``saturate(x)``, a level cut to 24 bits on a chip,
``probability(x)``, a fraction cut to 0..127/128 on a chip, ``units(x, bits)``, a fraction as a whole number of 2^-bits,
rounded down, ``chance(draw)``, a random number from 0 to 1, and ``low_bits(draw, bits, n)``, a random whole number from 0 to n.
Neurons that run in simulation only can also call ``exp(x)``.

A condition becomes a choice between two values, so that all neurons of a population are computed at once: both sides are always
computed. Where a condition is the same for all neurons (`Statement.shared`) it is computed once.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from neurosim.errors import NetworkError
from neurosim.step_language.kinds import GIVEN, INPUTS, PARAMETERS, STATES, Kind

_TOO_DEEP = "an expression is nested too deeply; write it as several statements"
_DEEPEST, _MOST_TESTED = 80, 8
"""Nesting of an expression, and of choices in choices, that every execution can compile."""
ARGUMENTS: Mapping[str, tuple[int, ...]] = {
    "decay": (2,), "where": (3,), "min": (2,), "max": (2,), "abs": (1,), "sign": (1,), "int": (1,), "floor": (1, 2),
    "saturate": (1,), "units": (2,), "chance": (1,), "low_bits": (3,), "probability": (1,),
    "exp": (1,),
}  # fmt: skip
"""Function -> how many arguments it may have."""
FUNCTIONS = frozenset(ARGUMENTS)


@dataclass(frozen=True)
class Channel:
    """An output: an event leaves where `when` holds, with the whole number `payload`, or 1 where that is empty.

    No payload is larger than the largest of the parameters `most`; any number is possible if there are none.
    """

    when: str
    payload: str = ""
    most: tuple[str, ...] = ()


@dataclass(frozen=True)
class Membrane:
    """A synaptic current and the voltage that it drives, as names of parameters: what is known of how far both can get.

    ``u`` decays with `current` and takes in `input`; ``v`` decays with `voltage` and takes in u and `bias`.
    """

    input: str
    current: str
    voltage: str
    bias: str


@dataclass(frozen=True)
class Reach:
    """What is known of how far the states of a neuron can get, beside the text of its step.

    Attributes
    ----------
    membranes : tuple of Membrane
        The first one has the threshold ``v_th``.
    reset : str
        "hard" if a spike takes v to a reset, "soft" if it subtracts the threshold, "" if it bounds nothing.
    adapts : bool
        Whether spikes raise ``theta``, by ``theta_jump``.
    lowered : bool
        Whether theta is subtracted from v, not added to the threshold.
    horizon : str
        Parameter that says after how many steps u and v begin again, or "".
    """

    membranes: tuple[Membrane, ...]
    reset: str = ""
    adapts: bool = False
    lowered: bool = False
    horizon: str = ""


@dataclass(frozen=True)
class Declaration:
    """A neuron's step as data.

    Attributes
    ----------
    name : str
        Name of the neuron.
    parameters, states : mapping
        Name -> kind, a key of `kinds.PARAMETERS` or `kinds.STATES`.
    step : str
        The text of the step.
    inputs : mapping
        Receptor -> (name in the text, kind of `kinds.INPUTS`).
    channels : mapping
        Name of the output -> `Channel`; "spike" comes first.
    factors : mapping
        Third factor for the synapses that end here -> expression.
    after : str
        Statements that are executed after third factors were read.
    marked : str
        Channel whose spikes are recorded as 2 instead of 1, or "".
    apart : mapping
        Receptor -> states and parameters that have a scale of their own on a chip, which the weights at that receptor decide.
    labels : mapping
        Parameter -> its name in the report of a deployment, where that differs.
    reach : Reach, optional
        How far its states can get, where that is known.
    """

    name: str
    parameters: Mapping[str, str]
    states: Mapping[str, str]
    step: str
    inputs: Mapping[str, tuple[str, str]] = field(default_factory=lambda: {"default": ("a", "input")})
    channels: Mapping[str, Channel] = field(default_factory=lambda: {"spike": Channel("spike")})
    factors: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    marked: str = ""
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    reach: Reach | None = None

    @property
    def input_kinds(self) -> dict[str, str]:
        """Name in the text -> kind of the input."""
        return dict(self.inputs.values())

    def receptor_with(self, symbol: str) -> str:
        """The receptor whose input has that name in the text."""
        return next(receptor for receptor, (name, _) in self.inputs.items() if name == symbol)

    def receptor_of(self, name: str) -> str:
        """Receptor whose weights decide the scale of a state or parameter on a chip."""
        return next((receptor for receptor, names in self.apart.items() if name in names), next(iter(self.inputs)))

    @property
    def kinds(self) -> dict[str, Kind]:
        """Every name that the text may read from the beginning."""
        return {
            **{name: PARAMETERS[kind] for name, kind in self.parameters.items()},
            **{name: STATES[kind] for name, kind in self.states.items()},
            **{name: INPUTS[kind] for name, kind in self.input_kinds.items()},
            **GIVEN,
        }

    @cached_property
    def draws(self) -> bool:
        """Whether any text uses random numbers."""
        return any(isinstance(node, ast.Name) and node.id == "draw" for node in self._nodes())

    @property
    def simulated_only(self) -> bool:
        """Whether a text computes what no chip can."""
        return any(isinstance(node, ast.Call) and ast.unparse(node.func) == "exp" for node in self._nodes())

    @property
    def divisors(self) -> set[str]:
        """Names right of ``%``."""
        operations = (n for n in self._nodes() if isinstance(n, ast.BinOp | ast.AugAssign) and isinstance(n.op, ast.Mod))
        right = (n.right if isinstance(n, ast.BinOp) else n.value for n in operations)
        return {n.id for n in right if isinstance(n, ast.Name)}

    def _nodes(self) -> Iterator[ast.AST]:
        channels = (text for c in self.channels.values() for text in (c.when, c.payload))
        for text in (self.step, self.after, *channels, *self.factors.values()):
            yield from ast.walk(ast.parse(textwrap.dedent(text).strip()))


@dataclass(frozen=True)
class Statement:
    """``name = value``; `shared` where the value is the same for all neurons of a population."""

    name: str
    value: ast.expr
    shared: bool


def statements(declaration: Declaration, text: str, known: Sequence[str] = ()) -> list[Statement]:
    """The assignments of a text, in order, with conditions as choices.

    Parameters
    ----------
    known : sequence of str
        Further names that may be read, such as results of the step for the text of `after`.

    Raises
    ------
    NetworkError
        If the text is not in the language: names the line, and what is expected.
    """
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError as error:
        raise NetworkError(f"{declaration.name}.step, line {error.lineno}: {error.msg}.") from None
    except (RecursionError, MemoryError):
        raise NetworkError(f"{declaration.name}.step: {_TOO_DEEP}.") from None
    return _Reader(declaration, known, tree).read(tree.body, None)


class _Reader:
    def __init__(self, declaration: Declaration, known: Sequence[str], tree: ast.Module) -> None:
        self._of = declaration
        self._known = {*declaration.kinds, *known, "True", "False"}
        whole = {name for name, kind in declaration.parameters.items() if kind == "whole"}
        self._shared = {"step", "run_step", "True", "False"} | whole
        self._assigned = Counter(name for node in ast.walk(tree) for name in _targets(node))
        self._conditions = 0

    def read(self, body: Sequence[ast.stmt], condition: ast.expr | None) -> list[Statement]:
        out: list[Statement] = []
        for node in body:
            if isinstance(node, ast.Assign | ast.AugAssign):
                out.append(self._assignment(node, condition))
            elif isinstance(node, ast.If):
                out += self._conditional(node, condition)
            elif not isinstance(node, ast.Pass):
                self._fail(node, "is neither an assignment nor a condition")
        return out

    def _fail(self, node: ast.AST, why: str) -> None:
        raise NetworkError(f"{self._of.name}.step, line {getattr(node, 'lineno', '?')}: {ast.unparse(node)!r} {why}.")

    def _assignment(self, node: ast.Assign | ast.AugAssign, condition: ast.expr | None) -> Statement:
        targets = list(_targets(node))
        if len(targets) != 1:
            self._fail(node, "does not assign one name")
        (name,) = targets
        value = node.value
        if isinstance(node, ast.AugAssign):
            value = ast.copy_location(ast.BinOp(ast.Name(name), node.op, node.value), node)
        self._check(node, name, value)
        shared = name not in self._of.states and condition is None and self._assigned[name] == 1 and self._is_shared(value)
        if condition is not None:
            before: ast.expr = ast.Name(name) if name in self._known else ast.Constant(0)
            value = ast.copy_location(ast.IfExp(condition, value, before), node)
        self._known.add(name)
        if shared:
            self._shared.add(name)
        return Statement(name, value, shared)

    def _check(self, node: ast.stmt, name: str, value: ast.expr) -> None:
        self._check_names(node, value)
        if name in self._of.kinds and name not in self._of.states:
            self._fail(node, f"assigns {name!r}, which is a parameter or an input; only states and new names are assigned")
        if name in FUNCTIONS or not is_name(name):
            self._fail(node, f"assigns {name!r}, which cannot be a name; {NAMES}")

    def _check_names(self, node: ast.AST, value: ast.expr) -> None:
        if _depth(value) > _DEEPEST or _tested(value) > _MOST_TESTED:
            raise NetworkError(f"{self._of.name}.step, line {getattr(node, 'lineno', '?')}: {_TOO_DEEP}.")
        called = {n.func.id for n in ast.walk(value) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        for name in sorted(called - FUNCTIONS):
            self._fail(
                node, f"calls {name!r}, which is no function of the language of steps; functions are {_listed(FUNCTIONS)}"
            )
        for name in sorted(_names(value) - self._known):
            known = _listed(self._known - {"True", "False"})
            self._fail(node, f"reads {name!r}, which has no value there; known are {known}")

    def _is_shared(self, value: ast.expr) -> bool:
        return _names(value) <= self._shared

    def _conditional(self, node: ast.If, condition: ast.expr | None) -> list[Statement]:
        self._check_names(node.test, node.test)
        # A name of its own, so that assignments in the block do not change the condition.
        self._conditions += 1
        name = f"condition{self._conditions}_{len(self._known)}"
        shared = self._is_shared(node.test)
        self._known.add(name)
        if shared:
            self._shared.add(name)
        out = [Statement(name, node.test, shared)]
        yes: ast.expr = ast.Name(name)
        no: ast.expr = ast.UnaryOp(ast.Not(), yes)
        out += self.read(node.body, _both(condition, yes))
        return out + self.read(node.orelse, _both(condition, no))


NAMES = "a name has ASCII letters, digits and underscores, begins with a letter, and is none of the functions"


def is_name(name: object) -> bool:
    """Whether every execution can have a variable of this name."""
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None


def _both(outer: ast.expr | None, inner: ast.expr) -> ast.expr:
    return inner if outer is None else ast.BoolOp(ast.And(), [outer, inner])


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _targets(node: Any) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _depth(node: ast.AST) -> int:
    """How deep an expression is nested, found without recursion."""
    depth, level = 0, [node]
    while level:
        depth, level = depth + 1, [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth


def _tested(node: ast.AST) -> int:
    """How often a choice decides another choice, each of which doubles the text of the condition."""
    inner = max((_tested(child) for child in ast.iter_child_nodes(node)), default=0)
    if isinstance(node, ast.IfExp):
        return max(inner, 1 + _tested(node.test))
    if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name) and node.func.id == "where":
        return max(inner, 1 + _tested(node.args[0]))
    return inner + (isinstance(node, ast.Compare) and len(node.ops) > 1)


def _names(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - FUNCTIONS
