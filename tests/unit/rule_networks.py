"""Small networks in which a teacher says when the neurons that learn spike, and what their runs have to have in common."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import LIF, Network, Population, Projection, SpikeRaster, emulate_network, per_step, resume, simulate, start
from neurosim.network.network import Probe
from neurosim.units import ms

STEPS = 120


def teaching(rule, weights, *, unit=1.0, dt=1 * ms, seed=0, delay=None, probes=(), steps=STEPS, tau=None):
    """Random spikes onto neurons that a teacher makes spike; "pre_post" learns, with `weights` of so many `unit`."""
    n_pre, n_post = weights.shape
    rng = np.random.default_rng(seed)
    pre, teacher = ((rng.random((steps, n)) < 0.15).astype(np.uint8) for n in (n_pre, n_post))
    return Network(
        name="teaching",
        populations=[
            Population("pre", n_pre, SpikeRaster(pre)),
            Population("teacher", n_post, SpikeRaster(teacher)),
            Population("post", n_post, LIF(tau_m=tau or per_step(0.0), v_th=100.0 * unit)),
        ],
        projections=[
            Projection("pre", "post", weights if sparse.issparse(weights) else weights * unit, plasticity=rule, delay=delay),
            Projection("teacher", "post", 200.0 * np.eye(n_post) * unit),
        ],
        probes=[Probe("pre_post", name, every=10 * dt) for name in probes],
        dt=dt,
        seed=seed,
    )


def assert_alike(network, *, steps=STEPS, brian2=("step",), tolerance=1e-12):
    """One run on the emulator, in Brian2, in stretches, and over a file gives the same spikes and what synapses hold."""
    duration = steps * network.step_seconds
    whole = emulate_network(network, _seconds(duration))
    for integration in brian2:
        assert_close(simulate(network, _seconds(duration), integration=integration), whole, tolerance)
    rng = np.random.default_rng(network.seed + 77)
    cuts = np.sort(rng.choice(np.arange(1, steps), 3, replace=False))
    for options in ({}, {"on": "brian2", "integration": "step"}):
        run = start(network, **options)
        for length in np.diff([0, *cuts, steps]):
            run.advance(_seconds(length * network.step_seconds))
        assert_close(run.recording, whole, tolerance if options else 0.0)
    return whole


def assert_resumes(network, folder, *, cut=50, steps=STEPS, **options):
    """A run that is saved and continued equals one that is not."""
    run = start(network, **options)
    run.advance(_seconds(cut * network.step_seconds))
    run.save(folder / "run.h5")
    other = resume(folder / "run.h5", network)
    for each in (run, other):
        each.advance(_seconds((steps - cut) * network.step_seconds))
    for key in run.synapses:
        assert_array_equal(run.synapses[key], other.synapses[key])
    assert_array_equal(np.asarray(_dense(run.weights["pre_post"])), np.asarray(_dense(other.weights["pre_post"])))


def assert_close(found, expected, tolerance):
    for name, spikes in expected.spikes.items():
        assert_array_equal(found.spikes[name].step, spikes.step)
        assert_array_equal(found.spikes[name].neuron, spikes.neuron)
    assert expected.counts("post").min() > 0
    for kind in ("weights", "synapses"):
        for key, trace in getattr(expected, kind).items():
            other = getattr(found, kind)[key]
            assert_array_equal(other.steps, trace.steps)
            assert_allclose(other.values, trace.values, rtol=tolerance, atol=tolerance)


def _seconds(duration):
    return duration * 1e3 * ms


def _dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix
