"""Brian2's plea for a bug report, at the end of a script: not below errors of neurosim."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("mistake", "asked"), [("LIF(tau_m=0*ms, v_th=1.0)", False), ("1 / 0", True)])
def test_who_is_asked_for_a_bug_report(mistake, asked):
    script = f"from neurosim import LIF\nfrom neurosim.units import ms\n{mistake}"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr.rstrip().splitlines()[-1].startswith(("neurosim.errors.NetworkError: LIF.tau_m", "ZeroDivisionError"))
    assert ("Brian 2 encountered an unexpected error" in ended.stderr) is asked
