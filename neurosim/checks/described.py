"""Checks of the names and types of arguments, made before a description is built from them."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, wraps
from typing import Any, ClassVar, ParamSpec, TypeVar, Union

import numpy as np
from typing_extensions import Self

from neurosim.checks.ranges import Within
from neurosim.display.short import Short
from neurosim.errors import NetworkError, NeurosimError, UsageError, shown, unknown_name

P = ParamSpec("P")
R = TypeVar("R")

_WORDS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a finite number",
    bool: "True or False",
    str: "a text",
    type(None): "None",
}


class Described(Short):
    """Base of frozen dataclasses that users create; a wrong name or type of an argument raises a `NetworkError`.

    The types are read from the annotations of the fields; with `Any`, the class itself checks the value.
    """

    refusal: ClassVar[type[NeurosimError]] = NetworkError
    """Type of the error that a wrong argument raises."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs, cls.refusal)
        return super().__new__(cls)

    @classmethod
    def own_name(cls, given: Mapping[str, Any]) -> str:
        """Name of the described object, taken from its arguments for use in messages; "" if it has none."""
        name = given.get("name", "")
        return name if isinstance(name, str) else ""

    def __reduce__(self) -> Any:
        # Copies and pickles restore values that were checked before, so they need no second check.
        return _restored, (type(self), dict(self.__dict__))


def plain(value: Any) -> Any:
    """A description as plain values; each object in it, such as the pool of a layer, names its kind."""
    if is_dataclass(value):
        return {"kind": type(value).__name__, **{f.name: plain(getattr(value, f.name)) for f in fields(value)}}
    return [plain(v) for v in value] if isinstance(value, tuple) else value


def _restored(cls: type[Any], values: Mapping[str, Any]) -> Any:
    made = object.__new__(cls)
    made.__dict__.update(values)
    return made


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator that raises `UsageError` for arguments whose name or type the function does not declare."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check_call(function, args, kwargs, UsageError)
        return function(*args, **kwargs)

    return call


def check_call(made: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], error: type[NeurosimError]) -> None:
    """Raise `error` unless `made` can be called with these arguments: known names, none missing, types as annotated."""
    signature, hints = _known(made)
    bound = bind(made.__qualname__, signature, args, kwargs, error)
    for name, value in bound.arguments.items():
        hint = hints.get(name, Any)
        if not fits(value, hint):
            expected = in_words(hint) + _rather(value, hint)
            raise error(f"{_called(made, bound.arguments)}{name} = {shown(value)}; expected {expected}.")


def bind(
    who: str, signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any], error: type[NeurosimError]
) -> inspect.BoundArguments:
    """Arguments by name; `error` is raised for unknown names and missing arguments, and names them."""
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as reason:
        why = f"{who}: {reason}; name them: {', '.join(signature.parameters)}."
        raise error(_misnamed(who, signature, args, kwargs) or why) from None


def _rather(value: Any, hint: Any) -> str:
    """Hint for a part of a network in place of its name, or a whole number written as a float."""
    if hint is str and isinstance(getattr(value, "name", None), str):
        return f": its name, {value.name!r}"
    if hint is int and isinstance(value, float) and value.is_integer():
        return f" without a point, {int(value)}"
    return ""


def _called(made: Any, given: Mapping[str, Any]) -> str:
    """Beginning of a message, with the name of the described object if it has one: "Population 'cells': "."""
    name = made.own_name(given) if isinstance(made, type) and issubclass(made, Described) else ""
    return f"{made.__qualname__} {name!r}: " if name else f"{made.__qualname__}."


@cache
def _known(made: Callable[..., Any]) -> tuple[inspect.Signature, Mapping[str, Any]]:
    """Parameters of a function or class, and their annotations."""
    if not isinstance(made, type):
        return inspect.signature(made), _annotated(made.__annotations__, getattr(inspect.unwrap(made), "__globals__", {}))
    hints: dict[str, Any] = {}
    for base in reversed(made.__mro__):
        hints |= _annotated(vars(base).get("__annotations__", {}), vars(sys.modules[base.__module__]))
    return inspect.signature(made), hints


