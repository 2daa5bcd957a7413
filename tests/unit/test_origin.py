"""Files that name code: the catalogue's is run, one's own where it was run here before, any other only if it is trusted."""

import json

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.data import load_dataset
from neurosim.errors import DataError, UsageError
from neurosim.files import trust
from neurosim.files.seal import reseal
from neurosim.models import load_model
from neurosim.models.origin import build, origin_of
from neurosim.results.recording import Recording
from neurosim.train import train
from neurosim.train.desire.training import Epoch, Training

MODEL = '''
from pathlib import Path

from neurosim.models import load_model

Path("it_ran").touch()


def build():
    return load_model("desire_mlp", sizes=(64, 10))
'''
EPOCH = Epoch(0, 1e-3, 0.5, 0.5, 0.5, 1.0)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder and a user of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_state_dir", lambda *of, **how: str(tmp_path / "state"))
    return tmp_path


def training(model="./mine.py", origin=None, **settings):
    """A file `t.h5` of a network, as if it had been trained from `model`."""
    network = load_model("desire_mlp", sizes=(64, 10))
    found = origin or {"model": model, "options": {}}
    Training(network, {}, (EPOCH,), {"data": "digits", **found, **settings}).save("t.h5")
    return "t.h5"


def ran(folder):
    return (folder / "it_ran").exists()


def as_another_user(monkeypatch, folder):
    monkeypatch.setattr("platformdirs.user_state_dir", lambda *of, **how: str(folder / "another state"))


def test_a_path_is_not_followed_unasked(here):
    (here / "mine.py").write_text(MODEL)
    training()
    with pytest.raises(DataError, match=r"t\.h5: names the model file 'mine\.py'.*Read .*--trust.*trust=True.*pass the"):
        load_model("t.h5")
    with pytest.raises(DataError, match="names the model file"):
        Training.load("t.h5")
    assert not ran(here)
    assert load_model("t.h5", trust=True).name == "desire_mlp" and ran(here)


def test_what_the_user_ran_here_runs_again(here):
    (here / "mine.py").write_text(MODEL)
    training(origin=origin_of("mine.py", {}))
    assert load_model("t.h5").name == "desire_mlp" and ran(here)


def test_but_not_once_it_has_changed(here):
    (here / "mine.py").write_text(MODEL)
    training(origin=origin_of("mine.py", {}))
    (here / "mine.py").write_text(MODEL + "# other\n")
    with pytest.raises(DataError, match="that file has changed since"):
        load_model("t.h5")
    assert not ran(here)


def test_and_not_for_somebody_else(here, monkeypatch):
    (here / "mine.py").write_text(MODEL)
    training(origin=origin_of("mine.py", {}))
    as_another_user(monkeypatch, here)
    with pytest.raises(DataError, match="it is not known that you ran this code"):
        load_model("t.h5")
    assert not ran(here)


def test_saving_it_again_does_not_make_it_ones_own(here):
    (here / "mine.py").write_text(MODEL)
    stranger = load_model("desire_mlp", sizes=(64, 10))
    Training.load(training(model_sha256="0" * 64, model_run_by="0" * 64), stranger).save("again.h5")
    with pytest.raises(DataError, match="it is not known that you ran this code"):
        load_model("again.h5")
    assert not ran(here)


def test_a_signature_is_of_one_purpose(here):
    (here / "mine.py").write_text(MODEL)
    digest = origin_of("mine.py", {})["model_sha256"]
    training(model_sha256=digest, model_run_by=trust.signature("hdf5", digest.encode()))
    with pytest.raises(DataError, match="it is not known that you ran this code"):
        load_model("t.h5")


@pytest.mark.parametrize("model", ["t.h5", "./t.h5", "desire_mnist", "/dev/zero.h5"])
def test_a_trained_network_has_no_trained_network_as_its_model(model):
    with pytest.raises(DataError, match=r"t\.h5: names the trained network .* as its model"):
        load_model(training(model), trust=True)


def test_a_model_that_is_nowhere(here):
    with pytest.raises(DataError, match=r"names the model 'absent', which is neither in the catalogue .* nor a file here"):
        load_model(training("absent"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"options": {"sizes": [10**6, 10**6]}}, "the option sizes is"),
        ({"options": {"sizes": "all"}}, "the option sizes is"),
        ({"options": {"nosuch": 1}}, "its model cannot be built again: .*option 'nosuch'"),
        ({"options": {"sizes": [64, 10], "eta": "x"}}, "t.h5"),
        ({"options": {"sizes": [64, 10]}, "seed": "x"}, "settings.seed"),
    ],
    ids=str,
)
def test_hostile_settings(settings, said):
    with pytest.raises(DataError, match=said):
        load_model(training("desire_mlp", **settings))


