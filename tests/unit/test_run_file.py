"""The file of a running network: what it belongs to, and the digest that tells it."""

import copy
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from neurosim import (
    LIF,
    AllToAll,
    Network,
    PoissonInput,
    Population,
    Projection,
    Uniform,
    deploy,
    resume,
    start,
)
from neurosim.backends.running.digest import _plain, digest
from neurosim.errors import DataError, UsageError
from neurosim.neurons import Level, StepNeuron
from neurosim.units import Hz, ms, mV
from tests.unit.test_running import network


def test_a_later_version_with_more_attributes_reads_the_file():
    later = dataclass(frozen=True)(type("LIF", (LIF,), {"__annotations__": {"extra": float}, "extra": 0.0}))
    cells = {name: Population("cells", 2, cell(tau_m=20 * ms, v_th=8 * mV)) for name, cell in (("now", LIF), ("later", later))}
    now, then = (digest(Network("n", [cells[name]])) for name in ("now", "later"))
    other = Network("n", [Population("cells", 2, later(tau_m=20 * ms, v_th=8 * mV, extra=1.0))])
    assert now == then != digest(other)


def test_the_digest_reads_the_step_of_a_neuron_and_units_and_neither_order_nor_addresses():
    one, other, same_step = (_stepping(text) for text in ("v = v + a", "v = v + a + a", "v = v + a"))
    assert digest(one(v_th=1)) == digest(same_step(v_th=1.0)) == digest(one(v_th=np.float64(1))) != digest(other(v_th=1))
    assert digest(np.ones(2) * mV) != digest(np.ones(2) * ms * 1.0)
    assert digest(_WithSet({"a", "b", "c", "dd", "e"})) == digest(_WithSet({"e", "dd", "c", "b", "a"}))
    assert "0x" not in repr(_plain(_WithSet(frozenset({sum}), object()))) and digest(_WithSet(1)) != digest(_WithSet(2))


def _stepping(text):
    step = f"{text}\nspike = v > v_th\nif spike:\n    v = 0"
    made = type("Own", (StepNeuron,), {"__annotations__": {"v_th": Level}, "states": {"v": "level"}, "step": step})
    return dataclass(frozen=True, kw_only=True)(made)


@dataclass(frozen=True)
class _WithSet:
    """A description with any values in it."""

    values: object
    other: object = None


def test_sets_have_the_same_digest_in_every_process():
    code = "from neurosim.backends.running.digest import _plain, digest; print(digest({'ab', 'cd', 'ef', 'gh'}))"
    found = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1 and b"" not in found


@pytest.mark.parametrize("other", [{"weight_bits": 4}, {"clip": 3e-4}, {"scales": {"cells": 0.25}}])
def test_a_file_of_another_deployment_is_refused(other, tmp_path):
    cells = Population("cells", 3, LIF(tau_m=20 * ms, v_th=4 * mV))
    weights = AllToAll(Uniform(0.1 * mV, 1 * mV))
    still = Network("still", [Population("in", 6, PoissonInput(100 * Hz)), cells], [Projection("in", "cells", weights)])
    start(deploy(still)).save(tmp_path / "run.h5")
    assert resume(tmp_path / "run.h5", deploy(still)).step == 0
    with pytest.raises(DataError, match="another deployment.*weight_bits, clip, scales"):
        resume(tmp_path / "run.h5", deploy(still, **other))


def test_a_file_of_brian2_is_not_resumed_on_a_chip(tmp_path):
    start(network(), on="brian2").save(tmp_path / "run.h5")
    with pytest.raises(DataError, match="saved in Brian2 exact; resume with the network"):
        resume(tmp_path / "run.h5", deploy(network()))


def test_a_file_of_another_network_says_which_version_saved_it(tmp_path):
    start(network()).save(tmp_path / "run.h5")
    with pytest.raises(DataError, match=r"same version of neurosim \(\d+\.\d+\.\d+.*\) if that has changed"):
        resume(tmp_path / "run.h5", network(weights=np.ones((6, 3)) * mV))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize("on", ["emulator", "brian2"])
def test_a_copy_of_a_run_says_that_a_file_is_one(copied, on):
    with pytest.raises(UsageError, match=r"run.save\(path\), then neurosim.resume"):
        copied(start(network(), on=on))
