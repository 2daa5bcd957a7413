"""Dense connection that learns and also transmits backwards: weight transport, which no chip supports."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyLearningDenseModelBitApproximate, PyLearningDenseModelFloat
from lava.proc.dense.process import LearningDense


class TwoWayLearningDense(LearningDense):
    """A `LearningDense` that also sends payloads from `feedback_in` (n_post), times the weights, to `feedback_out` (n_pre)."""

    def __init__(self, *, weights, **kwargs):
        super().__init__(weights=weights, **kwargs)
        n_post, n_pre = np.shape(weights)
        self.feedback_in, self.feedback_out = InPort(shape=(n_post,)), OutPort(shape=(n_pre,))
        self.feedback_buff = Var(shape=(n_pre,), init=0)


class TwoWayModel:
    """Backward transmission with one step of delay, as forward; it uses the weights of the step in which payloads arrive."""

    implements_process = None  # Without this, Lava rejects a model that inherits from the model of another process.

    def run_spk(self):
        """Send the buffered feedback before waiting for input, so that processes do not wait for each other."""
        self.feedback_out.send(self.feedback_buff)
        super().run_spk()
        self.feedback_buff = self.weights.T.dot(self.feedback_in.recv())


@implements(proc=TwoWayLearningDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyTwoWayLearningDenseFloat(TwoWayModel, PyLearningDenseModelFloat):
    """Model of `TwoWayLearningDense` in floating point."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    feedback_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    feedback_buff: np.ndarray = LavaPyType(np.ndarray, float)


@implements(proc=TwoWayLearningDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyTwoWayLearningDenseFixed(TwoWayModel, PyLearningDenseModelBitApproximate):
    """Model of `TwoWayLearningDense` in Loihi's integers; the weight exponent does not shift the feedback."""

    feedback_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    feedback_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    feedback_buff: np.ndarray = LavaPyType(np.ndarray, np.int32)
