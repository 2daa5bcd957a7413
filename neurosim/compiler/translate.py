"""Kernels in a subset of Python -> text of LLVM's intermediate representation.

A kernel is a function whose arguments are annotated: ``i64``, ``i32``, ``f64``, or a pointer ``P[u8]``, ``P[i16]``, ``P[i32]``,
``P[i64]``, ``P[f64]``. A variable has the type of what it is first given. In short:

* Statements: assignments, ``if``, ``while``, ``for i in range(...)``, ``return``, calls.
* ``a if c else b``, ``and`` and ``or`` compute both sides: nothing is skipped, so that loops vectorise.
* ``//``, ``%`` of whole numbers are for numbers from 0 up, and ``>>`` keeps the sign; ``shift_right`` does not.
* Where types meet, the wider one is meant; a number is never narrowed unless the text says so: ``i32(x)``.
* Functions: ``min``, ``max``, ``abs``, ``floor``, ``trunc``, ``rint``, ``exp``, ``log``, ``sqrt``, ``pow``; the names of the
  types; ``words(p)``, the eight bytes at p as a number; ``as_f64(x)`` and so on, the address x as a pointer;
  ``call(address, ...)``, a function by its address; ``fetch(p)``, which begins to bring what is at p into the cache.

What has no place in the language raises `KernelError`, with the line.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from neurosim.compiler.types import BITS, LITERAL, LLVM, POINTERS, RANK, is_pointer, llvm_type, pointed

_INTEGER: Mapping[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.FloorDiv: "sdiv", ast.Mod: "srem", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "shl", ast.RShift: "ashr",
}  # fmt: skip
_REAL: Mapping[type, str] = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_COMPARED: Mapping[type, tuple[str, str]] = {
    ast.Lt: ("slt", "olt"), ast.LtE: ("sle", "ole"), ast.Gt: ("sgt", "ogt"), ast.GtE: ("sge", "oge"), ast.Eq: ("eq", "oeq"),
    ast.NotEq: ("ne", "une"),
}  # fmt: skip
_INTRINSICS = ("floor", "trunc", "rint")
_CURVES: Mapping[str, int] = {"exp": 1, "log": 1, "sqrt": 1, "pow": 2}
"""Functions of the library of mathematics, and their numbers of arguments."""
Value = tuple[str, str]
"""Text of an operand, and its type."""


class KernelError(ValueError):
    """A kernel that is not in the language."""


def real(number: float) -> str:
    """A double as LLVM writes it without rounding."""
    return "0x" + struct.pack(">d", number).hex().upper()


def translated(source: str, constants: Mapping[str, int | float], doors: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The text of LLVM for `source`, and the signatures of its `doors`, the functions that are called from outside."""
    nodes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    signatures = {name: _signature(node) for name, node in nodes.items()}
    texts = [_Function(node, signatures, constants).text(name in doors) for name, node in nodes.items()]
    declared = [f"declare double @llvm.{name}.f64(double)" for name in (*_INTRINSICS, "fabs")]
    # Only those that are called, so that the text of other kernels stays as it is in the cache.
    called = {name: ", ".join(["double"] * n) for name, n in _CURVES.items() if _calls(name, texts)}
    declared += [f"declare double @llvm.{name}.f64({given})" for name, given in called.items()]
    if any("@llvm.prefetch" in text for text in texts):
        declared.append("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    return "\n".join([*declared, *texts]), {name: signatures[name] for name in doors}


def _calls(curve: str, texts: Sequence[str]) -> bool:
    return any(f"@llvm.{curve}.f64(" in text for text in texts)


def _signature(node: ast.FunctionDef) -> tuple[list[tuple[str, str]], str]:
    """Arguments with their types, and the type that is returned."""
    arguments = [(a.arg, "" if a.annotation is None else ast.unparse(a.annotation)) for a in node.args.args]
    for name, kind in arguments:
        if kind not in LLVM and kind not in POINTERS:
            raise KernelError(
                f"{node.name}, line {node.lineno}: the argument {name!r} is a {kind!r}; expected i64, P[f64], ..."
            )
    return arguments, "None" if node.returns is None else ast.unparse(node.returns)


class _Function:
    """One function on its way to LLVM; every variable is a place on the stack, which LLVM turns into registers."""

    def __init__(
        self, node: ast.FunctionDef, signatures: Mapping[str, tuple[list[tuple[str, str]], str]], constants: Mapping[str, Any]
    ) -> None:
        self._node, self._signatures, self._constants = node, signatures, constants
        self._lines: list[str] = []
        self._entry: list[str] = []
        self._count = 0
        self._types: dict[str, str] = {}
        self._arguments, self._returns = signatures[node.name]

    def text(self, door: bool) -> str:
        """The definition; the arrays of inner functions do not overlap, which lets loops over them vectorise."""
        for name, kind in self._arguments:
            self._slot(name, kind)
            self._entry.append(f"  store {llvm_type(kind)} %a_{name}, ptr %v_{name}")
        self._block(self._node.body)
        self._lines.append("  ret void" if self._returns == "None" else "  unreachable")
        alias = "" if door else "noalias "
        given = ", ".join(f"{llvm_type(k)} {alias if is_pointer(k) else ''}%a_{name}" for name, k in self._arguments)
        kind = f"{'' if door else 'internal '}{LLVM[self._returns]}"
        head = f"define {kind} @{self._node.name}({given}) {{\nentry:\n"
        return head + "\n".join([*self._entry, "  br label %body", "body:", *self._lines]) + "\n}\n"

    def _fail(self, node: ast.AST, why: str) -> NoReturn:
        raise KernelError(f"{self._node.name}, line {getattr(node, 'lineno', '?')}: {ast.unparse(node)!r}: {why}")

    def _new(self, text: str) -> str:
        self._count += 1
        self._lines.append(f"  %t{self._count} = {text}")
        return f"%t{self._count}"

    def _slot(self, name: str, kind: str) -> None:
        if name not in self._types:
            self._types[name] = kind
            self._entry.append(f"  %v_{name} = alloca {llvm_type(kind)}")

    def _labels(self, *names: str) -> list[str]:
        self._count += 1
        return [f"{name}{self._count}" for name in names]

    def _begin(self, label: str) -> None:
        self._lines += [f"  br label %{label}", f"{label}:"]

    # statements

    def _block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            write: Callable[[Any], None] | None = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if write is None:
                self._fail(statement, "not in the language")
            write(statement)

    def _pass(self, node: ast.Pass) -> None:
        return

    def _expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._value(node.value)

    def _return(self, node: ast.Return) -> None:
        text = (
            "void" if node.value is None else f"{LLVM[self._returns]} {self._as(node, self._value(node.value), self._returns)}"
        )
        (after,) = self._labels("after")
        self._lines += [f"  ret {text}", f"{after}:"]

    def _assign(self, node: ast.Assign) -> None:
        self._store(node, node.targets[0], self._value(node.value))

    def _augassign(self, node: ast.AugAssign) -> None:
        before = ast.parse(ast.unparse(node.target), mode="eval").body
        self._store(node, node.target, self._binary(node, type(node.op), self._value(before), self._value(node.value)))

    def _store(self, node: ast.stmt, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self._slot(target.id, "i64" if value[1] == LITERAL else value[1])
            place, kind = f"%v_{target.id}", self._types[target.id]
        elif isinstance(target, ast.Subscript):
            place, kind = self._element(target)
        else:
            self._fail(node, "only names and elements are assigned")
        self._lines.append(f"  store {llvm_type(kind)} {self._as(node, value, kind)}, ptr {place}")

    def _if(self, node: ast.If) -> None:
        yes, no, end = self._labels("then", "else", "end")
        self._lines += [f"  br i1 {self._truth(node.test)}, label %{yes}, label %{no}", f"{yes}:"]
        self._block(node.body)
        self._lines += [f"  br label %{end}", f"{no}:"]
        self._block(node.orelse)
        self._begin(end)

    def _while(self, node: ast.While) -> None:
        test, body, end = self._labels("test", "loop", "end")
        self._begin(test)
        self._lines += [f"  br i1 {self._truth(node.test)}, label %{body}, label %{end}", f"{body}:"]
        self._block(node.body)
        self._lines += [f"  br label %{test}", f"{end}:"]

    def _for(self, node: ast.For) -> None:
        if not (isinstance(node.target, ast.Name) and isinstance(node.iter, ast.Call) and _called(node.iter) == "range"):
            self._fail(node, "expected 'for name in range(...)'")
        given = [self._as(node, self._value(a), "i64") for a in node.iter.args]
        first, last = ("0", given[0]) if len(given) == 1 else given[:2]
        name, (test, body, end) = node.target.id, self._labels("test", "loop", "end")
        self._slot(name, "i64")
        self._lines.append(f"  store i64 {first}, ptr %v_{name}")
        self._begin(test)
        more = self._new(f"icmp slt i64 {self._new(f'load i64, ptr %v_{name}')}, {last}")
        self._lines += [f"  br i1 {more}, label %{body}, label %{end}", f"{body}:"]
        self._block(node.body)
        step = given[2] if len(given) > 2 else "1"
        after = self._new(f"add nsw i64 {self._new(f'load i64, ptr %v_{name}')}, {step}")
        self._lines += [f"  store i64 {after}, ptr %v_{name}", f"  br label %{test}", f"{end}:"]

    # expressions

    def _value(self, node: ast.expr) -> Value:
        read: Callable[[Any], Value] | None = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if read is None:
            self._fail(node, "not in the language")
        return read(node)

    def _of_constant(self, node: ast.Constant) -> Value:
        return self._number(node, node.value)

    def _number(self, node: ast.expr, number: Any) -> Value:
        if isinstance(number, bool):
            return ("true" if number else "false"), "bool"
        if isinstance(number, int):
            return str(number), LITERAL
        if isinstance(number, float):
            return real(number), "f64"
        self._fail(node, "expected a number")

    def _of_name(self, node: ast.Name) -> Value:
        if node.id in self._types:
            kind = self._types[node.id]
            return self._new(f"load {llvm_type(kind)}, ptr %v_{node.id}"), kind
        if node.id not in self._constants:
            self._fail(node, "has no value yet")
        return self._number(node, self._constants[node.id])

    def _element(self, node: ast.Subscript) -> tuple[str, str]:
        pointer, kind = self._value(node.value)
        if not is_pointer(kind):
            self._fail(node, f"a {kind} has no elements")
        at = self._as(node, self._value(node.slice), "i64")
        return self._new(f"getelementptr inbounds {LLVM[pointed(kind)]}, ptr {pointer}, i64 {at}"), pointed(kind)

    def _of_subscript(self, node: ast.Subscript) -> Value:
        place, kind = self._element(node)
        loaded = self._new(f"load {LLVM[kind]}, ptr {place}")
        # Small numbers are computed with as 32 bits.
        return (self._as(node, (loaded, kind), "i32"), "i32") if kind in ("u8", "i16") else (loaded, kind)

    def _of_unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self._new(f"xor i1 {self._truth(node.operand)}, true"), "bool"
        text, kind = self._value(node.operand)
        if not isinstance(node.op, ast.USub):
            self._fail(node, "not in the language")
        if kind == LITERAL:
            return str(-int(text)), kind
        return (self._new(f"fneg double {text}") if kind == "f64" else self._new(f"sub {LLVM[kind]} 0, {text}")), kind

    def _of_binop(self, node: ast.BinOp) -> Value:
        return self._binary(node, type(node.op), self._value(node.left), self._value(node.right))

    def _binary(self, node: ast.AST, kind: type, left: Value, right: Value) -> Value:
        if is_pointer(left[1]) and kind is ast.Add:
            at = self._as(node, right, "i64")
            return self._new(f"getelementptr inbounds {LLVM[pointed(left[1])]}, ptr {left[0]}, i64 {at}"), left[1]
        a, b, shared = self._met(node, left, right)
        names = _REAL if shared == "f64" else _INTEGER
        if kind not in names:
            self._fail(node, f"no such operation for {shared}")
        return self._new(f"{names[kind]} {LLVM[shared]} {a}, {b}"), shared

    def _of_compare(self, node: ast.Compare) -> Value:
        if len(node.ops) > 1 or type(node.ops[0]) not in _COMPARED:
            self._fail(node, "expected one comparison of numbers")
        return self._compared(node, type(node.ops[0]), self._value(node.left), self._value(node.comparators[0])), "bool"

    def _compared(self, node: ast.AST, kind: type, left: Value, right: Value) -> str:
        a, b, shared = self._met(node, left, right)
        whole, of_reals = _COMPARED[kind]
        return self._new(f"fcmp {of_reals} double {a}, {b}" if shared == "f64" else f"icmp {whole} {LLVM[shared]} {a}, {b}")

    def _of_boolop(self, node: ast.BoolOp) -> Value:
        operation, texts = "and" if isinstance(node.op, ast.And) else "or", [self._truth(v) for v in node.values]
        found = texts[0]
        for text in texts[1:]:
            found = self._new(f"{operation} i1 {found}, {text}")
        return found, "bool"

    def _of_ifexp(self, node: ast.IfExp) -> Value:
        chosen = self._truth(node.test)
        a, b, shared = self._met(node, self._value(node.body), self._value(node.orelse))
        return self._new(f"select i1 {chosen}, {LLVM[shared]} {a}, {LLVM[shared]} {b}"), shared

    def _of_call(self, node: ast.Call) -> Value:
        name, given = _called(node), [self._value(a) for a in node.args]
        if name in self._signatures:
            return self._own(node, name, given)
        if name in LLVM:
            return self._as(node, given[0], name, narrow=True), name
        if name in _INTRINSICS:
            x = self._as(node, given[0], "f64")
            return self._new(f"call double @llvm.{name}.f64(double {x})"), "f64"
        if _CURVES.get(name) == len(given):
            doubles = ", ".join(f"double {self._as(node, value, 'f64')}" for value in given)
            return self._new(f"call double @llvm.{name}.f64({doubles})"), "f64"
        made: Callable[[ast.Call, list[Value]], Value] | None = getattr(self, f"_call_{name}", None)
        if made is not None:
            return made(node, given)
        if name.startswith("as_") and f"P[{name[3:]}]" in POINTERS:
            return self._new(f"inttoptr i64 {self._as(node, given[0], 'i64')} to ptr"), f"P[{name[3:]}]"
        self._fail(node, "no such function")

    def _own(self, node: ast.Call, name: str, given: list[Value]) -> Value:
        arguments, returns = self._signatures[name]
        if len(given) != len(arguments):
            self._fail(node, f"takes {len(arguments)} arguments")
        texts = ", ".join(f"{llvm_type(k)} {self._as(node, v, k)}" for v, (_, k) in zip(given, arguments, strict=True))
        call = f"call {LLVM[returns]} @{name}({texts})"
        if returns == "None":
            self._lines.append(f"  {call}")
            return "", returns
        return self._new(call), returns

    def _call_call(self, node: ast.Call, given: list[Value]) -> Value:
        address = self._new(f"inttoptr i64 {self._as(node, given[0], 'i64')} to ptr")
        typed = [(v, "i64") if k == LITERAL else (v, k) for v, k in given[1:]]
        self._lines.append(f"  call void {address}({', '.join(f'{llvm_type(k)} {v}' for v, k in typed)})")
        return "", "None"

    def _call_words(self, node: ast.Call, given: list[Value]) -> Value:
        return self._new(f"load i64, ptr {given[0][0]}, align 1"), "i64"

    def _call_fetch(self, node: ast.Call, given: list[Value]) -> Value:
        # To read, soon and often, as data.
        self._lines.append(f"  call void @llvm.prefetch.p0(ptr {given[0][0]}, i32 0, i32 3, i32 1)")
        return "", "None"

    def _call_shift_right(self, node: ast.Call, given: list[Value]) -> Value:
        kind = given[0][1]
        return self._new(f"lshr {LLVM[kind]} {given[0][0]}, {self._as(node, given[1], kind)}"), kind

    def _call_min(self, node: ast.Call, given: list[Value]) -> Value:
        return self._chosen(node, ast.Lt, given)

    def _call_max(self, node: ast.Call, given: list[Value]) -> Value:
        return self._chosen(node, ast.Gt, given)

    def _chosen(self, node: ast.Call, kind: type, given: list[Value]) -> Value:
        a, b, shared = self._met(node, *given)
        test = self._compared(node, kind, (a, shared), (b, shared))
        return self._new(f"select i1 {test}, {LLVM[shared]} {a}, {LLVM[shared]} {b}"), shared

    def _call_abs(self, node: ast.Call, given: list[Value]) -> Value:
        text, kind = given[0]
        if kind == "f64":
            return self._new(f"call double @llvm.fabs.f64(double {text})"), kind
        negative = self._new(f"sub {LLVM[kind]} 0, {text}")
        return self._new(
            f"select i1 {self._new(f'icmp slt {LLVM[kind]} {text}, 0')}, {LLVM[kind]} {negative}, {LLVM[kind]} {text}"
        ), kind

    # conversions

    def _truth(self, node: ast.expr) -> str:
        text, kind = self._value(node)
        if kind == "bool":
            return text
        return self._compared(node, ast.NotEq, (text, kind), ("0", LITERAL))

    def _met(self, node: ast.AST, left: Value, right: Value) -> tuple[str, str, str]:
        kinds = [k for _, k in (left, right) if k != LITERAL]
        if any(is_pointer(k) or k == "None" for k in kinds):
            self._fail(node, "expected numbers")
        shared = max(kinds, key=RANK.__getitem__) if kinds else "i64"
        shared = "i32" if shared == "bool" else shared
        return self._as(node, left, shared), self._as(node, right, shared), shared

    def _as(self, node: ast.AST, value: Value, wanted: str, narrow: bool = False) -> str:
        text, kind = value
        if kind == wanted:
            return text
        if kind == LITERAL:
            return real(float(text)) if wanted == "f64" else text
        if is_pointer(kind) or is_pointer(wanted) or "None" in (kind, wanted):
            self._fail(node, f"a {kind} is no {wanted}")
        if RANK[kind] > RANK[wanted] and not narrow and wanted not in ("u8", "i16"):
            self._fail(node, f"a {kind} does not fit into a {wanted}; write {wanted}(...)")
        return self._new(_conversion(kind, wanted, text))


def _conversion(kind: str, wanted: str, text: str) -> str:
    if wanted == "f64":
        return f"{'uitofp' if kind in ('bool', 'u8') else 'sitofp'} {LLVM[kind]} {text} to double"
    if wanted == "bool":
        return f"fcmp une double {text}, {real(0.0)}" if kind == "f64" else f"icmp ne {LLVM[kind]} {text}, 0"
    if kind == "f64":
        return f"fptosi double {text} to {LLVM[wanted]}"
    if BITS[wanted] < BITS[kind]:
        return f"trunc {LLVM[kind]} {text} to {LLVM[wanted]}"
    return f"{'zext' if kind in ('bool', 'u8') else 'sext'} {LLVM[kind]} {text} to {LLVM[wanted]}"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""
