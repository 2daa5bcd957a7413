"""The current folder may be a stranger's: nothing in it runs because a file there is read."""

import os
import subprocess
import sys

import numpy as np
import pytest

from neurosim.files.seal import reseal
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes

# As the console script does, which lies elsewhere.
SCRIPT = "import sys; sys.path.remove(''); from neurosim.cli import app; app()"
MODULE = "from pathlib import Path; Path('ran').touch()\n"


def run(folder, code, *arguments):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=os.environ)


@pytest.mark.parametrize("module", ["h5py.py", "numpy.py", "resource.py", "neurosim.py"])
def test_modules_beside_a_file_of_a_stranger(tmp_path, module):
    spikes = Spikes.from_raster(np.ones((1, 3, 2), bool))
    Recording(1e-4, 3, 1, {"cells": 2}, {"cells": spikes}, {}, {}, {}, {}).save(tmp_path / "r.h5")
    reseal(tmp_path / "r.h5")
    (tmp_path / module).write_text(MODULE)
    ended = run(tmp_path, SCRIPT, "compare", "r.h5", "r.h5")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


LOOK = "import neurosim; from neurosim.units import ms; import brian2; print(brian2.prefs.codegen.target)"


def test_preferences_of_brian2(tmp_path):
    hostile = "codegen.target = (open('ran', 'w'), 'numpy')[1]\n"
    (tmp_path / "brian_preferences").write_text(hostile)
    ended = run(tmp_path, LOOK)
    assert ended.stdout == "auto\n" and "brian_preferences was not read: Brian2 would run" in ended.stderr
    assert not (tmp_path / "ran").exists()
    # Whoever imports Brian2 first has it as ever.
    assert run(tmp_path, f"import brian2; {LOOK}").stdout == "numpy\n" and (tmp_path / "ran").exists()


def test_preferences_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".brian").mkdir()
    (tmp_path / ".brian" / "user_preferences").write_text("codegen.target = 'numpy'\n")
    ended = run(tmp_path, LOOK)
    assert (ended.stdout, ended.stderr) == ("numpy\n", "")
