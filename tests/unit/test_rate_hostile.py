"""Wrong networks, algorithms, rules and data are refused by name, and so are checkpoints that cannot be true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from neurosim.checks.ranges import Within
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, NeurosimError, UsageError
from neurosim.files.lock import folder_lock
from neurosim.rate import (
    ALGORITHMS,
    Adam,
    Algorithm,
    Conv,
    Dense,
    Learner,
    MaxPool,
    MeanPool,
    Momentum,
    Quantities,
    RateNetwork,
    RateRule,
    RateTraining,
    Taught,
    layered,
    train_rates,
)  # fmt: skip
from neurosim.rate.checkpoint import Running
from neurosim.rate.images import Images

IMAGE = (1, 8, 8)
NETWORK = layered(64, 12, 10, seed=1)


def trained(**chosen):
    chosen = {"network": NETWORK, "algorithm": ALGORITHMS["backprop"].make(), "dataset": load_dataset("digits"), **chosen}
    return train_rates(**{"epochs": 1, "progress": False, **chosen})


def without(part):
    digits = load_dataset("digits")
    return replace(digits, **{f"{part}_{what}": getattr(digits, f"{part}_{what}")[:0] for what in ("images", "labels")})


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"network": 3}, UsageError, "train_rates.network = 3; expected a RateNetwork"),
        ({"algorithm": "backprop"}, UsageError, "train_rates.algorithm = 'backprop'; expected an Algorithm"),
        ({"algorithm": ALGORITHMS["backprop"]}, UsageError, "train_rates.algorithm = AlgorithmEntry"),
        ({"dataset": "digits"}, UsageError, "train_rates.dataset = 'digits'; expected a Dataset"),
        ({"optimiser": None}, UsageError, "train_rates.optimiser = None; expected an Optimiser"),
        ({"dtype": np.float64}, UsageError, "train_rates.dtype = .*; expected a text"),
        ({"folder": 3}, UsageError, "train_rates.folder = 3"),
        ({"network": layered(64, 12, 9)}, DataError, "between 9 classes on this network; data set 'digits' has 10"),
        ({"network": layered(64, 12, 11)}, DataError, "between 11 classes"),
        ({"algorithm": ALGORITHMS["labelled_boltzmann"].make(classes=9),
          "network": layered(64, 20, output="logistic")}, DataError, "between 9 classes"),
        ({"network": layered(64, 10**12, 10)}, NetworkError, "1000000000000 x 64, do not fit into memory"),
        ({"network": layered(64, 10**30, 10)}, NetworkError, "do not fit into memory"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_training_are_named(wrong, error, message):
    with pytest.raises(error, match=message):
        trained(**wrong)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_data_set_without_images_is_refused(part):
    with pytest.raises(DataError, match=f"digits: {part}_labels are empty"):
        without(part)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_folder_with_an_impossible_name_is_refused(name, tmp_path):
    with pytest.raises(NeurosimError, match="null character|could not be written"), folder_lock(tmp_path / name):
        pass


@pytest.mark.parametrize("pool", [MaxPool, MeanPool])
def test_a_pool_that_does_not_fit_is_refused(pool):
    for side in (0, -2):
        with pytest.raises(NetworkError, match=rf"side = {side}; expected a whole number of at least 1"):
            pool(side)
    with pytest.raises(NetworkError, match=r"side = 7: a square is larger than the layer below, \(4, 6, 6\)"):
        RateNetwork(IMAGE, (Conv(4, kernel=3, pooled=pool(7)), Dense(10, "softmax")))
    assert RateNetwork(IMAGE, (Conv(4, kernel=3, pooled=pool(6)), Dense(10, "softmax"))).sizes == (64, 4, 10)


def test_one_layer_in_place_of_several_is_refused_by_name():
    with pytest.raises(NetworkError, match=r"RateNetwork.layers = Dense"):
        RateNetwork(IMAGE, Dense(10, "softmax"))


def test_kinds_of_pools_are_settings_of_a_training():
    made = [RateNetwork(IMAGE, (Conv(4, kernel=3, pooled=pool(2)), Dense(10, "softmax"))) for pool in (MaxPool, MeanPool)]
    assert made[0].described() != made[1].described()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_negative_rates_are_refused(name):
    made = ALGORITHMS[name].make(**ALGORITHMS[name].recipe("digits").options)
    for field in {"eta", "eta_b", "eta_c", "eta_q", "eta_decay", "fall", "tau", "noise", "keep"} & {*vars(made)}:
        with pytest.raises(NetworkError, match=rf"\.{field} = -0\.5"):
            replace(made, **{field: -0.5})


@pytest.mark.parametrize(("make", "wrong"), [(Adam, {"rate": -1.0}), (Adam, {"mean": 1.0}), (Momentum, {"momentum": 1.0})])
def test_rates_of_optimisers_have_a_range(make, wrong):
    with pytest.raises(NetworkError, match=f"{make.__name__}.{next(iter(wrong))} = "):
        make(**wrong)


def test_a_range_says_what_it_holds():
    assert [Within(0, 1, below=True).holds(x) for x in (-0.1, 0, 0.5, 1)] == [False, True, True, False]
    assert [Within(0, above=True).holds(x) for x in (0, 1e-9, float("inf"))] == [False, True, True]
    assert not Within(0).holds(-1e-9)
    assert [Within(0).in_words, Within(0, above=True).in_words, Within(0, 1, above=True).in_words] == [
        "a number of at least 0", "a number above 0", "a number above 0 to 1",
    ]  # fmt: skip


def test_a_rate_of_zero_changes_nothing_and_has_no_length():
    found = trained(algorithm=ALGORITHMS["backprop"].make(eta=0.0))
    assert np.isnan(found.history[-1].lengths).all()
    start = Learner(NETWORK, ALGORITHMS["backprop"].make()).circuit.state["weights"]
    assert all(np.array_equal(a, b) for a, b in zip(found.state["weights"], start, strict=True))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pre": "h"}, "RateRule.pre = 'h'; expected a tuple"),
        ({"pre": (1,)}, "RateRule.pre"),
        ({"parameters": [1]}, "RateRule.parameters"),
        ({"parameters": {"eta": float("nan")}}, "RateRule.parameters"),
        ({"parameters": {"d": 1.0}}, "'d' names two factors"),
        ({"parameters": {"w": 1.0}}, "'w' names two factors"),
        ({"pre": ("h", "d")}, "'d' names two factors"),
        ({"text": 3}, "RateRule.text = 3; expected a text"),
    ],
)
def test_wrong_rules_are_refused(wrong, message):
    with pytest.raises(NetworkError, match=message):
        RateRule(**{"text": "d * h", "pre": ("h",), "post": ("d",), **wrong})


def test_the_error_of_a_huge_rule_is_short():
    with pytest.raises(NetworkError) as found:
        RateRule("+".join(["d * h"] * 20_000), ("h",), ("d",))
    assert len(str(found.value)) < 600


@pytest.mark.parametrize(
    "wrong",
    [
        {"running": Running(images=-5)},
        {"running": Running(images=10**9)},
        {"running": Running(images=7)},
        {"running": Running(images=1437)},
        {"running": Running(images=64, answered=-1)},
        {"running": Running(images=64)},
        {"batches": 3},
        {"history": ()},
    ],
    ids=str,
)
def test_a_checkpoint_whose_counts_cannot_be_true_is_refused(wrong, tmp_path):
    replace(trained(folder=tmp_path), **wrong).save(tmp_path)
    with pytest.raises(DataError, match="contradict each other"):
        trained(folder=tmp_path, epochs=2, resume=True)
    assert len(RateTraining.load(tmp_path).history) <= 1


def test_an_algorithm_without_labels_needs_no_certain_number_of_outputs():
    Images(load_dataset("digits")).check_answers(layered(64, 20, output="logistic"), ALGORITHMS["wake_sleep"].make())


@dataclass(frozen=True)
class LastLayer(Algorithm):
    """The output learns by the delta rule, with what `changed` makes of it."""

    changed: ClassVar[Any]

    @property
    def rules(self):
        return {"weights": RateRule("eta * (t - y) * h", ("h",), ("t", "y"), {"eta": 0.05})}

    def teach(self, circuit, x, t):
        now = circuit.forward(x)
        return self.changed(now.h[-2], t, now.h[-1])


def making(changed):
    return type("LastLayer", (LastLayer,), {"changed": staticmethod(changed)})()


def last(h, t, y):
    return Quantities({"h": h}, {"t": t, "y": y})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda h, t, y: Taught({"weights": [None, last(y, h, h)]}, y), r"pre quantity 'h' as .* \(10, 32\).*\(12, 32\)"),
        (lambda h, t, y: Taught({"weights": [None, last(h, h, y)]}, y), r"post quantity 't' as .* \(12, 32\).*\(10, 32\)"),
        (lambda h, t, y: Taught({"weights": [None, last(h.T, t.T, y.T)]}, y), r"'h' as ndarray of shape \(32, 12\)"),
        (lambda h, t, y: Taught({"weights": [None, last(h[:, :3], t, y)]}, y), r"'t' as .* \(10, 32\); expected .* \(10, 3\)"),
        (lambda h, t, y: Taught({"weights": [None, last(h[:, 0], t, y)]}, y), r"'h' as ndarray of shape \(12,\)"),
        (lambda h, t, y: Taught({"weights": [None, last(h.tolist(), t, y)]}, y), "'h' as list"),
        (lambda h, t, y: Taught({"weights": [last(h, t, y)]}, y), r"'h' as ndarray of shape \(12, 32\).*\(64, 32\)"),
        (lambda h, t, y: Taught({"weights": [None, None, last(h, t, y)]}, y), "for 3 matrices 'weights'; the state has 2"),
        (lambda h, t, y: Taught({"weight": [None, last(h, t, y)]}, y), "Did you mean 'weights'"),
        (lambda h, t, y: Taught([last(h, t, y)], y), "LastLayer.teach: found Taught"),
        (lambda h, t, y: None, "LastLayer.teach: found None; expected Taught"),
        (lambda h, t, y: Taught({"weights": [None, last(h, t, y)]}, y[:3]), r"answer has the shape \(3, 32\); expected"),
    ],
)  # fmt: skip
def test_an_algorithm_of_your_own_is_told_what_does_not_fit(changed, message):
    with pytest.raises(NetworkError, match=message):
        trained(algorithm=making(changed))


def test_an_algorithm_of_your_own_learns():
    learned = trained(algorithm=making(lambda h, t, y: Taught({"weights": [None, last(h, t, y)]}, y)), epochs=3)
    assert learned.history[-1].train_error < learned.history[0].train_error


@dataclass(frozen=True)
class Unwritable(LastLayer):
    """A parameter that no file can hold."""

    slope: Any = np.tanh


def test_a_parameter_that_a_checkpoint_cannot_hold_is_refused_by_name():
    with pytest.raises(UsageError, match="Unwritable: .*ufunc.* use numbers, texts"):
        trained(algorithm=Unwritable())


@pytest.mark.parametrize(
    ("x", "t", "message"),
    [
        (np.zeros((3, 4)), np.zeros((10, 4)), r"images are .* \(3, 4\); expected an array of shape \(64, any number\)"),
        (np.zeros(64), np.zeros(10), r"images are ndarray of shape \(64,\)"),
        ([[0.0]] * 64, np.zeros((10, 1)), "images are list"),
        (np.zeros((64, 0)), np.zeros((10, 0)), "found no images"),
        (np.zeros((64, 4)), np.zeros((7, 4)), r"targets are ndarray of shape \(7, 4\); expected an array of shape \(10, 4\)"),
        (np.zeros((64, 4)), np.zeros((10, 5)), r"targets are ndarray of shape \(10, 5\)"),
    ],
)
def test_a_mini_batch_of_wrong_shape_is_refused(x, t, message):
    with pytest.raises(DataError, match=message):
        Learner(NETWORK, ALGORITHMS["pepita"].make()).learn(x, t)


def test_a_learner_needs_a_network_an_algorithm_and_an_optimiser():
    algorithm = ALGORITHMS["backprop"].make()
    for wrong in ({"network": 3}, {"algorithm": "backprop"}, {"optimiser": 3}):
        with pytest.raises(NetworkError, match=f"Learner.{next(iter(wrong))} = "):
            Learner(**{"network": NETWORK, "algorithm": algorithm, **wrong})
