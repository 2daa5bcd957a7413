"""The checkpoint of a training in the run: one file, whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from neurosim.backends.emulator.session import Session
from neurosim.chip.quantise.weights import values
from neurosim.errors import DataError
from neurosim.files.checked import REALS, parsed
from neurosim.files.npz import fitting, read_npz, write_npz
from neurosim.program.fixed import FixedProgram

CHECKPOINT = "in_run.npz"
_EVERY = 5000
"""Images between two checkpoints."""


@dataclass(frozen=True)
class RunEpoch:
    """One pass over the images.

    Attributes
    ----------
    epoch : int
        From 0.
    met : float
        Part of the images that the network had right when it met them, ties counted as errors.
    accuracy, argmax : float
        Of the test images after it, with ties counted as errors, and with the first of the largest; NaN without any.
    seconds : float
        Of learning.
    """

    epoch: int
    met: float
    accuracy: float
    argmax: float
    seconds: float


@dataclass(frozen=True)
class Part:
    """Of an epoch that is under way: images shown, those among them that were right, seconds."""

    images: int = 0
    hits: int = 0
    seconds: float = 0.0

    def further(self, images: int, hits: int, seconds: float) -> Part:
        """After some more."""
        return Part(self.images + images, self.hits + hits, self.seconds + seconds)


@dataclass(frozen=True)
class _About:
    """What a checkpoint says of itself."""

    run: str
    epochs: tuple[RunEpoch, ...]
    part: Part


_ABOUT = TypeAdapter(_About)
_PLACES = TypeAdapter(list[Any])
_REMEDY = "remove it to begin anew"


def made_with(program: FixedProgram, images: Any, labels: Any, seed: int, arithmetic: str) -> str:
    """What the result depends on, as text: the data and the weights at the start by their checksums."""
    content = hashlib.sha256()
    for array in (images, labels, *(values(p.weights) for p in program.projections)):
        content.update(np.ascontiguousarray(array).tobytes())
    named = {"network": program.name, "images": len(images), "seed": seed, "arithmetic": arithmetic}
    return json.dumps({**named, "content": content.hexdigest()}, sort_keys=True)


class Keeper:
    """Keeps checkpoints in a folder, or none without one.

    Parameters
    ----------
    folder : path, optional
        Where.
    run : str
        What the run is made with; a checkpoint of another one is refused.
    """

    def __init__(self, folder: str | Path | None, run: str) -> None:
        self._path = None if folder is None else Path(folder) / CHECKPOINT
        self._run = run
        self._kept = 0
        self._memory: dict[str, Any] | None = None

    def resumed(self) -> tuple[list[RunEpoch], Part]:
        """Epochs and part of the checkpoint, if there is one."""
        if self._path is None or not self._path.exists():
            return [], Part()
        found = read_npz(self._path, _REMEDY)
        try:
            about = parsed(str(found.pop("about", "")), _ABOUT, "about")
        except ValueError as error:
            raise DataError(f"{self._path}: damaged or no checkpoint ({error}); {_REMEDY}.") from None
        if about.run != self._run:
            raise DataError(
                f"{self._path} belongs to another run: {about.run}, and this one is {self._run}. "
                "Choose another folder, or remove the file to begin anew."
            )
        self._memory = found
        return list(about.epochs), about.part

    def recall(self, session: Session) -> None:
        """Put what the checkpoint holds into the session, once; DataError if it is that of another network."""
        if self._memory is not None:
            self._check(self._memory, session.memory())
            session.restore(self._memory)
        self._memory = None

    def _check(self, memory: dict[str, Any], own: dict[str, Any]) -> None:
        # The last signals are those of the last run, in whatever form it was given them.
        last = memory.get("signals", np.zeros(0))
        wrong = fitting({**memory, "signals": own["signals"]}, own) if last.dtype.kind in REALS else "no signals"
        try:
            places = parsed(str(memory.get("random", "")), _PLACES, "random")
            if not wrong and len(places) != len(json.loads(str(own["random"]))):
                wrong = f"it has {len(places)} generators"
        except ValueError as error:
            wrong = wrong or str(error)
        if wrong:
            raise DataError(f"{self._path}: damaged, or of another network ({wrong}); {_REMEDY}.")

    def keep(self, session: Session, epochs: Sequence[RunEpoch], part: Part, stop: bool) -> None:
        """Write a checkpoint after each epoch, every few thousand images, and when the run shall stop.

        Raises
        ------
        KeyboardInterrupt
            If it shall stop.
        """
        due = stop or not part.images or part.images // _EVERY > self._kept
        self._kept = part.images // _EVERY
        if due and self._path is not None:
            about = {"run": self._run, "epochs": [asdict(e) for e in epochs], "part": asdict(part)}
            write_npz(self._path, {"about": np.array(json.dumps(about)), **session.memory()})
        if stop:
            raise KeyboardInterrupt
