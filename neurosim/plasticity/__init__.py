"""Plasticity rules: one form, one rule a file."""

from neurosim.plasticity.desire import DesireSignal, desire
from neurosim.plasticity.rule import Modulator, PlasticityRule, Trace, broadcast, post, post_modulator, pre, synaptic

__all__ = [
    "DesireSignal",
    "Modulator",
    "PlasticityRule",
    "Trace",
    "broadcast",
    "desire",
    "post",
    "post_modulator",
    "pre",
    "synaptic",
]
