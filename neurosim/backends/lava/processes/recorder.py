"""A sink that keeps what it sees in its own process and writes it to a file at the last step.

Lava's Monitor hands every single value through a channel (about 40 microseconds each); this one hands over nothing.
"""

import numpy as np
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, RefPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

PORTS = [f"state{k}" for k in range(16)]
"""Lava wants the ports of a process declared, whatever the names of what they read."""


class Recorder(AbstractProcess):
    """Records one population: connect its `s_out` to `s_in`, and the ports of states to the Vars that are wanted.

    Parameters
    ----------
    shape : tuple of int
        Of the population.
    steps : int
        Lava time step after which the file is written.
    states : list of str
        Names of the Vars to keep, at most as many as there are `PORTS`; the k-th is connected to the k-th port.
    path : str
        A .npz file: `spikes` of shape (spikes, 3) are step counted from 0, neuron, payload; each state (steps, n).
    """

    def __init__(self, *, shape, steps, states, path):
        super().__init__(shape=shape, steps=steps, states=states, path=path)
        self.s_in = InPort(shape=shape)
        for port in PORTS:
            setattr(self, port, RefPort(shape=shape))


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
class PyRecorder(PyLoihiProcessModel):
    """Keeps non-zero payloads only; reads states in the management phase, hence after the reset of a spiking neuron."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
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
        self.spikes = []
        self.states = {name: [] for name in proc_params["states"]}

    def run_spk(self):
        """Keep the spikes of the step."""
        payload = np.ravel(self.s_in.recv()).astype(np.int64)
        neuron = np.flatnonzero(payload)
        step = np.full(len(neuron), self.time_step - 1)
        self.spikes.append(np.stack([step, neuron, payload[neuron]], axis=1))

    def post_guard(self):
        """Ask for the management phase where there is something to do in it."""
        return bool(self.states) or self.time_step == self.proc_params["steps"]

    def run_post_mgmt(self):
        """Keep the states; write everything after the last step."""
        for port, values in zip(PORTS, self.states.values(), strict=False):
            values.append(np.ravel(getattr(self, port).read()))
        if self.time_step == self.proc_params["steps"]:
            states = {name: np.stack(values) for name, values in self.states.items()}
            np.savez(self.proc_params["path"], spikes=np.concatenate(self.spikes), **states)
