"""The model zoo: networks by name or from a file, trained ones included."""

from neurosim.models.load import ModelCard, describe_models, is_trained, load_model, parse_options

__all__ = ["ModelCard", "describe_models", "is_trained", "load_model", "parse_options"]
