"""Networks from and to NIR, the neuromorphic intermediate representation that other programs write."""

from neurosim.nir.building import Imported
from neurosim.nir.choices import MEANINGS, PRODUCERS, Choices, Decided
from neurosim.nir.exporting import to_nir
from neurosim.nir.importing import from_nir

__all__ = ["MEANINGS", "PRODUCERS", "Choices", "Decided", "Imported", "from_nir", "to_nir"]
