"""Learning with rates instead of spikes, in discrete time: without neuron models and simulators, with arrays only."""

from neurosim.rate.burstccn import BurstCCN
from neurosim.rate.checkpoint import RateTraining
from neurosim.rate.feedback import RandomFeedback, RateFeedback, SymmetricStart, TiedFeedback
from neurosim.rate.parameters import Parameters
from neurosim.rate.training import train_rates

__all__ = [
    "BurstCCN",
    "Parameters",
    "RandomFeedback",
    "RateFeedback",
    "RateTraining",
    "SymmetricStart",
    "TiedFeedback",
    "train_rates",
]
