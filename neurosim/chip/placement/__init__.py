"""Placement of a deployed network on the cores of a chip."""

from neurosim.chip.placement.place import place
from neurosim.chip.placement.placement import Placement

__all__ = ["Placement", "place"]
