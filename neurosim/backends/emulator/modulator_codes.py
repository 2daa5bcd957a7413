"""Third factors that neurons write in the run, by their codes in the table `plastic_arrays.Supplies`."""

from __future__ import annotations

SUPPLIES = ("desire", "sample_end", "sample_over", "event", "burst", "burst_probability")


def supply_kind(sent: str) -> int:
    """Code of a third factor."""
    return SUPPLIES.index(sent)
