"""The form of all learning algorithms of rates: they fill quantities, phase by phase, and rules turn these into changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from neurosim.checks.described import Described, plain
from neurosim.display.short import Short
from neurosim.errors import UnsupportedError
from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit
from neurosim.rate.network import RateNetwork
from neurosim.rate.rule import Quantities, RateRule

if TYPE_CHECKING:
    from typing_extensions import Self

    from neurosim.plasticity.rule import PlasticityRule


@dataclass(frozen=True)
class Phase(Short):
    """A part of the presentation of a mini-batch.

    Attributes
    ----------
    name : str
        Name of the phase, such as "free".
    meaning : str
        What is shown, clamped or sent in it.
    """

    name: str
    meaning: str


@dataclass(frozen=True)
class Taught(Short):
    """What an algorithm computed for a mini-batch.

    Attributes
    ----------
    quantities : mapping
        Name in the state, such as "weights" -> quantities of each matrix; None for a matrix that does not change.
    answer : array (classes, images), optional
        Answer to the images before they were learned, if it was computed.
    """

    quantities: Mapping[str, Sequence[Quantities | None]]
    answer: Array | None = None


@dataclass(frozen=True)
class Algorithm(Described):
    """Base of the learning algorithms of rates.

    A subclass declares its `phases` and `rules`, adds what it needs to the state in `start`, and computes quantities in
    `teach`. It never changes a weight itself: what a rule cannot say is not local, and belongs into `settle`, which the card
    shows.
    """

    paper: ClassVar[str] = ""
    """Authors, year, title and DOI or arXiv number."""
    phases: ClassVar[tuple[Phase, ...]] = ()
    """Phases of a mini-batch, in order."""
    supervised: ClassVar[bool] = True
    """Whether labels are used; otherwise a read-out of `features` is trained for the answer."""
    label_inputs: ClassVar[bool] = False
    """Whether the network has one input per class after those of the pixels, for the label."""
    descends: ClassVar[bool] = True
    """Whether changes of weights are to be compared with the exact gradient of the network's loss."""
    host_step: ClassVar[str] = ""
    """What `settle` does to weights beside the rules, such as "rows are scaled to length 1"; "" for nothing."""

    @property
    def rules(self) -> Mapping[str, RateRule]:
        """Name in the state -> the rule by which these matrices change.

        Biases follow the rule of the weights, with 1 in place of all quantities of the pre side, unless "biases" has its own
        rule, or the algorithm fills quantities of their own for "biases".
        """
        raise NotImplementedError(f"{type(self).__name__} declares no rules.")

    def check(self, network: RateNetwork) -> None:
        """Raise NetworkError if the algorithm does not run on `network`."""

    def answers(self, network: RateNetwork) -> int | None:
        """Number of classes between which the algorithm decides on `network`; None if it takes any number."""
        return network.sizes[-1] if self.supervised and not self.label_inputs else None

    def start(self, circuit: Circuit) -> None:
        """Add the matrices that the algorithm needs to the state of `circuit`."""

    def teach(self, circuit: Circuit, x: Array, t: Array) -> Taught:
        """Quantities of a mini-batch in `circuit`: images `x` (inputs, images) and targets `t` (classes, images)."""
        raise NotImplementedError(f"{type(self).__name__} computes no quantities.")

    def settle(self, circuit: Circuit) -> None:
        """Change the state of `circuit` after the rules have learned; see `host_step`."""

    def answer(self, circuit: Circuit, x: Array) -> Array:
        """Scores (classes, images) of images `x` (inputs, images) in `circuit`; the largest is the answer."""
        return circuit.forward(x).h[-1]

    def features(self, circuit: Circuit, x: Array) -> Array:
        """Activities (features, images) of images `x` in `circuit`, from which a read-out learns without labels."""
        return circuit.forward(x).h[-1]

    def at(self, epoch: int) -> Self:
        """The same algorithm with the rates of `epoch`, counted from 0."""
        return self

    def spiking(self) -> PlasticityRule:
        """The rule of spiking neurons with the same update.

        Raises
        ------
        UnsupportedError
            If there is none; the message names the term that forbids it.
        """
        raise UnsupportedError(f"{type(self).__name__} has no form for spiking neurons yet.")

    def spiking_rules(self) -> Mapping[str, PlasticityRule]:
        """The rules of spiking neurons by name in the state, where ways down learn beside the weights."""
        return {"weights": self.spiking()}

    def described(self) -> dict[str, Any]:
        """Kind and parameters as plain values, for the settings of a training."""
        return dict(plain(self))
