"""A program with its state on the emulator: what is read and set between runs, in the units of the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.arithmetic_choice import arithmetic_of
from neurosim.backends.emulator.given import (
    check_state_name,
    given_state,
    given_variable,
    given_weights,
    read_weights,
    scaled_parts,
    write_parts,
    write_weights,
)
from neurosim.backends.emulator.guard import Watched, guard_for, rounded_up
from neurosim.backends.emulator.kernel_run import KernelRun
from neurosim.backends.emulator.learners import Learners, own_name
from neurosim.backends.emulator.rule_layout import RuleLayout, listeners
from neurosim.backends.emulator.to_arrays import Program, block_order, to_arrays
from neurosim.checks.matrices import Matrix
from neurosim.errors import NetworkError, unknown_name
from neurosim.plasticity.products import SYNAPTIC
from neurosim.program.engine_rule import TRACE_MAX, ChipRule


class Stored:
    """Base of a session: a program, its synapses, its states, and what learns.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to run.
    arithmetic : str, optional
        Arithmetic, as for `emulate`.
    """

    def __init__(self, program: Program, arithmetic: str | None) -> None:
        self.program = program
        self._code = arithmetic_of(program, arithmetic)
        self._net = to_arrays(program, self._code)
        order = block_order(program, self._code)
        self._parts = {p.name: [i for i, name in enumerate(order) if name == p.name] for p in program.projections}
        self._listeners = listeners(program)
        self._learners = Learners(program, self._net, self._parts) if self._listeners else None
        self._layouts: Mapping[str, RuleLayout] = {} if self._learners is None else self._learners.layouts
        # The kernels count overflows where they could occur; what is set can make that another place.
        self._guarded: tuple[list[Watched], KernelRun] | None = None
        self._began: dict[str, float] = {}
        self._state = self._kernels([]).at_rest(1)

    def _kernels(self, watched: Sequence[Watched]) -> KernelRun:
        guard = guard_for(watched, self.program, self._code, self._net)
        return KernelRun(self.program, self._code, self._net, guard, self._learners)

    def state(self, population: str, variable: str) -> Any:
        """A copy of the state `variable` of `population`, such as "u", "v" or "theta", (n,), in the units of the program."""
        check_state_name(self.program, population, variable)
        return np.array(self._state.cells[population, variable][0])

    def set_state(self, population: str, variable: str, values: Any) -> None:
        """Set the state `variable` of `population` to `values`, one number or (n,), in the units of the program.

        Raises
        ------
        NetworkError
            If a name is unknown, the shape is wrong, or numbers are not finite; on the chip, and for states that are whole
            numbers or truth values, also if they are not whole or exceed the range of the state.
        """
        values = given_state(self.program, population, variable, values)
        self._state.cells[population, variable][0] = values
        if rounded_up(float(np.abs(values).max(initial=0))) > self._began.get(population, 0.0):
            self._guarded = None

    def weights(self, projection: str) -> Matrix:
        """A copy of the weights (n_pre, n_post) of `projection`, in the units of the program; sparse if that is sparse."""
        own = self._projection(projection)
        if own.transposed:
            return np.array(self.weights(own.transposed).T)
        return read_weights(
            self._net, self._parts[projection], own.weights.shape, self._net.weight, sparse.issparse(own.weights)
        )

    def set_weights(self, projection: str, values: Any) -> None:
        """Replace the weights of `projection`, which keep their form (dense, or the same synapses).

        Parameters
        ----------
        values : array or sparse matrix (n_pre, n_post)
            New weights in the units of the program, 0 where a sparse projection has no synapse; a synapse with weight 0
            remains a synapse.

        Raises
        ------
        NetworkError
            If the projection cannot store them: a wrong shape, NaN, a weight where there is no synapse, and on the chip
            fractions and values beyond the weight field. The weights are then not changed.
        """
        own = self._projection(projection)
        given = given_weights(own, values, own.weights.shape, self.shift(projection))
        write_weights(self._net, self._parts[projection], given, f"Session: weights of {projection!r}")
        self._guarded = None

    def shift(self, projection: str) -> float:
        """Factor that weights contain here: the first chip shifts each weight by the exponent, Lava shifts their sum.

        Parameters
        ----------
        projection : str
            Name of the projection.
        """
        own = self._projection(projection)
        exponent = self._projection(own.transposed or projection).weight_exp if self._code is Arithmetic.LOIHI1 else 0
        return float(2.0**exponent)

    def variable(self, projection: str, name: str) -> Any:
        """A dense copy of `name` in `projection`: a variable (n_pre, n_post) such as "tag", or a trace (n,); in program units.

        Raises
        ------
        NetworkError
            If a name is unknown.
        """
        if name == "w":
            return _dense(self.weights(projection))
        if projection not in self._layouts:
            raise NetworkError("Session: " + unknown_name("projection that learns", str(projection), self._layouts))
        layout = self._layouts[projection]
        learners = self._learners
        assert learners is not None
        if name in layout.synaptic:
            v = layout.synaptic.index(name)
            held = learners.held[name if name in SYNAPTIC else own_name(v)]
            shape = self._projection(projection).weights.shape
            if held.size == 1:
                return np.zeros(shape)
            if self._code is Arithmetic.FLOAT:
                scales = learners.scales(projection, v - 1)
                held = scaled_parts(self._net, self._parts[projection], held, scales)
            return _dense(read_weights(self._net, self._parts[projection], shape, held, is_sparse=False))
        chip = getattr(layout.projection.rule, "names", {}).get(name, name)
        traces = [t.name for t in layout.traces]
        if chip not in traces:
            known = (*layout.synaptic, *traces)
            raise NetworkError(f"Session: projection {projection!r}: " + unknown_name("variable", str(name), known))
        return learners.variable(projection, chip)

    def set_variable(self, projection: str, name: str, values: Any) -> None:
        """Set `name` in `projection`, a variable (n_pre, n_post) such as "tag" or a trace (n,), to `values` in program units.

        Raises
        ------
        NetworkError
            If the rule has no such variable, the shape is wrong, or the numbers are not finite; on the chip, also if they are
            not whole.
        """
        if name == "w":
            self.set_weights(projection, values)
            return
        now = self.variable(projection, name)
        layout, held = self._layouts[projection], self._learners
        assert held is not None
        synaptic, rule = layout.synaptic, layout.projection.rule
        chip = getattr(rule, "names", {}).get(name, name)
        given = given_variable(f"Session: {name!r} of {projection!r}", values, now.shape, _range(rule, chip))
        if name not in synaptic:
            held.set_trace(projection, chip, given)
            return
        v = synaptic.index(name)
        array = held.held[name if name in SYNAPTIC else own_name(v)]
        if array.size == 1:
            raise NetworkError(f"Session: no rule of {self.program.name!r} uses {name!r}, so it cannot be set.")
        write_parts(self._net, self._parts[projection], array, given)
        if self._code is Arithmetic.FLOAT:
            for scale in held.scales(projection, v - 1):
                scale[:] = 1.0

    def _projection(self, name: str) -> Any:
        known = {p.name: p for p in self.program.projections}
        if name not in known:
            raise NetworkError("Session: " + unknown_name("projection", str(name), known))
        return known[name]


def _range(rule: Any, name: str) -> tuple[float, float] | None:
    """Least and largest number of a trace or variable, by its name in the engine; None if it stores any number."""
    if not isinstance(rule, ChipRule):
        return None
    if name not in rule.traces:
        return -(2.0**15), 2.0**15 - 1
    return -TRACE_MAX - 1.0 if name in rule.sent else 0.0, float(TRACE_MAX)


def _dense(matrix: Matrix) -> Any:
    return matrix.toarray() if isinstance(matrix, sparse.csr_array) else matrix
