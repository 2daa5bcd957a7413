"""The page about a training says how well, by which settings, and with which weights."""

import shlex
from dataclasses import replace

import numpy as np
import pytest

from neurosim.cli.settings import parse_options
from neurosim.models import load_model
from neurosim.report.training import training_page
from neurosim.train.desire.training import Epoch, Training
from tests.unit.test_report import Checker

SETTINGS = {
    "data": "digits",
    "checksums": {"images": "0123456789abcdef" * 4},
    "sizes": [6, 4, 2],
    "eta_decay": 0.05,
    "dropout": {"input": 0.0, "hidden": 0.3},
    "shift": {"pixels": 1},
    "batch": 8,
    "seed": 7,
    "engine": "emulator",
    "dtype": "float64",
    "model": "desire_mlp",
    "options": {"sizes": [6, 4, 2]},
}


@pytest.fixture(scope="module")
def training():
    network = load_model("desire_mlp", sizes=(6, 4, 2))
    initial = {p.name: np.asarray(network.weights(p)) for p in network.projections}
    trained = network.with_weights({name: w + 0.1 for name, w in initial.items()})
    history = tuple(Epoch(e, 1e-4, 0.5 + e / 10, 0.25 + e / 8, 0.6, 1.5) for e in range(3))
    return Training(trained, initial, history, SETTINGS)


@pytest.fixture(scope="module")
def html(training):
    return training_page(training)


def test_page_is_whole_and_answers_first(html):
    assert not Checker(html).open
    assert "Strict test accuracy 50.00% after 3 epochs" in html.split("<section")[0]
    assert html.count("<svg") == 2 and "http" not in html


def test_page_shows_settings_weights_and_data(html, training):
    for text in ("dropout.hidden", "eta_decay", ">6, 4, 2<", "data images", "0123456789abcdef", *training.weights):
        assert text in html
    assert "rms change" in html and ">0.1<" in html
    assert "checksums" not in html


def test_command_is_one_that_the_command_line_takes(html):
    command = html.split("Made by <code>")[1].split("</code>")[0].replace("&#39;", "'")
    words = shlex.split(command)
    assert words[:5] == ["neurosim", "train", "desire_mlp", "--data", "digits"]
    given = dict(zip(words[3:], words[4:], strict=False))
    assert (given["--epochs"], given["--seed"], given["--shift"], given["--batch"]) == ("3", "7", "1", "8")
    assert parse_options([words[words.index("--set") + 1]]) == {"sizes": [6, 4, 2]}


def test_page_of_a_training_in_python_and_of_none(training):
    settings = {name: value for name, value in SETTINGS.items() if name not in ("model", "options")}
    html = training_page(replace(training, settings=settings, history=()))
    assert "neurosim.train(desire_mlp" in html and "no epoch is finished" in html


def test_page_names_no_folder(training):
    settings = SETTINGS | {"model": "some/where/mine.py"}
    assert "some/where" not in training_page(replace(training, settings=settings))
