"""Cards of learning algorithms of rates, and their place on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neurosim.cards.rate_card import of_backprop, rate_card
from neurosim.cli.app import app
from neurosim.errors import ContentError, UsageError
from neurosim.rate import ALGORITHMS, layered


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_every_algorithm_has_a_card(name):
    card = rate_card(name)
    assert card.rules and card.phases and card.paper and card.summary
    assert card.macs > 0 and card.passes >= 1
    assert bool(card.stop) != bool(card.spiking)


def test_the_operations_of_backprop_are_counted_as_by_hand():
    card = rate_card("backprop")
    assert card.macs == card.macs_of_backprop == of_backprop(layered(64, 200, 200, 10))
    assert card.macs == 2 * (64 * 200 + 200 * 200 + 200 * 10) + 200 * 200 + 200 * 10


def test_what_is_transported_is_found_by_running():
    found = {name: rate_card(name).transported for name in ("backprop", "sign_symmetry", "frozen_feedback", "pepita")}
    assert found == {
        "backprop": ("weights",),
        "sign_symmetry": ("signs of the weights, always",),
        "frozen_feedback": ("weights, once",),
        "pepita": (),
    }


def test_wrong_names():
    with pytest.raises(ContentError, match="Did you mean 'pepita'"):
        rate_card("pepitta")
    with pytest.raises(UsageError, match="Unknown parameter 'et'"):
        rate_card("pepita", et=1)


def invoke(line, code=0):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == code, result.output
    return result


def test_train_and_rule_commands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = json.loads(invoke("train pepita --epochs 1 --figure curve.png --json").stdout)
    assert first["epochs"] == 1 and Path("pepita-digits/rates.h5").exists() and Path("curve.png").stat().st_size > 5000
    again = json.loads(invoke("train pepita --epochs 2 --resume --json").stdout)
    assert again["epochs"] == 2 and again["history"][0] == first["history"][0]
    assert "add --resume" in invoke("train pepita", code=1).stderr
    assert "--dropout-hidden is for spiking models" in invoke("train pepita --dropout-hidden 0.3", code=1).stderr
    assert "transported" in invoke("rule pepita").stdout
    assert json.loads(invoke("reproduce pepita-digits/rates.h5 --json").stdout)["equal"]
    for command in ("rule", "train"):
        assert "Did you mean 'pepita'?" in invoke(f"{command} pepitta", code=1).stderr
    for model in ("pepita", "desire_mlp"):
        assert "could not be written (File name too long)" in invoke(f"train {model} --out {'x' * 300}", code=1).stderr
    assert "expected one of" in invoke("train nothing_of_this_name", code=1).stderr
