"""Recipes of models, and how the command line takes them."""

import pytest

from neurosim.data import load_dataset
from neurosim.errors import ContentError, UsageError
from neurosim.models import load_model
from neurosim.train import Dropout
from neurosim.train.desire.chain import chain_of
from neurosim.train.recipe import Recipe, find_recipe, recipes

PIXELS = {"digits": 64, "mnist": 784, "fashion-mnist": 784}


def test_recipes_build_networks_for_their_data():
    table = recipes("desire_mlp")
    assert set(PIXELS) <= set(table)
    for recipe in table.values():
        sizes = recipe.options.get("sizes", (64, 200, 10))
        small = {**recipe.options, "sizes": (sizes[0], 5, 10)}
        chain = chain_of(load_model("desire_mlp", **small))
        assert chain.sizes[0] == PIXELS[recipe.data]
        assert "eta" not in recipe.options or chain.eta == recipe.options["eta"]


def test_published_settings_are_the_papers():
    """Gerlinghoff et al. 2023: README of the authors' code."""
    mnist, fashion = (recipes("desire_mlp")[f"{name}-paper"] for name in ("mnist", "fashion-mnist"))
    assert (mnist.options["sizes"], mnist.epochs, mnist.dropout) == ((784, 1600, 800, 10), 150, Dropout(0, 0.3))
    assert (fashion.options["sizes"], fashion.epochs, fashion.dropout) == ((784, 1000, 100, 10), 600, Dropout(0.05, 0.4))
    for recipe in (mnist, fashion):
        assert (recipe.options["eta"], recipe.eta_decay, recipe.batch, recipe.shift) == (1e-5, 0.04, 1, 0)


def test_the_recipe_is_that_of_the_data_or_the_one_named():
    table = recipes("desire_mlp")
    assert find_recipe("desire_mlp", None, None) == table["digits"]
    assert find_recipe("desire_mlp", "mnist", None) == table["mnist"]
    assert find_recipe("desire_mlp", None, "mnist-paper") == table["mnist-paper"]
    assert find_recipe("feedforward", "mnist", None) == Recipe("mnist")


def test_wrong_recipes_are_named(tmp_path):
    with pytest.raises(UsageError, match="recipe of desire_mlp 'minst-paper'.*mnist-paper"):
        find_recipe("desire_mlp", None, "minst-paper")
    with pytest.raises(UsageError, match="--recipe mnist-paper is for the data set mnist, found --data digits"):
        find_recipe("desire_mlp", "digits", "mnist-paper")
    mine = tmp_path / "mine.py"
    mine.write_text("RECIPES = {'a': 3}\ndef build(): ...\n")
    with pytest.raises(ContentError, match="expected RECIPES to be a dict of name -> neurosim.train.Recipe"):
        recipes(str(mine))


def test_training_settings_are_those_that_training_takes():
    import inspect

    from neurosim.train.desire.loop import train

    assert set(Recipe("digits").training) <= set(inspect.signature(train).parameters)
    assert load_dataset("digits").n_pixels == PIXELS["digits"]
