"""Versions and machine that a page was made with; the same as for every result, see `neurosim.results.provenance`."""

from neurosim.results.provenance import provenance

__all__ = ["provenance"]
