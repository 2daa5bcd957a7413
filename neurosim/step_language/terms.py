"""What a typed step is made of: operations with the type of their result, and the names that they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
    """An operation on terms.

    Attributes
    ----------
    op : str
        "name", "kept" (one minus a decay), "number", "add", "sub", "negative", "product" (rounded in integers), "times"
        (exact), "compare", "and", "or", "not", "choice", "min", "max", "abs", "sign", "whole", "modulo", "saturate", "wrap",
        "units", "chance", "low_bits", "exp".
    parts : tuple
        Terms, names, numbers and ways to round.
    type : str
        One of those of `kinds`.
    bounded : bool
        Whether it is known to lie within 24 bits.
    """

    op: str
    parts: tuple[Any, ...]
    type: str
    bounded: bool = False


@dataclass(frozen=True)
class Assignment:
    """``name = value``, computed once for all neurons where it is `shared`."""

    name: str
    value: Term
    shared: bool
