"""Stands in for the extension: models that run on the neuro cores of a board."""

from lava.magma.core.model.model import AbstractProcessModel


class AbstractNcProcessModel(AbstractProcessModel):
    """Base of models with microcode."""
