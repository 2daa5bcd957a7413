"""The network of `experiments/benchmark_scale.py` is what its text says; nothing is timed."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import emulate_network
from neurosim.analysis.measures import cv
from neurosim.content.catalogue import content_path
from neurosim.content.user_code import module_of, read_source
from neurosim.units import ms


@pytest.fixture(scope="module")
def benchmark():
    path = content_path("experiments", "benchmark_scale")
    return module_of(path, read_source(path))


def test_each_neuron_has_a_hundred_inputs_and_fires_irregularly(benchmark):
    network = benchmark.build(1000)
    for post, size in (("excitatory", 800), ("inhibitory", 200)):
        inputs = sum((network.weights(p) != 0).sum(axis=0) for p in network.projections if p.post == post)
        assert inputs.tolist() == [100] * size
    recording = emulate_network(network, 400 * ms)
    assert 10 < benchmark.mean_rate(recording) < 40 and cv(recording, "excitatory") > 0.4
    assert not any(p.plasticity for p in network.projections)
    learns = benchmark.build(1000, learns=True)
    assert sum(network.weights(p).nnz for p in learns.projections if p.plasticity) == 82_000


def test_synapses_that_spikes_reach_are_counted(benchmark):
    from neurosim.program.lower import lower

    network = benchmark.build(1000)
    recording = emulate_network(network, 50 * ms)
    found = benchmark.synaptic_events(lower(network), recording)
    degrees = {p.name: np.asarray((network.weights(p) != 0).sum(axis=1)) for p in network.projections}
    expected = sum(int(degrees[p.name][recording.spikes[p.pre].neuron].sum()) for p in network.projections)
    assert found == expected > 1000


def test_measures_are_what_a_case_gives(benchmark, monkeypatch):
    """The study declares each number, so that `neurosim study` stores it; and what is not there is left out by name."""
    engine = {"run": 1.0, "peak": 2.0, "rate": 20.0, "build": 3.0, "draw": 1.5, "event": 4.0, "busy_event": 4.0, "all": 9.0}
    monkeypatch.setattr(benchmark, "measured", lambda *arguments: dict(engine))
    monkeypatch.setattr(benchmark, "missing", lambda: {})
    assert set(benchmark.case(1000, "full")) == set(benchmark.STUDY.measures)
    monkeypatch.setattr(benchmark, "missing", lambda: {"nest": "NEST: found no NEST"})
    found = benchmark.run("ci")
    assert found["left_out"] == ["NEST: found no NEST"] and list(found["cases"]) == ["1000 neurons"]
    assert not any("nest" in name for name in found["cases"]["1000 neurons"])
