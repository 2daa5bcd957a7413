"""What a page says it was made with; it is the same for every result, see `neurosim.results.provenance`."""

from neurosim.results.provenance import provenance

__all__ = ["provenance"]
