"""Checks of states and weights that a user sets in a session, in the units of the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.arrays import as_floats
from neurosim.backends.emulator.kernel_arrays import KernelArrays
from neurosim.backends.emulator.to_arrays import Program
from neurosim.checks.matrices import Matrix, canonical, nonzero
from neurosim.errors import NetworkError, OutOfRangeError, unknown_name
from neurosim.program.fixed import FixedProgram, FixedProjection, SignMode, infer_sign_mode
from neurosim.units import si

_WHOLE: dict[str, tuple[float, float]] = {"whole": (-(2.0**31), 2.0**31 - 1), "flag": (0.0, 1.0)}
"""Kind of a state that is a whole number in float, too -> its range."""
_RANGES = {SignMode.MIXED: (-256, 255), SignMode.EXCITATORY: (0, 255), SignMode.INHIBITORY: (-255, 0)}


def check_state_name(program: Program, population: str, variable: str) -> None:
    """Raise NetworkError unless `population` is a population of neurons and `variable` is one of its states."""
    neurons = {p.name: p for p in program.populations if not p.neuron.is_source}
    if population not in neurons:
        raise NetworkError("Session: " + unknown_name("population of neurons", str(population), neurons))
    states = neurons[population].neuron.step.states
    if variable not in states:
        raise NetworkError(f"Session: population {population!r}: " + unknown_name("state", str(variable), states))


def given_state(program: Program, population: str, variable: str, values: Any) -> Any:
    """`values` as one number or one per neuron; NetworkError for another shape, or numbers that the state cannot store."""
    check_state_name(program, population, variable)
    who, n = f"Session: {variable!r} of {population!r}", program.population(population).n
    numbers = si(values, "1", who)
    if numbers.shape not in ((), (n,)):
        raise NetworkError(f"{who}: values of shape {numbers.shape}; expected one number, or an array of shape ({n},).")
    kind = program.population(population).neuron.step.states[variable]
    check_numbers(who, numbers, _state_range(kind, program))
    return numbers


def _state_range(kind: str, program: Program) -> tuple[float, float] | None:
    """Least and largest whole number that a state of this kind can store; None if it stores any number."""
    if kind in _WHOLE or not isinstance(program, FixedProgram):
        return _WHOLE.get(kind)
    top = float(program.widths.top) if kind == "level" else 2.0**31 - 1
    return -top, top


def given_weights(projection: Any, values: Any, shape: tuple[int, int], gain: float) -> Matrix:
    """`values` as a matrix (n_pre, n_post) of numbers that the projection can store.

    Parameters
    ----------
    gain : float
        Factor that the stored integers of a weight already contain in this arithmetic.

    Raises
    ------
    NetworkError
        If the shape is wrong or values are NaN or infinite; on the chip, also for fractions and values beyond the weight field.
    """
    who = f"Session: weights of {projection.name!r}"
    if projection.transposed:
        raise NetworkError(f"{who}: they are the transposed weights of {projection.transposed!r}; set those instead.")
    matrix = canonical(values, who) if sparse.issparse(values) else as_floats(si(values, "1", who), who)
    if matrix.shape != shape:
        raise NetworkError(f"{who}: found shape {matrix.shape}; expected (n_pre, n_post) = {shape}.")
    numbers = matrix.data if isinstance(matrix, sparse.csr_array) else matrix
    check_numbers(who, np.asarray(numbers), _range(projection, gain))
    return matrix


def given_variable(who: str, values: Any, shape: tuple[int, ...], within: tuple[float, float] | None) -> Any:
    """`values` of a tag or a trace as an array of `shape`; on a chip, whole numbers `within` two limits.

    Raises
    ------
    NetworkError
        If the shape is another one, or the variable cannot store the numbers.
    """
    numbers = as_floats(si(values, "1", who), who)
    if numbers.shape not in ((), shape):
        raise NetworkError(f"{who}: found shape {numbers.shape}; expected one number, or an array of shape {shape}.")
    check_numbers(who, np.asarray(numbers), within)
    return np.broadcast_to(numbers, shape)


def _range(projection: Any, gain: float) -> tuple[float, float] | None:
    if not isinstance(projection, FixedProjection):
        return None
    low, high = _RANGES[projection.sign_mode or infer_sign_mode(projection.weights)]
    return float(np.floor(low * gain)), float(np.floor(high * gain))


def check_numbers(who: str, numbers: Any, whole_within: tuple[float, float] | None) -> None:
    """NetworkError for NaN and infinity; OutOfRangeError unless all are whole numbers of the range, if there is one."""
    if not np.all(np.isfinite(numbers)):
        raise NetworkError(f"{who}: found NaN or infinite values; expected finite numbers.")
    if whole_within is None:
        return
    low, high = whole_within
    wrong = (np.floor(numbers) != numbers) | (numbers < low) | (numbers > high)
    if np.any(wrong):
        first = numbers.ravel()[int(np.argmax(wrong))]
        raise OutOfRangeError(who, float(first), low, high, f"expected whole numbers from {low:.0f} to {high:.0f}.")


def read_weights(net: KernelArrays, blocks: Sequence[int], shape: tuple[int, int], values: Any, is_sparse: bool) -> Matrix:
    """A copy of the weights (n_pre, n_post) of a projection, which has one block per delay."""
    parts = [_block(net, at, shape, values) for at in blocks]
    if len(parts) == 1:
        return parts[0]
    dense, is_synapse = np.zeros(shape, values.dtype), np.zeros(shape, bool)
    for pre, post, weights in map(nonzero, parts):
        dense[pre, post], is_synapse[pre, post] = weights, True
    if not is_sparse:
        return dense
    pre, post = np.nonzero(is_synapse)
    return sparse.csr_array((dense[pre, post], (pre, post)), shape=shape)


def write_weights(net: KernelArrays, blocks: Sequence[int], given: Matrix, who: str) -> None:
    """Replace the weights by `given`; NetworkError if it has a weight where there is no synapse."""
    if len(blocks) == 1 and net.first_row[blocks[0]] < 0:
        dense = given.toarray() if isinstance(given, sparse.csr_array) else given
        net.weight[_where(net, blocks[0], given.shape)] = np.ravel(dense)
        return
    shape = given.shape[0], given.shape[1]
    places = [nonzero(_block(net, at, shape, net.weight)) for at in blocks]
    taken = [_at(given, pre, post) for pre, post, _ in places]
    _check_elsewhere(given, places, sum(int(np.count_nonzero(part)) for part in taken), who)
    for at, part in zip(blocks, taken, strict=True):
        net.weight[_where(net, at, given.shape)] = part


def write_parts(net: KernelArrays, blocks: Sequence[int], values: Any, given: Any) -> None:
    """Write dense values (n_pre, n_post) to the places that the synapses of a projection have in `values`."""
    for at in blocks:
        pre, post, _ = nonzero(_block(net, at, given.shape, values))
        values[_where(net, at, given.shape)] = given[pre, post]


def of_block(net: KernelArrays, at: int, weights: Matrix, values: Any) -> Any:
    """Values of the synapses of a block, of values for all synapses of the projection with these `weights`, row by row."""
    shape = weights.shape[0], weights.shape[1]
    rows, columns, _ = nonzero(weights)
    pre, post, _ = nonzero(_block(net, at, shape, net.weight))
    all_keys, keys = (np.asarray(i, np.int64) * shape[1] + j for i, j in ((rows, columns), (pre, post)))
    return values[np.searchsorted(all_keys, keys)]


def scaled_parts(net: KernelArrays, blocks: Sequence[int], values: Any, scales: Sequence[Any]) -> Any:
    """A copy of `values` in which those of each block are multiplied by its scale."""
    out = np.array(values)
    for at, scale in zip(blocks, scales, strict=True):
        out[_where(net, at, (int(net.pre_size[at]), int(net.post_size[at])))] *= scale
    return out


def _check_elsewhere(given: Matrix, places: Sequence[Any], taken: int, who: str) -> None:
    values = given.data if isinstance(given, sparse.csr_array) else given
    if np.count_nonzero(values) == taken:
        return
    pre, post, weights = nonzero(given)
    known = [i * given.shape[1] + j for i, j, _ in places]
    elsewhere = ~np.isin(pre.astype(np.int64) * given.shape[1] + post, np.concatenate([*known, np.zeros(0, np.int64)]))
    first = int(np.argmax(elsewhere & (weights != 0)))
    raise NetworkError(
        f"{who}: found {weights[first]:g} for the pair {pre[first]} -> {post[first]}, which has no synapse; expected 0 there. "
        "Start a new session with a network that connects this pair."
    )


def _at(given: Matrix, pre: Any, post: Any) -> Any:
    """Values of `given` for the pairs, 0 where a sparse matrix has no entry."""
    if not isinstance(given, sparse.csr_array):
        return given[pre, post]
    rows, columns, values = nonzero(given)
    width = given.shape[1]
    keys, wanted = rows.astype(np.int64) * width + columns, np.asarray(pre, np.int64) * width + post
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def _where(net: KernelArrays, at: int, shape: tuple[int, ...]) -> slice:
    first = int(net.first_weight[at])
    count = shape[0] * shape[1] if net.first_row[at] < 0 else int(net.row[net.first_row[at] + shape[0]])
    return slice(first, first + count)


def _block(net: KernelArrays, at: int, shape: tuple[int, int], values: Any) -> Matrix:
    here = _where(net, at, shape)
    if net.first_row[at] < 0:
        return np.array(values[here]).reshape(shape)
    rows = net.row[net.first_row[at] : net.first_row[at] + shape[0] + 1]
    return sparse.csr_array((np.array(values[here]), net.column[here], rows), shape=shape)
