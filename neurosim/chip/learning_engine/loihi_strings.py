"""Strings of Loihi's learning rules in the grammar of lava-nc 0.10.0, written so that Lava reads them as intended."""

from __future__ import annotations

from neurosim.errors import QuantisationError
from neurosim.program.engine_rule import ChipProduct, ChipRule

_HIGHEST_EXPONENT = 8


def rule_strings(rule: ChipRule) -> dict[str, str]:
    """Keyword of Lava's rule ("dw", "dt", "dd") -> its string, a sum of products.

    Raises
    ------
    QuantisationError
        If a product cannot be written: Lava turns -8 * 2^e into -4 * 2^(e + 1), which is not the same in integers.
    """
    terms: dict[str, list[str]] = {}
    for product in rule.products:
        terms.setdefault(f"d{product.target}", []).append(_term(product, rule.decimation))
    return {key: " ".join(found).removeprefix("+ ") for key, found in terms.items()}


def _term(product: ChipProduct, decimation: int) -> str:
    if abs(product.mantissa) > 7 and product.exponent < _HIGHEST_EXPONENT:
        raise QuantisationError(
            f"{product}: Lava rewrites a mantissa of {product.mantissa} as {product.mantissa // 2} with the next exponent, "
            "which rounds differently; use mantissas from -7 to 7."
        )
    sign = "-" if product.mantissa < 0 else "+"
    gate = f"u{decimation}" if product.gate == "u" else product.gate
    factors = [f"({name}{constant:+d})" if constant else name for name, constant in product.factors]
    return f"{sign} " + "*".join([f"{abs(product.mantissa)}*2^{product.exponent}", gate, *factors])
