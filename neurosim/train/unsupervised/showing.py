"""Images shown one by one to a running session, with the protocol of Diehl and Cook (2015).

Each image is a stretch of Poisson spikes from rest; if the layer stays nearly silent it is shown again, brighter. Before an
image is learned, the weights onto each neuron are scaled to a common sum. That sum is known to no synapse: it is a step of the
host, between two stretches of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backends.emulator.session import Session
from neurosim.backends.emulator.to_arrays import Program
from neurosim.errors import NetworkError
from neurosim.network.network import Network
from neurosim.rng import checked_seed, stream
from neurosim.units import FloatArray

Counts = NDArray[np.int64]
_BRIGHTEST = 20


@dataclass(frozen=True)
class Showing:
    """Presentation of an image as Poisson spikes.

    Parameters
    ----------
    seconds : float
        Duration of one presentation, in seconds.
    rate : float
        Firing rate of a white pixel, in Hz.
    enough : int
        Number of spikes of the layer that is sufficient; with fewer the image is shown again.
    brighter : float
        Increase of the rate of a white pixel with each repetition, in Hz.
    """

    seconds: float = 0.35
    rate: float = 63.75
    enough: int = 5
    brighter: float = 32.0

    def raster(self, image: FloatArray, attempt: int, dt: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Poisson spikes (steps, pixels) for intensities from 0 to 1; random numbers are drawn only for pixels above 0."""
        steps, lit = round(self.seconds / dt), np.flatnonzero(image)
        chance = (image[lit] * ((self.rate + attempt * self.brighter) * dt)).astype(np.float32)
        out = np.zeros((steps, len(image)), np.uint8)
        out[:, lit] = rng.random((steps, len(lit)), np.float32) < chance
        return out


