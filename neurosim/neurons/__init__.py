"""Neuron models: one small frozen object each, with its equations, units and paper."""

from neurosim.neurons.base import Equations, Neuron, per_step
from neurosim.neurons.burst_lif import BurstLIF, ConstantBaseline, EventAverage
from neurosim.neurons.desire_lif import DesireLIF
from neurosim.neurons.equation import EquationNeuron
from neurosim.neurons.izhikevich import AdEx, Izhikevich
from neurosim.neurons.lif import LIF, AdaptiveLIF, RefractoryLIF
from neurosim.neurons.soft_reset_lif import SoftResetLIF

__all__ = [
    "LIF",
    "AdEx",
    "AdaptiveLIF",
    "BurstLIF",
    "ConstantBaseline",
    "DesireLIF",
    "EquationNeuron",
    "Equations",
    "EventAverage",
    "Izhikevich",
    "Neuron",
    "RefractoryLIF",
    "SoftResetLIF",
    "per_step",
]
