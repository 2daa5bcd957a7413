"""A balanced network in Lava: floating-point models on the CPU."""

import numpy as np
from common import main
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.source import RingBuffer
from lava.proc.lif.process import LIF
from lava.proc.monitor.process import Monitor
from lava.proc.sparse.process import Sparse
from scipy.sparse import csr_matrix


def build(given):
    steps, n = len(given["raster"]), len(given["recurrent"])
    cells = LIF(shape=(n,), du=1.0, dv=1 - given["decay"], vth=20.0)
    source = RingBuffer(data=given["raster"].T.astype(float))
    for pre, name in ((source, "external"), (cells, "recurrent")):
        synapses = Sparse(weights=csr_matrix(given[name].T * given["decay"]))
        pre.s_out.connect(synapses.s_in)
        synapses.a_out.connect(cells.a_in)
    monitor = Monitor()
    monitor.probe(cells.s_out, steps)

    def run():
        cells.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
        (found,) = monitor.get_data()[cells.name].values()
        cells.stop()
        step, neuron = np.asarray(found).nonzero()
        return {"step": step, "neuron": neuron}

    return run


if __name__ == "__main__":
    main(build, "lava-nc")
