"""The steps of LIF neurons and their relatives."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.step_language.declaration import Declaration, Membrane, Reach

SOMA: Mapping[str, str] = {"bias": "bias", "tau_syn": "current_decay", "tau_m": "decay", "v_th": "threshold"}
RESET: Mapping[str, str] = {"v_reset": "level"}
ADAPTATION: Mapping[str, str] = {"tau_theta": "decay", "theta_jump": "threshold"}
MEMBRANE: Mapping[str, str] = {"u": "current", "v": "level"}
LABELS: Mapping[str, str] = {"tau_syn": "du", "tau_m": "dv", "tau_theta": "dtheta"}
"""Parameters by their names in the reports of a chip."""
BODY = Membrane("a", "tau_syn", "tau_m", "bias")
INTEGRATE = """
u = decay(u, tau_syn) + a
v = decay(v, tau_m) + u + bias
"""
FIRE = """
spike = v > v_th
if spike:
    v = v_reset
"""
SUBTRACT = """
spike = v >= v_th
if spike:
    v = v - v_th
"""

LIF_STEP = Declaration("LIF", {**SOMA, **RESET}, MEMBRANE, INTEGRATE + FIRE, labels=LABELS, reach=Reach((BODY,), "hard"))
SOFT_RESET_STEP = Declaration(
    "SoftResetLIF", SOMA, MEMBRANE, INTEGRATE + SUBTRACT, labels=LABELS, reach=Reach((BODY,), "soft")
)
REFRACTORY_STEP = Declaration(
    "RefractoryLIF",
    {**SOMA, "refractory": "held", **RESET},
    {**MEMBRANE, "held": "whole"},
    INTEGRATE + """
spike = held == 0 and v > v_th
if spike or held > 0:
    v = v_reset
held = refractory if spike else max(held - 1, 0)
""",
    labels=LABELS,
    reach=Reach((BODY,), "hard"),
)  # fmt: skip
ADAPTIVE_STEP = Declaration(
    "AdaptiveLIF",
    {**SOMA, **ADAPTATION, **RESET},
    {**MEMBRANE, "theta": "wide"},
    INTEGRATE + """
theta = decay(theta, tau_theta)
spike = v > v_th + theta
if spike:
    v = v_reset
    theta += theta_jump
""",
    labels=LABELS,
    reach=Reach((BODY,), "hard", adapts=True),
)  # fmt: skip
LIF_RESET_STEP = Declaration(
    "LIFReset",
    {**SOMA, "interval": "whole", "offset": "whole", **RESET},
    MEMBRANE,
    """
if (step + 1) % interval == offset:
    u = 0
    v = 0
""" + INTEGRATE + FIRE,
    labels=LABELS,
    reach=Reach((BODY,), "hard", horizon="interval"),
)  # fmt: skip
"""As Lava's neuron of that name: u and v begin again every `interval` steps."""
