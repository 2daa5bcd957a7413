"""How fast does desire backpropagation train? Images per second on the full MNIST net against dense products and PyTorch.

Question: does it pay to go from spike to spike? Network: 784-1600-800-10 with the paper's settings (20 steps, dropout of 0.3 in
hidden layers, eta of 1e-5, float32). Engines, all with the same weights, images and masks: our kernels online (batches of 1, as
published) and in batches of 8; the same step with dense matrix products (numpy and BLAS), at the batch that suits it best; a
loop in PyTorch, one sample at a time, with the weight change formed as in the authors' program and, `lean`, as one product in
float32. Measure: seconds of training alone, wall and CPU, the shortest of several rounds in which the engines take turns;
compiling and coding excluded. Networks at their start and after some thousand images are measured apart: fewer images learn,
and fewer neurons spike. PyTorch gets few images, of which as many in a hundred learn as of all.
Floor: each spike is added once for each post neuron, on the way up and, for neurons that want a change, at the end; each row of
weights that is needed is read once, and written once where it changes.
Expected: at least 2 times the dense products and 1 000 times PyTorch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from neurosim.data import load_dataset
from neurosim.errors import UnsupportedError
from neurosim.models import load_model
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study, Timing
from neurosim.train.desire.chain import Chain, chain_of
from neurosim.train.desire.coding import Coder
from neurosim.train.desire.cost import least_cost
from neurosim.train.desire.dropout import Dropout
from neurosim.train.desire.gemm import GemmTrainer
from neurosim.train.desire.online import masked
from neurosim.train.desire.pytorch import TorchLoop, as_one_product, as_published, import_torch
from neurosim.train.desire.stage_timing import STAGES
from neurosim.train.desire.trainer import Presentation, Trainer

SIZES = (784, 1600, 800, 10)
ETA = 1e-5
STATES = ("untrained", "trained")
BATCHES = (1, 8)
THREADS = (1, 2)
GEMM_BATCHES = (1, 8, 32, 128)
RIVALS = ("gemm", "pytorch", "pytorch_lean")
"""GEMM at its best batch; PyTorch as published, and with one product."""


class Length(NamedTuple):
    """How much is measured: images before "trained", measured, in PyTorch; rounds."""

    before: int
    images: int
    torch_images: int
    rounds: int


LENGTHS = {"ci": Length(256, 64, 1, 1), "full": Length(12_000, 128, 6, 3)}
Runs = Mapping[str, Callable[[], Callable[[], Any]]]
"""Of each engine: what prepares it and gives what is timed."""


def fresh(chain: Chain) -> Chain:
    """The chain with weights of its own, and the feedback tied to them."""
    return chain.as_type(str(chain.weights[0].dtype))


@cache
def data(size: str) -> tuple[Presentation, Presentation]:
    """Images that train, and images that are measured."""
    length, images, chain = LENGTHS[size], load_dataset("mnist"), _chain()
    coder, rng = Coder(chain.encoder, images.max_value, images.image_shape), stream(0, "benchmark")
    first, last = slice(0, length.before), slice(length.before, length.before + length.images)
    parts = [
        masked(chain, coder.trains(images.train_images[s], rng), images.train_labels[s], Dropout(hidden=0.3), rng)
        for s in (first, last)
    ]
    return parts[0], parts[1]


def _chain() -> Chain:
    return chain_of(load_model("desire_mlp", sizes=SIZES, eta=ETA)).as_type("float32")


@cache
def network(state: str, size: str) -> Chain:
    """The chain in one of the `STATES`."""
    chain = _chain()
    if state == "trained":
        trainer = Trainer(chain)
        trainer.train(data(size)[0], ETA)
        trainer.store()
    return chain


def part(shown: Presentation, which: Any) -> Presentation:
    """Some samples of a presentation."""
    return Presentation(shown.trains[which], shown.labels[which], tuple(m[which] for m in shown.masks), shown.scales)


def like_all(learns: np.ndarray, n: int) -> np.ndarray:
    """`n` of the samples, of which as many in a hundred learn as of all."""
    wanted = round(float(learns.mean()) * n)
    return np.concatenate([np.flatnonzero(learns)[:wanted], np.flatnonzero(~learns)[: n - wanted]])


def fastest(runs: Runs, rounds: int) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of each run, the shortest of `rounds` rounds."""
    best = {name: (np.inf, np.inf) for name in runs}
    for _ in range(rounds):
        for name, prepare in runs.items():
            run = prepare()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            taken = time.perf_counter() - wall, time.process_time() - cpu
            best[name] = min(best[name][0], taken[0]), min(best[name][1], taken[1])
    return best


def ours(chain: Chain, shown: Presentation, batch: int) -> Callable[[], Callable[[], Any]]:
    """Our kernels."""

    def prepare() -> Callable[[], Any]:
        trainer = Trainer(chain, batch)
        # Compiles, and brings the weights into the cache.
        trainer.train(part(shown, slice(batch)), 1e-12)
        return lambda: trainer.train(shown, ETA)

    return prepare


def dense(chain: Chain, shown: Presentation, batch: int) -> Callable[[], Callable[[], Any]]:
    """The step as matrix products."""

    def prepare() -> Callable[[], Any]:
        trainer = GemmTrainer(fresh(chain), batch)
        rasters = trainer.rasters(shown)
        return lambda: trainer.train(shown, ETA, rasters)

    return prepare


