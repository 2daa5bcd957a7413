"""A program made by hand cannot make the emulator, or Lava's export, read or write outside its arrays."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from neurosim import LIF, Network, Population, Projection, SpikeRaster, Transposed, deploy, per_step
from neurosim.backends.emulator import Session, emulate
from neurosim.backends.lava.export import write_graph
from neurosim.backends.running.whole import emulate_network
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.program.lower import lower
from neurosim.units import ms

CELL = LIF(tau_m=per_step(0.0), v_th=100.0)
MATRIX = sparse.csr_array(np.eye(3))


def program(fixed=False, **changes):
    parts = [Population("in", 3, SpikeRaster(np.ones((3, 3), int))), Population("cells", 3, CELL)]
    network = Network("net", parts, [Projection("in", "cells", MATRIX, delay=1 * ms)])
    made = deploy(network).program if fixed else lower(network)
    return replace(made, projections=(replace(made.projections[0], **changes),))


def broken(**parts):
    matrix = sparse.csr_array(np.eye(3))
    for name, value in parts.items():
        setattr(matrix, name, np.asarray(value))
    return matrix


@pytest.mark.parametrize("fixed", [False, True], ids=["float", "integers"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": broken(indices=[0, 1, 10**6])}, "post indices: .*found 1000000"),
        ({"weights": broken(indices=[0, -1, 2])}, "found -1"),
        ({"weights": broken(indptr=[0, 10**6, 10**6, 3])}, "indptr"),
        ({"weights": broken(indptr=[0, 2, 1, 3])}, "indptr does not divide"),
        ({"weights": broken(indices=[0, 1])}, "2 indices for 3 entries"),
        ({"weights": sparse.csr_array(([1, 1, 1], [0, 0, 2], [0, 2, 2, 3]), shape=(3, 3))}, "repeated indices"),
        ({"weights": sparse.csc_array(np.eye(3))}, "csc_array of shape .*expected an array or a scipy.sparse.csr_array"),
        ({"weights": np.eye(2)}, r"expected an array or .* \(3, 3\)"),
        ({"weights": [[1]]}, "weights are list"),
        ({"weights": np.full((3, 3), np.nan)}, "weights are no"),
        ({"weights": np.full((3, 3), "1")}, "weights are no"),
        ({"delays": np.array(-1)}, "delays are int64 of shape"),
        ({"delays": np.array(0.5)}, "delays are float64"),
        ({"delays": np.zeros((2, 2), int)}, r"of shape \(2, 2\)"),
        ({"delays": np.array(2**40)}, r"1.099511628e\+12 steps.*GiB"),
        ({"pre": "nobody"}, "Unknown population 'nobody'"),
        ({"transposed": "nothing"}, "Unknown projection 'nothing'"),
        ({"transposed": "in_cells"}, "transposed weights of 'in_cells'"),
    ],
)
def test_what_is_not_consistent_is_refused_by_name(fixed, changes, words, tmp_path):
    made = program(fixed, **changes)
    acts = (lambda: emulate(made, 3), lambda: Session(made), lambda: write_graph(made, tmp_path / "out"))
    for act in acts:
        with pytest.raises(NetworkError, match=f"Projection 'in_cells': .*{words}"):
            act()


def test_fractions_are_no_integers_of_a_chip():
    with pytest.raises(NetworkError, match="not whole numbers, and the chip stores integers; round them first"):
        emulate(program(True, weights=np.full((3, 3), 1.5)), 3)


def test_sparse_weights_are_not_read_backwards():
    parts = [Population(name, 3, CELL) for name in "ab"]
    wires = [Projection("a", "b", MATRIX), Projection("b", "a", Transposed("a_b"))]
    with pytest.raises(NetworkError, match=r"Projection 'b_a': Transposed\('a_b'\), which is sparse.*zeros"):
        Network("net", parts, wires)


def test_transposed_weights_of_synapses_with_delays_of_their_own_are_refused():
    """Such weights lie in one block for each delay; reading them as one matrix gave wrong spikes."""
    parts = [Population(name, 3, CELL) for name in "ab"]
    wires = [Projection("a", "b", np.ones((3, 3)), delay=np.eye(3) * ms), Projection("b", "a", Transposed("a_b"))]
    network = Network("net", parts, wires)
    with pytest.raises(UnsupportedError, match="'b_a': it uses the transposed weights of 'a_b', whose synapses have delays"):
        emulate_network(network, 3 * ms)
    alike = [Projection("a", "b", np.ones((3, 3)), delay=2 * ms), Projection("b", "a", Transposed("a_b"))]
    assert emulate_network(Network("net", parts, alike), 3 * ms).steps == 3
