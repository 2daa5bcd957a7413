"""What a run costs on a chip: events, energy and time."""

from neurosim.chip.price.price import Price, price

__all__ = ["Price", "price"]
