"""Training inside a run: the neurons of the network themselves compute the learning signal."""

from neurosim.train.in_run.on_chip import train_on_chip
from neurosim.train.in_run.training import RunEpoch, RunTraining, train_in_run

__all__ = ["RunEpoch", "RunTraining", "train_in_run", "train_on_chip"]
