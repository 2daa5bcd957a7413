"""Names of other programs for what neurosim has under another name; an error for such a name says which."""

from __future__ import annotations

from collections.abc import Mapping

PYNN: Mapping[str, str] = {
    "AllToAllConnector": "AllToAll(weight)",
    "OneToOneConnector": "OneToOne(weight)",
    "FixedProbabilityConnector": "FixedProbability(weight, p)",
    "FixedNumberPreConnector": "FixedInDegree(weight, n)",
    "FixedNumberPostConnector": "FixedOutDegree(weight, n)",
    "FixedTotalNumberConnector": "FixedNumber(weight, n)",
    "FromListConnector": "FromList(weight, pre, post), or projections_from_list",
    "ArrayConnector": "Projection(pre, post, matrix), a matrix (n_pre, n_post) that may be sparse",
    "DistanceDependentProbabilityConnector": "OnRing or OnGrid with Gaussian, Exponential or Within",
    "SpikeSourcePoisson": "PoissonInput(rate)",
    "SpikeSourceArray": "SpikeArray(indices, times)",
    "IF_curr_delta": "LIF(tau_m, v_th)",
    "IF_curr_exp": "LIF(tau_m, v_th, tau_syn=...)",
    "EIF_cond_alpha_isfa_ista": "AdEx(), whose synapses are exponential",
    "StaticSynapse": "Projection(pre, post, weights, delay=...)",
    "STDPMechanism": "plasticity=neurosim.plasticity.pair_stdp(...)",
    "TsodyksMarkramSynapse": "short_term=ShortTermPlasticity(...)",
}
"""Name in PyNN -> what to write here."""


def elsewhere(name: str) -> str:
    """Message for a name of another program; "" if it is none."""
    return f"neurosim has no {name}, which is a name of PyNN; write {PYNN[name]} instead." if name in PYNN else ""
