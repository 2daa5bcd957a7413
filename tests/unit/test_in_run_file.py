"""The checkpoint of a training in the run: read as it was written, or refused by name."""

import json

import numpy as np
import pytest

from neurosim.errors import DataError
from neurosim.files.npz import read_npz, write_npz
from neurosim.train.in_run.checkpoint import Keeper, Part, RunEpoch


class OneNetwork:
    """What a checkpoint needs of a session."""

    program = None

    def memory(self):
        random = np.array(json.dumps([[1, 2]]))
        return {"counts": np.array([3, 4]), "signals": np.zeros((1, 4)), "random": random, "weight": np.arange(9.0)}

    def restore(self, memory):
        self.remembered = memory


@pytest.fixture
def path(tmp_path):
    Keeper(tmp_path, "run").keep(OneNetwork(), [RunEpoch(0, 0.5, 0.5, float("nan"), 1.0)], Part(), stop=False)
    return tmp_path / "in_run.npz"


def resumed(path):
    keeper, session = Keeper(path.parent, "run"), OneNetwork()
    found = keeper.resumed()
    keeper.recall(session)
    return found, session.remembered


def test_it_is_read_as_written(path):
    (epochs, part), memory = resumed(path)
    assert epochs[0].met == 0.5 and np.isnan(epochs[0].argmax) and part == Part()
    np.testing.assert_array_equal(memory["weight"], np.arange(9.0))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weight": np.arange(8.0)}, "weight is float64 (8,)"),
        ({"weight": np.arange(9)}, "weight is int64"),
        ({"more": np.zeros(1)}, "unexpected or missing: more"),
        ({"random": np.array("{}")}, "random"),
        ({"random": np.array("[1, 2]")}, "2 generators"),
        ({"signals": np.array("x")}, "no signals"),
        ({"about": np.array("{")}, "about"),
        ({"about": np.array('{"run": "run", "epochs": [{"epoch": "0"}], "part": {}}')}, "about.epochs.0"),
    ],
    ids=str,
)
def test_other_content_is_refused(path, changed, said):
    write_npz(path, {**read_npz(path), **changed})
    with pytest.raises(DataError) as caught:
        resumed(path)
    assert said in str(caught.value) and "in_run.npz" in str(caught.value) and "remove it to start again" in str(caught.value)