class Viewer:
    """A session in which images are shown to a layer that learns without labels.

    Parameters
    ----------
    network : Network
        Description of the network; it defines the unit of `total`.
    program : StepProgram or FixedProgram
        Program that is run: the network lowered to steps, or deployed to a chip.
    projection : str
        Name of the projection from the population of pixels to the layer that learns.
    showing : Showing
        Presentation of the images.
    total : float, optional
        Sum to which the weights onto each neuron are normalised before each image, in the unit of the description. Without it,
        weights are not normalised.
    theta_tau : float, optional
        Time constant, in seconds, with which the host lets adaptive thresholds decay between images. It is for chips on which
        the decay is too coarse.
    seed : int
        Seed of the spikes, and of the random rounding of normalised weights on a chip.
    """

    def __init__(
        self,
        network: Network,
        program: Program,
        projection: str,
        showing: Showing,
        *,
        total: float | None = None,
        theta_tau: float | None = None,
        seed: int = 0,
    ) -> None:
        described = network.projection(projection)
        checked_seed(seed, "Viewer")
        if described.plasticity is not None and described.plasticity.normalise is not None:
            raise NetworkError(
                f"Viewer: the rule of {projection!r} normalises its weights by itself; leave normalise out of the rule and "
                "give the sum as total, or run the network with neurosim.start."
            )
        self.network, self.program, self.session = network, program, Session(program)
        self.projection, self.source, self.layer = projection, described.pre, described.post
        self.showing, self.total, self.theta_tau, self.seed = showing, total, theta_tau, seed
        self.shown = 0
        """Number of presentations so far, where repetitions of an image count too."""
        self._unit = float(self.session.weights(projection).sum()) / float(network.weights(described).sum())

    def learn(self, image: FloatArray, number: int) -> Counts:
        """Normalise the weights, show an image, and return the spike count of each neuron.

        The `number` of the image selects its random stream.
        """
        self.normalise(number)
        shown = self.shown
        counts = self.look(image, number)
        self._lower_thresholds(self.shown - shown)
        return counts

    def look(self, image: FloatArray, number: int) -> Counts:
        """Show an image until the layer emits enough spikes; afterwards all states but adaptive thresholds are reset.

        Raises
        ------
        NetworkError
            If the layer emits too few spikes even at the highest rate.
        """
        rng = stream(self.seed, "spikes", number)
        steps = round(self.showing.seconds / self.program.dt)
        for attempt in range(_BRIGHTEST):
            raster = self.showing.raster(image, attempt, self.program.dt, rng)
            counts = self.session.run(steps, inputs={self.source: raster}).counts(self.layer)[0]
            self.session.rest(keep=("theta",))
            self.shown += 1
            if counts.sum() >= self.showing.enough:
                return np.asarray(counts)
        raise NetworkError(
            f"Population {self.layer!r} emitted fewer than {self.showing.enough} spikes for image {number} at up to "
            f"{self.showing.rate + (_BRIGHTEST - 1) * self.showing.brighter:g} Hz; lower the threshold, or the jump of theta."
        )

    def normalise(self, number: int | str) -> None:
        """Scale the weights onto each neuron to the sum `total`; on a chip they are randomly rounded to integers."""
        if self.total is None:
            return
        weights: Any = self.session.weights(self.projection)
        scaled = weights * (self.total * self._unit / np.maximum(weights.sum(axis=0), 1e-12))
        if np.issubdtype(weights.dtype, np.integer):
            scaled = np.floor(scaled + stream(self.seed, "rounding", number).random(scaled.shape, np.float32))
            scaled = np.minimum(scaled, 255)
        self.session.set_weights(self.projection, scaled)

    def _lower_thresholds(self, stretches: int) -> None:
        if self.theta_tau is None:
            return
        theta = self.session.state(self.layer, "theta")
        lower = theta * np.exp(-stretches * self.showing.seconds / self.theta_tau)
        whole = np.issubdtype(theta.dtype, np.integer)
        self.session.set_state(self.layer, "theta", np.rint(lower) if whole else lower)

    def weights(self) -> FloatArray:
        """Weights (pixels, neurons) in the unit of the description."""
        return np.asarray(self.session.weights(self.projection), np.float64) / self._unit

    def memory(self) -> dict[str, Any]:
        """State that lasts from image to image, in the units of the program."""
        return {
            "weights": self.session.weights(self.projection),
            "theta": self.session.state(self.layer, "theta"),
            "shown": np.array(self.shown),
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Continue from a `memory`; on a chip, runs without input draw the random numbers of the images before it."""
        steps = round(self.showing.seconds / self.program.dt)
        if np.issubdtype(memory["weights"].dtype, np.integer):
            for _ in range(int(memory["shown"]) - self.shown):
                self.session.run(steps)
        self.session.rest()
        self.session.set_weights(self.projection, memory["weights"])
        self.session.set_state(self.layer, "theta", memory["theta"])
        self.shown = int(memory["shown"])

    def frozen(self, seed: int) -> Viewer:
        """Viewer of the same layer without learning, with normalised weights and fixed thresholds."""
        self.normalise("last")
        program = _still(self.program, self.projection, self.layer)
        still = Viewer(self.network, program, self.projection, self.showing, seed=seed)
        still.session.set_weights(self.projection, self.session.weights(self.projection))
        still.session.set_state(self.layer, "theta", self.session.state(self.layer, "theta"))
        still._unit = self._unit
        return still

    def responses(self, images: Sequence[FloatArray], first: int = 0, advance: Any = None) -> Counts:
        """Spike counts (images, neurons) in response to images; `advance`, if given, is called after each image."""
        out = []
        for k, image in enumerate(images):
            out.append(self.look(image, first + k))
            if advance is not None:
                advance(1)
        return np.stack(out)


def _still(program: Any, projection: str, layer: str) -> Any:
    """The program without the plasticity rule of `projection`, and with fixed thresholds."""
    populations = tuple(replace(p, neuron=steady(p.neuron)) if p.name == layer else p for p in program.populations)
    projections = tuple(replace(p, rule=None) if p.name == projection else p for p in program.projections)
    return replace(program, populations=populations, projections=projections)


def steady(neuron: Any) -> Any:
    """The adaptive neuron of a program with a threshold that neither grows nor decays."""
    values = neuron.values
    return replace(
        neuron,
        values={
            **values,
            "tau_theta": np.ones_like(values["tau_theta"]),
            "theta_jump": np.zeros_like(values["theta_jump"]),
        },
    )
