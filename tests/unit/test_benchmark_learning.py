"""The network of `experiments/benchmark_learning.py` is what its text says; nothing is timed."""

import numpy as np
import pytest

from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import emulate
from neurosim.content.catalogue import content_path
from neurosim.content.user_code import module_of, read_source
from neurosim.program.lower import lower


@pytest.fixture(scope="module")
def benchmark():
    path = content_path("experiments", "benchmark_learning")
    return module_of(path, read_source(path))


def test_five_in_a_hundred_spike_and_weights_learn(benchmark):
    network = benchmark.build(benchmark.SIZES["100x100"])
    for program in (deploy(network).program, lower(network)):
        first = np.asarray(program.projections[0].weights, float)
        last = emulate(program, 500).weights["pre_post"].values[-1]
        assert (last != first).mean() > 0.8 and (np.abs(last - first) > 0.01 * first.max()).mean() > 0.5
        found = benchmark.activity(program, 500)
        assert 8 < found["spikes_per_step"] < 12
        assert found["updates_per_step"] == pytest.approx(100 * found["spikes_per_step"])


def test_measures_are_what_a_case_gives(benchmark):
    """The study declares each number, so that `neurosim study` stores it."""
    names = set(benchmark.STUDY.measures)
    assert names >= {"ratio_lava_fixed", "ratio_lava_float", "ratio_brian2_standalone", "updates_per_step"}
    assert list(benchmark.STUDY.parameters.values["network"]) == list(benchmark.SIZES)
