"""List of the named rules, used by the command line, the documentation and the tests.

A new rule needs a file of its own and one line in this list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.display.short import Short
from neurosim.errors import ContentError, unknown_name
from neurosim.plasticity.adaptive_ebcp import adaptive_ebcp
from neurosim.plasticity.bcm import bcm
from neurosim.plasticity.burst import burst_dependent
from neurosim.plasticity.burstccn_feedback import burstccn_q, burstccn_y
from neurosim.plasticity.burstccn_w import burstccn_w
from neurosim.plasticity.clopath import clopath
from neurosim.plasticity.delta import delta
from neurosim.plasticity.desire import desire
from neurosim.plasticity.diehl_cook import diehl_cook
from neurosim.plasticity.ebcp import ebcp
from neurosim.plasticity.ecd import ecd
from neurosim.plasticity.guetig_stdp import guetig_stdp
from neurosim.plasticity.hebb import hebb
from neurosim.plasticity.inhibitory_stdp import inhibitory_stdp
from neurosim.plasticity.instar import instar
from neurosim.plasticity.mstdp import mstdp
from neurosim.plasticity.multiplicative_stdp import multiplicative_stdp
from neurosim.plasticity.nearest_neighbour_stdp import nearest_neighbour_stdp
from neurosim.plasticity.oja import oja
from neurosim.plasticity.pair_stdp import pair_stdp
from neurosim.plasticity.power_law_stdp import power_law_stdp
from neurosim.plasticity.reward_stdp import reward_stdp
from neurosim.plasticity.rule import PlasticityRule
from neurosim.plasticity.triplet_stdp import triplet_stdp
from neurosim.plasticity.van_rossum_stdp import van_rossum_stdp


@dataclass(frozen=True)
class RuleEntry(Short):
    """Entry of a named rule.

    Attributes
    ----------
    factory : callable
        Function that makes the rule. The first line of its docstring describes the rule.
    protocol : str
        Phases that the rule needs but that are not visible in its updates, because the signal of the run contains them.
    """

    factory: Callable[..., PlasticityRule]
    protocol: str = ""

    @property
    def name(self) -> str:
        """Name of the factory, which is the name of the rule."""
        return self.factory.__name__

    @property
    def summary(self) -> str:
        """First line of the factory's docstring."""
        return (self.factory.__doc__ or "").partition("\n")[0].rstrip(".").replace("`", "")


_ENTRIES = (
    RuleEntry(pair_stdp),
    RuleEntry(nearest_neighbour_stdp),
    RuleEntry(multiplicative_stdp),
    RuleEntry(van_rossum_stdp),
    RuleEntry(guetig_stdp),
    RuleEntry(power_law_stdp),
    RuleEntry(triplet_stdp),
    RuleEntry(clopath),
    RuleEntry(diehl_cook),
    RuleEntry(inhibitory_stdp),
    RuleEntry(hebb),
    RuleEntry(instar),
    RuleEntry(oja),
    RuleEntry(bcm),
    RuleEntry(reward_stdp),
    RuleEntry(mstdp),
    RuleEntry(ecd, protocol="a data phase with g = +1 and a reconstruction phase with g = -1"),
    RuleEntry(delta),
    RuleEntry(desire),
    RuleEntry(ebcp),
    RuleEntry(adaptive_ebcp),
    RuleEntry(burstccn_w),
    RuleEntry(burstccn_q),
    RuleEntry(burstccn_y),
    RuleEntry(burst_dependent),
)

RULES: Mapping[str, RuleEntry] = {entry.name: entry for entry in _ENTRIES}
"""Entries of the named rules by name; related rules are next to each other."""


def load_rule(name: str, **options: Any) -> PlasticityRule:
    """The rule called `name`, with `options` in place of its defaults.

    Parameters
    ----------
    name : str
        Name of a rule, a key of `RULES`.
    options : keyword arguments
        Arguments of the function of this name, such as ``a_plus``.

    Raises
    ------
    ContentError
        If there is no such rule.
    NetworkError
        If an option is unknown or its value does not fit; the message lists the valid options.
    """
    return rule_entry(name).factory(**options)


def rule_entry(name: str) -> RuleEntry:
    """The entry of the rule called `name`; a ContentError lists the valid names."""
    if name not in RULES:
        raise ContentError(unknown_name("rule", name, RULES))
    return RULES[name]
