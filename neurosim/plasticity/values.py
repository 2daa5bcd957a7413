"""Checks of the arguments of rule factories, before the factories calculate with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from neurosim.checks.described import bind
from neurosim.checks.given import number, pair
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.varied import varies

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def checked_arguments(*other: str) -> Callable[[Callable[_Given, _Made]], Callable[_Given, _Made]]:
    """Decorator for the factory of a rule that checks its arguments.

    Each argument has to be one finite number, `bounds` have to be two, and an argument whose default is None may be None. The
    factory itself checks the arguments named in `other`.
    """

    def checking(factory: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
        signature = inspect.signature(factory)

        @wraps(factory)
        def checked(*args: _Given.args, **options: _Given.kwargs) -> _Made:
            given = bind(factory.__name__, signature, args, options, NetworkError)
            for name, value in given.arguments.items():
                if name not in other:
                    _check_argument(f"{factory.__name__}: {name}", name, value, signature.parameters[name].default)
            return factory(*args, **options)

        return checked

    return checking


def _check_argument(who: str, name: str, value: Any, default: Any) -> None:
    if name == "bounds":
        for limit in pair(who, value):
            if limit is not None:
                number(who, limit)
    elif varies(value):
        raise NetworkError(
            f"{who} is {shown(value)}; expected one number or quantity. A parameter may differ between synapses: make the rule "
            f"with one number, then rule.with_parameters({{{name!r}: ...}})."
        )
    elif value is not None or default is not None:
        number(who, value)
