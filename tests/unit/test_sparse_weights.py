"""Weights of sparse projections are recorded for their synapses only, in every execution, and read as arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from neurosim import (
    LIF,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    Recording,
    Sparse,
    compare,
    deploy,
    emulate_network,
    simulate,
    start,
)
from neurosim.errors import DataError
from neurosim.plasticity import pair_stdp
from neurosim.results import recording_file
from neurosim.results.weight_trace import SparseValues
from neurosim.units import Hz, ms, mV

WIRES = sparse.random_array((40, 30), density=0.1, rng=np.random.default_rng(0), format="csr")
RULE = pair_stdp(a_plus=0.2 * mV, a_minus=0.1 * mV, bounds=(0 * mV, 4 * mV))


def network(plastic=True):
    parts = [Population("in", 40, PoissonInput(80 * Hz)), Population("out", 30, LIF(tau_m=20 * ms, v_th=4 * mV))]
    wires = Projection("in", "out", Sparse(WIRES, 3 * mV), plasticity=RULE if plastic else None)
    return Network("wires", parts, [wires], [Probe("in_out", "w", every=20 * ms)])


RUNS = {
    "emulator": emulate_network,
    "fixed": lambda n, t: deploy(n).emulate(t),
    "Brian2": simulate,
    "Brian2 step": lambda n, t: simulate(n, t, integration="step"),
    "running": lambda n, t: in_stretches(start(n), t),
    "running Brian2": lambda n, t: in_stretches(start(n, on="brian2"), t),
}


def in_stretches(run, duration):
    run.advance(30 * ms)
    run.advance(duration - 30 * ms)
    return run.recording


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("plastic", [True, False])
def test_only_synapses_are_stored(run, plastic):
    trace = run(network(plastic), 100 * ms).weights["in_out"]
    assert isinstance(trace.values, SparseValues) and trace.values.data.shape == (6 if plastic else 5, WIRES.nnz)
    assert trace.values.shape == (len(trace.steps), 40, 30) and np.ndim(trace.values) == 3
    assert_allclose(trace.values[0], WIRES.toarray() * 3e-3, atol=2e-5)
    assert_array_equal(np.asarray(trace.values)[:, 3, 5:9], trace.values[:, 3, 5:9])
    assert_array_equal(trace.values[-1, 2], trace.matrix(-1).toarray()[2])
    assert trace.values.max() == np.max(trace.values) == trace.values.data.max() and (trace.values >= 0).all()
    assert_array_equal(np.abs(trace.values - 1), 1 - trace.values)
    assert bool(np.any(trace.values[-1] != trace.values[0])) == plastic


def test_final_weights_go_on_in_a_network():
    found = emulate_network(network(), 100 * ms)
    weights = found.weights["in_out"].matrix(-1)
    assert sparse.issparse(weights)
    assert_array_equal(found.final_weights()["in_out"], weights.toarray())
    later = network().with_weights({"in_out": weights})
    assert_array_equal(later.weights("in_out").toarray(), weights.toarray())


def test_saved_and_compared(tmp_path):
    found = emulate_network(network(), 100 * ms)
    found.save(tmp_path / "sparse.h5")
    again = Recording.load(tmp_path / "sparse.h5")
    assert isinstance(again.weights["in_out"].values, SparseValues)
    assert_array_equal(again.weights["in_out"].values, found.weights["in_out"].values)
    other = simulate(network(), 100 * ms, integration="step")
    assert max(w.max_error for w in compare(found, other).states) < 1e-9


@pytest.mark.parametrize(
    "change",
    [
        lambda group: group.attrs.update(n_post=3),
        lambda group: group.__delitem__("indices"),
        lambda group: group["indptr"].__setitem__(5, 10**6),
        lambda group: group["indices"].__setitem__(0, -1),
    ],
)
def test_damaged_files_are_refused(change, tmp_path, monkeypatch):
    write = recording_file._write_weights

    def damaged(file, place, values):
        write(file, place, values)
        change(file[place])

    monkeypatch.setattr(recording_file, "_write_weights", damaged)
    emulate_network(network(), 20 * ms).save(tmp_path / "bad.h5")
    with pytest.raises(DataError):
        Recording.load(tmp_path / "bad.h5")
