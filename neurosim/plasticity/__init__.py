"""Plasticity rules. All rules have the same form (`PlasticityRule`), and each published rule has a file of its own."""

from neurosim.plasticity.adaptive_ebcp import adaptive_ebcp
from neurosim.plasticity.bcm import bcm
from neurosim.plasticity.burst import burst_dependent, burst_dependent_carried
from neurosim.plasticity.burstccn_feedback import burstccn_q, burstccn_y
from neurosim.plasticity.burstccn_w import burstccn_w
from neurosim.plasticity.catalogue import RULES, RuleEntry, load_rule
from neurosim.plasticity.clopath import SOMATOSENSORY_CORTEX, clopath
from neurosim.plasticity.delta import delta
from neurosim.plasticity.desire import DesireSignal, desire, desire_carried
from neurosim.plasticity.diehl_cook import diehl_cook
from neurosim.plasticity.ebcp import ebcp
from neurosim.plasticity.ecd import ecd
from neurosim.plasticity.gate import gated
from neurosim.plasticity.guetig_stdp import guetig_stdp
from neurosim.plasticity.hebb import hebb
from neurosim.plasticity.inhibitory_stdp import inhibitory_stdp
from neurosim.plasticity.instar import instar
from neurosim.plasticity.mstdp import mstdp
from neurosim.plasticity.multiplicative_stdp import multiplicative_stdp
from neurosim.plasticity.nearest_neighbour_stdp import nearest_neighbour_stdp
from neurosim.plasticity.normalise import normalise
from neurosim.plasticity.oja import oja
from neurosim.plasticity.pair_stdp import pair_stdp
from neurosim.plasticity.power_law_stdp import power_law_stdp
from neurosim.plasticity.reward_stdp import reward_stdp
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.time_step import time_step
from neurosim.plasticity.traces import Modulator, Trace, broadcast, post, post_modulator, post_state, pre, synaptic
from neurosim.plasticity.triplet_stdp import (
    HIPPOCAMPUS,
    HIPPOCAMPUS_MINIMAL,
    VISUAL_CORTEX,
    VISUAL_CORTEX_MINIMAL,
    triplet_stdp,
)
from neurosim.plasticity.van_rossum_stdp import van_rossum_stdp

__all__ = [
    "HIPPOCAMPUS",
    "HIPPOCAMPUS_MINIMAL",
    "RULES",
    "SOMATOSENSORY_CORTEX",
    "VISUAL_CORTEX",
    "VISUAL_CORTEX_MINIMAL",
    "DesireSignal",
    "Modulator",
    "PlasticityRule",
    "RuleEntry",
    "Trace",
    "adaptive_ebcp",
    "bcm",
    "broadcast",
    "burstccn_q",
    "burstccn_w",
    "burstccn_y",
    "burst_dependent",
    "burst_dependent_carried",
    "clopath",
    "delta",
    "desire",
    "desire_carried",
    "diehl_cook",
    "ebcp",
    "ecd",
    "gated",
    "guetig_stdp",
    "hebb",
    "inhibitory_stdp",
    "instar",
    "load_rule",
    "mstdp",
    "multiplicative_stdp",
    "nearest_neighbour_stdp",
    "normalise",
    "oja",
    "pair_stdp",
    "post",
    "post_modulator",
    "post_state",
    "power_law_stdp",
    "pre",
    "reward_stdp",
    "synaptic",
    "time_step",
    "triplet_stdp",
    "van_rossum_stdp",
]
