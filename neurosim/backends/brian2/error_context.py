"""Conversion of Brian2's exceptions to errors that name the part of the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from brian2 import BrianLogger

from neurosim.backends.brian2.names import (
    group_name,
    spike_monitor_name,
    state_monitor_name,
    synapse_monitor_name,
    synapses_name,
)
from neurosim.brian2_import import keep_own_errors
from neurosim.errors import NetworkError, NeurosimError, SimulationError
from neurosim.network.network import Network
from neurosim.neurons.equation import EquationNeuron

keep_own_errors()

_REMEDIES: Mapping[type[NeurosimError], str] = {NetworkError: " Correct its equations, parameters, units or method."}


@dataclass(frozen=True)
class Suspect:
    """A part of the network: its name in messages, and the type of its errors (NetworkError for the user's own equations)."""

    who: str
    error: type[NeurosimError]


@dataclass(frozen=True)
class ErrorContext:
    """Context that finds the part of a network which caused an exception of Brian2."""

    suspects: Mapping[str, Suspect]

    @classmethod
    def of(cls, network: Network) -> ErrorContext:
        """The context for `network`: name of a Brian2 object -> the part of the network that it represents."""
        found: dict[str, Suspect] = {}
        own = {p.name for p in network.populations if isinstance(p.model, EquationNeuron)}
        for p in network.populations:
            suspect = Suspect(f"Population {p.name!r}", NetworkError if p.name in own else SimulationError)
            found |= {f(p.name): suspect for f in (group_name, spike_monitor_name, state_monitor_name)}
        for q in network.projections:
            error = NetworkError if q.post in own else SimulationError
            found[synapses_name(q.name)] = Suspect(f"Projection {q.name!r}", error)
        found |= {
            synapse_monitor_name(*key): Suspect(f"Probe of {key[0]!r}", SimulationError)
            for key in ((p.of, p.variable) for p in network.probes if network.records_synapses(p))
        }
        return cls(found)

    @contextmanager
    def __call__(self, object_name: str = "") -> Iterator[None]:
        """Convert exceptions of Brian2 within the block to NetworkError or SimulationError.

        Parameters
        ----------
        object_name : str
            Name of the Brian2 object that is being made, if it is known.
        """
        try:
            yield
        except NeurosimError:
            raise
        except Exception as error:
            _drop_in_silence()
            suspect = self._find(getattr(error, "_brian_objname", object_name))
            remedy = _REMEDIES.get(suspect.error, "")
            raise suspect.error(f"{suspect.who}: {_reason(error)}{remedy}") from error

    def _find(self, object_name: str) -> Suspect:
        # Brian2 appends to the name for parts that it makes itself: population_exc_stateupdater.
        owners = [name for name in self.suspects if f"{object_name}_".startswith(f"{name}_")]
        return self.suspects[max(owners, key=len)] if owners else Suspect("Brian2", SimulationError)


@cache
def _drop_in_silence() -> None:
    """Suppress Brian2's warnings about unused objects of a failed build; the error already explains the failure."""
    BrianLogger.suppress_name("unused_brian_object")


def _reason(error: BaseException) -> str:
    """Brian2's message in one line: that of the innermost exception, because the outer ones contain only the place."""
    while error.__cause__ is not None:
        error = error.__cause__
    # A KeyError's text is the repr of its argument.
    words = " ".join(str(error.args[0] if len(error.args) == 1 else error).split())
    return f"Brian2 reports {words!r} ({type(error).__name__})."
