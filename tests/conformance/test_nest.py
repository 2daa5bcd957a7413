"""NEST against the step program: the same spikes where the arithmetic allows, the same statistics elsewhere."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from neurosim import (
    LIF,
    AllToAll,
    FixedProbability,
    ImageInput,
    Network,
    Normal,
    OneToOne,
    PoissonCounts,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    RefractoryLIF,
    SpikeArray,
    Uniform,
    compare,
    load_model,
    simulate,
)
from neurosim.analysis.measures import cv
from neurosim.backends.executions import EXECUTIONS, Workload
from neurosim.backends.executions.nest import NestExecution
from neurosim.backends.nest.cluster import read_run, write_run
from neurosim.backends.nest.interpreter import require_nest
from neurosim.errors import NestError
from neurosim.network.fixed_numbers import FixedInDegree
from neurosim.plasticity import inhibitory_stdp, multiplicative_stdp, pair_stdp, triplet_stdp, van_rossum_stdp
from neurosim.results.weight_trace import SparseValues
from neurosim.units import Hz, ms, mV

NEST = EXECUTIONS["NEST"]
ALLOWED = frozenset({"nest_stdp", "nest_delay"})
TIMEOUT = 300
pytestmark = pytest.mark.skipif(bool(NEST.missing()), reason=f"no NEST: {NEST.missing()}")


def nest(network, duration, **given):
    return NEST.run(Workload(network, allow=ALLOWED), duration, timeout=TIMEOUT, **given)


def emulated(network, duration, **given):
    return EXECUTIONS["emulator float"].run(Workload(network), duration, **given)


def test_synaptic_currents_delays_and_neurons_that_differ():
    """Every spike, voltage and current, at a step of 0.1 ms."""
    n = 20
    cell = RefractoryLIF(
        tau_m=np.linspace(15, 25, n) * ms, v_th=np.linspace(9, 11, n) * mV, v_rest=-1 * mV, v_reset=1 * mV, tau_syn=5 * ms,
        refractory=2 * ms, bias=np.linspace(0, 2, n) * mV,
    )  # fmt: skip
    network = Network(
        "currents",
        [Population("noise", 50, PoissonInput(50 * Hz)), Population("cells", n, cell)],
        [
            Projection("noise", "cells", FixedProbability(Normal(15 * mV, 3 * mV), p=0.5), delay=1 * ms),
            Projection("cells", "cells", FixedProbability(-9 * mV, p=0.3), delay=Uniform(1 * ms, 3 * ms)),
        ],
        probes=[Probe("cells", "v"), Probe("cells", "g", neurons=[3, 1])],
        dt=0.1 * ms,
        seed=3,
    )
    wanted, found = emulated(network, 400 * ms), nest(network, 400 * ms)
    assert compare(wanted, found).identical and wanted.counts("cells").sum() > 500
    for key, values in wanted.states.items():
        np.testing.assert_allclose(found.states[key], values, rtol=0, atol=1e-12, err_msg=str(key))


def test_without_the_step_of_delay_currents_come_one_step_later():
    cell = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    parts = [Population("noise", 9, PoissonInput(80 * Hz)), Population("cells", 9, cell)]
    at_once, later = (
        Network("late", parts, [Projection("noise", "cells", AllToAll(9 * mV), delay=d)]) for d in (0 * ms, 1 * ms)
    )
    assert compare(nest(at_once, 200 * ms), emulated(later, 200 * ms)).identical


def test_numbers_of_spikes_and_two_threads():
    parts = [Population("many", 20, PoissonCounts(8000 * Hz)), Population("cells", 20, LIF(tau_m=20 * ms, v_th=10 * mV))]
    network = Network("graded", parts, [Projection("many", "cells", OneToOne(0.08 * mV), graded=True)])
    wanted = emulated(network, 300 * ms)
    found = NestExecution("NEST", threads=2).run(Workload(network), 300 * ms, timeout=TIMEOUT)
    assert compare(wanted, found).identical and wanted.counts("cells").sum() > 100 and found.info["threads"] == 2


RULES = {
    "pair": pair_stdp(0.05 * mV, 0.03 * mV, bounds=(0 * mV, 2 * mV)),
    "one-sided": pair_stdp(0.05 * mV, 0 * mV, bounds=(0 * mV, None)),
    "triplet": triplet_stdp(0.02 * mV, 0.03 * mV, 0.025 * mV, 0.015 * mV, bounds=(0 * mV, 2 * mV)),
    "multiplicative": multiplicative_stdp(eta=0.05, w_max=2 * mV),
    "van Rossum": van_rossum_stdp(0.05 * mV, 0.03),
}
LAG = np.arange(-4, 5)
LOST = (LAG == -1) | (LAG == 0)
"""Distances in steps, post minus pre, of pairs that lack their change at the pre spike."""


def trains(times):
    """Input in which neuron i spikes at the steps ``times[i]``."""
    return SpikeArray(np.repeat(np.arange(len(times)), [len(t) for t in times]), np.concatenate(times) * 0.1 * ms)


def driven(rule, pre, post, weight, delay):
    """Pre neurons onto one neuron each, which other inputs make spike at the steps `post`."""
    n = len(pre)
    cells = LIF(tau_m=20 * ms, v_th=20 * mV)
    parts = [Population("pre", n, trains(pre)), Population("drive", n, trains([np.asarray(t) - 1 for t in post]))]
    links = [
        Projection("pre", "cells", OneToOne(weight), plasticity=rule, delay=delay, name="learning"),
        Projection("drive", "cells", OneToOne(100 * mV)),
    ]
    return Network("driven", [*parts, Population("cells", n, cells)], links, dt=0.1 * ms)


@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize("rule", RULES)
def test_each_pair_changes_the_weight_alike_but_for_two_distances(rule, late):
    """One pair for each distance in time, and a later pre spike at which NEST applies what the post spike did."""
    pre, post = [[100, 5000] for _ in LAG], [[100 + late + lag] for lag in LAG]
    network = driven(RULES[rule], pre, post, 1 * mV, late * 0.1 * ms)
    wanted, found = simulate(network, 600 * ms, integration="step", progress=False), nest(network, 600 * ms)
    assert compare(wanted, found).identical
    before, after = (np.diag(r.final_weights()["learning"]) - 1e-3 for r in (wanted, found))
    np.testing.assert_allclose(after[~LOST], before[~LOST], rtol=0, atol=1e-12)
    assert np.abs(before).max() > 1e-5 and (rule == "one-sided" or np.all(after[LOST] > before[LOST]))


def test_triplets_of_many_spikes():
    """Slow traces, too, in trains without the two distances that NEST leaves out."""
    pre = [[100, 160, 230, 900, 1500, 5000], [100, 130, 140, 700, 720, 5000]]
    post = [[110, 170, 180, 400, 905, 1000], [120, 133, 135, 600, 710, 725]]
    network = driven(RULES["triplet"], pre, post, 0.5 * mV, 0 * ms)
    wanted, found = emulated(network, 600 * ms), nest(network, 600 * ms)
    assert compare(wanted, found).identical
    np.testing.assert_allclose(found.final_weights()["learning"], wanted.final_weights()["learning"], rtol=0, atol=1e-12)


def test_weights_of_sparse_projections_are_recorded_sparse():
    network = driven(RULES["triplet"], [[100, 160, 230]], [[110, 170, 300]], 0.5 * mV, 0 * ms)
    probed = replace(network, probes=[Probe(p.name, "w", every=20 * ms) for p in network.projections])
    found, wanted = nest(probed, 60 * ms), emulated(probed, 60 * ms)
    for p in network.projections:
        trace = found.weights[p.name]
        assert isinstance(network.weights(p), csr_array) and isinstance(trace.values, SparseValues)
        # NEST brings a weight that learns up to date only at the next presynaptic spike.
        times = slice(0, 1) if p.plasticity else slice(None)
        expected = np.asarray(wanted.weights[p.name].values)[times]
        np.testing.assert_allclose(np.asarray(trace.values)[times], expected, rtol=0, atol=1e-12)
    assert np.ptp(found.weights["learning"].values.data) > 1e-5


@pytest.mark.parametrize("sign", [1, -1])
def test_inhibitory_plasticity_reaches_the_same_weights(sign):
    rule = inhibitory_stdp(sign * -0.002 * mV, rho_0=15 * Hz)
    cell = LIF(tau_m=20 * ms, v_th=10 * mV, bias=12 * mV)
    parts = [Population("noise", 60, PoissonInput(30 * Hz)), Population("cells", 10, cell)]
    weights = AllToAll(sign * -0.1 * mV)
    network = Network("vogels", parts, [Projection("noise", "cells", weights, plasticity=rule, name="w")], dt=0.1 * ms)
    wanted, found = emulated(network, 2000 * ms), nest(network, 2000 * ms)
    before, after = (r.final_weights()["w"] for r in (wanted, found))
    assert abs(found.rates("cells").mean() - wanted.rates("cells").mean()) <= 0.03 * wanted.rates("cells").mean()
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95 and after.mean() == pytest.approx(before.mean(), rel=0.03)


def test_brunel_fires_at_the_same_rate_and_as_irregularly():
    network = load_model("brunel", n_e=800)
    wanted, found = emulated(network, 800 * ms), nest(network, 800 * ms)
    one, other = (first_spikes(r) for r in (wanted, found))
    assert np.array_equal(one, other) and one.shape[1] > 20
    for name in ("excitatory", "inhibitory"):
        assert found.rates(name).mean() == pytest.approx(wanted.rates(name).mean(), rel=0.02)
        assert cv(found, name) == pytest.approx(cv(wanted, name), rel=0.03)


def first_spikes(recording):
    """Spikes before differences in rounding have grown: steps and neurons."""
    spikes = recording.spikes["excitatory"]
    return np.stack([spikes.step, spikes.neuron])[:, spikes.step < 300]


def test_a_network_that_learns_has_the_same_rates_and_weights():
    """Song, Miller, Abbott (2000), smaller: which weights grow depends on single spikes, how many and how far does not."""
    rule = pair_stdp(0.004 * mV, 0.0042 * mV, bounds=(0 * mV, 0.8 * mV))
    cell = LIF(tau_m=20 * ms, v_th=15 * mV, bias=9 * mV)
    parts = [Population("noise", 400, PoissonInput(15 * Hz)), Population("cells", 12, cell)]
    weights = AllToAll(Uniform(0 * mV, 0.3 * mV))
    network = Network("learns", parts, [Projection("noise", "cells", weights, plasticity=rule, name="w")], dt=0.1 * ms,
                      probes=[Probe("w", "w", every=1000 * ms)])  # fmt: skip
    wanted, found = emulated(network, 5000 * ms), nest(network, 5000 * ms)
    assert found.weights["w"].steps.tolist() == wanted.weights["w"].steps.tolist()
    np.testing.assert_allclose(found.weights["w"].values[0], wanted.weights["w"].values[0], rtol=1e-12)
    before, after = wanted.weights["w"].values, found.weights["w"].values
    assert found.rates("cells").mean() == pytest.approx(wanted.rates("cells").mean(), rel=0.05)
    np.testing.assert_allclose(after.mean(axis=(1, 2)), before.mean(axis=(1, 2)), rtol=0.03)
    np.testing.assert_allclose(after.std(axis=(1, 2)), before.std(axis=(1, 2)), rtol=0.03)
    assert np.corrcoef(before[-1].ravel(), after[-1].ravel())[0, 1] > 0.8


def test_samples_start_from_rest_and_weights_go_on():
    rule = pair_stdp(0.02 * mV, 0.01 * mV, bounds=(0 * mV, 2 * mV))
    cell = LIF(tau_m=20 * ms, v_th=10 * mV, bias=11 * mV)
    parts = [Population("image", 6, ImageInput(RateCoding(100))), Population("cells", 4, cell)]
    network = Network("samples", parts, [Projection("image", "cells", AllToAll(0.2 * mV), plasticity=rule, name="w")])
    images = np.random.default_rng(0).random((3, 6))
    fixed = replace(network, projections=[replace(network.projections[0], plasticity=None)])
    assert compare(emulated(fixed, 100 * ms, images=images), nest(fixed, 100 * ms, images=images)).identical
    found = nest(network, 100 * ms, images=images)
    assert found.samples == 3 and found.weights["w"].steps.tolist() == [300]
    assert found.weights["w"].values[-1].mean() == pytest.approx(
        emulated(network, 100 * ms, images=images).weights["w"].values[-1].mean(), rel=0.1
    )


def test_a_folder_that_the_user_starts_gives_the_same_recording(tmp_path):
    rule = pair_stdp(0.02 * mV, 0.01 * mV, bounds=(0 * mV, 2 * mV))
    parts = [Population("noise", 30, PoissonInput(50 * Hz)), Population("cells", 5, LIF(tau_m=20 * ms, v_th=10 * mV))]
    links = [Projection("noise", "cells", AllToAll(0.7 * mV), plasticity=rule, delay=2 * ms, name="w")]
    network = Network("folder", parts, links, probes=[Probe("cells", "v"), Probe("w", "w", every=50 * ms)])
    path = write_run(network, 200 * ms, tmp_path, allow=ALLOWED)
    python = require_nest()
    command = [python.python, path, f"@{tmp_path / 'arguments.txt'}", "--threads", "2"]
    done = subprocess.run(command, env=dict(python.environment()), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, wanted = read_run(network, 200 * ms, tmp_path, allow=ALLOWED), nest(network, 200 * ms)
    assert compare(wanted, found).identical and wanted.counts("cells").sum() > 5
    assert found.weights["w"].steps.tolist() == [0, 50, 100, 150, 200] and found.info["threads"] == 2
    np.testing.assert_allclose(found.weights["w"].values, wanted.weights["w"].values, rtol=1e-12)


def test_what_nest_says_is_in_the_error():
    parts = [Population("noise", 400, PoissonInput(50 * Hz)), Population("cells", 400, LIF(tau_m=20 * ms, v_th=10 * mV))]
    network = Network("long", parts, [Projection("noise", "cells", FixedInDegree(0.1 * mV, n=400))], dt=0.1 * ms)
    with pytest.raises(NestError, match="NEST did not finish 'long' within 0.2 s"):
        NEST.run(Workload(network), 2000 * ms, timeout=0.2)