def _annotated(annotations: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    return {name: _resolved(text, scope) for name, text in annotations.items()}


def _resolved(annotation: Any, scope: dict[str, Any]) -> Any:
    """Type that an annotation names; `Any` for names that only type checkers see."""
    try:
        return eval(annotation, scope) if isinstance(annotation, str) else annotation
    except (NameError, TypeError):
        return Any


def _misnamed(who: str, signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Message about unknown names or missing arguments of a call, or ""."""
    names = [n for n in signature.parameters if n != "self"]
    for name in kwargs:
        if name not in names:
            return f"{who}: " + unknown_name("parameter", name, names)
    given = {*kwargs, *list(signature.parameters)[: len(args)]}
    missing = [n for n in names if n not in given and signature.parameters[n].default is inspect.Parameter.empty]
    return f"{who}: {', '.join(missing)} is missing; it takes {', '.join(names)}." if missing else ""


def fits(value: Any, hint: Any) -> bool:
    """Whether `value` has the type that the annotation `hint` names; True for annotations that cannot be checked."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in inner)
    if origin is typing.Annotated:
        return fits(value, inner[0]) and all(note.holds(value) for note in inner[1:] if isinstance(note, Within))
    if origin is typing.Literal:
        return isinstance(value, str) and value in inner
    if origin in _INSIDE:
        return _INSIDE[origin](value, inner)
    kind = type(None) if hint is None else origin or hint
    if kind in _KINDS:
        return _KINDS[kind](value)
    if getattr(kind, "_is_protocol", False):
        return _has_all(value, kind)
    # From Python 3.11 on, `Any` is a class.
    return kind is Any or not isinstance(kind, type) or isinstance(value, kind)


def _has_all(value: Any, protocol: Any) -> bool:
    """Whether an object has all attributes of a protocol; False for a class, which only makes such objects."""
    asked = {*vars(protocol), *vars(protocol).get("__annotations__", {})}
    return not isinstance(value, type) and all(hasattr(value, name) for name in asked if not name.startswith("_"))


def _is_plain(value: Any, kinds: Any) -> bool:
    """Whether `value` is a single number without unit."""
    # In NumPy, time spans are a kind of integers.
    other = isinstance(value, bool | np.timedelta64) or getattr(value, "dim", None) is not None
    return isinstance(value, kinds) and not other


_LARGEST = float(np.finfo(np.float64).max)

_KINDS: Mapping[Any, Callable[[Any], bool]] = {
    int: lambda value: _is_plain(value, int | np.integer),
    float: lambda value: _is_plain(value, int | float | np.integer | np.floating) and abs(value) <= _LARGEST,
    bool: lambda value: isinstance(value, bool | np.bool_),
}


def _all(values: Iterable[Any], hint: Any) -> bool:
    return hint is Any or all(fits(value, hint) for value in values)


def _sequence(value: Any, inner: tuple[Any, ...]) -> bool:
    """Whether `value` is a sequence; a one-dimensional array counts as one, a text does not."""
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and _all(value, inner[0])
    return isinstance(value, Sequence) and not isinstance(value, str | bytes) and _all(value, inner[0])


def _tuple(value: Any, inner: tuple[Any, ...]) -> bool:
    if not isinstance(value, tuple | list):
        return False
    if inner[1:] == (...,):
        return _all(value, inner[0])
    return len(value) == len(inner) and all(fits(v, h) for v, h in zip(value, inner, strict=True))


def _mapping(value: Any, inner: tuple[Any, ...]) -> bool:
    return isinstance(value, Mapping) and _all(value.keys(), inner[0]) and _all(value.values(), inner[1])


_INSIDE: Mapping[Any, Callable[[Any, tuple[Any, ...]], bool]] = {
    Sequence: _sequence,
    Mapping: _mapping,
    Set: lambda value, inner: isinstance(value, Set | list | tuple) and _all(value, inner[0]),
    tuple: _tuple,
    list: lambda value, inner: isinstance(value, list) and _all(value, inner[0]),
    dict: lambda value, inner: isinstance(value, dict) and _mapping(value, inner),
    Callable: lambda value, inner: callable(value),
    type: lambda value, inner: isinstance(value, type),
}


def in_words(hint: Any) -> str:
    """Annotation in words, for messages."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(in_words(option) for option in inner)
    if origin is typing.Annotated:
        return next((note.in_words for note in inner[1:] if isinstance(note, Within)), in_words(inner[0]))
    if origin is Sequence:
        return f"a list of {_plural(inner[0])}"
    if origin is Mapping:
        return f"a mapping of {_plural(inner[0])} to {_plural(inner[1])}"
    if origin is Set:
        return f"a set of {_plural(inner[0])}"
    if origin is tuple:
        return f"{len(inner)} values ({', '.join(in_words(i) for i in inner)})" if inner[1:] != (...,) else "a tuple"
    if hint in _WORDS or hint is None:
        return _WORDS[type(None) if hint is None else hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(str(member) for member in hint)
    name = getattr(hint, "__name__", str(hint))
    meaning = f" ({inspect.getdoc(hint)})" if getattr(hint, "_is_protocol", False) else ""
    return getattr(hint, "in_words", f"{'an' if name[0] in 'AEIOU' else 'a'} {name}{meaning}")


def _plural(hint: Any) -> str:
    plurals = {int: "whole numbers", float: "finite numbers", str: "texts", Any: "values"}
    return plurals.get(hint) or (in_words(hint) if typing.get_origin(hint) else str(getattr(hint, "__name__", hint)))
