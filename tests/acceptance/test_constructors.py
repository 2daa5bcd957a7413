"""Every public constructor with nasty values, one at a time: a clear error, or a meaning that works."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator

import pytest

import neurosim
from neurosim import neurons, plasticity, study
from neurosim.errors import NeurosimError
from neurosim.network import inputs
from tests.acceptance.constructors import BASES, ELSEWHERE
from tests.acceptance.nasty import NEVER, SOMETIMES, Base


def _public() -> Iterator[str]:
    for module in (neurosim, neurons, plasticity, study):
        for name in module.__all__:
            if callable(getattr(module, name)) and name not in ELSEWHERE:
                yield name
    yield from (n for n, kind in vars(inputs).items() if inspect.isclass(kind) and issubclass(kind, inputs.Input))


def test_every_public_constructor_has_a_base():
    assert not set(_public()) - set(BASES) - {"Input"}


@pytest.mark.parametrize("name", BASES)
def test_the_base_is_valid(name):
    base = BASES[name]
    base.use(base.make(**base.given))


@pytest.mark.parametrize("name", BASES)
def test_nasty_values_are_refused_or_mean_something(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(_faults(BASES[name]))
    assert not found, "\n".join(found)


def _faults(base: Base) -> Iterator[str]:
    for parameter in inspect.signature(base.make).parameters.values():
        for kind, value in {**NEVER, **SOMETIMES}.items():
            try:
                made = base.make(**{**base.given, parameter.name: value})
                if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                    base.use(made)
            except NeurosimError:
                continue
            except Exception as error:
                yield f"{parameter.name} = {kind}: {type(error).__name__}: {str(error)[:100]}"
                continue
            if kind in NEVER and (parameter.name, kind) not in base.takes:
                yield f"{parameter.name} = {kind}: accepted"
