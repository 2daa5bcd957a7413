"""Card of a plasticity rule: equation, cost, and the executions that support it, derived from the rule itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.cards.executions import PROJECTION, REFUSALS, RuleProbe, Support, starting_weight
from neurosim.chip.quantise.plastic_rule import LEARNING
from neurosim.display.html import block, paragraph, table
from neurosim.display.short import LONGEST, Short, cut
from neurosim.plasticity.catalogue import RuleEntry, rule_entry
from neurosim.plasticity.parameters import Parameter, checked_rule, parameters_of
from neurosim.plasticity.products import GateKind, not_a_polynomial
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.traces import Modulator
from neurosim.program.engine_rule import VARIABLES

if TYPE_CHECKING:
    from neurosim.chip.report import Loss
    from neurosim.chip.target import Target

ENGINE_FIELDS = tuple(f"d{name}" for name in VARIABLES.values())
"""Names under which the report of a deployment lists the strings of the learning engine."""


@dataclass(frozen=True)
class Constant:
    """A constant of the rule on the chip: described and effective value, or 0 for a note."""

    field: str
    kind: str
    wanted: float
    got: float
    text: str


@dataclass(frozen=True)
class RuleCard(Short):
    """Summary of a plasticity rule for people and programs.

    Attributes
    ----------
    name, summary, equation, paper, doi : str
        Name, summary, equation in LaTeX as in the paper, reference, and DOI ("" if there is none).
    parameters : tuple of Parameter
        Parameters of the rule's factory; empty for a rule without a factory.
    updates : tuple of str
        Updates as products, or as written if the rule is not a polynomial.
    factors, locality, phases : str
        Texts on the number of factors, the locality and the phases of the rule.
    weight_transport : bool
        Whether its third factor uses the forward weights of other synapses.
    traces : mapping
        "pre" and "post" -> names of the traces that each neuron has.
    synapse : tuple of str
        Variables of each synapse.
    target : str
        Chip to which executions, engine and constants refer.
    executions : tuple of Support
        The executions, and whether each supports the rule.
    engine : tuple of str
        The learning rule of the chip, as strings in Lava's grammar.
    constants : tuple of Constant
        Effective constants on the chip.
    demand : str
        What the rule needs on the chip: bits, ports, products and epochs; "" if it does not run there.
    """

    name: str
    summary: str
    equation: str
    paper: str
    doi: str
    parameters: tuple[Parameter, ...]
    updates: tuple[str, ...]
    factors: str
    locality: str
    phases: str
    weight_transport: bool
    traces: Mapping[str, tuple[str, ...]]
    synapse: tuple[str, ...]
    target: str
    executions: tuple[Support, ...]
    engine: tuple[str, ...] = ()
    constants: tuple[Constant, ...] = ()
    demand: str = ""

    def __repr__(self) -> str:
        runs = ", ".join(e.name for e in self.executions if e.runs) or "nothing"
        return cut(f"<RuleCard {self.name!r}: {self.factors}, {self.phases}; runs on {runs} ({self.target})>", LONGEST)

    def _repr_html_(self) -> str:
        parameters = [(p.name, p.value, p.default, p.kind, p.meaning) for p in self.parameters]
        return block(
            f"{self.name}: {self.summary}",
            *map(paragraph, (self.equation and f"${self.equation}$", self.paper, *self.updates)),
            paragraph(f"{self.factors}, {self.phases}; {self.locality}"),
            table(("parameter", "value", "default", "unit", "meaning"), parameters),
            table(("execution", "runs", "note"), [(e.name, e.runs, e.note) for e in self.executions]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The card as plain values for JSON."""
        return asdict(self)


def named_card(name: str, target: str | Path = "loihi2", **options: Any) -> RuleCard:
    """Card of a rule of the catalogue.

    Parameters
    ----------
    name : str
        Name of a rule in `RULES`.
    target : str or path
        Chip for which executions and constants are determined.
    **options
        Parameters of the rule that differ from their defaults.

    Raises
    ------
    ContentError
        If there is no such rule.
    NetworkError
        If there is no such parameter, or its value is not allowed.
    """
    entry = rule_entry(name)
    return rule_card(checked_rule(entry, options), target=target, entry=entry, options=options)


