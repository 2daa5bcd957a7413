"""The model zoo: networks and trained networks, loaded by name or from a file."""

from neurosim.models.builders import is_trained
from neurosim.models.cards import ModelCard, describe_models
from neurosim.models.load import load_model

__all__ = ["ModelCard", "describe_models", "is_trained", "load_model"]
