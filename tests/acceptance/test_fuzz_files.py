"""Damaged files of every format are refused in one line that names the file, or read as exactly what was written.

100 files here; ``NEUROSIM_FULL=1`` reads 1000.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.fuzz_files import FORMATS

EACH = -(-(1000 if os.environ.get("NEUROSIM_FULL") else 100) // len(FORMATS))
SECONDS, BYTES = 5, 500e6


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Of a process of its own, whose memory can be measured."""
    command = [sys.executable, "-m", "tests.acceptance.fuzz_files", str(EACH), str(tmp_path_factory.mktemp("fuzz"))]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", FORMATS)
def test_refused_or_the_same(results, name):
    found = [r for r in results if r.get("format") == name]
    assert len(found) == EACH
    assert [r for r in found if r["outcome"].startswith("WRONG")] == []
    if FORMATS[name].checked:
        assert {r["outcome"].partition(":")[0] for r in found} <= {"refused", "the same"}


def test_none_is_slow_or_large(results):
    # CPU time: the machine may be busy.
    assert max((r["cpu"], r["format"], r["k"]) for r in results[:-1])[0] < SECONDS
    assert max(results[-1]["peaks"].values()) < BYTES
