"""Describe a spiking network that learns once; simulate it in Brian2, emulate it, deploy it, and say what the chip loses."""

from neurosim._version import __version__ as __version__
from neurosim.brian_preferences import keep_from_running as _keep_from_running
from neurosim.comparison import compare
from neurosim.connectivity import (
    AllToAll,
    Convolution,
    FixedProbability,
    LocallyConnected,
    Normal,
    OneToOne,
    Sparse,
    Transposed,
    Uniform,
)
from neurosim.deploy import deploy
from neurosim.encoders import LatencyCoding, PoissonCoding, RateCoding
from neurosim.errors import NeurosimError
from neurosim.inputs import ImageInput, LabelInput, PoissonInput, SpikeArray, SpikeRaster
from neurosim.network import Network, Population, Probe, Projection
from neurosim.neurons import (
    LIF,
    AdaptiveLIF,
    AdEx,
    BurstLIF,
    DesireLIF,
    EquationNeuron,
    EventBaseline,
    Izhikevich,
    RefractoryLIF,
    SoftResetLIF,
    SteadyBaseline,
    per_step,
)
from neurosim.recording import Recording
from neurosim.short_term import ShortTermPlasticity

# These functions take the names of their packages, which import no engine before they are called.
from neurosim.simulate import simulate
from neurosim.timed import Timed
from neurosim.train import train

_keep_from_running()

__all__ = [
    "AdaptiveLIF",
    "AdEx",
    "AllToAll",
    "BurstLIF",
    "SteadyBaseline",
    "Convolution",
    "DesireLIF",
    "EquationNeuron",
    "EventBaseline",
    "FixedProbability",
    "ImageInput",
    "Izhikevich",
    "LabelInput",
    "LatencyCoding",
    "LIF",
    "LocallyConnected",
    "Network",
    "NeurosimError",
    "Normal",
    "OneToOne",
    "PoissonCoding",
    "PoissonInput",
    "Population",
    "Probe",
    "Projection",
    "RateCoding",
    "Recording",
    "RefractoryLIF",
    "ShortTermPlasticity",
    "SoftResetLIF",
    "Sparse",
    "SpikeArray",
    "SpikeRaster",
    "Timed",
    "Transposed",
    "Uniform",
    "compare",
    "deploy",
    "per_step",
    "simulate",
    "train",
]
