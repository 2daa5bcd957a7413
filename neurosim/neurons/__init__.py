"""Neuron models. Each model is a frozen dataclass with its equations, units and reference."""

from neurosim.neurons.base import Equations, Event, Neuron, per_step
from neurosim.neurons.burst_average import BurstAverage, ConstantBaseline
from neurosim.neurons.burst_detector import BurstDetector, IntervalDetector, TraceDetector
from neurosim.neurons.burst_lif import BurstLIF, EventBaseline, SteadyBaseline
from neurosim.neurons.burst_parrot import BurstParrot
from neurosim.neurons.burst_poisson import BurstPoisson
from neurosim.neurons.clopath_adex import ClopathAdEx
from neurosim.neurons.desire_lif import DesireLIF
from neurosim.neurons.equation import EquationNeuron
from neurosim.neurons.error_pair import ErrorPair
from neurosim.neurons.interneuron import PV, SOM, ConductanceAdEx
from neurosim.neurons.izhikevich import AdEx, Izhikevich
from neurosim.neurons.lif import LIF, AdaptiveLIF, RefractoryLIF
from neurosim.neurons.noise import PoissonNoise
from neurosim.neurons.pyramidal import DrivingForce
from neurosim.neurons.refractory_adaptive_lif import RefractoryAdaptiveLIF
from neurosim.neurons.resonate_and_fire import ResonateAndFire
from neurosim.neurons.soft_reset_lif import SoftResetLIF
from neurosim.neurons.step_izhikevich import StepIzhikevich
from neurosim.neurons.step_lif import LeakyIntegrator, StepLIF
from neurosim.neurons.step_neuron import (
    Bias,
    Decay,
    Fraction,
    Level,
    PerLevel,
    StepNeuron,
    Steps,
    SynapticDecay,
    Whole,
)
from neurosim.neurons.stochastic_unit import StochasticUnit
from neurosim.neurons.teacher import RateTeacher
from neurosim.neurons.two_compartment import TwoCompartment
from neurosim.neurons.two_synapse_lif import TwoSynapseLIF
from neurosim.neurons.two_window_lif import TwoWindowLIF

__all__ = [
    "LIF",
    "PV",
    "SOM",
    "AdEx",
    "AdaptiveLIF",
    "Bias",
    "BurstAverage",
    "BurstDetector",
    "BurstLIF",
    "BurstParrot",
    "BurstPoisson",
    "ClopathAdEx",
    "ConductanceAdEx",
    "ConstantBaseline",
    "Decay",
    "DesireLIF",
    "DrivingForce",
    "EquationNeuron",
    "Equations",
    "ErrorPair",
    "Event",
    "EventBaseline",
    "Fraction",
    "IntervalDetector",
    "Izhikevich",
    "LeakyIntegrator",
    "Level",
    "Neuron",
    "PerLevel",
    "PoissonNoise",
    "RateTeacher",
    "RefractoryAdaptiveLIF",
    "RefractoryLIF",
    "ResonateAndFire",
    "SoftResetLIF",
    "SteadyBaseline",
    "StepIzhikevich",
    "StepLIF",
    "StepNeuron",
    "Steps",
    "StochasticUnit",
    "SynapticDecay",
    "TraceDetector",
    "TwoCompartment",
    "TwoSynapseLIF",
    "TwoWindowLIF",
    "Whole",
    "per_step",
]
