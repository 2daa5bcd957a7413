"""Training in the integers of a chip with a folder: the file that it writes, rates that fall, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from models.desire_chip import RECIPES, UNIT, build
from neurosim import deploy
from neurosim.cli.app import app
from neurosim.data import load_dataset
from neurosim.errors import DataError, NetworkError, UnsupportedError, UsageError
from neurosim.models import load_model
from neurosim.plasticity import desire_carried
from neurosim.train import train
from neurosim.train.desire.training import Training
from neurosim.train.in_run import train_in_run
from neurosim.train.in_run.on_chip import train_on_chip

SMALL = {**RECIPES["digits"].options, "sizes": (64, 30, 10)}


def few(images=200, tested=60):
    digits = load_dataset("digits")
    return replace(
        digits,
        train_images=digits.train_images[:images],
        train_labels=digits.train_labels[:images],
        test_images=digits.test_images[:tested],
        test_labels=digits.test_labels[:tested],
    )


BUILT = build(**SMALL)


def trained(network=BUILT, data=None, **how):
    return train_on_chip(network, data or few(), epochs=2, progress=False, **how)


def test_the_file_is_a_model(tmp_path):
    """Integers times their units; deployed again without any exception, only odd integers change, by one."""
    made = trained(folder=tmp_path, origin={"model": "desire_chip", "options": SMALL})
    assert [e.epoch for e in made.history] == [0, 1]
    network = load_model(tmp_path / "training.h5")
    assert Training.load(tmp_path / "training.h5").settings == made.settings
    program = deploy(network).program
    untrained = deploy(build(**SMALL)).program
    for name, unit in made.units.items():
        stored = made.weights[name] / unit
        assert np.array_equal(stored, np.round(stored)) and np.abs(stored).max() <= 256, name
        again, before = ({p.name: p.stored_weights for p in q.projections}[name] for q in (program, untrained))
        assert np.array_equal(again, np.clip(2 * np.round(stored / 2), -256, 254)), name
        assert np.count_nonzero(again != before) > 20, name
    own = {p.name: network.weights(p) for p in network.projections}
    assert np.array_equal(own["output_hidden1"], build(**SMALL).weights(network.projection("output_hidden1")))


def test_a_finished_run_is_resumed_with_what_it_learned(tmp_path):
    """No epoch is left to run, and the file that is written again has the weights of the first run."""
    first = trained(folder=tmp_path)
    again = trained(folder=tmp_path)
    kept = Training.load(tmp_path / "training.h5", build(**SMALL))
    assert again.history == first.history
    for name, weights in first.weights.items():
        assert not np.array_equal(weights, first.initial[name]), name
        assert np.array_equal(again.weights[name], weights) and np.array_equal(kept.weights[name], weights), name


def test_random_feedback_learns():
    """Nothing is transported: no exception is asked for. Guessing has 10 % right."""
    made = train_on_chip(build(**{**SMALL, "sizes": (64, 60, 10)}), few(1000, 200), epochs=5, progress=False)
    assert made.history[0].train_accuracy < made.history[-1].train_accuracy and made.history[-1].test_accuracy > 0.6


def test_rates_are_halved():
    """A decay of ln 2 halves them after every epoch: as with a function that does so."""
    made = trained(eta_decay=float(np.log(2)))
    data, eta = few(), 4 / 128 * UNIT
    shown = [(x / np.float32(16)).astype(np.float32) for x in (data.train_images, data.test_images)]

    def at(epoch):
        return deploy(build(**SMALL, eta=eta / 2**epoch, output_eta=4 * eta / 2**epoch))

    wanted = train_in_run(at, shown[0], data.train_labels, test=(shown[1], data.test_labels), epochs=2, progress=False)
    assert [e.eta for e in made.history] == [eta, eta / 2]
    assert [e.test_accuracy for e in made.history] == [e.accuracy for e in wanted.epochs]
    for name, unit in made.units.items():
        assert np.array_equal(made.weights[name] / unit, wanted.weights[name])


def test_moved_images_go_on_where_they_stopped(tmp_path):
    """Two epochs at once, and one after the other: the same shifts. A checkpoint of other shifts is refused by name."""
    whole = trained(shift=1)
    train_on_chip(build(**SMALL), few(), epochs=1, shift=1, folder=tmp_path, progress=False)
    parts = trained(shift=1, folder=tmp_path)
    still = trained()
    for name, weights in whole.weights.items():
        assert np.array_equal(parts.weights[name], weights) and not np.array_equal(still.weights[name], weights)
    with pytest.raises(DataError, match=r"belongs to another run, which differs in .*shift \(found .*1.*, expected .*0"):
        trained(folder=tmp_path)
    with pytest.raises(DataError, match=r"differs in allow \(found \[\], expected \['weight_transport'\]\)\."):
        trained(shift=1, folder=tmp_path, allow={"weight_transport"})


def test_a_floor_teaches_silent_neurons():
    """Where a neuron wants more, the rule adds eta * floor * x, so that one without spikes learns, too."""
    floored = [str(p) for p in desire_carried(eta=0.5, floor=3.0).products]
    assert [text for text in floored if "sample_end" in text] == [
        "at sample_end: tag += 0.5 * M * aux", "at sample_end: tag += 1.5 * M * x", "at sample_end: tag += -0.5 * L * aux",
    ]  # fmt: skip
    with pytest.raises(NetworkError, match="desire_carried: floor = -1"):
        desire_carried(floor=-1)


@pytest.mark.parametrize(
    ("error", "match", "how"),
    [
        (UnsupportedError, 'such as fixed random ones .feedback="random"', {"network": build(feedback="tied")}),
        (DataError, "has 12 inputs and 10 outputs; data set 'digits' has 64 pixels", {"network": build(sizes=(12, 9, 10))}),
        (NetworkError, "0 populations of LabelInput; .*as in the model desire_chip", {"network": load_model("desire_mlp")}),
        (UsageError, "eta_decay = -1", {"eta_decay": -1}),
        (UsageError, "shift = 1.5", {"shift": 1.5}),
        (UsageError, "train_on_chip.network = None; expected a Network", {"network": None}),
        (UsageError, "train_on_chip.data", {"data": "digits"}),
        (UsageError, "train_on_chip.folder = 3", {"folder": 3}),
        (UsageError, "train_on_chip.origin = 3", {"origin": 3}),
    ],
)
def test_refused(error, match, how):
    with pytest.raises(error, match=match):
        trained(**how)


def test_a_chain_trainer_names_the_other_way():
    with pytest.raises(UnsupportedError, match="compute their own desire.*neurosim train --on-chip"):
        train(build(**SMALL), few(), epochs=1, progress=False)


def invoke(line):
    return CliRunner().invoke(app, line.split())


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = "train desire_chip --on-chip --set sizes=(64,20,10) --validation 1137 --out run --json"
    first = invoke(f"{line} --epochs 1")
    assert first.exit_code == 0, first.output
    again = invoke(f"{line} --epochs 1")
    assert again.exit_code == 1 and "add --resume" in again.output
    second = json.loads(invoke(f"{line} --epochs 2 --resume").stdout)
    assert second["epochs"] == 2 and second["history"][0] == json.loads(first.stdout)["history"][0]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "--on-chip --target loihi2 --epochs 2" in page and "--dropout" not in page
    found = json.loads(invoke("deploy run/training.h5 --run emulator --data digits --samples 20 --json").stdout)
    assert found["run"]["readout"]["population"] == "output"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train desire_chip --on-chip --batch 3", "--batch is not for --on-chip"),
        ("train desire_chip --on-chip --engine brian2", "--engine is not for --on-chip"),
        ("train desire_mlp --target loihi2", "--target is for training on a chip; add --on-chip"),
        ("train pepita --allow weight_transport", "--allow is for training on a chip"),
    ],
)
def test_options_of_the_other_ways(line, said):
    result = invoke(line)
    assert result.exit_code == 1 and said in result.output
