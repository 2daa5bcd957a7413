"""A network that runs, stretch by stretch, on any execution: its state is read and set between stretches."""

from neurosim.backends.running.begin import resume, start
from neurosim.backends.running.run import Running

__all__ = ["Running", "resume", "start"]
