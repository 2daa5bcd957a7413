"""Plasticity rules, all in one form: traces, modulators, and updates at events, steps and phases.

The order within a step is part of the definition of a rule, and the same in every execution. In step k:

1. Neurons integrate and spike. If a projection carries another channel than "spike", read "presynaptic spike" below as
   "presynaptic event on that channel".
2. Spikes of step k are transmitted, with the weights from before the plasticity of this step.
3. Traces decay by one step, then the spikes of step k act on them. On channel "spike", a presynaptic trace follows the spikes
   that the presynaptic neuron emits in step k. On channel "arrival", it follows the spikes that the postsynaptic neuron
   integrated in step k, which were emitted one step earlier. If the projection has a delay of d steps, both are d steps later,
   and so are ``on_pre`` and the weight that is transmitted, because the spike reaches the synapse then.
4. Decaying synaptic variables decay by one step.
5. All updates, ``on_pre``, ``on_post``, ``on_<channel>`` and ``every``, read the values after 4, and no update sees the change
   by another one in this step. Then all changes are added, and w is limited to its bounds. If a presynaptic and a
   postsynaptic spike coincide, the update at each of them therefore sees the trace of the other neuron with this spike
   included. ``before(y)`` is the trace y after its decay, without the spikes of this step.
   A modulator that the postsynaptic neuron supplies has its value from before the events of this step: the averages of a
   neuron include an event only after its synapses were updated. If a paper adds the event to the average first, the two
   differ by that one event. A state of the postsynaptic neuron (`post_state`, and traces with ``of=``) also has its value from
   before this step, which is after the reset of step k - 1.
   Afterwards, in a step of its period, `normalise` scales the weights, and w is limited to its bounds again.
6. After the last step of a sample, ``at={"sample_end": ...}`` is applied in the same way. Neurons that signal the end of a
   sample to their synapses themselves (`DesireLIF`) do so in a separate step, and signal "sample_over" in the step after it.
   ``normalise(..., at="sample_end")`` scales the weights after that, and ``at="sample_start"`` before 1 of the first step.

The usual order in Brian2 is different: ``on_pre`` does not see a coincident postsynaptic spike, and ``on_post`` sees the
changes by ``on_pre``. The order on Loihi is different if a learning epoch has several steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.checks.dimensions import PLAIN, Dimension, dimension_named
from neurosim.display.short import LONGEST, Short, cut
from neurosim.errors import NetworkError, shown
from neurosim.plasticity.changed import changed_parameters, refuse_varied
from neurosim.plasticity.expressions import Update, checked_update
from neurosim.plasticity.literals import of_dimension
from neurosim.plasticity.normalise import Normalise, checked_normalise
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind, Product
from neurosim.plasticity.rule_arguments import check_name, check_names, limits_of, named_parts, wanted_updates
from neurosim.plasticity.rule_units import Declared, Dimensions, checked_units, state_of
from neurosim.plasticity.time_step import USUAL_SECONDS, TimeStep
from neurosim.plasticity.traces import Modulator, Trace, earlier
from neurosim.plasticity.variables import own_variables, with_variables
from neurosim.plasticity.varied import Varied, parameters_of_both_kinds

SECOND = dimension_named("second")


@dataclass(frozen=True, init=False)
class PlasticityRule(Short):
    """Rule by which the weights of a projection change.

    Parameters
    ----------
    name : str
        Name of the rule in reports and messages.
    traces, modulators : mapping
        Declarations by name: traces made with `pre`, `post` or `synaptic`, modulators with `broadcast`, `post_modulator` or
        `post_state`.
    variables : mapping
        Further variables of each synapse by name, beside "w", "tag" and "aux", made with `synaptic`: with a decay and a value
        at the start. They are part of the attribute `traces`.
    **on : mapping
        ``on_pre=``, ``on_post=`` or ``on_CHANNEL=``: expressions by variable ("w", "tag", "aux", or one of
        `variables`). The value of an expression is added to its variable at a presynaptic spike, at a postsynaptic spike, or at
        an event on that channel of the postsynaptic neuron.
    every : mapping
        The same for updates at regular times: period in steps -> variable -> expression. The update is applied in each step k
        for which k + 1 is a multiple of the period. A period in time is given in a pair, ``[(10*ms, {"w": "..."})]``; it
        becomes steps in a network, whose dt has to divide it.
    at : mapping
        The same for phases: phase ("sample_end", or one step later "sample_over") -> variable -> expression.
    parameters : mapping
        Numbers or quantities by name (stored in SI, with their dimension), or `time_step()`. A parameter may differ between
        synapses: an array of shape (n_pre, n_post), (n_post,) or (n_pre, 1), or a distribution from which each synapse draws
        once (`Normal`, `Uniform`, `Clipped`). The attribute `varied` holds those.
    bounds : (low, high), optional
        Limits of w, in its unit; None or infinity for a side without a limit.
    normalise : Normalise, optional
        Scaling of the weights of each neuron to a common sum, made with `normalise`.
    paper : str
        Source of the rule.
    equation : str
        The rule as written in the paper, in LaTeX.

    Raises
    ------
    NetworkError
        If an update is not an expression, or does not write to a synaptic variable. If it reads something other than traces,
        modulators, parameters and synaptic variables, because the rule would not be local. If a constant is not finite, or if
        an update has too many products.
    UnitError
        If no choice of units for w, tag and aux fits all updates and bounds.

    Notes
    -----
    Traces of spikes and third factors are plain numbers; states of the postsynaptic neuron have the units of the neuron. The
    receptor at which a projection ends determines the unit of w; a `Network` checks that the rule fits both.
    """

    name: str
    traces: Mapping[str, Trace]
    modulators: Mapping[str, Modulator]
    parameters: Mapping[str, float]
    bounds: tuple[float, float]
    paper: str
    equation: str
    updates: tuple[Update, ...] = field(repr=False)
    dimensions: Mapping[str, Dimension] = field(repr=False)
    bound_dimensions: tuple[Dimension | None, Dimension | None] = field(repr=False)
    normalise: Normalise | None
    varied: Mapping[str, Varied]
    steps: frozenset[str] = field(repr=False)
    """Parameters that are the time step of the network."""

    def __init__(
        self,
        name: str = "rule",
        *,
        traces: Mapping[str, Trace] | None = None,
        variables: Mapping[str, Trace] | None = None,
        modulators: Mapping[str, Modulator] | None = None,
        parameters: Mapping[str, Any] | None = None,
        every: Mapping[int, Mapping[str, str]] | Sequence[tuple[Any, Mapping[str, str]]] | None = None,
        at: Mapping[str, Mapping[str, str]] | None = None,
        bounds: tuple[Any, Any] | None = None,
        normalise: Normalise | None = None,
        paper: str = "",
        equation: str = "",
        **on: Mapping[str, str],
    ) -> None:
        check_name(name)
        for what, text in (("paper", paper), ("equation", equation)):
            if not isinstance(text, str):
                raise NetworkError(f"Rule {name!r}: {what} is {shown(text)}; expected text.")
        named = named_parts(name, "parameters", parameters)
        steps = frozenset(key for key, value in named.items() if isinstance(value, TimeStep))
        usual = dict.fromkeys(steps, of_dimension(USUAL_SECONDS, SECOND))
        numbers, own_dimensions, varied = parameters_of_both_kinds(name, {**named, **usual})
        limits, limit_dimensions = limits_of(name, bounds)
        own = {
            "name": name,
            "traces": with_variables(name, named_parts(name, "traces", traces), named_parts(name, "variables", variables)),
            "modulators": named_parts(name, "modulators", modulators),
            "parameters": numbers,
            "bounds": limits,
            "paper": paper,
            "equation": equation,
            "varied": varied,
            "dimensions": {key: dimension for key, dimension in own_dimensions.items() if dimension != PLAIN},
            "bound_dimensions": limit_dimensions,
            "steps": steps,
        }
        for key, value in own.items():
            object.__setattr__(self, key, value)
        check_names(name, self.traces, self.modulators, (*numbers, *varied))
        wanted = wanted_updates(name, on, every, at)
        refuse_varied(self, varied)
        object.__setattr__(self, "normalise", checked_normalise(name, normalise, self.needs_training_loop))
        if normalise is None and not any(texts for _, texts in wanted):
            raise NetworkError(f"Rule {name!r} changes nothing: give on_pre, on_post, every, at or normalise.")
        readable = {*self.synaptic, *self.traces, *self.modulators, *varied}
        updates = tuple(
            checked_update(name, gate, variable, text, readable, numbers, self.synaptic, self._earlier(gate))
            for gate, texts in wanted
            for variable, text in texts.items()
        )
        object.__setattr__(self, "updates", updates)
        self.units()

    def __repr__(self) -> str:
        texts = "; ".join(f"{u.gate}: {u.target} += {u.text}" for u in self.updates)
        scaled = f"; {self.normalise}" if self.normalise is not None else ""
        return cut(f"PlasticityRule({self.name!r}: {texts}{scaled})", LONGEST)

    def with_parameters(self, changed: Mapping[str, Any]) -> PlasticityRule:
        """The same rule with other values of some parameters; plain numbers are taken as SI.

        Parameters
        ----------
        changed : mapping
            Parameter -> number in SI or quantity; an array or a distribution, as in `parameters`, to differ between synapses.

        Raises
        ------
        NetworkError
            If there is no such parameter, or a value is not finite.
        UnitError
            If a quantity has another dimension than the parameter.
        """
        return self._with_values(*changed_parameters(self, changed))

    def in_steps(self, dt: float) -> PlasticityRule:
        """The same rule for steps of `dt` seconds: periods are in steps, and parameters declared with `time_step` are `dt`.

        Parameters
        ----------
        dt : float
            Time step in seconds.

        Raises
        ------
        NetworkError
            If a period is not a whole number of steps.
        """
        who, scaled = f"Rule {self.name!r}", self.normalise
        own = self._with_values({**self.parameters, **dict.fromkeys(self.steps, dt)}, self.varied) if self.steps else self
        if not (any(u.gate.seconds for u in self.updates) or (scaled and scaled.gate.seconds)):
            return own
        updates = tuple(replace(u, gate=u.gate.in_steps(dt, who)) for u in own.updates)
        return own._with(updates=updates, normalise=None if scaled is None else scaled.in_steps(dt, f"{who}, normalise"))

    def _with_values(self, values: Mapping[str, float], varied: Mapping[str, Varied]) -> PlasticityRule:
        readable = {*self.synaptic, *self.traces, *self.modulators, *varied}
        updates = tuple(
            checked_update(self.name, u.gate, u.target, u.text, readable, values, self.synaptic, u.earlier)
            for u in self.updates
        )
        dimensions = {name: dimension for name, dimension in self.dimensions.items() if name in values}
        dimensions |= {k: v.dimension for k, v in self.varied.items() if k in values and v.dimension != PLAIN}
        return self._with(parameters=values, varied=varied, dimensions=dimensions, updates=updates)

    def _with(self, **changed: Any) -> PlasticityRule:
        """The same rule with other values of some attributes, which were checked."""
        made = object.__new__(type(self))
        made.__dict__.update({f.name: getattr(self, f.name) for f in fields(self)} | changed)
        return made

    def units(self, weight_unit: str | None = None, states: Mapping[str, str] | None = None) -> Dimensions:
        """Dimensions of the synaptic variables that follow from the updates, the bounds and, if given, the unit of the weights.

        `states` are the units of states of the postsynaptic neuron, by state, as far as they are known. Variables whose
        dimension the rule does not determine are plain numbers.

        Parameters
        ----------
        weight_unit : str, optional
            SI unit of the weights, such as "volt"; "" or None if the weights do not fix it.
        states : mapping, optional
            State of the postsynaptic neuron -> its SI unit, as far as they are known.

        Raises
        ------
        UnitError
            If an update or a bound has another unit. The message names the term, its unit, and the parameters to change.
        """
        given = {name: self.dimensions.get(name, PLAIN) for name, value in self.parameters.items() if value}
        given |= {name: parameter.dimension for name, parameter in self.varied.items()}
        peaks = {name: trace.dimension for name, trace in self.traces.items() if trace.dimension is not None}
        starts = {name: t.start_dimension for name, t in self.traces.items() if t.start_dimension is not None}
        total = None if self.normalise is None else self.normalise.dimension
        names = {name: state_of(state) for name, state in self.post_states.items()}
        own = Declared(self.name, given, self.bound_dimensions, peaks, self.updates, total, starts, self.synaptic, names)
        return checked_units(own, weight_unit, states or {})

    @property
    def post_states(self) -> dict[str, str]:
        """Names of the rule that stand for a state of the postsynaptic neuron, or for the filtered state, and these states."""
        factors = {name: m.state for name, m in self.modulators.items() if m.state}
        return factors | {name: t.of for name, t in self.traces.items() if t.of}

    def _earlier(self, gate: Gate) -> dict[str, str]:
        """Traces of spikes, and what each was before the event of `gate`; see `neurosim.plasticity.expressions.Update`."""
        return {name: earlier(name, trace, gate) for name, trace in self.traces.items() if _of_spikes(trace)}

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """All updates, expanded to products; what is not a polynomial is one factor (`neurosim.plasticity.atoms`)."""
        return tuple(product for update in self.updates for product in update.products())

    @property
    def synaptic(self) -> tuple[str, ...]:
        """Names of the variables of a synapse: w, tag, aux, and those with names of their own."""
        return (*SYNAPTIC, *own_variables(self.traces))

    @property
    def declared(self) -> dict[str, Any]:
        """Traces and variables, as arguments of `PlasticityRule`."""
        own = own_variables(self.traces)
        traces = {name: trace for name, trace in self.traces.items() if name not in own}
        return {"traces": traces, "variables": {name: self.traces[name] for name in own}}

    @property
    def quantities(self) -> dict[str, Any]:
        """Parameters with their dimensions, in the form that `PlasticityRule` accepts."""
        single = {name: of_dimension(value, self.dimensions.get(name, PLAIN)) for name, value in self.parameters.items()}
        return {**single, **dict.fromkeys(self.steps, TimeStep()), **self.varied}

    @property
    def limits(self) -> tuple[Any, Any]:
        """Bounds with their dimensions; None for a side without a bound."""
        low, high = (
            of_dimension(bound, dimension or PLAIN) if np.isfinite(bound) else None
            for bound, dimension in zip(self.bounds, self.bound_dimensions, strict=True)
        )
        return low, high

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels of the postsynaptic neuron, other than "spike", that the rule uses."""
        heard = [u.gate.channel for u in self.updates if u.gate.kind is GateKind.POST]
        heard += [t.channel for t in self.traces.values() if t.side == "post"]
        return tuple(sorted({*heard} - {"spike"}))

    @property
    def phases(self) -> tuple[str, ...]:
        """Phases at which the rule has updates."""
        return tuple(sorted({u.gate.channel for u in self.updates if u.gate.kind is GateKind.PHASE}))

    @property
    def needs_training_loop(self) -> bool:
        """Whether the rule needs a training loop (`neurosim.train`), because one of its modulators comes from there."""
        return any(not (m.broadcast or m.state or isinstance(m.supplier, str)) for m in self.modulators.values())

    @property
    def supplied(self) -> tuple[str, ...]:
        """Modulators that the postsynaptic neuron has to supply, by their names in the neuron."""
        return tuple(m.supplier for m in self.modulators.values() if isinstance(m.supplier, str))

    @property
    def signals(self) -> tuple[str, ...]:
        """Modulators that have to be passed to a run as signals."""
        return tuple(name for name, m in self.modulators.items() if m.broadcast)


def _of_spikes(trace: Trace) -> bool:
    return trace.side != "synapse" and not trace.of
