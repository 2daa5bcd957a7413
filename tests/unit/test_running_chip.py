"""A deployment that runs on: what is set keeps the clips, scales, bits and resets of the deployment."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    AllToAll,
    ImageInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Sparse,
    Timed,
    deploy,
    resume,
    start,
)
from neurosim.errors import DataError, OutOfRangeError
from neurosim.plasticity import pair_stdp
from neurosim.program.unit_conversion import weight_unit
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


LEVELS = {"mixed": (-1, 1), "excitatory": (0.1, 1), "inhibitory": (-1, -0.1)}


def still(signs, form=np.asarray):
    drawn = np.random.default_rng(1).uniform(*LEVELS[signs], (6, 3))
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=3 * mV))
    weights = form(drawn)
    given = weights * mV if isinstance(weights, np.ndarray) else Sparse(weights, mV)
    parts = [Population("in", 6, PoissonInput(100 * Hz)), cells]
    return Network("still", parts, [Projection("in", "cells", given, name="p")], [Probe("p", "w", every=10 * ms)])


@pytest.mark.parametrize("arithmetic", ["fixed", "loihi1"])
@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("signs", LEVELS)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_weights_that_are_set_are_those_that_the_chip_stores(signs, bits, arithmetic, form):
    """Oracle: `FixedProjection.stored_weights`, which drops low bits, of the integers nearest to what was set."""
    deployment = deploy(still(signs, form), weight_bits=bits)
    run, own = deployment.start(arithmetic), deployment.program.projections[0]
    own_unit = weight_unit(deployment.network, deployment.program, "p")

    def stored():
        return np.asarray(run.weights["p"] if form is np.asarray else run.weights["p"].toarray()) / own_unit

    assert_allclose(stored(), densely(own.stored_weights), atol=1e-9)
    assert_allclose(np.asarray(deployment.emulate(10 * ms, arithmetic=arithmetic).weights["p"].values[0]) / own_unit, stored())
    with pytest.raises(OutOfRangeError) as found:
        run.weights["p"] = 1.0
    assert_allclose(stored(), densely(own.stored_weights), atol=1e-9)
    low, high = found.value.low, found.value.high
    for level in (low, high, low + 0.37 * (high - low)):
        run.weights["p"] = level
        held = np.round(stored())
        assert_array_equal(densely(replace(own, weights=held.astype(np.int32), sign_mode=own.mode).stored_weights), held)
        assert_allclose(held, level / own_unit, atol=64 / 2 ** max(bits - 2, 0) + 1e-6)
    saved = run.weights["p"]
    run.weights["p"] = saved
    assert_array_equal(stored(), densely(saved) / own_unit)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_weights_beside_images_are_in_described_units_in_each_arithmetic(form):
    pixels = Population("in", 6, ImageInput(RateCoding(20)))
    shown = replace(still("excitatory", form), populations=(pixels, still("excitatory").populations[1]))
    deployment = deploy(shown)
    assert deployment.program.projections[0].weight_exp > 0
    fixed, first = (
        deployment.emulate(20 * ms, images=np.full((2, 6), 0.5), arithmetic=name).weights["p"] for name in ("fixed", "loihi1")
    )
    assert_allclose(np.asarray(fixed.values), np.asarray(first.values), rtol=1e-12)
    assert_allclose(np.asarray(first.values)[0], densely(shown.weights("p")), atol=1e-5)


def densely(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix
