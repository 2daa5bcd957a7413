"""Two layers of LIF neurons that classify images, in Lava: floating-point models on the CPU, one run per image."""

import numpy as np
from common import main
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.dense.process import Dense
from lava.proc.io.source import RingBuffer
from lava.proc.lif.process import LIF
from lava.proc.monitor.process import Monitor


def build(given):
    images, steps, n = given["raster"].shape
    pre = RingBuffer(data=given["raster"].reshape(-1, n).T.astype(float))
    layers = []
    for name in ("hidden", "output"):
        weights = given[name].T * given["decay"]
        synapses, cells = Dense(weights=weights), LIF(shape=weights.shape[:1], du=1.0, dv=1 - given["decay"], vth=1.0)
        pre.s_out.connect(synapses.s_in)
        synapses.a_out.connect(cells.a_in)
        layers.append(cells)
        pre = cells
    monitor = Monitor()
    monitor.probe(layers[-1].s_out, images * steps)

    def run():
        configuration = Loihi2SimCfg(select_tag="floating_pt")
        for _ in range(images):
            layers[-1].run(condition=RunSteps(num_steps=steps), run_cfg=configuration)
            for layer in layers:
                layer.v.set(np.zeros(layer.v.shape))
        (found,) = monitor.get_data()[layers[-1].name].values()
        layers[-1].stop()
        return {"counts": np.asarray(found).reshape(images, steps, 10).sum(1)}

    return run


if __name__ == "__main__":
    main(build, "lava-nc")
