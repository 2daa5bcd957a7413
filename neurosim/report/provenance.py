"""What a page says it was made with; it is the same for every result, see `neurosim.provenance`."""

from neurosim.provenance import provenance

__all__ = ["provenance"]
