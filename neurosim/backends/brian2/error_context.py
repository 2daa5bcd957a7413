"""What Brian2 raises, as errors that name the part of the network."""

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

_REMEDIES: Mapping[type[NeurosimError], str] = {NetworkError: " Mend its equations, parameters, units or method."}


@dataclass(frozen=True)
class Suspect:
    """A part of the network: how to call it, and its error, NetworkError for the user's own equations."""

    who: str
    error: type[NeurosimError]


@dataclass(frozen=True)
class ErrorContext:
    """Finds the part of a network that an exception of Brian2 is about."""

    suspects: Mapping[str, Suspect]

    @classmethod
    def of(cls, network: Network) -> ErrorContext:
        """Brian2 object name -> the part of `network` that it stands for."""
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
        """Raise what Brian2 raises inside as NetworkError or SimulationError.

        Parameters
        ----------
        object_name : str
            The Brian2 object in the making, if it is known beforehand.
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
        # The parts that Brian2 makes itself append to the name: population_exc_stateupdater.
        owners = [name for name in self.suspects if f"{object_name}_".startswith(f"{name}_")]
        return self.suspects[max(owners, key=len)] if owners else Suspect("Brian2", SimulationError)


@cache
def _drop_in_silence() -> None:
    """Keep Brian2 from warning of each object of a failed build that it never ran; the error has said it."""
    BrianLogger.suppress_name("unused_brian_object")


def _reason(error: BaseException) -> str:
    """Brian2's own words, in one line: those of the innermost exception, the outer ones only say where."""
    while error.__cause__ is not None:
        error = error.__cause__
    # A KeyError's text is the repr of its argument.
    words = " ".join(str(error.args[0] if len(error.args) == 1 else error).split())
    return f"Brian2 says {words!r} ({type(error).__name__})."
