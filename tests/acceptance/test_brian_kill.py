"""Nothing is left of a C++ run of Brian2 whose parent is killed."""

import sys
from pathlib import Path

import pytest

from tests.acceptance.killed import Run, short_folder

SCRIPT = Path(__file__).with_name("brian_process.py")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("moment", ["cc1plus", pytest.param("./main", marks=pytest.mark.slow)])
def test_compiler_and_program_end_with_their_parent(moment):
    with short_folder() as folder:
        run = Run(folder, [sys.executable, SCRIPT])
        try:
            run.wait_for(lambda: run.running(moment), 240)
            run.parent.kill()
            run.parent.wait(10)
            run.assert_nothing_left()
        finally:
            run.end()
