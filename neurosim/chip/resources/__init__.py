"""What the parts of a deployed network need of a core: compartments, synapse memory, axons and entries of tables."""

from neurosim.chip.resources.design_rules import Finding, findings, not_checked
from neurosim.chip.resources.needs import Needs, PopulationNeed, ProjectionNeed, needs_of

__all__ = ["Finding", "Needs", "PopulationNeed", "ProjectionNeed", "findings", "needs_of", "not_checked"]
