"""Kernels are compiled for types of arrays, so programs that differ in size only must give the same types."""

from __future__ import annotations

import numpy as np
import pytest
from numba import typeof

from neurosim import LIF, Network, Population, Projection, SpikeRaster, deploy
from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.plastic_to_arrays import fixed_learning
from neurosim.backends.emulator.to_arrays import block_order, to_arrays
from neurosim.plasticity import PlasticityRule, pair_stdp
from neurosim.program.lower import lower
from neurosim.units import ms


def network(projections, rule=None):
    pre = Population("pre", 4, SpikeRaster(np.ones((1, 4), np.uint8)))
    post = Population("post", 3, LIF(tau_m=20 * ms, v_th=100.0))
    made = [Projection("pre", "post", np.full((4, 3), 0.5), plasticity=rule, name=f"p{k}") for k in range(projections)]
    return Network("types", [pre, post], made)


@pytest.mark.parametrize("count", [0, 2, 3])
def test_the_number_of_projections_does_not_matter(count):
    one, several = (to_arrays(lower(network(n)), Arithmetic.FLOAT) for n in (1, count))
    assert typeof(one) == typeof(several)


def test_rules_with_and_without_traces_are_the_same():
    def arrays(described):
        program = deploy(described).program
        blocks = {name: k for k, name in enumerate(block_order(program, Arithmetic.FIXED))}
        return fixed_learning(program, to_arrays(program, Arithmetic.FIXED), blocks, [])

    untraced = PlasticityRule("untraced", every={4: {"w": "-0.1 * w"}}, bounds=(0, 1))
    assert typeof(arrays(network(1, pair_stdp()))) == typeof(arrays(network(1, untraced)))
