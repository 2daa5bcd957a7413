"""The public names of neurosim, and where they are defined."""

from ._version import __version__ as __version__
from .analysis.comparison import compare
from .backends.brian2 import simulate
from .backends.calibration import calibrate
from .backends.deployment import deploy
from .backends.running import Running, resume, start
from .backends.running.whole import emulate_network
from .checks.distributions import Clipped, Normal, Uniform
from .checks.matrices import Sparse
from .citing import cite
from .errors import NeurosimError
from .models import load_model
from .network import Network, Population, Probe, Projection
from .network.connectivity import (
    AllToAll,
    Convolution,
    FixedProbability,
    FromList,
    LocallyConnected,
    OneToOne,
    Pooling,
    Transposed,
)
from .network.edge_list import projections_from_list
from .network.encoders import LatencyCoding, PoissonCoding, RateCoding
from .network.events import event_counts, event_spikes
from .network.fixed_numbers import FixedInDegree, FixedNumber, FixedOutDegree
from .network.inputs import ImageInput, LabelInput, PoissonCounts, PoissonInput, SpikeArray, SpikeRaster
from .network.short_term import ShortTermPlasticity
from .network.spatial import Exponential, Gaussian, OnGrid, OnRing, Within
from .neurons import (
    LIF,
    AdaptiveLIF,
    AdEx,
    BurstLIF,
    ClopathAdEx,
    DesireLIF,
    EquationNeuron,
    ErrorPair,
    EventBaseline,
    Izhikevich,
    LeakyIntegrator,
    RefractoryAdaptiveLIF,
    RefractoryLIF,
    ResonateAndFire,
    SoftResetLIF,
    SteadyBaseline,
    StepIzhikevich,
    StepLIF,
    StepNeuron,
    StochasticUnit,
    TwoSynapseLIF,
    TwoWindowLIF,
    per_step,
)
from .neurons.timed import Timed
from .results.recording import Recording
from .train import train

__all__ = [
    "LIF",
    "AdEx",
    "AdaptiveLIF",
    "AllToAll",
    "BurstLIF",
    "ClopathAdEx",
    "Convolution",
    "DesireLIF",
    "EquationNeuron",
    "ErrorPair",
    "EventBaseline",
    "FixedProbability",
    "ImageInput",
    "Izhikevich",
    "LabelInput",
    "LatencyCoding",
    "LeakyIntegrator",
    "LocallyConnected",
    "Network",
    "NeurosimError",
    "Normal",
    "OneToOne",
    "PoissonCoding",
    "Pooling",
    "PoissonCounts",
    "PoissonInput",
    "Population",
    "Probe",
    "Projection",
    "RateCoding",
    "Recording",
    "RefractoryAdaptiveLIF",
    "RefractoryLIF",
    "ResonateAndFire",
    "Running",
    "ShortTermPlasticity",
    "SoftResetLIF",
    "Sparse",
    "SpikeArray",
    "SpikeRaster",
    "SteadyBaseline",
    "StepIzhikevich",
    "StepLIF",
    "StepNeuron",
    "StochasticUnit",
    "Timed",
    "Transposed",
    "TwoSynapseLIF",
    "TwoWindowLIF",
    "Uniform",
    "calibrate",
    "cite",
    "compare",
    "deploy",
    "emulate_network",
    "event_counts",
    "event_spikes",
    "load_model",
    "per_step",
    "resume",
    "simulate",
    "start",
    "train",
    "Clipped",
    "FromList",
    "projections_from_list",
    "FixedInDegree",
    "FixedNumber",
    "FixedOutDegree",
    "Exponential",
    "Gaussian",
    "OnGrid",
    "OnRing",
    "Within",
]
