"""A Ctrl-C that Python drops is found again."""

from __future__ import annotations

import os
import signal

import pytest

from neurosim.processes.interrupt import remembered_interrupt


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
