"""Trained networks stored at one byte per weight: the file, the catalogue and the command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim import deploy, train
from neurosim.cli.app import app
from neurosim.content import catalogue as content
from neurosim.data import load_dataset
from neurosim.errors import ContentError, DataError, UsageError
from neurosim.models import describe_models, load_model
from neurosim.train.desire.loop import CHECKPOINT
from neurosim.train.desire.online import strict_hits
from neurosim.train.desire.pack import counts_on_chip, pack
from neurosim.train.desire.training import Training
from neurosim.train.recipe import find_recipe

SIZES = (64, 40, 10)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A checkpoint after two epochs."""
    folder = tmp_path_factory.mktemp("run")
    options = {"sizes": SIZES}
    train(
        load_model("desire_mlp", **options), digits, epochs=2, folder=folder, progress=False,
        origin={"model": "desire_mlp", "options": options},
    )  # fmt: skip
    return folder / CHECKPOINT


@pytest.mark.parametrize("bits", [8, 4])
def test_packed_network_loses_nothing_more_on_the_chip(trained, digits, tmp_path, bits):
    before = Training.load(trained)
    packed = pack(before, digits, weight_bits=bits)
    packed.save(tmp_path / "small.h5")
    network = load_model(tmp_path / "small.h5")
    first, again = (deploy(n, weight_bits=bits) for n in (before.network, network))
    for a, b in zip(first.program.projections, again.program.projections, strict=True):
        np.testing.assert_array_equal(a.stored_weights, b.stored_weights)
    lost = [abs(loss.wanted - loss.got) for loss in again.report.losses if loss.field == "weights"]
    assert max(lost, default=0.0) < 1e-12
    counts = counts_on_chip(again, digits)
    np.testing.assert_array_equal(counts, counts_on_chip(first, digits))
    assert packed.settings["packed"]["test_accuracy"] == strict_hits(counts, digits.test_labels).mean()


def test_file_needs_about_a_byte_a_weight(trained, digits, tmp_path):
    packed = pack(Training.load(trained), digits)
    packed.save(tmp_path / "small.h5")
    weights = sum(w.size for w in packed.weights.values())
    assert (tmp_path / "small.h5").stat().st_size < 1.5 * weights + 20_000
    found = Training.load(tmp_path / "small.h5")
    assert found.history == packed.history and found.settings == packed.settings and found.units == packed.units
    for name, w in packed.weights.items():
        np.testing.assert_array_equal(found.weights[name], w)


def test_trained_network_of_the_zoo_has_a_card(trained, digits, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    pack(Training.load(trained), digits).save(tmp_path / "models" / "small_digits.h5")
    (tmp_path / "models" / "desire_mlp.py").write_bytes(content.content_path("models", "desire_mlp").read_bytes())
    monkeypatch.setattr(content, "files", lambda package: tmp_path)
    assert load_model("small_digits").population("hidden1").n == 40
    card = next(c for c in describe_models() if c.name == "small_digits")
    assert "64-40-10, trained on digits for 2 epochs" in card.summary and "8-bit weights on the chip" in card.expected
    assert "Gerlinghoff" in card.paper and card.options == {"sizes": "[64, 40, 10]"}


def test_trained_networks_are_named_and_not_trained_again(trained):
    with pytest.raises(ContentError, match="desire_mnist"):
        load_model("desire_mnst")
    for model in ("desire_mnist", str(trained)):
        with pytest.raises(UsageError, match="is already trained"):
            find_recipe(model, "mnist", None)


def test_trained_networks_keep_their_options(trained):
    with pytest.raises(UsageError, match="trained network, whose options cannot be changed"):
        load_model(trained, seed=1)


def test_training_does_not_go_on_from_a_packed_file(trained, digits, tmp_path):
    training = Training.load(trained)
    pack(training, digits).save(tmp_path / CHECKPOINT)
    with pytest.raises(DataError, match="packed"):
        train(load_model("desire_mlp", sizes=SIZES), digits, epochs=3, folder=tmp_path, resume=True, progress=False)


def test_command(trained, tmp_path):
    out = tmp_path / "small.h5"
    done = CliRunner().invoke(app, ["pack", str(trained), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["bytes"] == out.stat().st_size and 0 < found["test_accuracy"] <= 1


def test_command_refuses_another_suffix(trained, tmp_path):
    done = CliRunner().invoke(app, ["pack", str(trained), "--out", str(tmp_path / "small.npz")])
    assert done.exit_code != 0 and not (tmp_path / "small.npz").exists()
