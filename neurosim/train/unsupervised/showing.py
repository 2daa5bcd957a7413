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
    """How an image is shown.

    Parameters
    ----------
    seconds : float
        Length of a stretch.
    rate : float
        Rate of a white pixel, in Hz.
    enough : int
        Spikes of the layer; with fewer the image is shown again.
    brighter : float
        Hz that are added each time.
    """

    seconds: float = 0.35
    rate: float = 63.75
    enough: int = 5
    brighter: float = 32.0

    def raster(self, image: FloatArray, attempt: int, dt: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Poisson spikes (steps, pixels) of intensities 0 to 1; random numbers are drawn for pixels that are lit only."""
        steps, lit = round(self.seconds / dt), np.flatnonzero(image)
        chance = (image[lit] * ((self.rate + attempt * self.brighter) * dt)).astype(np.float32)
        out = np.zeros((steps, len(image)), np.uint8)
        out[:, lit] = rng.random((steps, len(lit)), np.float32) < chance
        return out


class Viewer:
    """A session that looks at images.

    Parameters
    ----------
    network : Network
        The description; gives the unit of `total`.
    program : StepProgram or FixedProgram
        What runs: the network lowered, or deployed.
    projection : str
        From the population of pixels to the layer that learns.
    showing : Showing
        How images are shown.
    total : float, optional
        Sum of the weights onto each neuron before each image, as described; without it the host leaves the weights alone.
    theta_tau : float, optional
        Time constant in seconds with which the host lets adaptive thresholds decay between images; for a chip whose decay is
        too coarse for it.
    seed : int
        Of the spikes, and of the rounding of normalised weights on a chip.
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
        self.network, self.program, self.session = network, program, Session(program)
        self.projection, self.source, self.layer = projection, described.pre, described.post
        self.showing, self.total, self.theta_tau, self.seed = showing, total, theta_tau, seed
        self.shown = 0
        """Stretches so far, more than one for an image that was shown again."""
        self._unit = float(self.session.weights(projection).sum()) / float(network.weights(described).sum())

    def learn(self, image: FloatArray, number: int) -> Counts:
        """Normalise, then show image `number` (which names its random numbers); spikes of each neuron of the layer."""
        self.normalise(number)
        shown = self.shown
        counts = self.look(image, number)
        self._lower_thresholds(self.shown - shown)
        return counts

    def look(self, image: FloatArray, number: int) -> Counts:
        """Show an image until it brings enough spikes; the layer is at rest again afterwards, thresholds stay.

        Raises
        ------
        NetworkError
            If the layer stays silent however bright the image gets.
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
            f"Population {self.layer!r}: image {number} brought fewer than {self.showing.enough} spikes at up to "
            f"{self.showing.rate + (_BRIGHTEST - 1) * self.showing.brighter:g} Hz; lower the threshold, or the jump of theta."
        )

    def normalise(self, number: int | str) -> None:
        """Scale the weights onto each neuron to the common sum; on a chip to whole numbers, rounded at random."""
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
        """Weights (pixels, neurons) in described units."""
        return np.asarray(self.session.weights(self.projection), np.float64) / self._unit

    def memory(self) -> dict[str, Any]:
        """All that lasts from image to image, in the program's own numbers."""
        return {
            "weights": self.session.weights(self.projection),
            "theta": self.session.state(self.layer, "theta"),
            "shown": np.array(self.shown),
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from a `memory`; silence makes up for the random numbers that a chip has drawn."""
        steps = round(self.showing.seconds / self.program.dt)
        if np.issubdtype(memory["weights"].dtype, np.integer):
            for _ in range(int(memory["shown"]) - self.shown):
                self.session.run(steps)
        self.session.rest()
        self.session.set_weights(self.projection, memory["weights"])
        self.session.set_state(self.layer, "theta", memory["theta"])
        self.shown = int(memory["shown"])

    def frozen(self, seed: int) -> Viewer:
        """The same layer without learning: weights normalised once more, thresholds fixed."""
        self.normalise("last")
        program = _still(self.program, self.projection, self.layer)
        still = Viewer(self.network, program, self.projection, self.showing, seed=seed)
        still.session.set_weights(self.projection, self.session.weights(self.projection))
        still.session.set_state(self.layer, "theta", self.session.state(self.layer, "theta"))
        still._unit = self._unit
        return still

    def responses(self, images: Sequence[FloatArray], first: int = 0, advance: Any = None) -> Counts:
        """Spikes (images, neurons) that images bring; `advance`, if given, is called after each."""
        out = []
        for k, image in enumerate(images):
            out.append(self.look(image, first + k))
            if advance is not None:
                advance(1)
        return np.stack(out)


def _still(program: Any, projection: str, layer: str) -> Any:
    """The program without the rule of `projection`, and with a threshold that stays."""
    populations = tuple(replace(p, neuron=_steady(p.neuron)) if p.name == layer else p for p in program.populations)
    projections = tuple(replace(p, rule=None) if p.name == projection else p for p in program.projections)
    return replace(program, populations=populations, projections=projections)


def _steady(neuron: Any) -> Any:
    return replace(neuron, dtheta=np.zeros_like(neuron.dtheta), theta_jump=np.zeros_like(neuron.theta_jump))
