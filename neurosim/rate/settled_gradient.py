"""The exact gradient of the loss of a settled network, with which equilibrium propagation is compared."""

from __future__ import annotations

import numpy as np

from neurosim.rate.activations import Array
from neurosim.rate.circuit import Circuit
from neurosim.units import FloatArray


def settled_descent(circuit: Circuit, x: Array, s: list[Array], t: Array, steps: int = 200) -> list[FloatArray]:
    """Negative gradient of the loss at the settled state, with respect to the weights of each layer; mean over the images.

    The error of the output goes backward through the step at the settled state until it has settled too. Weights count twice:
    for the way up and for the way down.

    Parameters
    ----------
    circuit : Circuit
        Network whose layers drive each other through the same weights.
    x : array (inputs, images)
        Images.
    s : list of array (neurons, images)
        Settled state of all layers, from layer 1 up.
    t : array (classes, images)
        Targets of the squared error.
    steps : int
        Number of backward steps.

    Notes
    -----
    Almeida (1987) and Pineda (1987), doi:10.1103/PhysRevLett.59.2229: recurrent backpropagation.
    """
    slopes = [f.slope(h) for f, h in zip(circuit.network.activations, s, strict=True)]
    at_state = [np.zeros_like(h) for h in s[:-1]] + [t - s[-1]]
    summed = [np.zeros_like(h) for h in s]
    for _ in range(steps):
        at_input = [slope * one for slope, one in zip(slopes, at_state, strict=True)]
        for total, one in zip(summed, at_input, strict=True):
            total += one
        at_state = _backward(circuit, at_input)
    found: list[FloatArray] = []
    for k, (connection, w) in enumerate(zip(circuit.network.connections, circuit.weights, strict=True)):
        change = np.zeros_like(w)
        connection.add_outer(change, 1 / x.shape[1], summed[k], s[k - 1] if k else x)
        if k:
            connection.add_outer(change, 1 / x.shape[1], s[k], summed[k - 1])
        found.append(np.asarray(change, np.float64))
    return found


def _backward(circuit: Circuit, at_input: list[Array]) -> list[Array]:
    """What errors at the inputs of all layers are at the activities one step earlier; each layer reads both neighbours."""
    connections, weights = circuit.network.connections, circuit.weights
    out = [np.zeros_like(a) for a in at_input]
    for k in range(1, circuit.depth):
        out[k - 1] += connections[k].back(weights[k], at_input[k])
        out[k] += connections[k].up(weights[k], at_input[k - 1])
    return out
