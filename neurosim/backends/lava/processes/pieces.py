"""Models of Lava's `RingBuffer` that send what a file holds, for a run in stretches. Each stretch has a file of its own inputs.

Lava's own models keep one buffer for the whole run, and setting it takes about 50 microseconds per value.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.io.source import RingBuffer


class Pieces(PyLoihiProcessModel):
    """Base of the models; `path` is a .npy file with payloads (steps, n), which is read again when its last step is over."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.piece, self.end = None, 0

    def run_spk(self):
        """Send the payloads of this step."""
        if self.time_step > self.end:
            self.piece = np.load(self.proc_params["path"], allow_pickle=False)
            self.end += len(self.piece)
        self.s_out.send(self.piece[self.time_step - 1 - self.end])


@implements(proc=RingBuffer, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyPiecesFloat(Pieces):
    """Payloads in floating point."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    data: np.ndarray = LavaPyType(np.ndarray, float)


@implements(proc=RingBuffer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyPiecesFixed(Pieces):
    """Payloads in integers."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    data: np.ndarray = LavaPyType(np.ndarray, np.int32)


MODELS = {"floating_pt": PyPiecesFloat, "fixed_pt": PyPiecesFixed}
"""Tag of a graph -> model of its sources."""
