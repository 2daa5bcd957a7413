"""Session of a program on the emulator: state, weights and random streams persist from one call to the next."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
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
from neurosim.backends.emulator.guard import (
    Watched,
    added,
    guard_for,
    info_of,
    joined_spans,
    no_tally,
    payload_spans,
    rounded_up,
    watched_populations,
)
from neurosim.backends.emulator.kernel_run import KernelRun, Watch, begin
from neurosim.backends.emulator.learners import Learners, own_name
from neurosim.backends.emulator.packed_memory import memory_name, unpacked
from neurosim.backends.emulator.randoms import Randoms
from neurosim.backends.emulator.recorder import check_probes, split_spikes, split_states
from neurosim.backends.emulator.rule_layout import RuleLayout, listeners, rule_layouts
from neurosim.backends.emulator.to_arrays import Program, block_order, lanes, to_arrays
from neurosim.checks.matrices import Matrix
from neurosim.chip.bounds import ALIGN
from neurosim.errors import NetworkError, unknown_name
from neurosim.plasticity.products import SYNAPTIC
from neurosim.program.courses import check_covered
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram
from neurosim.program.inputs import complete_inputs
from neurosim.program.noise import noise_of
from neurosim.program.signals import complete_signals
from neurosim.results.recording import Recording

SYNAPSES = ("arriving", "deficit", "excess")
"""Names of what is under way in synapses, beside the states of neurons."""


class Session:
    """A program with its state on the emulator, for protocols that read or change the state between runs.

    Parameters
    ----------
    program : StepProgram or FixedProgram
        Program to run.
    arithmetic : str, optional
        Arithmetic, as for `emulate`.

    Raises
    ------
    UnsupportedError
        If the program cannot run in this arithmetic.
    """

    def __init__(self, program: Program, *, arithmetic: str | None = None) -> None:
        self.program = program
        self._code = arithmetic_of(program, arithmetic)
        self._net = to_arrays(program, self._code)
        self._listeners = listeners(program)
        order = block_order(program, self._code)
        self._parts = {p.name: [i for i, name in enumerate(order) if name == p.name] for p in program.projections}
        self._learners = Learners(program, self._net, self._parts) if self._listeners else None
        self._layouts: Mapping[str, RuleLayout] = {} if self._learners is None else self._learners.layouts
        self._randoms = [Randoms(p.projection.rule.seed, p.projection.rule.epoch) for p in self._fixed_plans()]
        self._step = self._counted = 0
        count = sum(len(p.signals) for p in self._layouts.values())
        self._last_signals, self._columns, self._wide = np.zeros((1, count)), list(range(count)), [False] * count
        self._payloads: dict[str, tuple[float, float]] = {}
        self._guarded: tuple[list[Watched], KernelRun] | None = None
        self._overflows: dict[str, dict[str, int]] = {}
        self._began: dict[str, float] = {}
        self._noise = noise_of(program)
        self._state = self._kernels([]).at_rest(1)

    def _kernels(self, watched: Sequence[Watched]) -> KernelRun:
        guard = guard_for(watched, self.program, self._code, self._net)
        return KernelRun(self.program, self._code, self._net, guard, self._learners)

    def _fixed_plans(self) -> list[RuleLayout]:
        return list(self._layouts.values()) if isinstance(self.program, FixedProgram) else []

    def run(
        self,
        steps: int,
        *,
        inputs: Mapping[str, Any] | None = None,
        signals: Mapping[str, Any] | None = None,
        probes: Sequence[tuple[str, str]] = (),
    ) -> Recording:
        """Continue the run for `steps` steps.

        Parameters
        ----------
        inputs : mapping
            Source -> payloads (steps, n); sources that are left out are silent.
        signals : mapping
            Third factor -> values (steps,) or (steps, n_post).
        probes : sequence of (population, variable)
            States to record, as for `emulate`.

        Returns
        -------
        Recording
            Recording of these steps, counted from 0, as one sample, in the units of the program.
        """
        fed = complete_inputs(self.program, steps, {name: np.asarray(values)[None] for name, values in (inputs or {}).items()})
        feed = np.concatenate(list(fed.values()), axis=2) if fed else np.zeros((1, steps, 0), np.uint8)
        given = complete_signals(self._listeners, 1, steps, signals or {})
        check_probes(self.program, probes)
        check_covered(self.program, self._step + steps)
        table = self._signal_table(given, steps)
        # Only wall time, because on some systems reading the CPU time takes milliseconds, more than a short run.
        started = time.perf_counter()
        risks, kernels = self._watched(fed)
        tally = no_tally(1, len(risks))
        found, probed = self._advance(kernels, feed, table, kernels.watch(probes), tally)
        counted = info_of(self._code, risks, tally)
        self._overflows = added([self._overflows, counted.get("overflows", {})])
        seconds = {"wall": time.perf_counter() - started}
        return Recording(
            dt=self.program.dt,
            steps=steps,
            samples=1,
            sizes={p.name: p.n for p in self.program.populations},
            spikes=split_spikes(self.program, found, feed),
            states=split_states(self.program, probes, probed),
            info={
                "engine": "emulator",
                "arithmetic": self._code.name.lower(),
                "network": self.program.name,
                "seconds": seconds,
                **counted,
            },
        )

    @property
    def overflows(self) -> dict[str, dict[str, int]]:
        """Number of overflows since the session began, by population and kind; see `overflow.COUNTS`."""
        return added([self._overflows])

    def _watched(self, fed: Mapping[str, Any]) -> tuple[list[Watched], KernelRun]:
        """Populations in which to count; computed again after payloads grew, or weights or states were set by the user."""
        wider = joined_spans(self._payloads, payload_spans(self.program, fed))
        if self._guarded is None or wider != self._payloads:
            self._payloads, self._began = wider, self._sizes()
            watched = watched_populations(self.program, self._code, self._net, wider, start=self._began)
            self._guarded = watched, self._kernels(watched)
        return self._guarded

    def _sizes(self) -> dict[str, float]:
        """By population, a power of two above the sum of its present states and of its input in transit."""
        place = lanes(self.program.populations)
        out: dict[str, float] = {}
        for (name, _), values in self._state.cells.items():
            out[name] = out.get(name, 0.0) + float(np.abs(values).max(initial=0))
        for (name, _), first in place.items():
            if name in out:
                arriving = self._state.arriving[0, :, first : first + self.program.population(name).n]
                out[name] += ALIGN * float(np.abs(arriving).max(initial=0))
        return {name: rounded_up(size) for name, size in out.items()}

    def _advance(self, kernels: KernelRun, feed: Any, signals: Any, watch: Watch, tally: Any) -> tuple[list[Any], Any]:
        """Spikes as returned by `events`, block by block, and the probed states."""
        steps = feed.shape[1]
        if self._step == 0 and self._learners is not None and not isinstance(self.program, FixedProgram):
            self._learners.begin(self._counted)
        probed, chunk = np.zeros((1, steps, watch.width)), kernels.chunk(steps)
        found = []
        for k in range(0, steps, chunk):
            here = slice(k, min(k + chunk, steps))
            if self._learners is not None:
                self._learners.arm(signals[here], self._columns, self._wide, self._randoms, self._counted)
            counted = np.array([self._counted])
            kernels.make_noise(self._noise.take(here.stop - k), self._step)
            found.append(
                kernels.advance(self._state, self._step, counted, feed[:, here], tally, watch, probed[:, here], found_at=(0, k))
            )
            if self._learners is not None:
                self._last_signals = self._learners.signals[-1:].copy()
            self._step += here.stop - k
            self._counted += here.stop - k
        return found, probed

    def _signal_table(self, given: Mapping[tuple[str, str], Any], steps: int) -> Any:
        """All signals side by side, (steps, columns)."""
        parts = [self._sent(layout, name, given, steps) for layout, name in self._signals()]
        wide = [part.shape[1] for part in parts]
        self._columns, self._wide = list(np.cumsum([0, *wide])[:-1]), [w > 1 for w in wide]
        return np.concatenate([np.zeros((steps, 0)), *parts], axis=1)

    def _sent(self, layout: RuleLayout, name: str, given: Mapping[tuple[str, str], Any], steps: int) -> Any:
        """A signal in the units of the program; an empty array for one that neurons supply during the run."""
        if name in layout.supplied:
            return np.zeros((steps, self.program.population(layout.projection.post).n))
        return _sent(layout, name, given)

    def _signals(self) -> list[tuple[RuleLayout, str]]:
        return [(layout, name) for layout in self._layouts.values() for name in layout.signals]

    def end_sample(self) -> None:
        """Apply the updates of rules at "sample_end", with the third factors of the last step."""
        if self._learners is not None and not isinstance(self.program, FixedProgram):
            self._learners.end(self._counted - 1, self._last_signals, self._columns, self._wide)

    def rest(self, keep: Collection[str] = ()) -> None:
        """Reset states to their initial values, traces and tags to zero; weights and random streams are not changed.

        Parameters
        ----------
        keep : names
            States that are not reset, such as "theta", an adaptive threshold; also "arriving" (input on its way), "deficit" and
            "excess" (short-term plasticity).

        Raises
        ------
        NetworkError
            If no neuron has a state that `keep` names.
        """
        known = {*SYNAPSES, *(name for _, name in self._state.cells)}
        unknown = set(keep) - known
        if unknown:
            raise NetworkError("Session.rest: " + unknown_name("state", min(unknown), sorted(known)))
        begin(self.program, self._state.cells, keep)
        for name in set(SYNAPSES) - set(keep):
            getattr(self._state, name)[:] = 0
        self._step = 0
        if self._learners is not None:
            self._learners.forget()

    def memory(self) -> dict[str, Any]:
        """Copy of the complete state as arrays by name, from which `restore` continues in a session of the same program."""
        places = np.array(json.dumps([r.place for r in self._randoms]))
        last = {"counts": np.array([self._step, self._counted]), "signals": self._last_signals.copy()}
        return {**last, **self._noise.memory(), "random": places, **{name: array.copy() for name, array in self._memorised()}}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue from a `memory`, which `Session.memory` returned, bit for bit.

        Raises
        ------
        NetworkError
            If the memory is from another program.
        """
        own = dict(self._memorised())
        memory = unpacked(memory, self.program, own)
        given = {name: np.asarray(array) for name, array in memory.items()}
        rest = {name: given.pop(name, None) for name in ("counts", "signals", "random", *(["noise"] if self._noise else []))}
        if _kinds(own) != _kinds(given) or any(part is None for part in rest.values()):
            raise NetworkError(
                f"Session.restore: the memory is not from {self.program.name!r}; its arrays differ in name, shape or type. Use "
                "a memory of the same program."
            )
        for name, array in own.items():
            array[:] = memory[name]
        self._guarded = None
        self._step, self._counted = (int(k) for k in memory["counts"])
        self._last_signals = np.array(memory["signals"])
        self._noise.restore(memory)
        for stream, place in zip(self._randoms, json.loads(str(memory["random"])), strict=True):
            stream.place = place

    def _memorised(self) -> Iterator[tuple[str, Any]]:
        yield "weight", self._net.weight
        yield from ((memory_name(*of), array) for of, array in self._state.cells.items())
        yield from ((name, getattr(self._state, name)) for name in SYNAPSES)
        yield from ({} if self._learners is None else self._learners.held).items()

    def replace_rules(self, program: Program) -> None:
        """Continue with the rules of `program`, the same network with other constants, for example learning rates.

        Raises
        ------
        NetworkError
            If the rules have other traces or other signals.
        """
        later = {p.projection.name: p for p in rule_layouts(program)}
        held = self._learners
        if held is None or {n: _form(p) for n, p in later.items()} != {n: _form(p) for n, p in self._layouts.items()}:
            raise NetworkError(
                f"Session.replace_rules: the rules of {program.name!r} have other traces or signals; start a new session "
                "with this program."
            )
        self.program, self._guarded = program, None
        self._learners = Learners(program, self._net, self._parts, held.held)
        self._layouts = self._learners.layouts

    def replace_populations(self, program: Program) -> None:
        """Continue with the neurons of `program`, the same populations with other parameters, such as currents."""
        self.program, self._guarded = replace(self.program, populations=program.populations), None  # type: ignore[arg-type]

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
        given = given_weights(own, values, own.weights.shape, self._loihi1_gain(own))
        write_weights(self._net, self._parts[projection], given, f"Session: weights of {projection!r}")
        self._guarded = None

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
        who, whole = f"Session: {name!r} of {projection!r}", isinstance(self.program, FixedProgram)
        given = given_variable(who, values, now.shape, whole)
        held = self._learners
        assert held is not None
        synaptic = self._layouts[projection].synaptic
        if name not in synaptic:
            rule = self._layouts[projection].projection.rule
            held.set_trace(projection, getattr(rule, "names", {}).get(name, name), given)
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

    def _loihi1_gain(self, projection: Any) -> float:
        """Factor that the packed weights already contain: the first chip shifts each weight, Lava shifts their sum."""
        return 2.0**projection.weight_exp if self._code is Arithmetic.LOIHI1 else 1.0


def _kinds(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _form(layout: RuleLayout) -> Any:
    return tuple((t.name, t.side, t.lag) for t in layout.traces), layout.signals, layout.uses_tags


def _dense(matrix: Matrix) -> Any:
    return matrix.toarray() if isinstance(matrix, sparse.csr_array) else matrix


def _sent(layout: RuleLayout, name: str, given: Mapping[tuple[str, str], Any]) -> Any:
    """A signal in the units of the program; on the chip, the integers of the slot `name`."""
    rule, projection = layout.projection.rule, layout.projection.name
    if isinstance(rule, ChipRule):
        return rule.encoded(name, given[projection, rule.sent[name]][0])
    return given[projection, name][0]
