"""Lava's learning rules for floating_pt with any float as a constant; Lava's grammar has only constants m * 2^e."""

from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule

EXPONENT_OF_ONE = 7
"""Exponent of a factor 1 as Lava stores it: Lava subtracts 7 before it scales."""


class ExactConstants:
    """Learning rule whose products have given constants.

    Parameters
    ----------
    constants : dict
        "dw", "dt", "dd" -> one float for each product of that string, in the same order.
    """

    def __init__(self, *, constants, **kwargs):
        self.constants = constants
        super().__init__(**kwargs)

    def _create_product_series(self):
        # Lava calls this whenever it parses a rule, also later in the process that runs the connection.
        super()._create_product_series()
        for target, values in self.constants.items():
            products = getattr(self, target).products
            for product, value in zip(products, values, strict=True):
                product._s_mantissa, product._s_exp = value, EXPONENT_OF_ONE


class Exact2FLearningRule(ExactConstants, Loihi2FLearningRule):
    """Two-factor rule: all traces are stored at the synapses."""


class Exact3FLearningRule(ExactConstants, Loihi3FLearningRule):
    """Three-factor rule: the post neurons send y1, y2, y3."""
