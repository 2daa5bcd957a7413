"""Card of a learning algorithm of rates: what it computes, needs and costs, found by letting it learn one mini-batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurosim.cards.card import rule_card
from neurosim.cards.executions import Support
from neurosim.checks.described import check_call
from neurosim.data import load_dataset
from neurosim.errors import UnsupportedError, UsageError
from neurosim.rate.algorithm import Algorithm
from neurosim.rate.catalogue import algorithm_entry
from neurosim.rate.images import Images
from neurosim.rate.learner import Learner
from neurosim.rate.network import RateNetwork

_DATA, _IMAGES = "digits", 16


@dataclass(frozen=True)
class RateCard:
    """Summary of a learning algorithm for people and programs; all but the texts is measured on the recipe for the digits.

    Attributes
    ----------
    name, summary, paper : str
        Name, first sentence of its description, and reference.
    parameters : mapping
        Parameters of the algorithm.
    rules : mapping
        Matrices that learn -> the rule.
    phases : mapping
        Phases in order, with what happens in each.
    network : tuple of int
        Sizes of the layers of the network on which the card was measured.
    macs : int
        Multiply-accumulate operations with which one image is learned.
    macs_of_backprop : int
        The same for backpropagation on this network.
    passes : float
        Number of passes up through the network, or iterations, for one mini-batch.
    transported : tuple of str
        What is carried from the weights to other places.
    groups : tuple of str
        What is computed from several neurons of a layer at once.
    host_step : str
        What changes weights beside the rules; "" for nothing.
    labels : bool
        Whether labels are used; otherwise a read-out of the features is trained for the answer.
    spiking : tuple of str
        Updates of the rule for spiking neurons; empty if there is none.
    executions : tuple of Support
        The executions, and whether each runs that rule.
    stop : str
        Why there is no form for spiking neurons; "" if there is one.
    """

    name: str
    summary: str
    paper: str
    parameters: Mapping[str, Any]
    rules: Mapping[str, str]
    phases: Mapping[str, str]
    network: tuple[int, ...]
    macs: int
    macs_of_backprop: int
    passes: float
    transported: tuple[str, ...]
    groups: tuple[str, ...]
    host_step: str
    labels: bool
    spiking: tuple[str, ...] = ()
    executions: tuple[Support, ...] = ()
    stop: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The card as plain values for JSON."""
        return asdict(self)


def rate_card(name: str, target: str = "loihi2", **options: Any) -> RateCard:
    """Card of a learning algorithm of `neurosim.rate.ALGORITHMS`.

    Parameters
    ----------
    name : str
        Name of the algorithm.
    target : str
        Chip to which the executions of its spiking form refer.
    **options
        Parameters of the algorithm that differ from those of its recipe.

    Raises
    ------
    ContentError
        If there is no such algorithm.
    UsageError
        If it has no such parameter.
    """
    entry = algorithm_entry(name)
    recipe = entry.recipe(_DATA)
    chosen = {**recipe.options, **options}
    check_call(entry.make, (), chosen, UsageError)
    algorithm, dataset = entry.make(**chosen), load_dataset(_DATA)
    learner = Learner(recipe.network(dataset, 0), algorithm, recipe.optimiser)
    learner.learn(*Images(dataset).train(np.arange(_IMAGES)))
    return _card(entry.name, entry.summary, learner, target)


def _card(name: str, summary: str, learner: Learner, target: str) -> RateCard:
    algorithm, network, ledger = learner.algorithm, learner.network, learner.circuit.ledger
    return RateCard(
        name=name,
        summary=summary,
        paper=algorithm.paper,
        parameters={key: value for key, value in algorithm.described().items() if key != "kind"},
        rules={matrix: _texts(rule.text, rule.aux) for matrix, rule in algorithm.rules.items()},
        phases={phase.name: phase.meaning for phase in algorithm.phases},
        network=network.sizes,
        macs=round(ledger.macs / _IMAGES),
        macs_of_backprop=of_backprop(network),
        passes=ledger.ups / len(network.layers),
        transported=tuple(sorted(ledger.transported)),
        groups=tuple(sorted(ledger.groups)),
        host_step=algorithm.host_step,
        labels=algorithm.supervised,
        **_spiking(algorithm, target),
    )


def of_backprop(network: RateNetwork) -> int:
    """Operations of backpropagation for one image: up and the change for each layer, and down for all but the first."""
    macs = [connection.macs for connection in network.connections]
    return 3 * sum(macs) - macs[0]


def _texts(w: str, aux: str) -> str:
    return f"dw = {w}" + (f"; daux = {aux}" if aux else "")


def _spiking(algorithm: Algorithm, target: str) -> dict[str, Any]:
    try:
        card = rule_card(algorithm.spiking(), target=target)
    except UnsupportedError as error:
        return {"stop": str(error)}
    return {"spiking": card.updates, "executions": card.executions}


