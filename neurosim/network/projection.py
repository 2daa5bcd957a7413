"""A projection: the synapses from one population to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.checks.described import Described
from neurosim.checks.matrices import Matrix, own
from neurosim.network.short_term import ShortTermPlasticity
from neurosim.plasticity.products import VariedValues
from neurosim.plasticity.rule import PlasticityRule
from neurosim.rng import stream


@dataclass(frozen=True)
class Projection(Described):
    """Projection: synapses from population `pre` to population `post`.

    Parameters
    ----------
    pre, post : str
        Names of the presynaptic and the postsynaptic population, or some of their neurons: ``cells[:80]``.
    weights : array (n_pre, n_post), sparse matrix, or pattern
        Weights in the unit of the postsynaptic receptor. A sparse matrix cannot carry a unit; ``Sparse(matrix, mV)`` adds one.
        The patterns are `AllToAll`, `OneToOne`, `FixedProbability`, `FixedInDegree`, `FixedOutDegree`, `FixedNumber`,
        `FromList`, `OnRing`, `OnGrid`, `LocallyConnected` and `Convolution`.
        `Transposed("forward")` are the transposed weights of another projection.
    delay : time
        Delay: one value, an array `(n_pre, n_post)`, a distribution from which each synapse draws (`Normal`, `Uniform`,
        `Clipped`), or one value per synapse of a sparse projection, in the order of its list or of the rows of its matrix.
        Delays are rounded to whole steps, with a warning unless they are drawn. With zero delay, a spike acts in the next step.
    plasticity : PlasticityRule, optional
        Rule by which the weights change.
    receptor : str
        Receptor of the postsynaptic neurons at which the projection ends.
    channel : str
        Channel of the presynaptic neurons that the projection carries.
    name : str
        Name; "pre_post" by default. Needed if two projections connect the same populations.
    graded : bool
        Whether the payload of a spike, or of another event, multiplies the weight.
    short_term : ShortTermPlasticity, optional
        Short-term plasticity, by which the effect of a spike depends on the preceding spikes.
    """

    pre: str
    post: str
    weights: Any
    delay: Any = None
    plasticity: PlasticityRule | None = None
    receptor: str = "default"
    channel: str = "spike"
    name: str = ""
    graded: bool = False
    short_term: ShortTermPlasticity | None = None

    @classmethod
    def own_name(cls, given: Mapping[str, Any]) -> str:
        pre, post = (getattr(given.get(end), "name", given.get(end)) for end in ("pre", "post"))
        return super().own_name(given) or f"{pre}_{post}"

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"{self.pre}_{self.post}")
        for name in ("weights", "delay"):
            object.__setattr__(self, name, own(getattr(self, name)))


def varied_values(projection: Projection, matrix: Matrix, seed: int) -> dict[str, VariedValues]:
    """Values in SI of the parameters of the rule that differ between synapses; each has a random stream of its own.

    Raises
    ------
    NetworkError
        If an array has a shape that does not fit the projection.
    """
    rule = projection.plasticity
    if rule is None:
        return {}
    return {
        name: varied.on(matrix, stream(seed, "parameters", projection.name, name), f"rule {rule.name!r}: parameter {name!r}")
        for name, varied in rule.varied.items()
    }
