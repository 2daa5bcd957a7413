"""End of a Lava run that fails or has to stop, so that no process remains. Copied beside every graph."""

import multiprocessing
import os
import shutil
import signal
import sys
import traceback
from multiprocessing import shared_memory, util
from pathlib import Path

from lava.magma.runtime import runtime
from lava.magma.runtime.message_infrastructure.multiprocessing import SystemProcess

PATIENCE = 2.0
"""Seconds in which a program that gives up clears up."""


class GivenUp(BaseException):
    """Signal that a Lava process failed or was killed, or that this program has to end."""


def name_shared_memory():
    """Begin names of shared memory with the name of the supervised folder, if there is one; its supervisor removes both."""
    folder = os.environ.get("NEUROSIM_SUPERVISED")
    if folder and sys.platform == "linux":
        shared_memory._SHM_NAME_PREFIX = f"/{Path(folder).name}-"
        shared_memory._SHM_SAFE_NAME_LENGTH = len(shared_memory._SHM_NAME_PREFIX) + 8


def show_failures():
    """Make failing Lava processes print their traceback, and end all processes where Lava would wait forever or leave some.

    This happens when one of them fails or is killed, and when this program receives a signal to end.
    """
    main, process_main = os.getpid(), runtime.target_fn
    util.get_temp_dir()  # Created by this process, so that it can remove the folder whichever process is killed.

    def loud(*args, **kwargs):
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process_main(*args, **kwargs)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os.kill(main, signal.SIGUSR1)
            raise

    def give_up(number, _):
        if os.getpid() == main:
            end_processes()
            os.write(2, b"interrupted\n" if number == signal.SIGINT else b"")
            insist()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def look(*_):
        killer = killed_by() if os.getpid() == main else None
        if killer is not None:
            end_processes()
            print(f"A process of Lava was killed by signal {killer} ({signal.strsignal(killer)}).", file=sys.stderr)
            insist()

    runtime.target_fn = loud
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.signal(signal.SIGCHLD, look)


def insist():
    """Raise GivenUp, again and again until this program ends: Python drops what is raised while it frees an object."""

    def again(*_):
        raise GivenUp

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)
    raise GivenUp


def killed_by():
    """Number of the signal that killed a Lava process; None if none was killed."""
    for process in list(multiprocessing.process._children):
        try:
            status = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            continue
        # Python ends the manager of shared memory with SIGTERM if it is slow to stop, which is not a failure.
        killed = status is not None and status.si_code != os.CLD_EXITED
        if killed and (isinstance(process, SystemProcess) or status.si_status != signal.SIGTERM):
            return status.si_status
    return None


def end_processes():
    """Kill every Lava process, even if it is waiting."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for process in multiprocessing.active_children():
        process.kill()
        multiprocessing.process.BaseProcess.join(process, 1)


def abandon():
    """End this program and every Lava process."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    end_processes()
    shutil.rmtree(util.get_temp_dir(), ignore_errors=True)
    sys.stderr.flush()
    os._exit(1)
