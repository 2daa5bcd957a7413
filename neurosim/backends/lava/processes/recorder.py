"""Recorder of spikes and states that stores them in its own process and writes a file at the last step of a stretch.

Lava's Monitor sends every single value through a channel (about 40 microseconds each); this recorder sends none.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, RefPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

PORTS = [f"state{k}" for k in range(16)]
"""Lava wants the ports of a process declared, whatever the names of what they read."""


class Recorder(AbstractProcess):
    """Recorder of one population: connect its `s_out` to `s_in`, and the ports of states to the Vars to record.

    Parameters
    ----------
    shape : tuple of int
        Shape of the population.
    steps : int
        Lava time step after which the file is written; the Var `last` holds it, and can be set for a further stretch.
    states : list of str
        Names of the Vars to keep, at most as many as there are `PORTS`; the k-th is connected to the k-th port.
    path : str
        Path of a .npz file: the columns of `spikes` (spikes, 3) are the step counted from 0, the neuron and the payload; each
        state is (steps, n).
    """

    def __init__(self, *, shape, steps, states, path):
        super().__init__(shape=shape, states=states, path=path)
        self.last = Var(shape=(1,), init=steps)
        self.s_in = InPort(shape=shape)
        for port in PORTS:
            setattr(self, port, RefPort(shape=shape))


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
class PyRecorder(PyLoihiProcessModel):
    """Model of `Recorder`; it stores only non-zero payloads, and reads states in the management phase, after a reset."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    last: np.ndarray = LavaPyType(np.ndarray, int)
    state0: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state3: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state4: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state5: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state6: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state7: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state8: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state9: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state10: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state11: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state12: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state13: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state14: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    state15: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.forget()

    def forget(self):
        """Begin a new file."""
        self.spikes = []
        self.states = {name: [] for name in self.proc_params["states"]}

    def run_spk(self):
        """Store the spikes of the step."""
        payload = np.ravel(self.s_in.recv()).astype(np.int64)
        neuron = np.flatnonzero(payload)
        step = np.full(len(neuron), self.time_step - 1)
        self.spikes.append(np.stack([step, neuron, payload[neuron]], axis=1))

    def post_guard(self):
        """Request the management phase if there are states to read or the file has to be written."""
        return bool(self.states) or self.time_step == self.last[0]

    def run_post_mgmt(self):
        """Store the states; write the file after the last step."""
        for port, values in zip(PORTS, self.states.values(), strict=False):
            values.append(np.ravel(getattr(self, port).read()))
        if self.time_step == self.last[0]:
            states = {name: np.stack(values) for name, values in self.states.items()}
            np.savez(self.proc_params["path"], spikes=np.concatenate(self.spikes), **states)
            self.forget()
