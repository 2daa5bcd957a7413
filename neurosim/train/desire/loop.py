"""The training loop of desire backpropagation: epochs, evaluation, checkpoints, resuming."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.arrays import whole_number
from neurosim.checks.described import checked
from neurosim.data import Dataset
from neurosim.errors import DataError, NetworkError, UsageError, unknown_name
from neurosim.files.atomic import atomic_write
from neurosim.files.lock import alone
from neurosim.network.network import Network
from neurosim.plasticity.feedback import Tied
from neurosim.processes.interrupt import stop_on_interrupt
from neurosim.processes.stopwatch import Clock
from neurosim.train.desire.augment import Shift
from neurosim.train.desire.chain import Chain, chain_of
from neurosim.train.desire.coding import Coder
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.online import START, Course, Part, argmax_hits, counts_of, strict_hits, train_epoch
from neurosim.train.desire.training import Epoch, Training
from neurosim.train.epoch_bar import epoch_bar, figures
from neurosim.units import FloatArray

DROPOUT = Dropout(hidden=0.3)
CHECKPOINT = "training.h5"
METRICS = "metrics.jsonl"
_MAY_DIFFER = ("model_sha256", "model_run_by")
"""Settings that may differ when a run is resumed, because training continues with the network that is passed."""


@checked
@alone
def train(
    network: Network,
    dataset: Dataset,
    *,
    epochs: int = 60,
    eta_decay: float = 0.05,
    dropout: Dropout = DROPOUT,
    shift: int = 0,
    batch: int = 1,
    seed: int = 0,
    folder: str | Path | None = None,
    resume: bool = False,
    engine: str = "emulator",
    dtype: str = "float64",
    progress: bool = True,
    origin: Mapping[str, Any] | None = None,
) -> Training:
    """Train `network` by its plasticity rule, online, one image at a time.

    The learning rate of epoch e is the rule's eta * exp(-eta_decay * e). The test set is evaluated after each epoch, only to
    record the accuracy; no setting is chosen by it. To choose settings, train on ``dataset.held_out(n)``.

    Parameters
    ----------
    network : Network
        A chain of layers that learn, from an image input to the output.
    dataset : Dataset
        Images and labels.
    epochs : int
        Number of passes over all images, including those of a resumed run; at least 1.
    eta_decay : float
        Decay of the learning rate per epoch.
    dropout : Dropout
        Probabilities that a neuron is dropped for a sample.
    shift : int
        Largest random shift of training images, in pixels; 0 is the published rule.
    batch : int
        Number of images that are shown with the same weights and whose weight changes are summed; 1 is the published rule.
        Batches of 8 run on all cores.
    seed : int
        Seed of the order of the images, their shifts, the encoding and dropout.
    folder : path, optional
        Folder for the checkpoint ``training.h5`` and for ``metrics.jsonl``, which are written after each epoch and on Ctrl-C.
    resume : bool
        Continue from the checkpoint in `folder`; the result equals that of an uninterrupted run, bit for bit.
    engine : str
        "emulator" or "brian2" (slow; the reference).
    dtype : str
        Type of the weights, "float64" or "float32" (used in the paper).
    progress : bool
        Show a progress bar if the output is a terminal.
    origin : mapping, optional
        ``model`` and ``options`` that are stored in the file, so that the network can be built again by name.

    Raises
    ------
    UnsupportedError
        If the network is not a chain that desire backpropagation can train.
    DataError
        If the sizes of data and network do not match, or the checkpoint belongs to another run.
    UsageError, NetworkError
        If an argument has the wrong type, or is outside its range.
    KeyboardInterrupt
        On Ctrl-C, after the progress so far was saved (a second Ctrl-C does not wait for this).
    """
    epochs = _at_least(1, epochs, "epochs")
    course = Course(dropout, Shift(shift), _at_least(1, batch, "batch"), _at_least(0, seed, "seed"))
    passes = _engine(engine)
    chain = _chain(network, dataset, dtype)
    settings = _settings(chain, dataset, eta_decay, course, engine, dtype, origin)
    initial = chain.described(chain.weights)
    history, done = _resume(network, chain, settings, folder) if resume else ([], START)
    images, labels, coder = dataset.train_images, dataset.train_labels, _coder(chain, dataset)
    shown = len(history) * len(images) + done.images

    def so_far(part: Part = START) -> Training:
        return Training(_trained(network, chain), initial, tuple(history), settings, asdict(part), _own_feedback(chain))

    with epoch_bar(epochs, len(images), shown, progress) as bar, stop_on_interrupt() as stopping:
        for e in range(len(history), epochs):
            started, eta = Clock(), chain.eta * float(np.exp(-eta_decay * e))
            done = passes(
                chain, images, labels, coder,
                eta=eta, course=course, epoch=e, done=done, stopping=stopping, advance=bar.advance,
            )  # fmt: skip
            if done.images < len(images):
                _interrupted(so_far(done), folder)
            strict, first_of_largest = (float(h.mean()) for h in _test(chain, dataset, coder))
            accuracies = (done.hits / len(images), strict, first_of_largest)
            history.append(Epoch(e, eta, *accuracies, **started.seconds(), feedback_angle=chain.angle))
            done = START
            bar.say(figures(history[-1]))
            if folder is not None:
                _checkpoint(so_far(), Path(folder))
            if stopping():
                raise KeyboardInterrupt
    return so_far()


def _coder(chain: Chain, dataset: Dataset) -> Coder:
    return Coder(chain.encoder, dataset.max_value, dataset.image_shape)


def _test(chain: Chain, dataset: Dataset, coder: Coder) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    counts = counts_of(chain, dataset.test_images, coder)
    return strict_hits(counts, dataset.test_labels), argmax_hits(counts, dataset.test_labels)


def intensities(images: NDArray[np.uint8], dataset: Dataset) -> FloatArray:
    """Grey values of images as float32 from 0 to 1."""
    return np.asarray(images.astype(np.float32) / np.float32(dataset.max_value))


def _brian2_epoch(*data: Any, **how: Any) -> Part:
    from neurosim.train.desire.brian2_training import train_epoch_brian2

    return train_epoch_brian2(*data, **how)


def _at_least(low: int, value: int, name: str) -> int:
    try:
        return whole_number(value, f"train: {name}", low)
    except NetworkError as error:
        raise UsageError(str(error)) from None


_ENGINES = {"emulator": train_epoch, "brian2": _brian2_epoch}


def _engine(name: str) -> Any:
    if name not in _ENGINES:
        raise UsageError(unknown_name("engine", name, _ENGINES))
    return _ENGINES[name]


def _chain(network: Network, dataset: Dataset, dtype: str) -> Chain:
    chain = chain_of(network)
    if (chain.sizes[0], chain.sizes[-1]) != (dataset.n_pixels, dataset.n_classes):
        raise DataError(
            f"Network {network.name!r} has {chain.sizes[0]} inputs and {chain.sizes[-1]} outputs; data set "
            f"{dataset.name!r} has {dataset.n_pixels} pixels and {dataset.n_classes} classes. "
            "Build the network with matching sizes."
        )
    if dtype not in ("float32", "float64"):
        raise UsageError(unknown_name("dtype", dtype, ("float32", "float64")))
    return chain.as_type(dtype)


def _settings(
    chain: Chain, dataset: Dataset, eta_decay: float, course: Course, engine: str, dtype: str, origin: Any
) -> dict[str, Any]:
    from neurosim.models.origin import stored_origin

    settings = {
        "data": dataset.name,
        "held_out": dict(dataset.held),
        "checksums": dict(dataset.checksums),
        "sizes": list(chain.sizes),
        "eta": chain.eta,
        "eta_decay": eta_decay,
        **asdict(course),
        **_learning(chain),
        "engine": engine,
        "dtype": dtype,
        **stored_origin(origin),
    }
    # The settings are compared with those of a checkpoint, in which JSON has turned tuples into lists.
    return dict(json.loads(json.dumps(settings)))


def _learning(chain: Chain) -> dict[str, Any]:
    signal = asdict(chain.signal) | {"feedback": chain.signal.feedback.described()}
    low, high = (float(b) if np.isfinite(b) else None for b in chain.rule.bounds)
    return {"signal": signal, "floor": chain.floor, "bounds": [low, high], **_layers(chain)}


def _layers(chain: Chain) -> dict[str, Any]:
    """What the layers of a chain do not have in common; nothing for dense layers of one rate, as in older files."""
    links = {"links": [link.in_words() for link in chain.links]} if chain.shared else {}
    return {**links, **({"rates": chain.rates} if set(chain.rates) != {1.0} else {})}


def _earlier(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a checkpoint, completed by the defaults of settings that were introduced in version 0.3."""
    signal = {"feedback": Tied().described(), "ceiling": None, **settings.get("signal", {})}
    return {"floor": 0.0, "bounds": [None, None], "held_out": {}, **settings, "signal": signal}