def rule_card(
    rule: PlasticityRule,
    *,
    target: str | Path | Target = "loihi2",
    weight: float | None = None,
    entry: RuleEntry | None = None,
    options: Mapping[str, Any] | None = None,
) -> RuleCard:
    """Card of any rule.

    Parameters
    ----------
    rule : PlasticityRule
        The rule.
    target : str, path or Target
        Chip for which executions and constants are determined.
    weight : float, optional
        A typical weight in the rule's unit, which determines the scale on the chip; the middle of the bounds if left out.
    entry, options
        Entry of the catalogue and options from which the rule was made, for information that only its factory has.
    """
    from neurosim.chip.target import Target, load_target

    chip = target if isinstance(target, Target) else load_target(target)
    probe = RuleProbe(rule, chip, starting_weight(rule.bounds) if weight is None else weight)
    doi = re.search(r"doi:(\S+)", rule.paper)
    return RuleCard(
        name=rule.name,
        summary="" if entry is None else entry.summary,
        equation=rule.equation,
        paper=rule.paper,
        doi="" if doi is None else doi[1],
        parameters=() if entry is None else parameters_of(entry, options or {}),
        updates=_updates(rule),
        factors=_factors(rule),
        locality=_locality(rule),
        phases=_phases(rule, entry),
        weight_transport=any(getattr(m.supplier, "weight_transport", False) for m in rule.modulators.values()),
        traces={side: tuple(n for n, t in rule.traces.items() if t.side == side) for side in ("pre", "post")},
        synapse=_synaptic(rule),
        target=chip.name,
        executions=probe.executions(),
        engine=_engine(probe),
        constants=_constants(probe),
        demand=next((loss.text for loss in _losses(probe) if loss.field == LEARNING), ""),
    )


def _updates(rule: PlasticityRule) -> tuple[str, ...]:
    scaled = () if rule.normalise is None else (str(rule.normalise),)
    if any(map(not_a_polynomial, rule.products)):
        return (*(f"{u.gate}: {u.target} += {u.text}" for u in rule.updates), *scaled)
    return (*(str(p) for p in rule.products), *scaled)


def _factors(rule: PlasticityRule) -> str:
    return "three-factor" if rule.modulators else "two-factor"


def _locality(rule: PlasticityRule) -> str:
    third = [f"{name}, which {_source(m)}" for name, m in rule.modulators.items()]
    scaled = rule.normalise
    third += [f"{name}, which follows the state {t.of} of the post neuron" for name, t in rule.traces.items() if t.of]
    sums = [] if scaled is None else [f"the sum of the weights of each {scaled.over} neuron, which is not local"]
    return "local: pre, post and synapse only" + "".join(f"; and {text}" for text in [*third, *sums])


def _source(modulator: Modulator) -> str:
    if modulator.broadcast:
        return "is a signal of the run"
    if modulator.state:
        return f"is the state {modulator.state} of the post neuron"
    if isinstance(modulator.supplier, str):
        return f"is {modulator.supplier} of the post neuron"
    return f"{type(modulator.supplier).__name__} supplies"


def _phases(rule: PlasticityRule, entry: RuleEntry | None) -> str:
    acting = sorted({u.gate.channel for u in rule.updates if u.gate.kind is GateKind.PHASE})
    own = [f"acts at {phase}" for phase in acting] + ([entry.protocol] if entry is not None and entry.protocol else [])
    return "phased: " + "; ".join(own) if own else "single-phase"


def _synaptic(rule: PlasticityRule) -> tuple[str, ...]:
    used = {u.target for u in rule.updates} | {name for u in rule.updates for name in u.names}
    return tuple(name for name in rule.synaptic if name in used | {"w"})


def _losses(probe: RuleProbe) -> tuple[Loss, ...]:
    """Entries of the deployment's report on the rule; none if the rule does not run on the chip."""
    try:
        losses = probe.deployment.report.losses
    except REFUSALS:
        return ()
    return tuple(loss for loss in losses if loss.where == PROJECTION and loss.field not in ("weights", "delay"))


def _engine(probe: RuleProbe) -> tuple[str, ...]:
    return tuple(f"{loss.field} = {loss.text}" for loss in _losses(probe) if loss.field in ENGINE_FIELDS)


def _constants(probe: RuleProbe) -> tuple[Constant, ...]:
    return tuple(
        Constant(loss.field, loss.kind, loss.wanted, loss.got, loss.text)
        for loss in _losses(probe)
        if loss.field not in (*ENGINE_FIELDS, LEARNING)
    )
