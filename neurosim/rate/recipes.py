"""Settings with which an algorithm learns a data set, and the list of the algorithms that have a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.data import Dataset
from neurosim.errors import UsageError, unknown_name
from neurosim.rate.algorithm import Algorithm
from neurosim.rate.network import RateNetwork
from neurosim.rate.optimisers import Momentum, Optimiser


@dataclass(frozen=True)
class RateRecipe:
    """A network and the settings of a training for it.

    Attributes
    ----------
    network : function
        Function ``network(dataset, seed)`` that makes the network.
    options : mapping
        Options of the algorithm that differ from its defaults.
    optimiser : Optimiser
        How changes move the weights.
    epochs, batch : int
        Number of epochs, and of images in a mini-batch.
    note : str
        Result of the recipe, and the command or study that measured it.
    """

    network: Callable[[Dataset, int], RateNetwork]
    options: Mapping[str, Any] = field(default_factory=dict)
    optimiser: Optimiser = Momentum(0.9)
    epochs: int = 20
    batch: int = 32
    note: str = ""


@dataclass(frozen=True)
class AlgorithmEntry:
    """A learning algorithm by name.

    Attributes
    ----------
    make : function
        Function that makes the algorithm from its options; the first line of its docstring describes it.
    recipes : mapping
        Data set -> recipe. Another data set uses the recipe "" if there is one.
    """

    make: Callable[..., Algorithm]
    recipes: Mapping[str, RateRecipe]
    called: str = ""

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return self.called or self.make.__name__

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (self.make.__doc__ or "").partition("\n")[0].rstrip(".").replace("`", "")

    def recipe(self, data: str) -> RateRecipe:
        """The recipe for a data set; raises UsageError if there is none."""
        if data not in self.recipes:
            raise UsageError(unknown_name(f"data set with a recipe for {self.name}", data, self.recipes))
        return self.recipes[data]


def dense(*hidden: int, **settings: Any) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of dense networks between the pixels and the classes of a data set, for a recipe; arguments as in `layered`."""
    from neurosim.rate.network import layered

    return lambda data, seed: layered(data.n_pixels, *hidden, data.n_classes, seed=seed, **settings)


def binary(*sizes: int, sd: float = 0.1) -> Callable[[Dataset, int], RateNetwork]:
    """Maker of dense networks of logistic units above the pixels, for models of binary units that are drawn at random.

    Parameters
    ----------
    *sizes : int
        Number of units of each layer above the pixels.
    sd : float
        Standard deviation of the weights at the start.
    """
    from neurosim.rate.network import layered
    from neurosim.rate.starts import Normal

    def network(data: Dataset, seed: int) -> RateNetwork:
        return layered(data.n_pixels, *sizes, hidden="logistic", output="logistic", start=Normal(sd), seed=seed)

    return network
