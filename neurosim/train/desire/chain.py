"""A network that desire backpropagation can train: a chain of soft-reset layers from an image input to the output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.errors import UnsupportedError
from neurosim.network.connectivity import Convolution
from neurosim.network.ends import has_parts
from neurosim.network.inputs import Encoder, ImageInput
from neurosim.network.network import Network, Projection
from neurosim.neurons.desire_lif import DesireLIF
from neurosim.neurons.lif_steps import SOFT_RESET_STEP
from neurosim.plasticity.desire import DesireSignal
from neurosim.plasticity.feedback import feedback_angle
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation
from neurosim.train.desire.links import DenseLink, Link, SharedLink
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
    links : tuple of Link
        How each layer is connected to the layer below.
    weights : tuple of arrays
        Copies of the weights, trained in place: (n_pre, n_post), or the kernel of a convolution as its link keeps it.
    feedback : tuple of arrays of the same shapes
        Weights through which desire is propagated from post to pre. The first is not used. Where the feedback is tied, these
        are the arrays in `weights` themselves.
    kept_v : float
        Factor by which the leak multiplies the membrane potential in each step.
    thresholds : array
        Firing threshold of each layer after the input.
    rule : PlasticityRule
        Rule of all projections; `eta` of another one may differ.
    eta : float
        Largest learning rate of the first epoch.
    rates : tuple of float
        Learning rate of each projection, as a part of `eta`.
    signal : DesireSignal
        Definition of desire: its thresholds and its feedback.
    encoder : Encoder
        Encoder of the image input.
    """

    populations: tuple[str, ...]
    projections: tuple[str, ...]
    sizes: tuple[int, ...]
    links: tuple[Link, ...]
    weights: tuple[FloatArray, ...]
    feedback: tuple[FloatArray, ...]
    kept_v: float
    thresholds: FloatArray
    rule: PlasticityRule
    eta: float
    rates: tuple[float, ...]
    signal: DesireSignal
    encoder: Encoder

    @property
    def shared(self) -> tuple[str, ...]:
        """Names of the projections whose places share their weights."""
        return tuple(name for name, link in zip(self.projections, self.links, strict=True) if link.shared)

    def described(self, matrices: tuple[FloatArray, ...]) -> dict[str, FloatArray]:
        """Copies of weights or feedback by projection, in the shapes that `Network.own_weights` gives them."""
        each = zip(self.projections, self.links, matrices, strict=True)
        return {name: link.described(matrix) for name, link, matrix in each}

    def check_dense(self, who: str, instead: str) -> None:
        """Raise UnsupportedError, which names who asks and what to do instead, if places share weights."""
        if self.shared:
            names = ", ".join(map(repr, self.shared))
            raise UnsupportedError(f"{who} has dense layers only; found convolutions ({names}). {instead}.")

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
        If the network is not a chain of plastic projections, dense or convolutions, with one desire rule between soft-reset
        layers; the message names the obstacle.
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
    links = tuple(_link(network, p) for p in path)
    weights = tuple(link.kept(network.own_weights(p)) for link, p in zip(links, path, strict=True))
    etas = [p.plasticity.parameters["eta"] for p in path if p.plasticity is not None]
    eta = max(etas, key=abs)
    signal: DesireSignal = rule.modulators["D"].supplier
    return Chain(
        populations=(path[0].pre, *(p.post for p in path)),
        projections=tuple(p.name for p in path),
        sizes=(source.n, *(p.n for p in layers)),
        links=links,
        weights=weights,
        feedback=signal.feedback.start(weights),
        kept_v=kept.pop(),
        thresholds=np.array([float(p.neuron.values["v_th"]) for p in layers]),
        rule=rule,
        eta=eta,
        rates=tuple(e / eta if eta else 1.0 for e in etas),
        signal=signal,
        encoder=source.model.encoder,
    )


def _refuse(network: Network, reason: str) -> None:
    raise UnsupportedError(f"Network {network.name!r} cannot be trained by desire backpropagation: {reason}.")


def _path(network: Network) -> list[Projection]:
    """Projections in order, beginning at the image input."""
    own = [p.name for p in network.populations if isinstance(p.model, DesireLIF)]
    if own:
        _refuse(
            network,
            f"the neurons of {own[0]!r} compute their own desire, and the network learns while it runs; train it with "
            "'neurosim train --on-chip', or with train_in_run of neurosim.train.in_run",
        )
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
        if _but_eta(projection) != _but_eta(path[0]):
            _refuse(
                network,
                f"projection {projection.name!r} has a different rule than {path[0].name!r}; use one rule for all, in which "
                "only eta may differ",
            )
        if np.any(network.delays(projection)):
            _refuse(network, f"projection {projection.name!r} has delays; expected none")
    rule = path[0].plasticity
    assert rule is not None
    return rule


def _but_eta(projection: Projection) -> tuple[Any, ...]:
    """The rule of a projection without its learning rate."""
    rule = projection.plasticity
    assert rule is not None
    parameters = {name: value for name, value in rule.parameters.items() if name != "eta"}
    texts = [(u.gate, u.target, u.text) for u in rule.updates]
    return rule.name, rule.traces, rule.modulators, rule.bounds, parameters, texts


def _link(network: Network, projection: Projection) -> Link:
    pattern = projection.weights
    if isinstance(pattern, Convolution) and not has_parts(projection.pre, projection.post):
        if not pattern.is_plain:
            who = f"projection {projection.name!r}"
            _refuse(network, f"{who} must be a convolution with a square kernel and without padding, dilation and groups")
        return SharedLink.of(pattern)
    if sparse.issparse(network.weights(projection)):
        _refuse(network, f"projection {projection.name!r} is sparse; expected dense weights, or a Convolution")
    return DenseLink(network.population(projection.pre).n)


def _layers(network: Network, path: list[Projection]) -> list[StepPopulation]:
    program = lower(network)
    layers = [program.population(p.post) for p in path]
    for layer in layers:
        neuron = layer.neuron
        plain = not neuron.is_source and neuron.step.name == SOFT_RESET_STEP.name
        if not plain or np.any(neuron.values["tau_syn"] != 0) or np.any(neuron.values["bias"] != 0):
            _refuse(network, f"population {layer.name!r} must be SoftResetLIF without tau_syn and bias")
        if layer.initial or neuron.courses or neuron.noise:
            _refuse(network, f"population {layer.name!r} must have no initial values, no noise and no current that changes")
        if np.ndim(neuron.values["tau_m"]) or np.ndim(neuron.values["v_th"]):
            _refuse(network, f"population {layer.name!r} must have one tau_m and one v_th for all neurons")
    return layers
