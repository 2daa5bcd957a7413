"""Recorder of a learning connection, which also resets the connection's state, but not its weights, between samples.

It transfers whole arrays. Lava's own `Var.get` and `Var.set` transfer one value at a time, about 50 microseconds each; and
setting any Var of a learning connection makes it parse its rule again, with integer time constants in fixed point.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import RefPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

MATRICES = ("weights", "tag_1", "tag_2")
PRE = ("x1", "x2", "tx")
POST = ("y1", "y2", "y3", "ty", "a_buff")
FORGOTTEN = (*MATRICES[1:], *PRE, *POST)
"""Vars that are reset between samples, including spike times within an epoch (tx, ty) and currents in transit (a_buff)."""


class SynapseRecorder(AbstractProcess):
    """Recorder of one learning connection: connect the connection's Vars to the ports of the same names.

    Parameters
    ----------
    shape : (n_post, n_pre)
        Shape of the connection.
    watched : dict
        Var -> n: it is recorded after every n-th time step (0: only at the end), and after the last one.
    sample : int
        Number of time steps of a sample.
    steps : int
        Time step after which the file is written; the Var `last` holds it, and can be set for a further stretch.
    path : str
        Path of a .npz file: `<var>` of shape (recordings, ...), and `<var>.steps`, the time steps of the recordings.
    """

    def __init__(self, *, shape, watched, sample, steps, path):
        super().__init__(shape=shape, watched=watched, sample=sample, path=path)
        self.last = Var(shape=(1,), init=steps)
        self.weights, self.tag_1, self.tag_2 = (RefPort(shape=shape) for _ in MATRICES)
        self.x1, self.x2, self.tx = (RefPort(shape=(shape[1],)) for _ in PRE)
        self.y1, self.y2, self.y3, self.ty, self.a_buff = (RefPort(shape=(shape[0],)) for _ in POST)


class SynapseRecorderModel(PyLoihiProcessModel):
    """Base of the models of `SynapseRecorder`, which work in the management phase, after the learning phase."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.watched, self.path = proc_params["watched"], proc_params["path"]
        self.sample = proc_params["sample"]
        self.forget()

    def forget(self):
        """Begin a new file."""
        self.seen = {var: [] for var in self.watched}
        self.times = {var: [] for var in self.watched}

    def due(self):
        """Vars to record after this step."""
        last = self.time_step == self.last[0]
        return [var for var, every in self.watched.items() if last or (every and self.time_step % every == 0)]

    def sample_ends(self):
        """Whether another sample follows this step."""
        return self.time_step % self.sample == 0 and self.time_step < self.last[0]

    def post_guard(self):
        """Request the management phase if there is something to record or to reset."""
        return bool(self.due()) or self.sample_ends()

    def run_post_mgmt(self):
        """Reset the state between samples, record, and write the file after the last step."""
        if self.sample_ends():
            self.set_back()
        for var in self.due():
            self.seen[var].append(np.array(getattr(self, var).read()))
            self.times[var].append(self.time_step)
        if self.time_step == self.last[0]:
            times = {f"{var}.steps": np.array(values, np.int64) for var, values in self.times.items()}
            np.savez(self.path, **{var: np.stack(values) for var, values in self.seen.items()}, **times)
            self.forget()

    def set_back(self):
        """Write zeros in the type of the port, because the Var then takes this type."""
        for name in FORGOTTEN:
            port = getattr(self, name)
            port.write(np.zeros(port._shape, port._d_type))
            port.wait()


@implements(proc=SynapseRecorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PySynapseRecorderFloat(SynapseRecorderModel):
    """Model of `SynapseRecorder` for a connection in floating point."""

    last: np.ndarray = LavaPyType(np.ndarray, int)
    weights: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    tag_1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    tag_2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    x1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    x2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    tx: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    y1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    y2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    y3: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    ty: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    a_buff: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)


@implements(proc=SynapseRecorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PySynapseRecorderFixed(SynapseRecorderModel):
    """Model of `SynapseRecorder` for a connection in integers."""

    last: np.ndarray = LavaPyType(np.ndarray, int)
    weights: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    tag_1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    tag_2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    x1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    x2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    tx: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    y1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    y2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    y3: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    ty: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
    a_buff: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, int)
