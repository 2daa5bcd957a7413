"""Codes of the third factors that neurons supply during a run, as used in the table `plastic_arrays.Supplies`."""

from __future__ import annotations

SUPPLIES = ("desire", "sample_end", "sample_over", "event", "burst", "burst_probability")


def supply_kind(sent: str) -> int:
    """Code of the third factor `sent`."""
    return SUPPLIES.index(sent)
