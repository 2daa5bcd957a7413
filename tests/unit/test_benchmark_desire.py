"""What `neurosim bench desire` compares with computes the same thing; nothing is timed."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.content.catalogue import content_path
from neurosim.content.user_code import module_of, read_source
from neurosim.data import load_dataset
from neurosim.errors import UnsupportedError
from neurosim.models import load_model
from neurosim.rng import stream
from neurosim.train.desire.chain import chain_of
from neurosim.train.desire.cost import least_cost
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.gemm import GemmTrainer
from neurosim.train.desire.online import present, train_block
from neurosim.train.desire.pytorch import TorchLoop, as_one_product, as_published
from neurosim.train.desire.trainer import Trainer

SIZES = (64, 140, 30, 10)
ETA = 1e-3


def chain():
    return chain_of(load_model("desire_mlp", sizes=SIZES))


@pytest.fixture(scope="module")
def shown():
    digits = load_dataset("digits")
    return present(chain(), digits.train_images[:60] / np.float32(16), digits.train_labels[:60], Dropout(0.1, 0.3), stream(3))


@pytest.fixture(scope="module")
def benchmark():
    path = content_path("experiments", "benchmark_desire")
    return module_of(path, read_source(path))


def assert_learned_alike(ours, theirs):
    for a, b, before in zip(ours, theirs, chain().weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
        assert np.abs(a - before).max() > 1e-2


@pytest.mark.parametrize("batch", [1, 8, 60])
def test_dense_products_learn_what_the_kernels_learn(shown, batch):
    """60 samples in batches of 8 leave a rest of 4."""
    ours, theirs = chain(), chain()
    counts = train_block(ours, shown, ETA, batch)
    np.testing.assert_array_equal(GemmTrainer(theirs, batch).train(shown, ETA), counts)
    assert_learned_alike(ours.weights, theirs.weights)


@pytest.mark.parametrize("product", [as_published, as_one_product])
def test_pytorch_learns_what_the_kernels_learn(shown, product):
    pytest.importorskip("torch", reason="torch, an extra, is not installed: its loop is not compared", exc_type=ImportError)
    ours = chain()
    loop = TorchLoop(chain(), product)
    counts = train_block(ours, shown, ETA)
    np.testing.assert_array_equal(loop.train(shown, ETA), counts)
    assert_learned_alike(ours.weights, [w.numpy().T for w in loop.weights])


def test_clocked_training_is_training(shown):
    ours, clocked = Trainer(chain()), Trainer(chain())
    ours.train(shown, ETA)
    seconds = clocked.clocked(shown, ETA)
    for trainer in (ours, clocked):
        trainer.store()
    assert_learned_alike(ours.chain.weights, clocked.chain.weights)
    assert set(seconds) == {"show", "forward", "desire", "update"} and min(seconds.values()) > 0


def test_without_torch_the_benchmark_says_so(benchmark, monkeypatch):
    def absent():
        raise UnsupportedError("The loop in PyTorch needs torch")

    monkeypatch.setattr(benchmark, "import_torch", absent)
    benchmark.torch_missing.cache_clear()
    monkeypatch.setattr(benchmark, "case", lambda *parameters: {"images_per_s": 1.0})
    found = benchmark.run("ci")
    assert found["left_out"] == ["The loop in PyTorch needs torch"]
    assert len(found["cases"]) == 8
    benchmark.torch_missing.cache_clear()


def test_least_cost_counts_spikes_and_synapses(benchmark, shown):
    """Against the spikes and desires of the samples one by one, by hand."""
    found, learns = least_cost(chain(), shown)
    trainer = Trainer(chain())
    work, additions, written = trainer._work, [], []
    for b in range(len(shown.labels)):
        trainer.train(benchmark.part(shown, slice(b, b + 1)), 1e-12)
        counts = [[int(t).bit_count() for t in layer[0, :n]] for layer, n in zip(work.trains, SIZES, strict=True)]
        additions.append(sum(sum(c) * n for c, n in zip(counts, SIZES[1:], strict=False)))
        wanting = [
            sum(d != 0 and c > 0 for d, c in zip(work.desires[i][0], counts[i], strict=False)) if work.learns[0] else 0
            for i in (1, 2, 3)
        ]
        written.append(sum(sum(c > 0 for c in pre) * w for pre, w in zip(counts, wanting, strict=False)))
        assert learns[b] == bool(work.learns[0])
    assert found["additions_up"] == pytest.approx(np.mean(additions))
    assert found["bytes_written"] == pytest.approx(8 * np.mean(written))
    assert 0 < found["additions_update"] < found["additions_up"] < found["dense_additions"]


def test_the_benchmark_trains_as_published(benchmark):
    """Its chain is float32 with tied feedback, and so are its copies."""
    ours = benchmark._chain()
    for chain in (ours, benchmark.fresh(ours)):
        assert all(b is w and w.dtype == np.float32 for b, w in zip(chain.feedback, chain.weights, strict=True))
    assert not np.shares_memory(benchmark.fresh(ours).weights[0], ours.weights[0])


def test_few_images_learn_as_often_as_all(benchmark):
    learns = np.arange(100) % 4 == 0
    few = benchmark.like_all(learns, 8)
    assert len(set(few)) == 8 and learns[few].sum() == 2


def test_measures_are_what_a_case_gives(benchmark, shown, monkeypatch):
    """The study declares each number, so that `neurosim study` stores it."""
    engines = ["batch_1", "batch_8", *(f"gemm_{b}" for b in benchmark.GEMM_BATCHES), "gemm", "pytorch", "pytorch_lean"]
    floor, _ = least_cost(chain(), shown)
    monkeypatch.setattr(benchmark, "measured", lambda *a: (dict.fromkeys(engines, (4.0, 2.0)), floor))
    monkeypatch.setattr(benchmark, "shares", lambda *a: {f"share_{s}": 0.25 for s in benchmark.STAGES})
    found = benchmark.case("untrained", 8, 2, "ci")
    assert set(found) == set(benchmark.STUDY.measures)
    assert found["ratio_gemm"] == found["ratio_pytorch_cpu"] == 1