def _own_feedback(chain: Chain) -> dict[str, FloatArray]:
    """Copies of the feedback by projection, without those whose feedback is the weights themselves."""
    own = {name for name, w, b in zip(chain.projections, chain.weights, chain.feedback, strict=True) if b is not w}
    return {name: b for name, b in chain.described(chain.feedback).items() if name in own}


def _trained(network: Network, chain: Chain) -> Network:
    return network.with_weights(chain.described(chain.weights))


def _resume(
    network: Network, chain: Chain, settings: dict[str, Any], folder: str | Path | None
) -> tuple[list[Epoch], Part]:
    """Copy the weights of the checkpoint into the chain and return its history, which is empty if there is no checkpoint."""
    if folder is None:
        raise UsageError("train: resume=True needs folder=..., the folder that contains the checkpoint of the run to resume.")
    path = Path(folder) / CHECKPOINT
    if not path.exists():
        return [], START
    found = Training.load(path, network)
    if found.units:
        raise DataError(
            f"{path} is packed, which means that its weights are rounded; resume from the file that `neurosim train` wrote."
        )
    then = _earlier(found.settings)
    differing = sorted(k for k in settings if then.get(k) != settings[k] and k not in _MAY_DIFFER)
    if differing:
        raise DataError(
            f"{path} belongs to a run with other settings ({', '.join(differing)}); "
            "choose another folder, or use the same settings."
        )
    for name, link, weights, feedback in zip(chain.projections, chain.links, chain.weights, chain.feedback, strict=True):
        weights[:] = link.kept(found.weights[name])
        feedback[:] = link.kept(found.feedback[name]) if name in found.feedback else weights
    return list(found.history), Part(**found.part)


def _interrupted(training: Training, folder: str | Path | None) -> None:
    if folder is not None:
        _checkpoint(training, Path(folder))
    raise KeyboardInterrupt


def _checkpoint(training: Training, folder: Path) -> None:
    training.save(folder / CHECKPOINT)
    with atomic_write(folder / METRICS) as partial:
        partial.write_text("".join(json.dumps(asdict(e)) + "\n" for e in training.history))