def test_weights_of_another_network():
    with pytest.raises(DataError, match=r"t\.h5: its weights do not fit the network 'desire_mlp'"):
        Training.load(training("desire_mlp"), load_model("desire_mlp", sizes=(32, 10)))
    with pytest.raises(DataError, match=r"t\.h5: contains no weights of 'image_hidden1'"):
        Training.load(training("desire_mlp"), load_model("desire_mlp", sizes=(64, 20, 10)))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("settings", "[]"), ("settings", '{"model": 3}'), ("settings", '{"options": []}'), ("history", "{}"),
        ("history", "[[]]"),
        ("history", '[{"epoch": "0"}]'), ("part", "[1]"), ("part", '{"images": -1}'), ("settings", 3), ("settings", "[" * 9999),
    ],
)  # fmt: skip
def test_json_of_another_kind(attribute, value):
    with h5py.File(training("desire_mlp"), "a") as file:
        file.attrs[attribute] = value
    reseal("t.h5")
    with pytest.raises(DataError, match=rf"t\.h5: damaged, .*{attribute}.*; train again"):
        Training.load("t.h5")


def test_a_unit_that_is_none(here):
    network = load_model("desire_mlp", sizes=(64, 10))
    units = {p.name: 2.0**-7 for p in network.projections}
    Training(network, {}, (EPOCH,), {"model": "desire_mlp", "options": {"sizes": [64, 10]}}, units=units).save("p.h5")
    assert Training.load("p.h5").units == units
    with h5py.File("p.h5", "a") as file:
        next(iter(file["weights"].values())).attrs["unit"] = np.inf
    reseal("p.h5")
    with pytest.raises(DataError, match="attribute unit"):
        Training.load("p.h5")


def invoke(line):
    return CliRunner().invoke(app, line.split())


@pytest.mark.parametrize("line", ["deploy t.h5", "simulate t.h5 --data digits", "pack t.h5 --out p.h5", "reproduce t.h5"])
def test_commands_ask(here, line):
    (here / "mine.py").write_text(MODEL)
    training()
    done = invoke(line)
    assert done.exit_code == 1 and not ran(here)
    assert done.stderr.startswith("error: t.h5: names the model file 'mine.py'") and len(done.stderr.splitlines()) == 1


def test_deploy_with_trust(here):
    (here / "mine.py").write_text(MODEL)
    training()
    done = invoke("deploy t.h5 --trust")
    assert done.exit_code == 0, done.output
    assert ran(here)


def test_a_recording_of_a_path_is_made_again_only_by_whom_it_is(here, monkeypatch):
    (here / "mine.py").write_text(MODEL)
    line = "simulate ./mine.py --data digits --samples 1 --integration step --out r.h5"
    assert invoke(line).exit_code == 0
    (here / "it_ran").unlink()
    assert invoke("reproduce r.h5").exit_code == 0 and ran(here)
    (here / "it_ran").unlink()
    as_another_user(monkeypatch, here)
    done = invoke("reproduce r.h5")
    assert done.exit_code == 1 and "it is not known that you ran this code" in done.stderr and not ran(here)
    assert invoke("reproduce r.h5 --trust").exit_code == 0 and ran(here)


def test_a_recording_that_names_itself(here):
    Recording(1e-3, 1, 1, {}, {}, info={"origin": {"model": "r.h5", "options": {}}}).save("r.h5")
    done = invoke("reproduce r.h5")
    assert done.exit_code == 1 and "names the model file 'r.h5'" in done.stderr
    done = invoke("reproduce r.h5 --trust")
    assert done.exit_code == 1 and "not a training" in done.stderr


@pytest.mark.parametrize("origin", [{"model": 3}, {"model": "desire_mlp", "options": [1]}])
def test_an_origin_of_another_kind(origin):
    with pytest.raises(DataError, match="found the model and options"):
        build("r.h5", origin)


def test_old_files_print_one_line_each(here):
    training("desire_mlp", options={"sizes": [64, 10]})
    with h5py.File("t.h5", "a") as file:
        del file.attrs["sealed"]
    (here / "t.h5").write_bytes((here / "t.h5").read_bytes()[512:])
    done = invoke("deploy t.h5 --json")
    assert done.exit_code == 0, done.output
    assert done.stderr.count("note: t.h5 has no seal, so damage to it cannot be detected.") == 1
    assert json.loads(done.stdout)["network"] == "desire_mlp"


@pytest.mark.parametrize(
    "origin", [{"model": 3}, {"options": {}}, {"model": "desire_mlp", "options": [1]}, {"model": "m", "options": {"a": print}}]
)
def test_an_origin_that_no_file_can_hold_is_refused_before_training(origin):
    network, digits = load_model("desire_mlp", sizes=(64, 10)), load_dataset("digits")
    with pytest.raises(UsageError, match="origin = .*; expected the name of a model, and options of plain values"):
        train(network, digits, epochs=1, origin=origin, progress=False)
