"""Stands in for the extension: connections of a board."""

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.nc.model import AbstractNcProcessModel
from lava.magma.core.resources import Loihi2NeuroCore
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.process import Dense, LearningDense


@implements(proc=Dense, protocol=LoihiProtocol)
@requires(Loihi2NeuroCore)
@tag("ucoded")
class NcModelDense(AbstractNcProcessModel):
    """Dense connection on a neuro core."""


@implements(proc=LearningDense, protocol=LoihiProtocol)
@requires(Loihi2NeuroCore)
@tag("ucoded")
class NcModelLearningDense(AbstractNcProcessModel):
    """Dense connection that learns, on a neuro core."""
