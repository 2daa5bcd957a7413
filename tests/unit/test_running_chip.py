"""A deployment that runs on: what is set keeps the clips, scales, bits and resets of the deployment."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import LIF, AllToAll, Network, PoissonInput, Population, Probe, Projection, Timed, deploy, resume, start
from neurosim.errors import DataError
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms, mV

STDP = pair_stdp(a_plus=0.1 * mV, a_minus=0.105 * mV, bounds=(0 * mV, 4 * mV))


def learning():
    each = np.random.default_rng(0).uniform(0, 2, (2, 10, 4)) * mV
    parts = [Population("in", 10, PoissonInput(100 * Hz)), Population("cells", 4, LIF(tau_m=20 * ms, v_th=3 * mV))]
    return Network("n", parts, [
        Projection("in", "cells", each[0], plasticity=STDP, name="learns"), Projection("in", "cells", each[1], name="stays"),
    ], [Probe("cells", "v")])  # fmt: skip


@pytest.mark.parametrize("chosen", [{}, {"scales": {"cells": 0.5}}, {"clip": 1e-3}, {"clip": {"stays": 5e-4}}])
def test_a_constant_that_is_set_keeps_the_choices_of_the_deployment(chosen):
    run, untouched = (deploy(learning(), **chosen).start() for _ in range(2))
    run.constants["learns", "a_plus"] = run.constants["learns", "a_plus"]
    run.learning(False)
    run.learning(True)
    for name in ("learns", "stays"):
        assert_array_equal(run.weights[name], untouched.weights[name])
        run.weights[name] = untouched.weights[name] = 0.7 * mV
    assert run.advance(100 * ms) == untouched.advance(100 * ms)
    assert_array_equal(run.weights["learns"], untouched.weights["learns"])


def driven(current):
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=8 * mV, v_reset=4 * mV), current=current)
    inputs = Population("in", 6, PoissonInput(100 * Hz))
    return Network("n", [inputs, cells], [Projection("in", "cells", AllToAll(0.5 * mV))], [Probe("cells", "v")])


@pytest.mark.parametrize("arithmetic", ["fixed", "loihi1", "float"])
@pytest.mark.parametrize("current", [12 * mV, Timed([12, 0, 9] * mV, 40 * ms)])
def test_a_current_that_is_set_keeps_the_reset_of_the_chip(arithmetic, current):
    described, run = (deploy(driven(own), allow={"reset_to_rest"}).start(arithmetic) for own in (current, 0 * mV))
    run.currents["cells"] = current
    assert described.advance(100 * ms) == run.advance(100 * ms)


def test_a_deployment_in_float_resets_as_the_chip_does(tmp_path):
    deployment = deploy(driven(12 * mV), allow={"reset_to_rest"})
    run = deployment.start("float")
    assert run.advance(100 * ms).spikes == deployment.emulate(100 * ms, arithmetic="float").spikes
    run.save(tmp_path / "run.h5")
    assert resume(tmp_path / "run.h5", deployment).advance(50 * ms) == run.advance(50 * ms)
    with pytest.raises(DataError, match="another deployment"):
        resume(tmp_path / "run.h5", deployment.network)
    start(deployment.network).save(tmp_path / "run.h5")
    with pytest.raises(DataError, match="another deployment"):
        resume(tmp_path / "run.h5", deployment)
