"""Learning with rates instead of spikes: every local rule of the field on one kind of layered network, with arrays only."""

from neurosim.rate.algorithm import Algorithm, Phase, Taught
from neurosim.rate.catalogue import ALGORITHMS
from neurosim.rate.checkpoint import RateTraining
from neurosim.rate.learner import Learner
from neurosim.rate.losses import CROSS_ENTROPY, SQUARED
from neurosim.rate.network import Conv, Dense, Local, RateNetwork, layered
from neurosim.rate.optimisers import Adam, Descent, Momentum
from neurosim.rate.pools import MaxPool, MeanPool
from neurosim.rate.rule import Quantities, RateRule
from neurosim.rate.training import train_rates

__all__ = [
    "ALGORITHMS",
    "CROSS_ENTROPY",
    "SQUARED",
    "Adam",
    "Algorithm",
    "Conv",
    "Dense",
    "Descent",
    "Learner",
    "Local",
    "MaxPool",
    "MeanPool",
    "Momentum",
    "Phase",
    "Quantities",
    "RateNetwork",
    "RateRule",
    "RateTraining",
    "Taught",
    "layered",
    "train_rates",
]
