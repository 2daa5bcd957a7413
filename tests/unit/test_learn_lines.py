"""Rules whose products read no synapse: a dense projection (columns at once) equals a sparse one with all synapses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from neurosim.backends.emulator import emulate
from neurosim.program.engine_rule import ChipProduct, ChipRule, ChipTrace
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from tests.steps import SOURCE, chip_neuron

# More rows than are visited together.
STEPS, N_PRE, N_POST = 150, 150, 20
PLUS, MINUS = ChipProduct("w", "y0", 3, -4, (("x1", 0),)), ChipProduct("w", "x0", -5, -4, (("y1", 0),))
PRODUCTS = {
    "pair": (PLUS, MINUS),
    "other order": (MINUS, PLUS),
    "post": (PLUS,),
    "pre": (MINUS,),
    "no traces": (ChipProduct("w", "x0", 3, 0, ()), ChipProduct("w", "y0", -3, 1, ())),
    "own factors": (
        ChipProduct("w", "y0", 3, -2, (("x1", -20), ("y1", 0))),
        ChipProduct("w", "x0", -3, -2, (("y1", -9), ("x1", 0))),
    ),
    "two at a gate": (PLUS, ChipProduct("w", "y0", -1, -4, (("x1", 0),)), MINUS),
    "clipped": (ChipProduct("w", "y0", 7, 6, (("x1", 0),)), ChipProduct("w", "x0", -7, 5, (("y1", 0),))),
}


def program(products, mode, seed):
    """Source -> plastic -> post, which spikes where a second source does one step earlier; and the spikes of both sources."""
    rng = np.random.default_rng(seed)
    low, high = {SignMode.MIXED: (-256, 255), SignMode.EXCITATORY: (1, 255), SignMode.INHIBITORY: (-255, -1)}[mode]
    w = rng.integers(low, high + 1, (N_PRE, N_POST))
    w[w == 0] = 1
    rule = ChipRule(products=products, traces={"x1": ChipTrace(27.5, 9.0), "y1": ChipTrace(17.0, 12.0)}, seed=seed)
    neuron = chip_neuron("LIF", dv=np.array(4095), v_th=np.array(100))
    populations = (("pre", N_PRE, SOURCE), ("teacher", N_POST, SOURCE), ("post", N_POST, neuron))
    projections = (
        FixedProjection("plastic", "pre", "post", w, weight_exp=-8, sign_mode=mode, rule=rule),
        FixedProjection("teaching", "teacher", "post", np.eye(N_POST, dtype=int) * 200),
    )
    inputs = {name: (rng.random((1, STEPS, n)) < 0.1).astype(np.int32) for name, n in (("pre", N_PRE), ("teacher", N_POST))}
    inputs["pre"][:, :, -30:] = 0
    return FixedProgram("blocks", 1e-3, tuple(FixedPopulation(*p) for p in populations), projections), inputs


@pytest.mark.parametrize("mode", [SignMode.MIXED, SignMode.EXCITATORY, SignMode.INHIBITORY], ids=lambda mode: mode.name)
@pytest.mark.parametrize("name", PRODUCTS)
def test_dense_equals_sparse(name, mode):
    dense, inputs = program(PRODUCTS[name], mode, 3)
    plastic, teaching = dense.projections
    lines = replace(dense, projections=(replace(plastic, weights=sparse.csr_array(plastic.weights)), teaching))
    found, expected = (emulate(p, STEPS, inputs=inputs) for p in (dense, lines))
    assert np.array_equal(found.raster("post"), expected.raster("post"))
    last = found.weights["plastic"].values[-1]
    assert np.mean(last != plastic.weights) > 0.3
    assert np.array_equal(last, expected.weights["plastic"].values[-1])
