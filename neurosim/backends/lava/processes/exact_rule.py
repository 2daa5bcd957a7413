"""Lava's learning rules with any float as a constant; their own grammar has those of the form m * 2^e only. For floating_pt."""

from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule

EXPONENT_OF_ONE = 7
"""As Lava keeps exponents: it takes 7 off before it scales."""


class ExactConstants:
    """A rule whose products get their constants from outside.

    Parameters
    ----------
    constants : dict
        "dw", "dt", "dd" -> one float for each product of that string, in its order.
    """

    def __init__(self, *, constants, **kwargs):
        self.constants = constants
        super().__init__(**kwargs)

    def _create_product_series(self):
        # Lava calls this whenever a rule is parsed, also later on in the process that runs the connection.
        super()._create_product_series()
        for target, values in self.constants.items():
            products = getattr(self, target).products
            for product, value in zip(products, values, strict=True):
                product._s_mantissa, product._s_exp = value, EXPONENT_OF_ONE


class Exact2FLearningRule(ExactConstants, Loihi2FLearningRule):
    """Two factors: all traces are kept at the synapses."""


class Exact3FLearningRule(ExactConstants, Loihi3FLearningRule):
    """Three factors: the post neurons send y1, y2, y3."""
