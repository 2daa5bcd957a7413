"""How the run of a Lava graph ends when it goes wrong or is asked to end: with no process left. Copied beside every graph."""

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


class GivenUp(BaseException):
    """A Lava process failed or was killed, or this program is asked to end."""


def name_shared_memory():
    """Let names of shared memory begin with that of the folder whose supervisor removes both, if there is one."""
    folder = os.environ.get("NEUROSIM_SUPERVISED")
    if folder and sys.platform == "linux":
        shared_memory._SHM_NAME_PREFIX = f"/{Path(folder).name}-"
        shared_memory._SHM_SAFE_NAME_LENGTH = len(shared_memory._SHM_NAME_PREFIX) + 8


def show_failures():
    """Let a failing Lava process print its traceback, and end everything where Lava would wait for ever or leave processes.

    That is when one of them fails or is killed, and when this program is asked to end.
    """
    main, process_main = os.getpid(), runtime.target_fn
    util.get_temp_dir()  # Made here, so that it can be removed here whichever process is killed.

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
            raise GivenUp
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def look(*_):
        killer = killed_by() if os.getpid() == main else None
        if killer is not None:
            end_processes()
            print(f"A process of Lava was killed by signal {killer} ({signal.strsignal(killer)}).", file=sys.stderr)
            raise GivenUp

    runtime.target_fn = loud
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.signal(signal.SIGCHLD, look)


def killed_by():
    """Signal that killed a Lava process; None as long as none did."""
    for process in list(multiprocessing.process._children):
        try:
            status = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            continue
        # The manager of shared memory is ended by a signal whenever it takes long.
        killed = status is not None and status.si_code != os.CLD_EXITED
        if killed and (isinstance(process, SystemProcess) or status.si_status != signal.SIGTERM):
            return status.si_status
    return None


def end_processes():
    """Kill every Lava process, whatever it waits for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for process in multiprocessing.active_children():
        process.kill()
        multiprocessing.process.BaseProcess.join(process, 1)


def abandon():
    """End this program and every Lava process."""
    end_processes()
    shutil.rmtree(util.get_temp_dir(), ignore_errors=True)
    sys.stderr.flush()
    os._exit(1)
