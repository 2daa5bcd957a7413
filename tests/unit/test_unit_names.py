"""`neurosim.units` as a module of names."""

from __future__ import annotations

import subprocess
import sys

import brian2

from neurosim import units

STAR = """
import sys
import neurosim.units
assert "brian2" not in sys.modules
from neurosim.units import *
assert 5*ms/second == 0.005 and (3*mV).dim == volt.dim and nS and Hz and ufarad and metre
assert "si" not in globals() and "np" not in globals()
"""


def test_a_star_import_defines_the_units_and_nothing_else():
    subprocess.run([sys.executable, "-c", STAR], check=True, timeout=120)
    assert {"ms", "mV", "Hz", "siemens", "cm"} <= set(units.__all__)
    assert all(isinstance(getattr(units, name), brian2.Unit) for name in units.__all__)


def test_completion_offers_them():
    assert {"ms", "mV", "si", "unit_of"} <= set(dir(units))


def test_the_unit_of_a_list_is_that_of_what_is_in_it():
    assert units.unit_of([units.mV, 2 * units.mV]) == "volt" and units.unit_of([1, 2]) == "1"
