"""Pair STDP in Lava: floating-point models on the CPU.

Constants of a rule are powers of two here, so the impulses of the traces carry the rest. Weights have no upper limit.
"""

import numpy as np
from common import main
from lava.magma.core.learning.learning_rule import Loihi2FLearningRule
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.dense.process import LearningDense
from lava.proc.io.source import RingBuffer
from lava.proc.lif.process import LIF
from lava.proc.monitor.process import Monitor
from lava.utils.weightutils import SignMode


def build(given):
    steps, n_post = len(given["raster"]), given["weights"].shape[1]
    scale = float(given["decay"])
    rule = Loihi2FLearningRule(
        dw="2^-7*x1*y0 - 2^-7*x0*y1", x1_impulse=128 * float(given["up"]) * scale, x1_tau=20,
        y1_impulse=128 * float(given["down"]) * scale, y1_tau=20, t_epoch=1,
    )  # fmt: skip
    source = RingBuffer(data=given["raster"].T.astype(float))
    synapses = LearningDense(weights=given["weights"].T * scale, learning_rule=rule, sign_mode=SignMode.EXCITATORY)
    cells = LIF(shape=(n_post,), du=1.0, dv=1 - scale, vth=20.0)
    source.s_out.connect(synapses.s_in)
    synapses.a_out.connect(cells.a_in)
    cells.s_out.connect(synapses.s_in_bap)
    monitor = Monitor()
    monitor.probe(cells.s_out, steps)

    def run():
        cells.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
        weights = synapses.weights.get().T / scale
        (found,) = monitor.get_data()[cells.name].values()
        cells.stop()
        return {"spikes": np.asarray(found).sum(0), "weights": weights}

    return run


if __name__ == "__main__":
    main(build, "lava-nc")
