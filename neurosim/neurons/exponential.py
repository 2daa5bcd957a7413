"""Exponential decay inside a system that forward Euler integrates."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.units import FloatArray, si


def euler_tau(tau: Any, dt: float) -> FloatArray:
    """Seconds: the time constant with which forward Euler keeps ``exp(-dt/tau)`` in a step of `dt` seconds."""
    return np.asarray(-dt / np.expm1(-dt / si(tau, "second", "tau")))
