"""A Ctrl-C that Python drops is found again, and one that Brian2 would turn into a shorter run ends the run."""

from __future__ import annotations

import os
import signal
import threading

import brian2
import pytest

from neurosim import LIF, Network, Population, simulate, start
from neurosim.backends.brian2.environment import preferences
from neurosim.errors import UsageError
from neurosim.processes.interrupt import remembered_interrupt
from neurosim.units import ms, second

LONG = Network("long", [Population("cells", 10, LIF(tau_m=20 * ms, v_th=1.0), current=1.5)])


class Pressed(threading.Thread):
    """Ctrl-C, as soon as Brian2 is in its loop over steps."""

    def run(self):
        while not brian2.Network._globally_running:
            pass
        os.kill(os.getpid(), signal.SIGINT)


class Finaliser:
    """Python reports an exception from here and goes on."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_dropped_by_a_finaliser_is_remembered():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), remembered_interrupt() as check:
        check()
        finaliser = Finaliser()
        del finaliser
        check()
    assert signal.getsignal(signal.SIGINT) is before


def test_without_an_interrupt_nothing_happens():
    with remembered_interrupt() as check:
        check()


@pytest.fixture
def ctrl_c(monkeypatch):
    """Brian2's handler, as it is after an import in a terminal."""
    monkeypatch.setattr(brian2._int_handler, "previous_handler", signal.default_int_handler)
    before = signal.signal(signal.SIGINT, brian2._int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_process_in_the_background_has_a_handler_that_can_be_called(monkeypatch):
    monkeypatch.setattr(brian2._int_handler, "previous_handler", signal.SIG_IGN)
    with preferences({}):
        brian2._int_handler(signal.SIGINT, None)
    monkeypatch.setattr(brian2._int_handler, "previous_handler", signal.SIG_DFL)
    with preferences({}), pytest.raises(KeyboardInterrupt):
        brian2._int_handler(signal.SIGINT, None)


def test_a_run_in_brian2_is_interrupted_and_not_cut_short(ctrl_c):
    pressed = Pressed()
    pressed.start()
    with pytest.raises(KeyboardInterrupt):
        simulate(LONG, 3000 * second)
    pressed.join()
    assert not brian2.Network._globally_running and brian2.prefs.core.stop_on_keyboard_interrupt
    assert simulate(LONG, 100 * ms).counts("cells").min() == 4


def test_a_run_that_was_interrupted_within_a_stretch_does_not_go_on(tmp_path, ctrl_c):
    running = start(LONG, on="brian2")
    running.advance(50 * ms)
    pressed = Pressed()
    pressed.start()
    with pytest.raises(KeyboardInterrupt):
        running.advance(3000 * second)
    pressed.join()
    for go_on in (lambda: running.advance(50 * ms), lambda: running.save(tmp_path / "torn.h5")):
        with pytest.raises(UsageError, match="a stretch was interrupted by Ctrl-C"):
            go_on()
