"""What to cite for a network, a model, a rule, a study or a recording, as BibTeX."""

from neurosim.citing.cite import Citation, cite

__all__ = ["Citation", "cite"]
