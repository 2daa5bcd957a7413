"""Recipes: the settings with which a model learns a data set well, kept beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.checks.described import Described
from neurosim.content.catalogue import content_path
from neurosim.content.user_code import load_value
from neurosim.errors import ContentError, UsageError, unknown_name
from neurosim.train.desire.dropout import Dropout


@dataclass(frozen=True)
class Recipe(Described):
    """Settings of a training; those of `neurosim.train.train`, and the options of the model that they were found for.

    Attributes
    ----------
    data : str
        Name of a data set.
    options : mapping
        Given to the model's ``build``.
    note : str
        What came of it, or what it is for.
    """

    data: str
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 60
    eta_decay: float = 0.05
    dropout: Dropout = Dropout(hidden=0.3)
    shift: int = 0
    batch: int = 1
    dtype: str = "float64"
    note: str = ""

    @property
    def training(self) -> dict[str, Any]:
        """Keyword arguments of `neurosim.train.train`."""
        return {name: getattr(self, name) for name in ("epochs", "eta_decay", "dropout", "shift", "batch", "dtype")}


def recipes(model: str) -> dict[str, Recipe]:
    """``RECIPES`` of a model's file, name -> recipe; none where it has no such table.

    Raises
    ------
    ContentError
        If there is no such model, or its table holds something else.
    """
    path = content_path("models", model)
    table = load_value(path, "RECIPES", {})
    if not (isinstance(table, dict) and all(isinstance(r, Recipe) for r in table.values())):
        raise ContentError(f"{path}: RECIPES must be a dict of name -> neurosim.train.Recipe(...).")
    return table


def find_recipe(model: str, data: str | None, name: str | None) -> Recipe:
    """The recipe called `name`, or else the one called as the data set, or else one of default settings.

    Raises
    ------
    UsageError
        If there is none of that name, it is for other data, or the model is a trained network.
    """
    # Neurons know feedback, which lies beside this file; models know networks, and so neurons.
    from neurosim.models.builders import is_trained

    if is_trained(model):
        raise UsageError(
            f"{model} is trained already, with rounded weights: train its model, such as desire_mlp, or go on with your run "
            "by --resume."
        )
    known = recipes(model)
    if name is None:
        return known.get(data or "digits", Recipe(data or "digits"))
    if name not in known:
        raise UsageError(unknown_name(f"recipe of {model}", name, known))
    if data not in (None, known[name].data):
        raise UsageError(f"--recipe {name} is for {known[name].data}, found --data {data}; leave one of them out.")
    return known[name]
