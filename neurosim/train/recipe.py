"""Recipes: settings with which a model learns a data set well, stored in the file of the model."""

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
    """Settings of a training: arguments of `neurosim.train.train`, and the options of the model for which they were found.

    Attributes
    ----------
    data : str
        Name of the data set.
    options : mapping
        Options for the ``build`` function of the model.
    epochs, eta_decay, dropout, shift, batch, dtype
        Arguments of `neurosim.train.train`.
    note : str
        Result of the recipe, or its purpose.
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
    """Table ``RECIPES`` of the file of a model, name -> recipe; empty if the file has no such table.

    Parameters
    ----------
    model : str
        Name or path of a model.

    Raises
    ------
    ContentError
        If there is no such model, or its table contains anything but recipes.
    """
    path = content_path("models", model)
    table = load_value(path, "RECIPES", {})
    if not (isinstance(table, dict) and all(isinstance(r, Recipe) for r in table.values())):
        raise ContentError(f"{path}: expected RECIPES to be a dict of name -> neurosim.train.Recipe(...).")
    return table


def find_recipe(model: str, data: str | None, name: str | None) -> Recipe:
    """The recipe with this `name`; without a name, the one named like the data set, or one with default settings.

    Parameters
    ----------
    model : str
        Name or path of a model.
    data : str, optional
        Name of the data set; that of the recipe, or "digits", if left out.
    name : str, optional
        Name of the recipe.

    Raises
    ------
    ContentError
        If there is no such model, or its table of recipes contains anything else.
    UsageError
        If no recipe has that name, if it is for other data, or if the model is a trained network.
    """
    # Imported here to avoid a cycle: models import networks, which import neurons.
    from neurosim.models.builders import is_trained

    if is_trained(model):
        raise UsageError(
            f"{model} is already trained and has rounded weights. Train the model it was built from, such as desire_mlp, "
            "or continue your own run with --resume."
        )
    known = recipes(model)
    if name is None:
        return known.get(data or "digits", Recipe(data or "digits"))
    if name not in known:
        raise UsageError(unknown_name(f"recipe of {model}", name, known))
    if data not in (None, known[name].data):
        raise UsageError(f"--recipe {name} is for the data set {known[name].data}, found --data {data}; leave one of them out.")
    return known[name]
