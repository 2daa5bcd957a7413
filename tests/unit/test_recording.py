"""A recording says what it has."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from neurosim.errors import NetworkError
from neurosim.results.recorded import NotRecordedError
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace


@pytest.fixture
def recording():
    spikes = Spikes.from_raster(np.eye(3, dtype=int)[None])
    states = {("cells", "v"): np.zeros((1, 3, 3))}
    weights = {"in_cells": WeightTrace(np.arange(1), np.zeros((1, 2, 3)))}
    return Recording(1e-3, 3, 1, {"cells": 3}, {"cells": spikes}, states, weights)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.states["cells", "g"], r"no states \('cells', 'g'\); it has \('cells', 'v'\).*Probe\('cells', 'g'\)"),
        (lambda r: r.states["v"], r'Use population and variable as the key: recording.states\["cells", "v"\]'),
        (lambda r: r.weights["a_b"], r"no weights 'a_b'; it has 'in_cells'.*Probe\('a_b', \"w\", every=10\*ms\)"),
        (lambda r: r.synapses["a_b", "tag"], r"no synapses .*; it has none.*Probe\('a_b', 'tag', every=10\*ms\)"),
        (lambda r: r.final_weights()["a_b"], r"no weights 'a_b'; it has 'in_cells'"),
        (lambda r: r.spikes["other"], "no spikes 'other'; it has 'cells'"),
    ],
)
def test_what_was_not_recorded_is_named(recording, ask, words):
    with pytest.raises(NotRecordedError, match=words):
        ask(recording)
    with pytest.raises(KeyError):
        ask(recording)
    with pytest.raises(NetworkError):
        ask(recording)


def test_they_are_dictionaries_all_the_same(recording):
    assert ("cells", "g") not in recording.states and recording.states.get(("cells", "g")) is None
    for again in (pickle.loads(pickle.dumps(recording)), copy.deepcopy(recording), replace(recording, steps=3)):
        assert list(again.states) == [("cells", "v")]
        with pytest.raises(NotRecordedError, match="Probe"):
            again.states["cells", "g"]
