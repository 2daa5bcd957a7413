"""Plasticity rules: one form, one rule a file."""

from neurosim.plasticity.desire import DesireSignal, desire
from neurosim.plasticity.rule import PlasticityRule, post_modulator, pre

__all__ = ["DesireSignal", "PlasticityRule", "desire", "post_modulator", "pre"]
