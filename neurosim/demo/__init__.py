"""The demo, from end to end on real digits: train, check in Brian2, deploy, emulate, run in Lava, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def run_demo(out: str | Path, **options: Any) -> dict[str, Any]:
    """Run the demo and write its results to the folder `out`; see `neurosim.demo.job.run_demo`."""
    from neurosim.demo.job import run_demo as run

    return run(out, **options)


__all__ = ["run_demo"]
