"""Exact exponential decay in equations that are integrated by forward Euler."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.units import FloatArray, si


def euler_tau(tau: Any, dt: float) -> FloatArray:
    """Time constant (seconds) with which forward Euler keeps the factor ``exp(-dt/tau)`` in a step of `dt` seconds."""
    return np.asarray(-dt / np.expm1(-dt / si(tau, "second", "tau")))
