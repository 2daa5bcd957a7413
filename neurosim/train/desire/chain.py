"""A network that desire backpropagation can train: a chain of soft-reset layers from an image input to the output."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from neurosim.errors import UnsupportedError
from neurosim.network.inputs import Encoder, ImageInput
from neurosim.network.network import Network, Projection
from neurosim.neurons.lif_steps import SOFT_RESET_STEP
from neurosim.plasticity.desire import DesireSignal
from neurosim.plasticity.feedback import feedback_angle
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation
from neurosim.units import FloatArray


@dataclass(frozen=True)
class Chain:
    """The layers of a network in order, with the parameters of its desire rule.

    Attributes
    ----------
    populations, projections : tuple of str
        Names, input first; projection l leads to population l + 1.
    sizes : tuple of int
        Number of neurons of each population.
    weights : tuple of arrays (n_pre, n_post)
        Copies of the weights, trained in place.
    feedback : tuple of arrays (n_pre, n_post)
        Weights through which desire is propagated from post to pre. The first is not used. Where the feedback is tied, these
        are the arrays in `weights` themselves.
    kept_v : float
        Factor by which the leak multiplies the membrane potential in each step.
    thresholds : array
        Firing threshold of each layer after the input.
    rule : PlasticityRule
        Rule of all projections.
    signal : DesireSignal
        Definition of desire: its thresholds and its feedback.
    encoder : Encoder
        Encoder of the image input.
    """

    populations: tuple[str, ...]
    projections: tuple[str, ...]
    sizes: tuple[int, ...]
    weights: tuple[FloatArray, ...]
    feedback: tuple[FloatArray, ...]
    kept_v: float
    thresholds: FloatArray
    rule: PlasticityRule
    signal: DesireSignal
    encoder: Encoder

    @property
    def eta(self) -> float:
        """Learning rate of the first epoch."""
        return self.rule.parameters["eta"]

    @property
    def floor(self) -> float:
        """Number of spikes that the rule assumes for a silent neuron that wants to fire."""
        return self.rule.parameters.get("least", 0.0)

    @property
    def angle(self) -> float:
        """Angle between feedback and weights, in degrees."""
        return feedback_angle(self.weights, self.feedback)

    def as_type(self, dtype: str) -> Chain:
        """Copy of the chain with weights of another type, and with feedback initialised from these weights."""
        weights = tuple(w.astype(dtype) for w in self.weights)
        return replace(self, weights=weights, feedback=self.signal.feedback.start(weights))

    @property
    def trace_decay(self) -> float:
        """Factor by which the presynaptic trace decays in each step."""
        trace = self.rule.traces["x"]
        assert trace.decay is not None
        return trace.decay


def chain_of(network: Network) -> Chain:
    """The layers of `network` as a chain.

    Raises
    ------
    UnsupportedError
        If the network is not a chain of dense, plastic projections with one desire rule between soft-reset layers; the message
        names the obstacle.
    """
    path = _path(network)
    rule = _rule(network, path)
    layers = _layers(network, path)
    kept = {float(p.neuron.values["tau_m"]) for p in layers}
    if len(kept) > 1:
        leaks = sorted(1 - k for k in kept)
        _refuse(network, f"its layers have different leak factors ({leaks}); give all of them the same tau_m")
    source = network.population(path[0].pre)
    assert isinstance(source.model, ImageInput)
    weights = tuple(np.array(network.weights(p), order="C") for p in path)
    signal: DesireSignal = rule.modulators["D"].supplier
    return Chain(
        populations=(path[0].pre, *(p.post for p in path)),
        projections=tuple(p.name for p in path),
        sizes=(source.n, *(p.n for p in layers)),
        weights=weights,
        feedback=signal.feedback.start(weights),
        kept_v=kept.pop(),
        thresholds=np.array([float(p.neuron.values["v_th"]) for p in layers]),
        rule=rule,
        signal=signal,
        encoder=source.model.encoder,
    )


def _refuse(network: Network, reason: str) -> None:
    raise UnsupportedError(f"Network {network.name!r} cannot be trained by desire backpropagation: {reason}.")


def _path(network: Network) -> list[Projection]:
    """Projections in order, beginning at the image input."""
    sources = [p.name for p in network.populations if isinstance(p.model, ImageInput)]
    if len(sources) != 1:
        _refuse(network, f"it has {len(sources)} image inputs; expected exactly one")
    path: list[Projection] = []
    here = sources[0]
    while onward := [p for p in network.projections if p.pre == here]:
        if len(onward) > 1 or len(path) == len(network.projections):
            _refuse(network, f"population {here!r} has several outgoing projections, or lies on a cycle; expected a chain")
        path.append(onward[0])
        here = onward[0].post
    if not path or len(path) != len(network.projections):
        _refuse(network, "not all of its projections lie on one chain that begins at the image input")
    return path


def _rule(network: Network, path: list[Projection]) -> PlasticityRule:
    for projection in path:
        if projection.plasticity is None or projection.plasticity.name != "desire":
            _refuse(network, f"projection {projection.name!r} has no desire rule; set plasticity=desire(...)")
        if projection.plasticity != path[0].plasticity:
            _refuse(network, f"projection {projection.name!r} has a different rule than {path[0].name!r}; use one rule for all")
        if sparse.issparse(network.weights(projection)) or np.any(network.delays(projection)):
            _refuse(network, f"projection {projection.name!r} is sparse or has delays; expected dense weights without delays")
    rule = path[0].plasticity
    assert rule is not None
    return rule


def _layers(network: Network, path: list[Projection]) -> list[StepPopulation]:
    program = lower(network)
    layers = [program.population(p.post) for p in path]
    for layer in layers:
        neuron = layer.neuron
        plain = not neuron.is_source and neuron.step.name == SOFT_RESET_STEP.name
        if not plain or np.any(neuron.values["tau_syn"] != 0) or np.any(neuron.values["bias"] != 0):
            _refuse(network, f"population {layer.name!r} must be SoftResetLIF without tau_syn and bias")
        if np.ndim(neuron.values["tau_m"]) or np.ndim(neuron.values["v_th"]):
            _refuse(network, f"population {layer.name!r} must have one tau_m and one v_th for all neurons")
    return layers
