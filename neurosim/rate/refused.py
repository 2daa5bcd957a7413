"""Methods of the field that are no local rules: each is refused by name, with the term that is not local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """A method that neurosim refuses.

    Attributes
    ----------
    name : str
        Name under which a user may ask for it.
    term : str
        What a synapse would have to know, and does not.
    instead : str
        Algorithms of `neurosim.rate.ALGORITHMS` with the same purpose.
    paper : str
        Authors, year, title and DOI or arXiv number.
    """

    name: str
    term: str
    instead: str
    paper: str

    @property
    def message(self) -> str:
        """Why there is no such algorithm here, for an error."""
        return f"{self.name} is no local rule: {self.term} Use {self.instead}. ({self.paper})"


_ALL = (
    Refused(
        "perturb_and_max_product",
        "its negative phase finds the most probable state by max-product, whose messages m_ij = max(0, c_ij + W_ij) - max(0, "
        "c_ij) belong to the two directions of each connection. A message needs the sum of all other messages to its neuron "
        "and a maximum, for 50 to 100 sweeps; a synapse has neither.",
        "contrastive_divergence, or persistent_contrastive_divergence",
        "Lazaro-Gredilla, Dedieu, George 2021, Perturb-and-max-product, arXiv:2111.02458",
    ),
    Refused(
        "probabilistic_backpropagation",
        "each weight has a mean and a variance, which change by the derivatives of log Z with respect to them. Z is the "
        "evidence of the output: a Gaussian integral over the variances of all weights at once, carried down by the chain "
        "rule with ratios of Gaussian densities and distributions, which are no polynomials of the quantities of two neurons.",
        "bayesian_synapses",
        "Hernandez-Lobato, Adams 2015, Probabilistic backpropagation, arXiv:1502.05336",
    ),
    Refused(
        "kalman_bayesian_network",
        "the gain of a weight is a row of the covariance of all weights of its neuron, divided by the variance of the "
        "innovation, which is a sum over all of these weights. A synapse knows its own variance only.",
        "bayesian_synapses, which keeps the diagonal of the covariance",
        "Wagner, Wu, Huber 2023, Kalman Bayesian neural networks, arXiv:2110.00944",
    ),
)
REFUSED: Mapping[str, Refused] = {method.name: method for method in _ALL}
"""Refused methods by name."""
