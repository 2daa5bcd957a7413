"""What a session is given from outside: weights and states that fit, and by name those that do not."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from neurosim import LIF, AllToAll, Network, Population, Projection, SpikeRaster, Transposed, deploy, per_step
from neurosim.backends.emulator import Session
from neurosim.errors import NetworkError
from neurosim.neurons import Level, StepNeuron
from neurosim.plasticity import pair_stdp
from neurosim.program.lower import lower
from neurosim.units import ms

CELL = LIF(tau_m=per_step(0.0), v_th=100.0)
DIAGONAL = sparse.csr_array((np.array([0.7, 0, 0, 0]), np.arange(4), np.arange(5)), shape=(4, 4))
WEIGHTS = {
    "dense": np.full((4, 4), 0.5),
    "sparse": DIAGONAL,
    "plastic": np.full((4, 4), 0.5),
    "delayed": np.diag([1.0, 2, 3, 4]),
    "sparse delayed": sparse.csr_array(np.diag([1.0, 2, 3, 4])),
}
OPTIONS = {
    "plastic": {"plasticity": pair_stdp(a_plus=0.01, a_minus=0.01, bounds=(0.0, 1.0))},
    "delayed": {"delay": np.arange(16).reshape(4, 4) * ms},
    "sparse delayed": {"delay": np.arange(16).reshape(4, 4) * ms},
}


def network(kind):
    parts = [Population("in", 4, SpikeRaster(np.ones((3, 4), int))), Population("cells", 4, CELL)]
    return Network("net", parts, [Projection("in", "cells", WEIGHTS[kind], **OPTIONS.get(kind, {}))])


def session(kind, fixed=False):
    made = network(kind)
    return Session(deploy(made).program if fixed else lower(made))


def dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix


@pytest.mark.parametrize("fixed", [False, True], ids=["float", "integers"])
def test_synapses_that_are_zero_are_synapses_with_a_delay_each(fixed):
    parts = [Population("in", 4, SpikeRaster(np.ones((3, 4), int))), Population("cells", 4, CELL)]
    wires = Projection("in", "cells", DIAGONAL, delay=np.arange(16).reshape(4, 4) * ms)
    made = Network("net", parts, [wires])
    one = Session(deploy(made).program if fixed else lower(made))
    one.set_weights("in_cells", np.diag([1, 2, 3, 4]))
    assert_array_equal(dense(one.weights("in_cells")), np.diag([1, 2, 3, 4]))
    one.set_weights("in_cells", np.zeros((4, 4)))
    assert one.weights("in_cells").nnz == 4


def test_synapses_that_are_zero_are_synapses():
    one = session("sparse")
    one.set_weights("in_cells", np.diag([0.1, 0.2, 0.3, 0.4]))
    assert_array_equal(dense(one.weights("in_cells")), np.diag([0.1, 0.2, 0.3, 0.4]))
    one.set_weights("in_cells", np.zeros((4, 4)))
    assert one.weights("in_cells").nnz == 4
    one.set_weights("in_cells", np.diag([1, 2, 3, 4]))
    assert_array_equal(one.run(1, inputs={"in": np.ones((1, 4), int)}, probes=[("cells", "v")]).states["cells", "v"][0, 0], 0)
    assert_array_equal(one.run(1, probes=[("cells", "v")]).states["cells", "v"][0, 0], [1, 2, 3, 4])


@pytest.mark.parametrize("form", [np.asarray, np.ndarray.tolist, sparse.csr_array, sparse.coo_array])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_what_is_set_is_there(kind, form):
    one = session(kind)
    wanted = np.diag([4.0, 3, 0, 1]) if kind != "dense" else np.arange(16.0).reshape(4, 4)
    one.set_weights("in_cells", form(wanted))
    found = one.weights("in_cells")
    assert sparse.issparse(found) == kind.startswith("sparse")
    assert_array_equal(dense(found), wanted)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("fixed", [False, True], ids=["float", "integers"])
def test_weights_go_there_and_back(kind, fixed):
    if fixed and kind == "plastic":
        one = session(kind, fixed)
        one.run(3, inputs={"in": np.ones((3, 4), int)})
    else:
        one = session(kind, fixed)
    before = dense(one.weights("in_cells"))
    one.set_weights("in_cells", one.weights("in_cells"))
    assert_array_equal(dense(one.weights("in_cells")), before)


@pytest.mark.parametrize(
    ("kind", "fixed", "values", "words"),
    [
        ("sparse", False, np.eye(4)[::-1], "found 1 for the pair 0 -> 3, which has no synapse; expected 0"),
        ("sparse", False, sparse.csr_array(np.eye(4)[::-1]), "found 1 for the pair 0 -> 3"),
        ("sparse delayed", False, np.ones((4, 4)), "0 -> 1"),
        ("delayed", False, np.ones((4, 4)), "0 -> 1"),
        ("sparse", False, np.full((4, 4), np.nan), "NaN"),
        ("dense", False, np.full((4, 4), np.inf), "infinite"),
        ("dense", False, np.ones((4, 3)), r"\(4, 3\); expected \(n_pre, n_post\) = \(4, 4\)"),
        ("dense", False, 1.0, r"shape \(\)"),
        ("dense", False, "1", "text"),
        ("dense", False, np.ma.array(np.eye(4), mask=np.eye(4)), "masked"),
        ("dense", False, np.eye(4) * 1j, "complex"),
        ("dense", True, np.full((4, 4), 0.5), "found 0.5; expected whole numbers from 0 to 255"),
        ("dense", True, np.full((4, 4), 256), "found 256"),
        ("dense", True, np.full((4, 4), -1), "found -1"),
        ("plastic", True, np.full((4, 4), 256), "found 256"),
        ("dense", True, np.full((4, 4), 2**40), "found 1099511627776"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(kind, fixed, values, words):
    one = session(kind, fixed)
    before = dense(one.weights("in_cells"))
    with pytest.raises(NetworkError, match=f"Session: weights of 'in_cells': .*{words}"):
        one.set_weights("in_cells", values)
    assert_array_equal(dense(one.weights("in_cells")), before)


def test_transposed_weights_are_those_of_the_other():
    parts = [Population("in", 2, SpikeRaster(np.ones((3, 2), int))), Population("a", 2, CELL), Population("b", 3, CELL)]
    given = np.arange(6.0).reshape(2, 3)
    wires = [Projection("in", "a", AllToAll(1.0)), Projection("a", "b", given), Projection("b", "a", Transposed("a_b"))]
    one = Session(lower(Network("net", parts, wires)))
    assert_array_equal(one.weights("b_a"), given.T)
    with pytest.raises(NetworkError, match="weights of 'b_a': they are the transposed weights of 'a_b'"):
        one.set_weights("b_a", given.T)
    one.set_weights("a_b", 2 * given)
    assert_array_equal(one.weights("b_a"), 2 * given.T)


@pytest.mark.parametrize("fixed", [False, True], ids=["float", "integers"])
def test_states_are_set_with_one_number_or_one_for_each(fixed):
    one = session("dense", fixed)
    one.set_state("cells", "v", 3.0)
    one.set_state("cells", "u", [1, 2, 3, 4])
    assert_array_equal(one.state("cells", "v"), 3)
    assert_array_equal(one.state("cells", "u"), [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("fixed", "name", "variable", "values", "words"),
    [
        (False, "cell", "v", 0, "Did you mean 'cells'"),
        (False, "in", "v", 0, "Unknown population of neurons 'in'"),
        (False, None, "v", 0, "Unknown population of neurons 'None'"),
        (False, "cells", "w", 0, "Unknown state 'w': expected one of u, v"),
        (False, "cells", "arriving", 0, "Unknown state 'arriving'"),
        (False, "cells", "v", [1, 2], r"'v' of 'cells': values of shape \(2,\); expected one number, or an array of shape"),
        (False, "cells", "v", np.nan, "NaN"),
        (False, "cells", "v", None, "None"),
        (True, "cells", "v", 0.5, "found 0.5; expected whole numbers from -8388607 to 8388607"),
        (True, "cells", "v", 2**23, "found 8388608"),
        (True, "cells", "u", 2**40, "found 1099511627776"),
    ],
)
def test_states_that_do_not_fit(fixed, name, variable, values, words):
    one = session("dense", fixed)
    with pytest.raises(NetworkError, match=f"Session: .*{words}"):
        one.set_state(name, variable, values)
    if values == 0:
        with pytest.raises(NetworkError, match=words):
            one.state(name, variable)


@dataclass(frozen=True, kw_only=True)
class Alternating(StepNeuron):
    v_th: Level
    states = {"v": "level", "n": "whole", "up": "flag"}
    step = """
        v = v + a
        n = n + 1
        up = not up
        spike = up and v > v_th
    """


@pytest.mark.parametrize("fixed", [False, True], ids=["float", "integers"])
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("n", 0.5, "found 0.5; expected whole numbers from -214748364"),
        ("n", 2**40, "found 1099511627776; expected whole numbers"),
        ("up", 3, "found 3; expected whole numbers from 0 to 1"),
    ],
)
def test_whole_states_take_whole_numbers(fixed, variable, value, words):
    parts = [Population("in", 4, SpikeRaster(np.ones((3, 4), int))), Population("cells", 4, Alternating(v_th=1.0))]
    made = Network("net", parts, [Projection("in", "cells", AllToAll(1.0))])
    one = Session(deploy(made).program if fixed else lower(made))
    one.set_state("cells", variable, 1)
    with pytest.raises(NetworkError, match=f"Session: {variable!r} of 'cells': {words}"):
        one.set_state("cells", variable, value)
    assert_array_equal(one.state("cells", variable), 1)


@pytest.mark.parametrize("change", [{"v": np.zeros((1, 8), np.int64)}, {"v": np.zeros(3)}, {"counts": None}, {"extra": 1}])
def test_a_memory_of_something_else(change):
    one = session("plastic", fixed=True)
    memory = {name: value for name, value in {**one.memory(), **change}.items() if value is not None}
    with pytest.raises(NetworkError, match="the memory is not from 'net'"):
        one.restore(memory)
    one.restore(one.memory())


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.weights("x"), "Unknown projection 'x'"),
        (lambda s: s.set_weights("x", 1), "Unknown projection 'x'"),
        (lambda s: s.variable("x", "w"), "Unknown projection 'x'"),
        (lambda s: s.variable("x", "tag"), "Unknown projection that learns 'x'"),
        (lambda s: s.variable("in_cells", "z"), "Unknown variable 'z'"),
        (lambda s: s.run(0), "steps = 0"),
        (lambda s: s.run(1.5), "steps = 1.5"),
        (lambda s: s.run(1, inputs={"in": np.full((1, 4), 2**40)}), "payloads: .*found 1099511627776"),
        (lambda s: s.run(1, inputs={"in": np.ones((1, 3), int)}), r"shape \(1, 1, 3\)"),
    ],
)
def test_other_doors(act, words):
    with pytest.raises(NetworkError, match=words):
        act(session("plastic"))
