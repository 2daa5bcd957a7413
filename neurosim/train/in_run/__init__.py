"""Training inside a run: the neurons of the network themselves compute what to learn."""

from neurosim.train.in_run.training import RunEpoch, RunTraining, train_in_run

__all__ = ["RunEpoch", "RunTraining", "train_in_run"]
