"""Errors of constructors and of the main functions about their arguments."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pytest

from neurosim import (
    LIF,
    ImageInput,
    Network,
    Normal,
    Population,
    Projection,
    RateCoding,
    Uniform,
    compare,
    deploy,
    emulate_network,
    simulate,
    train,
)
from neurosim.checks.described import Described, fits, in_words
from neurosim.errors import NetworkError, UsageError
from neurosim.program.inputs import input_rasters
from neurosim.units import Hz, ms, mV

CELL = LIF(tau_m=20 * ms, v_th=10 * mV)
NET = Network("net", [Population("cells", 2, CELL)])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: LIF(tau_m=20 * ms, v_thr=1.0), NetworkError, "Unknown parameter 'v_thr'.*Did you mean 'v_th'"),
        (lambda: LIF(tau_m=20 * ms), NetworkError, "LIF: v_th is missing; it takes tau_m, v_th"),
        (lambda: LIF(20 * ms, 1.0, tau_m=1 * ms, v_th=1.0), NetworkError, "LIF: too many positional"),
        (lambda: LIF(tau_m=20 * ms, v_th=None), NetworkError, "LIF.v_th"),
        (lambda: Population("cells", 2, "LIF"), NetworkError, "'cells': neuron = 'LIF'; expected a Neuron such as LIF"),
        (lambda: Population("cells", 2.0, CELL), NetworkError, "'cells': n = 2.0; expected a whole number without a point, 2"),
        (lambda: Projection(NET.populations[0], "b", 1.0), NetworkError, "Projection 'cells_b': pre .* its name, 'cells'"),
        (lambda: Network("n", CELL), NetworkError, "'n': populations = .* expected a list of Population"),
        (lambda: ImageInput(RateCoding), NetworkError, "ImageInput.encoder .* expected an Encoder .*such as RateCoding"),
        (lambda: RateCoding(True), NetworkError, "RateCoding.steps = True; expected a whole number"),
        (lambda: Normal(0.0, -1.0), NetworkError, "Normal.sd = -1.0; expected a standard deviation of zero or more"),
        (lambda: Uniform(2, 1), NetworkError, "low = 2 is above high = 1; swap them"),
        (lambda: Uniform(1 * mV, 1), NetworkError, "low is in volt, and high a plain number"),
        (lambda: emulate_network("n", 1 * ms), UsageError, "emulate_network.network = 'n'; expected a Network"),
        (lambda: emulate_network(NET, 1 * ms, image=1), UsageError, "Unknown parameter 'image'.*Did you mean 'images'"),
        (lambda: deploy("burst_digits"), UsageError, "network = 'burst_digits'; expected a Network.*load_model"),
        (lambda: deploy(NET, weight_bits=True), UsageError, "weight_bits = True; expected a whole number"),
        (lambda: deploy(NET, allow="reset_to_rest"), UsageError, "allow = 'reset_to_rest'; expected a set of texts"),
        (lambda: simulate("brunel", 1 * ms), UsageError, "simulate.network = 'brunel'; expected a Network"),
        (lambda: compare(NET, NET), UsageError, "compare.a = .* expected a Recording"),
        (lambda: train(NET, "digits"), UsageError, "train.dataset = 'digits'; expected a Dataset"),
    ],
)
def test_arguments_of_another_name_or_kind(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dropout": 0.3}, r"dropout = 0.3; expected a Dropout such as neurosim.train.desire.dropout.Dropout\("),
        ({"epochs": -1}, "epochs = -1; expected a whole number of at least 1"),
        ({"epochs": 0}, "epochs = 0"),
        ({"epochs": 1.5}, "epochs = 1.5; expected a whole number"),
        ({"eta_decay": np.nan}, "eta_decay = nan; expected a finite number"),
        ({"seed": -1}, "seed = -1"),
        ({"batch": True}, "batch = True"),
        ({"drop_out": 0.3}, "Unknown parameter 'drop_out'.*Did you mean 'dropout'"),
    ],
)
def test_settings_of_training(settings, words):
    from neurosim.data import load_dataset
    from neurosim.models import load_model

    with pytest.raises(UsageError, match=words):
        train(load_model("desire_mlp"), load_dataset("digits"), **settings)


def test_zero_images_are_refused():
    net = Network("net", [Population("i", 3, ImageInput(RateCoding(5)))])
    with pytest.raises(NetworkError, match=r"'i': images have shape \(0, 3\).* at least one sample"):
        input_rasters(net, 5, np.zeros((0, 3)))
    assert input_rasters(net, 5, [[0.0, 1.0, 0.5]])["i"].shape == (1, 5, 3)


def test_descriptions_are_copied_and_changed_as_before():
    for again in (pickle.loads(pickle.dumps(CELL)), copy.copy(CELL), copy.deepcopy(CELL), replace(CELL)):
        assert again == CELL and again is not CELL
    assert list(inspect.signature(LIF).parameters) == ["tau_m", "v_th", "v_rest", "v_reset", "bias", "tau_syn", "noise"]
    with pytest.raises(NetworkError, match="Unknown parameter 'v_thr'"):
        replace(CELL, v_thr=3)


def test_own_classes_are_checked_too():
    @dataclass(frozen=True)
    class Own(Described):
        size: int
        label: str = ""

    assert Own(3).size == 3
    with pytest.raises(NetworkError, match="Own.size = 'a'; expected a whole number"):
        Own("a")


@pytest.mark.parametrize(
    ("hint", "good", "bad", "words"),
    [
        (int, (1, np.int8(2)), (True, 1.0, np.timedelta64(1, "s")), "a whole number"),
        (float, (1, 0.5, np.float32(1)), (np.nan, np.inf, 1j, 5 * ms, True, 10**400), "a finite number"),
        (str | None, ("a", None), (b"a", 1), "a text or None"),
        (Sequence[int], ([1], (), np.arange(2)), ("12", [0.5], np.zeros((2, 2), int)), "a list of whole numbers"),
        (Mapping[str, Any], ({"a": 1},), ({1: 1}, []), "a mapping of texts to values"),
        (Set[str], ({"a"}, ["a"]), ("a", {1}), "a set of texts"),
        (tuple[int, int], ((1, 2), [1, 2]), ((1,), 3), "2 values (a whole number, a whole number)"),
        (Literal["a", "b"], ("a",), ("c", 1), None),
        (Callable[[int], int], (abs,), (1,), None),
        (Hz.__class__, (Hz,), (1,), None),
    ],
)
def test_kinds(hint, good, bad, words):
    assert all(fits(value, hint) for value in good) and not any(fits(value, hint) for value in bad)
    assert words is None or in_words(hint) == words
