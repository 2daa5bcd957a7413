"""The description of a network: populations, projections, inputs and probes. It imports no engine."""

from neurosim.network.network import Network, Population, Projection
from neurosim.network.probes import Probe

__all__ = ["Network", "Population", "Probe", "Projection"]
