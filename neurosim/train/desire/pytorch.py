"""Desire backpropagation as a loop in PyTorch, one sample at a time: the form in which the rule was published.

It was written from the equations. The weight change of a layer is computed as in the authors' program: the product of post
spikes and pre traces for every row, post and pre neuron, summed over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import UnsupportedError
from neurosim.train.desire.chain import Chain
from neurosim.train.desire.coding import from_bits
from neurosim.train.desire.trainer import Presentation

Tensor = Any
Product = Callable[[Tensor, Tensor], Tensor]
"""Function that computes the eligibility (n_post, n_pre) from post spikes (rows, n_post) and pre traces (rows, n_pre)."""


def import_torch() -> Any:
    """Import PyTorch and return the module.

    Raises
    ------
    UnsupportedError
        If it is not installed, or cannot be loaded.
    """
    try:
        import torch
    except ImportError as error:
        raise UnsupportedError(
            f"The training loop in PyTorch needs torch, which cannot be imported ({error}); install neurosim[torch]."
        ) from error
    return torch


def as_published(post: Tensor, traces: Tensor) -> Tensor:
    """Eligibility as in the authors' program, with two tensors (rows, n_post, n_pre).

    Spikes are copied to all synapses as integers, then multiplied by the traces.
    """
    spread = post.long().unsqueeze(2).expand(-1, -1, traces.shape[1]).contiguous()
    return (spread * traces.unsqueeze(1)).sum(0)


def as_one_product(post: Tensor, traces: Tensor) -> Tensor:
    """Eligibility with only one tensor (rows, n_post, n_pre), in the type of the weights."""
    return (post.unsqueeze(2) * traces.unsqueeze(1)).sum(0)


@dataclass
class TorchLoop:
    """Online training of a copy of the weights of `chain`, as tensors (n_post, n_pre).

    Attributes
    ----------
    product : callable
        Function that computes the eligibility.
    """

    chain: Chain
    product: Product = as_published

    def __post_init__(self) -> None:
        self.chain.check_dense("TorchLoop", "Train with engine='emulator'")
        self._torch = import_torch()
        self.weights = [self._torch.from_numpy(np.ascontiguousarray(w.T)) for w in self.chain.weights]

    def train(self, shown: Presentation, eta: float) -> NDArray[np.int64]:
        """Train on a presentation and return the output counts (samples, n_last) before each update."""
        rasters = from_bits(shown.trains, self.chain.encoder.steps + 1)
        masks = [self._torch.from_numpy(mask.astype(bool)) for mask in shown.masks]
        dtype = self.weights[0].dtype
        counts = [
            self._sample(
                self._torch.from_numpy(raster).to(dtype), int(label), [m[b] for m in masks], shown.scales, eta
            )
            for b, (raster, label) in enumerate(zip(rasters, shown.labels, strict=True))
        ]
        return np.array([np.rint(c.numpy()) for c in counts], np.int64)

    def _sample(self, raster: Tensor, label: int, masks: list[Tensor], scales: tuple[float, ...], eta: float) -> Tensor:
        spikes, traces = self._forward(raster * masks[0], masks, scales)
        counts = [s.sum(0) for s in spikes]
        signs = self._desires(counts, label, masks)
        if signs[-1].any():
            for weights, post, trace, sign in zip(self.weights, spikes[1:], traces, signs[1:], strict=True):
                weights += eta * sign.unsqueeze(1) * self.product(post, trace)
        return counts[-1]

    def _forward(self, raster: Tensor, masks: list[Tensor], scales: tuple[float, ...]) -> tuple[list[Tensor], list[Tensor]]:
        """Spikes and traces (rows, n) of each layer, computed step by step."""
        chain, torch, rows = self.chain, self._torch, len(raster)
        spikes = [raster, *(raster.new_zeros(rows, n) for n in chain.sizes[1:])]
        traces = [torch.zeros_like(s) for s in spikes[:-1]]
        potentials = [raster.new_zeros(n) for n in chain.sizes[1:]]
        for k in range(rows - 1):
            for layer, (weights, v) in enumerate(zip(self.weights, potentials, strict=True)):
                v.mul_(chain.kept_v).add_(weights @ (spikes[layer][k] * scales[layer]))
                fires = (v >= chain.thresholds[layer]) & masks[layer + 1]
                v -= fires * chain.thresholds[layer]
                spikes[layer + 1][k + 1] = fires
                traces[layer][k + 1] = traces[layer][k] * chain.trace_decay + spikes[layer][k]
        return spikes, traces

    def _desires(self, counts: list[Tensor], label: int, masks: list[Tensor]) -> list[Tensor]:
        """Sign of the desire of each layer; that of the input is empty."""
        torch, signal = self._torch, self.chain.signal
        target = torch.arange(len(counts[-1])) == label
        over = counts[-1] / signal.denominator
        error = torch.where(target, 1 - over, over)
        sign = (error > signal.output_threshold) * torch.where(target, 1, -1).to(error.dtype)
        signs, passed = [sign], sign * error
        for layer in range(len(self.weights) - 1, 0, -1):
            total = self.weights[layer].T @ passed
            sign = ((total.abs() >= signal.hidden_threshold) & masks[layer]) * total.sign()
            passed = sign * ((sign > 0).to(total.dtype) - counts[layer] / signal.denominator).abs()
            signs.insert(0, sign)
        return [torch.empty(0), *signs]
