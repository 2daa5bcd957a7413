"""Projections without synapses, without strength, and populations without projections: nothing arrives, everywhere."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    AllToAll,
    BurstLIF,
    FixedProbability,
    Network,
    Population,
    Probe,
    Projection,
    ShortTermPlasticity,
    SpikeRaster,
    deploy,
    simulate,
)
from neurosim.backends.emulator import Session
from neurosim.plasticity import pair_stdp
from neurosim.units import ms, mV

CELL = LIF(tau_m=20 * ms, v_th=1.0)
NOTHING = FixedProbability(0.1, p=0.0)
RULE = pair_stdp(a_plus=0.01, a_minus=0.01, bounds=(0.0, 1.0))
MADE = {
    "none drawn": {"weights": NOTHING},
    "a matrix without entries": {"weights": sparse.coo_array((1, 3))},
    "an entry of 0": {"weights": sparse.csr_array(([0.0], ([0], [1])), shape=(1, 3))},
    "zeros": {"weights": AllToAll(0.0)},
    "plastic": {"weights": NOTHING, "plasticity": RULE},
    "depressing": {"weights": NOTHING, "short_term": ShortTermPlasticity(U=0.5, tau_d=200 * ms)},
    "with a delay each": {"weights": NOTHING, "delay": np.full((1, 3), 2) * ms},
    "graded": {"weights": NOTHING, "graded": True},
}


def network(options, probes=()):
    return Network(
        "empty",
        [
            Population("in", 1, SpikeRaster(np.ones((9, 1), int))),
            Population("fed", 3, CELL),
            Population("driven", 3, CELL),
            Population("alone", 1, CELL),
        ],
        [Projection("in", "fed", **options), Projection("in", "driven", AllToAll(0.6))],
        probes,
    )


def counts(recording):
    return [recording.counts(name).sum() for name in ("fed", "driven", "alone")]


@pytest.mark.parametrize("made", MADE)
def test_nothing_arrives(made):
    described = network(MADE[made])
    deployed = deploy(described)
    runs = [simulate(described, 9 * ms, integration=i, progress=False) for i in ("exact", "step")]
    runs += [deployed.emulate(9 * ms, arithmetic=a) for a in ("fixed", "float")]
    for recording in runs:
        fed, driven, alone = counts(recording)
        assert (fed, alone) == (0, 0) and driven > 0


def test_on_the_first_chip():
    assert counts(deploy(network(MADE["none drawn"]), "loihi1").emulate(9 * ms, arithmetic="loihi1"))[0] == 0


def test_at_a_dendrite():
    cells = Population("bursts", 2, BurstLIF())
    none, receptors = FixedProbability(1 * mV, p=0.0), cells.model.weight_units
    described = Network(
        "empty",
        [Population("in", 1, SpikeRaster(np.ones((9, 1), int))), cells],
        [Projection("in", "bursts", none, receptor=name, name=name) for name in receptors],
    )
    assert not deploy(described).emulate(9 * ms).counts("bursts").any()


@pytest.mark.parametrize("made", ["none drawn", "plastic", "a matrix without entries"])
def test_its_weights_are_zeros(made):
    probes = [Probe("in_fed", "w", every=3 * ms)]
    described = network(MADE[made], probes)
    for recording in (
        simulate(described, 9 * ms, progress=False),
        simulate(described, 9 * ms, integration="step", progress=False),
        *([deploy(described).emulate(9 * ms)] if made == "plastic" else []),
    ):
        assert not recording.weights["in_fed"].values.any()
        assert_array_equal(described.with_weights(recording.final_weights()).weights(described.projections[0]).toarray(), 0)


@pytest.mark.parametrize("made", ["none drawn", "plastic", "with a delay each"])
def test_in_a_session(made):
    session = Session(deploy(network(MADE[made])).program)
    assert session.weights("in_fed").shape == (1, 3) and session.weights("in_fed").nnz == 0
    session.set_weights("in_fed", np.zeros((1, 3)))


@pytest.mark.slow
def test_in_lava():
    described = network(MADE["none drawn"])
    deployed = deploy(described)
    assert counts(deployed.run_lava(9 * ms)) == counts(deployed.emulate(9 * ms))
