"""Checkpoint of a training inside a run: one file, which is either complete or missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from neurosim.backends.emulator.packed_memory import unpacked
from neurosim.backends.emulator.session import Session
from neurosim.chip.quantise.weights import values
from neurosim.display.short import Short
from neurosim.errors import DataError, shown
from neurosim.files.checked import REALS, parsed
from neurosim.files.npz import fitting, read_npz, write_npz
from neurosim.program.fixed import FixedProgram

CHECKPOINT = "in_run.npz"
_EVERY = 5000
"""Number of images between two checkpoints."""


@dataclass(frozen=True)
class RunEpoch(Short):
    """Results of one pass over the images.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 0.
    met : float
        Fraction of training images that the network classified correctly when they were shown, with ties counted as errors.
    accuracy, argmax : float
        Accuracy on the test images after the epoch, with ties counted as errors, and with the first of the largest counts as
        the answer; NaN without test images.
    seconds : float
        Wall time of learning.
    """

    epoch: int
    met: float
    accuracy: float
    argmax: float
    seconds: float


@dataclass(frozen=True)
class Part:
    """Progress within an epoch: images shown, images among them that were classified correctly, and seconds."""

    images: int = 0
    hits: int = 0
    seconds: float = 0.0

    def further(self, images: int, hits: int, seconds: float) -> Part:
        """Progress after more images."""
        return Part(self.images + images, self.hits + hits, self.seconds + seconds)


@dataclass(frozen=True)
class _About:
    """Description of a checkpoint: the run it belongs to, finished epochs, and progress within the current epoch."""

    run: str
    epochs: tuple[RunEpoch, ...]
    part: Part


_ABOUT = TypeAdapter(_About)
_PLACES = TypeAdapter(list[Any])
_REMEDY = "remove it to start again"


def made_with(
    program: FixedProgram,
    images: Any,
    labels: Any,
    seed: int,
    arithmetic: str,
    shift: int = 0,
    about: Mapping[str, Any] | None = None,
) -> str:
    """Everything the result depends on, as text; the data and the initial weights enter by a checksum."""
    content = hashlib.sha256()
    for array in (images, labels, *(values(p.weights) for p in program.projections)):
        content.update(np.ascontiguousarray(array).tobytes())
    named = {"network": program.name, "images": len(images), "seed": seed, "arithmetic": arithmetic}
    # Without shifts and further settings, the text is that of older files.
    more = {**({"shift": shift} if shift else {}), **({"settings": dict(about)} if about else {})}
    return json.dumps({**named, **more, "content": content.hexdigest()}, sort_keys=True)


def _differing(found: str, expected: str) -> str:
    """What two texts of `made_with` do not have in common, for a message."""
    then, now = (_parts(text) for text in (found, expected))
    names = sorted(k for k in then.keys() | now.keys() if then.get(k, "") != now.get(k, ""))
    if names == ["content"]:
        return "its images, labels or initial weights"
    words = (f"{k} (found {shown(then.get(k))}, expected {shown(now.get(k))})" for k in names if k != "content")
    return ", ".join(words) or "everything"


def _parts(text: str) -> dict[str, Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return {}
    settings = whole.pop("settings", {}) if isinstance(whole, dict) else {}
    return {**whole, **settings} if isinstance(whole, dict) else {}


class Keeper:
    """Writer and reader of the checkpoint of a run.

    Parameters
    ----------
    folder : path, optional
        Folder of the checkpoint; without it no checkpoint is written.
    run : str
        Everything the result depends on, from `made_with`; a checkpoint of another run is refused.
    """

    def __init__(self, folder: str | Path | None, run: str) -> None:
        self._path = None if folder is None else Path(folder) / CHECKPOINT
        self._run = run
        self._kept = 0
        self._memory: dict[str, Any] | None = None

    def resumed(self) -> tuple[list[RunEpoch], Part]:
        """Finished epochs and progress within the current one, from the checkpoint if there is one."""
        if self._path is None or not self._path.exists():
            return [], Part()
        found = read_npz(self._path, _REMEDY)
        try:
            about = parsed(str(found.pop("about", "")), _ABOUT, "about")
        except ValueError as error:
            raise DataError(f"{self._path}: damaged, or not a checkpoint ({error}); {_REMEDY}.") from None
        if about.run != self._run:
            raise DataError(
                f"{self._path} belongs to another run, which differs in {_differing(about.run, self._run)}. "
                "Choose another folder, or remove the file to start again."
            )
        self._memory = found
        return list(about.epochs), about.part

    def recall(self, session: Session) -> None:
        """Restore the session from the checkpoint, once; raise DataError if the checkpoint belongs to another network."""
        if self._memory is not None:
            own = session.memory()
            memory = unpacked(self._memory, session.program, own)
            self._check(memory, own)
            session.restore(memory)
        self._memory = None

    def _check(self, memory: dict[str, Any], own: dict[str, Any]) -> None:
        # The signals are those that the last run received, so their shape depends on that run; only their type is checked.
        last = memory.get("signals", np.zeros(0))
        wrong = fitting({**memory, "signals": own["signals"]}, own) if last.dtype.kind in REALS else "no signals"
        try:
            places = parsed(str(memory.get("random", "")), _PLACES, "random")
            if not wrong and len(places) != len(json.loads(str(own["random"]))):
                wrong = f"it has {len(places)} generators"
        except ValueError as error:
            wrong = wrong or str(error)
        if wrong:
            raise DataError(f"{self._path}: damaged, or from another network ({wrong}); {_REMEDY}.")

    def keep(self, session: Session, epochs: Sequence[RunEpoch], part: Part, stop: bool) -> None:
        """Write a checkpoint after each epoch, every few thousand images, and when the run has to stop.

        Raises
        ------
        KeyboardInterrupt
            If `stop` is true, after the checkpoint was written.
        """
        due = stop or not part.images or part.images // _EVERY > self._kept
        self._kept = part.images // _EVERY
        if due and self._path is not None:
            about = {"run": self._run, "epochs": [asdict(e) for e in epochs], "part": asdict(part)}
            write_npz(self._path, {"about": np.array(json.dumps(about)), **session.memory()})
        if stop:
            raise KeyboardInterrupt
