"""Networks that snnTorch and Norse trained and exported answer here as they do there (tests/oracles/make_nir_peers.py)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neurosim import deploy
from neurosim.nir import from_nir
from neurosim.program.lower import lower
from tests.oracles.nir_drift import CHOICES, HERE, READS, answers, stored

KEPT = json.loads((HERE / "nir_peers.json").read_text())


@pytest.fixture(scope="module", params=list(READS))
def peer(request):
    return request.param


def imported(peer):
    return from_nir(HERE / f"nir_{peer}.nir", **CHOICES[peer])


def test_predictions_and_results_are_theirs(peer):
    raster, labels, result, predictions = stored(peer)
    found = imported(peer)
    floats, _ = answers(lower(found.network), peer, found.outputs[0], raster)
    assert np.mean(floats.argmax(axis=1) == predictions) >= 0.99
    assert np.mean(predictions == labels) > 0.9
    # Where both are the same, the results are the same as well: numbers of spikes, or voltages in float32.
    assert np.mean(np.abs(floats - result).max(axis=1) < 1e-4) >= 0.99
    assert KEPT[peer]["same prediction in float"] == pytest.approx(np.mean(floats.argmax(axis=1) == predictions), abs=0.005)


def test_another_reset_gives_other_spikes():
    """The choices matter: with snnTorch's other reset the numbers of spikes are not those of this network."""
    raster, _, result, _ = stored("snntorch")
    found = from_nir(HERE / "nir_snntorch.nir", producer="snntorch", reset="value")
    floats, _ = answers(lower(found.network), "snntorch", found.outputs[0], raster[:60])
    assert np.mean(np.abs(floats - result[:60]).max(axis=1) < 1e-4) < 0.5


def test_the_chip_changes_few_predictions(peer):
    raster, _, _, predictions = stored(peer)
    found = imported(peer)
    fixed, _ = answers(deploy(found.network).program, peer, found.outputs[0], raster)
    same = np.mean(fixed.argmax(axis=1) == predictions)
    assert same > 0.95
    assert same == pytest.approx(KEPT[peer]["same prediction on loihi2"], abs=0.005)
