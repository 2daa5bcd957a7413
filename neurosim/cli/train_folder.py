"""The folder of a training: one run at a time, and no earlier run overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.cli.errors import interrupted_with
from neurosim.cli.values import check_outputs
from neurosim.errors import UsageError
from neurosim.files.lock import folder_lock


@contextmanager
def training_folder(checkpoint: Path, resume: bool) -> Iterator[None]:
    """Lock the folder of `checkpoint` while the block trains in it.

    Raises
    ------
    UsageError
        If another run has locked the folder, or it has a checkpoint that is not to be resumed.
    KeyboardInterrupt
        On Ctrl-C, with what to do next.
    """
    check_outputs(checkpoint)
    # The folder is checked for an earlier run only when no other process can write into it.
    remedy = f"the same command with --resume goes on from {checkpoint}"
    with folder_lock(checkpoint.parent), interrupted_with(remedy, checkpoint):
        if checkpoint.exists() and not resume:
            raise UsageError(f"{checkpoint} exists already: add --resume to continue, or name another folder with --out.")
        yield