def torch_loop(chain: Chain, shown: Presentation, product: Any) -> Callable[[], Callable[[], Any]]:
    """The loop in PyTorch."""

    def prepare() -> Callable[[], Any]:
        loop = TorchLoop(fresh(chain), product)
        return lambda: loop.train(shown, ETA)

    return prepare


@cache
def torch_missing() -> str:
    """Why PyTorch is left out, empty if it is not."""
    try:
        import_torch()
    except UnsupportedError as error:
        return str(error)
    return ""


@cache
def measured(state: str, threads: int, size: str) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """Images per second (wall, CPU) of each engine, and what an image costs at least."""
    if numba.config.NUMBA_NUM_THREADS < threads:
        raise UnsupportedError(
            f"benchmark_desire: {threads} threads asked, {numba.config.NUMBA_NUM_THREADS} there; raise NUMBA_NUM_THREADS."
        )
    chain, shown, length = network(state, size), data(size)[1], LENGTHS[size]
    floor, learns = least_cost(chain, shown)
    few = part(shown, like_all(learns, length.torch_images))
    numba.set_num_threads(threads)
    runs = {f"batch_{b}": ours(chain, shown, b) for b in BATCHES} | {f"gemm_{b}": dense(chain, shown, b) for b in GEMM_BATCHES}
    rates = {}
    with threadpool_limits(threads):
        rates.update(_rates(fastest(runs, length.rounds), length.images))
        if not torch_missing():
            import_torch().set_num_threads(threads)
            loops = {"pytorch": torch_loop(chain, few, as_published), "pytorch_lean": torch_loop(chain, few, as_one_product)}
            rates.update(_rates(fastest(loops, min(length.rounds, 2)), length.torch_images))
    rates["gemm"] = max(rates[f"gemm_{b}"] for b in GEMM_BATCHES)
    return rates, floor


def _rates(seconds: Mapping[str, tuple[float, float]], images: int) -> dict[str, tuple[float, float]]:
    return {name: (images / wall, images / cpu) for name, (wall, cpu) in seconds.items()}


@cache
def shares(state: str, batch: int, size: str) -> dict[str, float]:
    """Part of the CPU time of training that each stage takes, on one thread."""
    numba.set_num_threads(1)
    trainer = Trainer(network(state, size), batch)
    trainer.clocked(part(data(size)[1], slice(batch)), 1e-12)
    seconds = trainer.clocked(data(size)[1], ETA)
    return {f"share_{stage}": value / sum(seconds.values()) for stage, value in seconds.items()}


def case(state: str, batch: int, threads: int, size: str) -> dict[str, float]:
    """Speeds and their ratios of our kernels in one state, batch and number of threads."""
    rates, floor = measured(state, threads, size)
    own, others = rates[f"batch_{batch}"], {k: v for k, v in rates.items() if k.startswith(("gemm", "pytorch"))}
    found = {"images_per_s": own[0], "images_per_cpu_s": own[1]}
    for name, (wall, cpu) in others.items():
        found |= {f"{name}_images_per_s": wall, f"{name}_images_per_cpu_s": cpu}
    for name in RIVALS:
        if name in others:
            found |= {f"ratio_{name}": own[0] / others[name][0], f"ratio_{name}_cpu": own[1] / others[name][1]}
    return found | shares(state, batch, size) | floor


def run(size: str = "ci") -> dict[str, Any]:
    """All cases; `size` is "ci" or "full". What cannot run here is named in `left_out`."""
    cases, left_out = {}, [torch_missing()] if torch_missing() else []
    for threads in THREADS:
        try:
            for state in STATES:
                for batch in BATCHES:
                    cases[f"{state}, batch {batch}, {threads} threads"] = case(state, batch, threads, size)
        except UnsupportedError as error:
            left_out.append(str(error))
    return {"cases": cases, "size": size, "left_out": left_out, "load": os.getloadavg()}


ENGINES = ("", *(f"gemm_{b}_" for b in GEMM_BATCHES), "gemm_", "pytorch_", "pytorch_lean_")

# With one job only: trials at the same time would share the caches that they measure.
STUDY = Study(
    name="benchmark_desire",
    question="How fast does desire backpropagation train, against dense products and PyTorch?",
    trial=lambda t: case(**t.parameters),
    parameters=Grid({"state": list(STATES), "batch": list(BATCHES), "threads": list(THREADS), "size": ["full"]}),
    seeds=1,
    measures={
        **{f"{name}images_per_{clock}": Timing("1/s", "training") for name in ENGINES for clock in ("s", "cpu_s")},
        **{f"ratio_{name}{clock}": Timing("1", "our rate over the other's") for name in RIVALS for clock in ("", "_cpu")},
        **{f"share_{stage}": Timing("1", "of the CPU time on one thread") for stage in STAGES},
        "learning_share": Measure("1", "images of which some output neuron wants a change"),
        "additions_up": Measure("1", "of an image, a spike and a post neuron each"),
        "additions_update": Measure("1", "of an image, a pre spike and a neuron that wants a change each"),
        "dense_additions": Measure("1", "of an image in the dense step, both ways"),
        "bytes_read": Measure("1", "weights of neurons that spike, once"),
        "bytes_written": Measure("1", "weights that change"),
    },
    expected="at least 2 times the dense products and 1 000 times PyTorch",
    ci=Size(Grid({"state": list(STATES), "batch": list(BATCHES), "threads": [1], "size": ["ci"]})),
)
