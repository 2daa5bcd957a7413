"""How a network shows itself: a short text, tables for notebooks, a picture, and what it is in plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from neurosim.checks.described import Described
from neurosim.display.html import block, table
from neurosim.display.short import LONGEST, cut, listed, short_value
from neurosim.errors import UnsupportedError
from neurosim.network.inputs import Input
from neurosim.network.texts import delay_text, rule_text, synapses_of
from neurosim.network.thinning import averages

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 100
"""Largest number of populations, and of projections, whose description is kept in a file."""
_TEXT, _MOST_NEURONS = 120, 1000


class NetworkView(Described):
    """Base of `neurosim.network.network.Network`."""

    def __repr__(self: Any) -> str:
        sizes = listed({p.name: p.n for p in self.populations})
        parts = f"{_count(self.projections, 'projection')}, {_count(self.probes, 'probe')}"
        return cut(f"<Network {self.name!r}: {sizes}; {parts}; dt {1e3 * self.step_seconds:g} ms, seed {self.seed}>", LONGEST)

    def _repr_html_(self: Any) -> str:
        populations = [(p.name, p.n, short_value(p.model)) for p in self.populations]
        projections = [
            (p.name, str(p.pre), str(p.post), synapses_of(self, p), delay_text(self, p), rule_text(p)) for p in self.projections
        ]
        probes = [(p.of, p.variable, "" if p.every is None else str(p.every)) for p in self.probes]
        return block(
            f"Network {self.name}: dt {1e3 * self.step_seconds:g} ms, seed {self.seed}",
            table(("population", "neurons", "model"), populations),
            table(("projection", "from", "to", "synapses", "delay", "plasticity"), projections),
            table(("probe of", "variable", "every"), probes),
        )

    def plot(self: Any) -> Figure:
        """Figure of who connects to whom: populations as boxes, projections as arrows that a list below explains."""
        from neurosim.network.picture import picture

        return picture(self)

    @cached_property
    def about(self: Any) -> Mapping[str, Any]:
        """What recordings keep of the network: SI "units" of states and weights, "probed" neurons, and "parts" as texts."""
        return {"units": dict(_units(self)), "probed": dict(_probed(self)), "parts": _parts(self)}


def _count(parts: Sequence[Any], noun: str) -> str:
    return f"{len(parts)} {noun}{'' if len(parts) == 1 else 's'}"


def _units(network: Any) -> Mapping[str, str]:
    probed = [p for p in network.probes if p.variable != "spike" and not network.records_synapses(p)]
    states = {f"{p.of}.{p.variable}": _state_unit(network.population(p.of).model, p.variable) for p in probed}
    return {**states, **{f"{p.name}.w": network.weight_unit(p) for p in network.projections}}


def _probed(network: Any) -> Mapping[str, list[int]]:
    """Neurons of probes that name some."""
    some = [p for p in network.probes if p.neurons is not None and len(p.neurons) <= _MOST_NEURONS]
    return {f"{p.of}.{p.variable}": list(p.neurons) for p in some if "neurons" not in averages(p.average, p.of)}


def _state_unit(model: Any, variable: str) -> str:
    try:
        return str(model.state_unit(variable))
    except UnsupportedError:
        # A neuron without equations in continuous time; its unit stays unknown.
        return ""


def _parts(network: Any) -> Mapping[str, Any]:
    populations = {
        p.name: {"n": p.n, "input" if isinstance(p.model, Input) else "neuron": cut(short_value(p.model), _TEXT)}
        for p in network.populations[:_MOST]
    }
    projections = {
        p.name: {
            "pre": str(p.pre), "post": str(p.post), "synapses": synapses_of(network, p), "receptor": p.receptor,
            "delay": delay_text(network, p), "plasticity": rule_text(p),
        }
        for p in network.projections[:_MOST]
    }  # fmt: skip
    return {"populations": populations, "projections": projections}
