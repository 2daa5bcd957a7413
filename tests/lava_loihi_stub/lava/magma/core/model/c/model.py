"""Stands in for the extension: models that run on the embedded processors of a board."""

from lava.magma.core.model.model import AbstractProcessModel


class AbstractCProcessModel(AbstractProcessModel):
    """Base of models in C."""


class CLoihiProcessModel(AbstractCProcessModel):
    """Base of models in C under Loihi's protocol."""
