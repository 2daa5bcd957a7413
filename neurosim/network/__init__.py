"""Description of a network: populations, projections, inputs and probes. Importing it loads no engine."""

from neurosim.network.network import Network, Population, Projection
from neurosim.network.probes import Probe

__all__ = ["Network", "Population", "Probe", "Projection"]
