"""Child processes and their supervisor; with Lava and with kills of the parent in tests/acceptance/test_lava_kill.py."""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from neurosim.processes.child import ChildLost, ChildTimeout, Supervised, run_child, supervised

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads environments in /proc")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def python(code):
    return [sys.executable, "-c", code]


def gone(pid):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_exit_code_and_log(place, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "log.txt"
    assert run_child(python("import sys; print('a'); print('b', file=sys.stderr); sys.exit(7)"), log, None) == 7
    assert sorted(log.read_text().split()) == ["a", "b"] and not list(place.iterdir())


def test_several_commands(place):
    with supervised() as children:
        log = children.folder / "log.txt"
        for k in range(3):
            assert children.run(python(f"print({k})"), log, 30) == 0 and log.read_text() == f"{k}\n"
        assert list(place.iterdir()) == [children.folder]
    assert not list(place.iterdir())


@linux
def test_what_a_child_leaves_running(place):
    """Also where it left the process group, and ignores being asked."""
    code = (
        "import os, time, signal; print(os.getpid(), flush=True); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)"
    )
    leaver = f"import subprocess; subprocess.Popen([{sys.executable!r}, '-c', {code!r}], start_new_session=True).stdout"
    with supervised() as children:
        log = children.folder / "log.txt"
        assert children.run(python(leaver + "; import time; time.sleep(1)"), log, 30) == 0
        assert gone(int(log.read_text()))


@linux
def test_log_of_one_that_takes_too_long(place):
    with supervised() as children:
        log = children.folder / "log.txt"
        with pytest.raises(ChildTimeout):
            children.run(python("import os, time; print(os.getpid(), flush=True); time.sleep(99)"), log, 1)
        assert gone(int(log.read_text()))


def test_no_such_command(place):
    with pytest.raises(ChildLost, match="No such file.*nonsuch"), supervised() as children:
        children.run(["/nonsuch"], children.folder / "log.txt", 30)
    assert not list(place.iterdir())


def test_no_such_folder(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    with pytest.raises(ChildLost, match="/proc/nowhere"), supervised():
        pass


def test_sockets_in_a_long_folder(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    code = "import multiprocessing.connection as c; print(c.Listener(family='AF_UNIX').address)"
    with supervised() as children:
        log = children.folder / "log.txt"
        assert children.run(python(code), log, 30) == 0, log.read_text()
        way = Path(log.read_text().strip()).parents[1]
        assert way.resolve() == children.folder
    assert not list(long.iterdir()) and not way.is_symlink()


@linux
def test_the_next_start_clears_what_a_killed_one_left(place):
    first = Supervised()
    child = multiprocessing.get_context("fork").Process(
        target=first.run, args=(python("import time; time.sleep(99)"), first.folder / "log", 60)
    )
    child.start()
    while not (first.folder / "log").exists():
        time.sleep(0.01)
    child.kill()
    child.join()
    os.kill(first._supervisor.pid, signal.SIGKILL)
    first._supervisor.wait()
    assert list(place.iterdir()) == [first.folder]
    with supervised() as second:
        second.run(python(""), second.folder / "log", 30)
        assert list(place.iterdir()) == [second.folder]


def test_a_fork_of_the_parent_holds_nothing_up(place):
    children = Supervised()
    fork = multiprocessing.get_context("fork").Process(target=time.sleep, args=(30,))
    fork.start()
    begun = time.monotonic()
    children.close()
    assert time.monotonic() - begun < 3 and not children.folder.exists()
    fork.kill()
    fork.join()
