"""One run at a time writes into a folder; the kernel frees it after SIGKILL."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from neurosim.data import load_dataset
from neurosim.errors import NeurosimError, UsageError
from neurosim.files.lock import LOCK, alone, folder_lock
from neurosim.models import load_model
from neurosim.rate import ALGORITHMS, layered, train_rates
from neurosim.train.desire.loop import train
from neurosim.train.in_run import train_in_run
from neurosim.train.unsupervised.training import learn_images

HOLD = """
import sys, time
from neurosim.files.lock import folder_lock
with folder_lock(sys.argv[1]):
    print("has it", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "has it\n"
    yield child
    child.kill()
    child.communicate()


def test_another_process_is_kept_out_and_told_by_whom(holder, tmp_path):
    for _ in range(2):
        said = f"out: another run is writing into this folder .process {holder.pid} on .*. Wait for that run, end it, or"
        with pytest.raises(UsageError, match=said):
            folder_lock(tmp_path / "out").__enter__()


def test_the_kernel_frees_it_after_sigkill(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert (tmp_path / "out" / LOCK).exists()
    with folder_lock(tmp_path / "out"):
        pass
    assert not (tmp_path / "out" / LOCK).exists()


def test_the_second_of_two_trainings_ends_with_1(holder, tmp_path):
    command = [sys.executable, "-m", "neurosim", "train", "desire_mlp", "--epochs", "1", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    said = f"error: {tmp_path}/out: another run is writing into this folder (process {holder.pid} on "
    assert done.stderr.startswith(said) and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("run", [train_in_run, learn_images])
def test_every_training_asks_first(holder, tmp_path, run):
    with pytest.raises(UsageError, match="writing into this folder"):
        run(None, None, None, epochs=1, folder=tmp_path / "out")


def test_training_asks_before_its_first_image(holder, tmp_path):
    digits = load_dataset("digits")
    with pytest.raises(UsageError, match="writing into this folder"):
        train_rates(layered(64, 10), ALGORITHMS["backprop"].make(), digits, epochs=1, folder=tmp_path / "out")
    with pytest.raises(UsageError, match="writing into this folder"):
        train(load_model("desire_mlp"), load_dataset("digits"), epochs=1, folder=tmp_path / "out")


def test_threads_are_kept_apart_too(tmp_path):
    said = []

    def other():
        try:
            with folder_lock(tmp_path):
                said.append("got it")
        except UsageError as error:
            said.append(str(error))

    with folder_lock(tmp_path), folder_lock(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "writing into this folder" in said[0]
    other()
    assert said[1] == "got it"


def test_it_is_held_until_the_outer_block_ends(tmp_path):
    with folder_lock(tmp_path / "out"):
        with folder_lock(tmp_path / "out"):
            pass
        assert (tmp_path / "out" / LOCK).exists()
    # Nothing came to lie in it.
    assert not (tmp_path / "out").exists()


def test_no_folder_no_lock():
    @alone
    def run(folder=None):
        return folder

    assert run() is None and run(folder=None) is None


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(NeurosimError, match="could not be written"), folder_lock(tmp_path / "out"):
        pass


def test_many_in_turn(tmp_path):
    """Whoever frees the lock removes its file; nobody may then hold the removed one."""
    inside, most = [], []

    def work():
        done, end = 0, time.monotonic() + 60
        while done < 20 and time.monotonic() < end:
            try:
                with folder_lock(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    done += 1
            except UsageError:
                time.sleep(0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80
