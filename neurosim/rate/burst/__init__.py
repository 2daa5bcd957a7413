"""Learning with rates instead of spikes, in discrete time: without neuron models and simulators, with arrays only."""

from neurosim.rate.burst.burstccn import BurstCCN
from neurosim.rate.burst.checkpoint import RateTraining
from neurosim.rate.burst.feedback import RandomFeedback, RateFeedback, SymmetricStart, TiedFeedback
from neurosim.rate.burst.parameters import Parameters
from neurosim.rate.burst.training import train_rates

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
