"""Describe a spiking network that learns once; simulate it in Brian2, emulate it, deploy it, and say what the chip loses."""

from neurosim.connectivity import AllToAll, Convolution, FixedProbability, LocallyConnected, Normal, OneToOne, Uniform
from neurosim.encoders import LatencyCoding, PoissonCoding, RateCoding
from neurosim.errors import NeurosimError
from neurosim.inputs import ImageInput, PoissonInput, SpikeArray, SpikeRaster
from neurosim.network import Network, Population, Probe, Projection
from neurosim.neurons import LIF, AdaptiveLIF, AdEx, EquationNeuron, Izhikevich, RefractoryLIF, SoftResetLIF, per_step
from neurosim.recording import Recording

__version__ = "0.1.0"
