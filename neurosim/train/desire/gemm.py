"""Desire backpropagation with dense matrix products: the baseline for the speed of the event-driven kernels.

It computes the same as `kernels.train_samples`, in the fastest way that was found with numpy and BLAS: one product for all
steps of a layer, states in place, no update for samples that cause no learning, and an update that BLAS adds to the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import get_blas_funcs

from neurosim.plasticity.desire import DesireSignal
from neurosim.train.desire.chain import Chain
from neurosim.train.desire.coding import from_bits
from neurosim.train.desire.trainer import Presentation
from neurosim.units import FloatArray

Raster = NDArray[Any]
"""Spikes (rows, samples, n), 0 or 1 in the type of the weights."""


@dataclass(frozen=True)
class GemmTrainer:
    """Trainer that updates `chain.weights` in place after each batch of `batch` samples."""

    chain: Chain
    batch: int

    def __post_init__(self) -> None:
        self.chain.check_dense("GemmTrainer", "Train with engine='emulator'")

    def rasters(self, shown: Presentation) -> list[Raster]:
        """Input spikes of each batch, in the dense form that this engine computes with."""
        rows, dtype = self.chain.encoder.steps + 1, self.chain.weights[0].dtype
        spikes = from_bits(shown.trains, rows) * shown.masks[0][:, None, :]
        parts = range(0, len(spikes), self.batch)
        return [np.ascontiguousarray(spikes[i : i + self.batch].swapaxes(0, 1)).astype(dtype) for i in parts]

    def train(self, shown: Presentation, eta: float, rasters: list[Raster] | None = None) -> NDArray[np.int64]:
        """Train on a presentation and return the output counts (samples, n_last) before each update; eta = 0 only evaluates."""
        counts = []
        for k, raster in enumerate(self.rasters(shown) if rasters is None else rasters):
            here = slice(k * self.batch, (k + 1) * self.batch)
            masks = [mask[here] for mask in shown.masks]
            spikes = self.forward(raster, masks, shown.scales)
            counts.append(spikes[-1].sum(axis=0))
            if eta:
                self._learn(spikes, counts[-1], shown.labels[here], masks, eta)
        return np.asarray(np.concatenate(counts), np.int64)

    def forward(self, raster: Raster, masks: list[Any], scales: tuple[float, ...]) -> list[Raster]:
        """Spikes of all layers, beginning with the input, for samples with the same weights."""
        chain, spikes = self.chain, [raster]
        for weights, scale, mask, threshold in zip(chain.weights, scales, masks[1:], chain.thresholds, strict=False):
            current = (spikes[-1][:-1].reshape(-1, len(weights)) @ weights).reshape(len(raster) - 1, *mask.shape)
            if scale != 1:
                current *= weights.dtype.type(scale)
            spikes.append(_spikes(current, weights.dtype.type(chain.kept_v), weights.dtype.type(threshold), mask))
        return spikes

    def _learn(self, spikes: list[Raster], counts: FloatArray, labels: Any, masks: list[Any], eta: float) -> None:
        chain = self.chain
        learns = np.flatnonzero(_output_desire(counts, labels, chain.signal)[0].any(axis=1))
        if not len(learns):
            return
        spikes = [s[:, learns] for s in spikes]
        signs = self.desires(spikes, labels[learns], [mask[learns] for mask in masks])
        for weights, pre, post, sign in zip(chain.weights, spikes, spikes[1:], signs, strict=False):
            change, traces = post[1:] * sign, _traces(pre, weights.dtype.type(chain.trace_decay))
            (gemm,) = get_blas_funcs(("gemm",), (weights,))
            gemm(
                eta, change.reshape(-1, change.shape[-1]).T, traces.reshape(-1, traces.shape[-1]).T,
                beta=1.0, c=weights.T, trans_b=True, overwrite_c=True,
            )  # fmt: skip

    def desires(self, spikes: list[Raster], labels: NDArray[np.int64], masks: list[Any]) -> list[FloatArray]:
        """Sign of desire, -1, 0 or 1, of each neuron (samples, n) of each layer after the input."""
        chain = self.chain
        sign, passed = _output_desire(spikes[-1].sum(axis=0), labels, chain.signal)
        signs = [sign]
        for layer in range(len(chain.weights) - 1, 0, -1):
            down = passed @ chain.weights[layer].T
            sign, passed = _hidden_desire(down, spikes[layer].sum(axis=0), masks[layer], chain.signal)
            signs.insert(0, sign)
        return signs


def _spikes(current: FloatArray, kept: Any, threshold: Any, mask: Any) -> Raster:
    """Spikes of a layer: leak, integrate, spike, subtract the threshold."""
    out = np.zeros((len(current) + 1, *mask.shape), current.dtype)
    v, fires = np.zeros(mask.shape, current.dtype), np.zeros(mask.shape, bool)
    # Neurons that are dropped never reach the threshold.
    reach = np.where(mask, threshold, np.inf).astype(current.dtype)
    for k, now in enumerate(current):
        v *= kept
        v += now
        np.greater_equal(v, reach, out=fires)
        np.copyto(out[k + 1], fires)
        np.multiply(out[k + 1], threshold, out=now)
        v -= now
    return out


def _traces(spikes: Raster, decay: Any) -> FloatArray:
    """Traces in rows 1 to the last; row k contains the spikes up to row k - 1."""
    traces = spikes[:-1].copy()
    for before, now in zip(traces, traces[1:], strict=False):
        now += before * decay
    return traces


def _output_desire(counts: FloatArray, labels: Any, signal: DesireSignal) -> tuple[FloatArray, FloatArray]:
    """Sign of desire and the graded value that is propagated down, (samples, classes)."""
    kind, target = counts.dtype.type, np.arange(counts.shape[1]) == labels[:, None]
    over = counts / kind(signal.denominator)
    error = np.where(target, 1 - over, over)
    sign = np.where(error > kind(signal.output_threshold), np.where(target, kind(1), kind(-1)), kind(0))
    return sign, sign * error


def _hidden_desire(total: FloatArray, counts: FloatArray, mask: Any, signal: DesireSignal) -> tuple[FloatArray, FloatArray]:
    """Sign of desire and the graded value that is propagated further, (samples, n), from the propagated sum `total`."""
    kind = total.dtype.type
    sign = np.where((np.abs(total) >= kind(signal.hidden_threshold)) & (mask != 0), np.sign(total), kind(0))
    return sign, sign * np.abs((sign > 0) - counts / kind(signal.denominator))
