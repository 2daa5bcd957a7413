"""Session of a program on the emulator: state, weights and random streams persist from one call to the next."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.backends.emulator import bursts
from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.desire import VARIABLES
from neurosim.backends.emulator.given import check_state_name, given_state, given_weights, read_weights, write_weights
from neurosim.backends.emulator.guard import (
    Guard,
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
from neurosim.backends.emulator.kernel_arrays import State
from neurosim.backends.emulator.kernels import run_samples
from neurosim.backends.emulator.learn_float import learn_float
from neurosim.backends.emulator.plastic_arrays import FixedPlasticity, FloatPlasticity
from neurosim.backends.emulator.plastic_to_arrays import RuleLayout, fixed_learning, float_learning, listeners, rule_layouts
from neurosim.backends.emulator.randoms import Randoms, drawn
from neurosim.backends.emulator.recorder import Watch, events, split_spikes, split_states, watched
from neurosim.backends.emulator.to_arrays import Program, block_order, first_neurons, to_arrays, width
from neurosim.checks.matrices import Matrix
from neurosim.chip.bounds import ALIGN
from neurosim.errors import NetworkError, UnsupportedError, UsageError, shown, unknown_name
from neurosim.plasticity.products import SYNAPTIC
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram
from neurosim.program.inputs import complete_inputs
from neurosim.program.signals import complete_signals
from neurosim.program.step import StepProgram
from neurosim.results.recording import Recording

_CHUNK_BYTES = 1 << 20
"""Size of the raster of spikes in bytes, so that it remains in the cache until its spikes are extracted."""
STATES = State._fields


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
        own = next((p.name for p in program.populations if p.neuron.own is not None), None)
        if own is not None:
            raise UnsupportedError(
                f"Population {own!r}: sessions and learning do not yet run neurons that are written as a step; run it with "
                "emulate, or learn with another neuron."
            )
        self._net = to_arrays(program, self._code)
        self._layouts = {p.projection.name: p for p in rule_layouts(program)}
        self._listeners = listeners(program)
        if self._layouts and self._code is Arithmetic.LOIHI1:
            raise UnsupportedError(f"Program {program.name!r} learns, but 'loihi1' cannot learn; use arithmetic='fixed'.")
        order = block_order(program, self._code)
        self._blocks = {name: i for i, name in enumerate(order)}
        self._parts = {p.name: [i for i, name in enumerate(order) if name == p.name] for p in program.projections}
        self._learning = self._learning_arrays([1] * sum(len(p.signals) for p in self._layouts.values()))
        self._randoms = [Randoms(p.projection.rule.seed, p.projection.rule.epoch) for p in self._fixed_plans()]
        self._state = at_rest(self._net, width(program.populations), 1)
        self._step = self._counted = 0
        self._last_signals = np.zeros((1, sum(len(p.signals) for p in self._layouts.values())))
        self._payloads: dict[str, tuple[float, float]] = {}
        self._guarded: tuple[list[Watched], Guard] | None = None
        self._overflows: dict[str, dict[str, int]] = {}
        self._began: dict[str, float] = {}

    def _fixed_plans(self) -> list[RuleLayout]:
        return list(self._layouts.values()) if isinstance(self.program, FixedProgram) else []

    def _learning_arrays(self, wide: Sequence[int]) -> FloatPlasticity | FixedPlasticity | None:
        if not self._layouts:
            return None
        make = fixed_learning if isinstance(self.program, FixedProgram) else float_learning
        return make(self.program, self._net, self._blocks, wide)

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
        watch = watched(self.program, probes)
        table = self._signal_table(given, steps)
        self._last_signals = table[-1:]
        # Only wall time, because on some systems reading the CPU time takes milliseconds, more than a short run.
        started = time.perf_counter()
        risks, guard = self._watched(fed)
        tally = no_tally(1, guard)
        found, probed = self._advance(feed, table, watch, guard, tally)
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

    def _watched(self, fed: Mapping[str, Any]) -> tuple[list[Watched], Guard]:
        """Populations in which to count; computed again after payloads grew, or weights or states were set by the user."""
        wider = joined_spans(self._payloads, payload_spans(self.program, fed))
        if self._guarded is None or wider != self._payloads:
            self._payloads, self._began = wider, self._sizes()
            watched = watched_populations(self.program, self._code, self._net, wider, start=self._began)
            self._guarded = watched, guard_for(watched, self.program, self._code, self._net)
        return self._guarded

    def _sizes(self) -> dict[str, float]:
        """By population, a power of two above the sum of the present u, v, theta, input in transit and dendrite state."""
        place, out = first_neurons(self.program.populations), {}
        for p in self.program.populations:
            here = slice(place[p.name], place[p.name] + p.n)
            parts = [getattr(self._state, name)[0, here] for name in ("u", "v", "theta")]
            parts += [ALIGN * self._state.arriving[0, :, here], self._state.dendrite[0, :, here]]
            out[p.name] = rounded_up(sum(float(np.abs(part).max(initial=0)) for part in parts))
        return out

    def _advance(self, feed: Any, signals: Any, watch: Watch, guard: Guard, tally: Any) -> tuple[list[Any], Any]:
        """Spikes as returned by `events`, block by block, and the probed states."""
        steps, total = feed.shape[1], width(self.program.populations)
        probed = np.zeros((1, steps, len(watch.kind)))
        chunk = min(steps, max(1, _CHUNK_BYTES // total))
        found = []
        for k in range(0, steps, chunk):
            here = slice(k, min(k + chunk, steps))
            raster = np.zeros((1, here.stop - here.start, total), np.uint8)
            floats, fixed = self._armed(signals[here], here.stop - here.start)
            run_samples(
                int(self._code), self._net, guard, floats, fixed, np.array([self._counted]), self._step, self._state, tally,
                feed[:, here], raster, raster.view(np.uint64), *watch, probed[:, here],
            )  # fmt: skip
            self._step += raster.shape[1]
            self._counted += raster.shape[1]
            found.append(events(self.program.populations, raster, 0, k))
        return found, probed

    def _armed(self, signals: Any, steps: int) -> tuple[FloatPlasticity | None, FixedPlasticity | None]:
        """The learning arrays with the signals and random numbers of this run."""
        if isinstance(self._learning, FixedPlasticity):
            return None, self._learning._replace(signals=signals, **drawn(self._randoms, self._counted, steps))
        return None if self._learning is None else self._learning._replace(signals=signals), None

    def _signal_table(self, given: Mapping[tuple[str, str], Any], steps: int) -> Any:
        """All signals side by side, (steps, columns)."""
        parts = [self._sent(layout, name, given, steps) for layout, name in self._signals()]
        wide = [part.shape[1] for part in parts]
        if self._learning is not None:
            columns = np.concatenate([[0], np.cumsum(wide)])[:-1].astype(np.int64)
            rules = self._learning.rules._replace(signal_column=columns, signal_wide=np.array([w > 1 for w in wide], np.int64))
            self._learning = self._learning._replace(rules=rules)
        dtype = np.int32 if isinstance(self._learning, FixedPlasticity) else np.float64
        return np.concatenate([np.zeros((steps, 0)), *parts], axis=1).astype(dtype)

    def _sent(self, layout: RuleLayout, name: str, given: Mapping[tuple[str, str], Any], steps: int) -> Any:
        """A signal in the units of the program; an empty array for one that neurons supply during the run."""
        if name in layout.supplied:
            return np.zeros((steps, self.program.population(layout.projection.post).n))
        return _sent(layout, name, given)

    def _signals(self) -> list[tuple[RuleLayout, str]]:
        return [(layout, name) for layout in self._layouts.values() for name in layout.signals]

    def end_sample(self) -> None:
        """Apply the updates of rules at "sample_end", with the third factors of the last step."""
        if isinstance(self._learning, FloatPlasticity):
            net, learning = self._net, self._learning._replace(signals=self._last_signals)
            spikes = learning.spikes[(self._counted - 1) % len(learning.spikes)]
            learn_float(learning, 0, self._counted - 1, True, spikes, net.row, net.column, net.weight)

    def rest(self, keep: Collection[str] = ()) -> None:
        """Reset states, traces and tags to zero; weights and random streams are not changed.

        Parameters
        ----------
        keep : names out of "u", "v", "theta", "held", "arriving", "deficit", "excess", "more", "dendrite"
            States that are not reset, such as an adaptive threshold.
        """
        unknown = set(keep) - set(STATES)
        if unknown:
            raise NetworkError("Session.rest: " + unknown_name("state", min(unknown), STATES))
        for name in set(STATES) - set(keep):
            getattr(self._state, name)[:] = 0
        self._step = 0
        for array in _forgotten(self._learning):
            array[:] = 0
        if isinstance(self._learning, FloatPlasticity):
            self._learning.scale[:] = 1.0

    def memory(self) -> dict[str, Any]:
        """Copy of the complete state as arrays by name, from which `restore` continues in a session of the same program."""
        places = np.array(json.dumps([r.place for r in self._randoms]))
        last = {"counts": np.array([self._step, self._counted]), "signals": self._last_signals.copy()}
        return {**last, "random": places, **{name: array.copy() for name, array in self._memorised()}}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Continue from a `memory`, bit for bit.

        Raises
        ------
        NetworkError
            If the memory is from another program.
        """
        own = dict(self._memorised())
        given = {name: np.asarray(array) for name, array in memory.items()}
        rest = {name: given.pop(name, None) for name in ("counts", "signals", "random")}
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
        for stream, place in zip(self._randoms, json.loads(str(memory["random"])), strict=True):
            stream.place = place

    def _memorised(self) -> Iterator[tuple[str, Any]]:
        yield "weight", self._net.weight
        for part in (self._state, self._learning):
            yield from ((_STORED.get(name, name), getattr(part, name)) for name in (*STATES, *_HELD) if hasattr(part, name))

    def replace_rules(self, program: Program) -> None:
        """Continue with the rules of `program`, the same network with other constants, for example learning rates.

        Raises
        ------
        NetworkError
            If the rules have other traces or other signals.
        """
        later = {p.projection.name: p for p in rule_layouts(program)}
        if self._learning is None or {n: _form(p) for n, p in later.items()} != {n: _form(p) for n, p in self._layouts.items()}:
            raise NetworkError(
                f"Session.replace_rules: the rules of {program.name!r} have other traces or signals; start a new session "
                "with this program."
            )
        held, self.program, self._layouts = self._learning, program, later
        fresh = self._learning_arrays([1] * sum(len(p.signals) for p in later.values()))
        self._learning = fresh._replace(**{name: getattr(held, name) for name in _HELD if name in held._fields})  # type: ignore

    def state(self, population: str, variable: str) -> Any:
        """A copy of "u", "v" or "theta" of a population, shape (n,), in the units of the program."""
        check_state_name(self.program, population, variable)
        start, n = first_neurons(self.program.populations)[population], self.program.population(population).n
        return np.array(getattr(self._state, variable)[0, start : start + n])

    def set_state(self, population: str, variable: str, values: Any) -> None:
        """Set "u", "v" or "theta" of a population to one number or (n,), in the units of the program.

        Raises
        ------
        NetworkError
            If a name is unknown, the shape is wrong, or numbers are not finite; on the chip, also if they are not whole or
            exceed the range of the state.
        """
        values = given_state(self.program, population, variable, values)
        start, n = first_neurons(self.program.populations)[population], self.program.population(population).n
        getattr(self._state, variable)[0, start : start + n] = values
        if rounded_up(float(np.abs(values).max(initial=0))) > self._began.get(population, 0.0):
            self._guarded = None

    def weights(self, projection: str) -> Matrix:
        """A copy of the weights `(n_pre, n_post)`, in the units of the program; sparse if the projection is sparse."""
        own = self._projection(projection)
        if own.transposed:
            return np.array(self.weights(own.transposed).T)
        return read_weights(
            self._net, self._parts[projection], own.weights.shape, self._net.weight, sparse.issparse(own.weights)
        )

    def set_weights(self, projection: str, values: Any) -> None:
        """Replace the weights of a projection, which keep their form (dense, or the same synapses).

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
        """A copy of "w", "tag" or "aux" `(n_pre, n_post)`, dense, or of a trace `(n,)`, in the units of the program."""
        if name == "w":
            return _dense(self.weights(projection))
        if projection not in self._layouts:
            raise NetworkError("Session: " + unknown_name("projection that learns", str(projection), self._layouts))
        layout = self._layouts[projection]
        learning = self._learning
        assert learning is not None
        q = list(self._layouts).index(projection)
        if name in SYNAPTIC:
            held = learning.tag if name == "tag" else learning.aux
            if held.size == 1:
                return np.zeros(self._synapses(projection)[1])
            scale = learning.scale[q, SYNAPTIC.index(name) - 1] if isinstance(learning, FloatPlasticity) else 1
            return _dense(self._matrix(projection, held)) * scale
        chip = getattr(layout.projection.rule, "names", {}).get(name, name)
        traces = [t.name for t in layout.traces]
        if chip not in traces:
            known = (*SYNAPTIC, *traces)
            raise NetworkError(f"Session: projection {projection!r}: " + unknown_name("variable", str(name), known))
        r = int(learning.rules.first_trace[q]) + traces.index(chip)
        n = int((learning.places.n_post if learning.rules.side[r] else learning.places.n_pre)[q])
        first = int(learning.rules.first_value[r])
        return np.array(learning.values[first : first + n])

    def _projection(self, name: str) -> Any:
        known = {p.name: p for p in self.program.projections}
        if name not in known:
            raise NetworkError("Session: " + unknown_name("projection", str(name), known))
        return known[name]

    def _loihi1_gain(self, projection: Any) -> float:
        """Factor that the packed weights already contain: the first chip shifts each weight, Lava shifts their sum."""
        return 2.0**projection.weight_exp if self._code is Arithmetic.LOIHI1 else 1.0

    def _synapses(self, projection: str) -> tuple[slice, tuple[int, int]]:
        if projection not in self._blocks:
            raise NetworkError("Session: " + unknown_name("projection", projection, self._blocks))
        at, net = self._blocks[projection], self._net
        shape = int(net.pre_size[at]), int(net.post_size[at])
        count = shape[0] * shape[1] if net.first_row[at] < 0 else int(net.row[net.first_row[at] + shape[0]])
        return slice(int(net.first_weight[at]), int(net.first_weight[at]) + count), shape

    def _matrix(self, projection: str, values: Any) -> Matrix:
        here, shape = self._synapses(projection)
        at, net = self._blocks[projection], self._net
        if net.first_row[at] < 0:
            return np.array(values[here]).reshape(shape)
        rows = net.row[net.first_row[at] : net.first_row[at] + shape[0] + 1]
        return sparse.csr_array((np.array(values[here]), net.column[here], rows), shape=shape)


_HELD = ("values", "tag", "aux", "scale", "spikes", "history", "last_pre", "last_post", "tag_underflow")
"""Names of the learning arrays that are part of the state."""
_STORED = {"tag_underflow": "deep"}
"""Arrays that have another name in checkpoints, which must not change."""


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


def _forgotten(learning: FloatPlasticity | FixedPlasticity | None) -> list[Any]:
    """Learning arrays that are set to zero at the start of a sample."""
    if learning is None:
        return []
    common = [learning.values, learning.tag, learning.aux]
    if isinstance(learning, FloatPlasticity):
        return [*common, learning.spikes]
    return [*common, learning.history, learning.last_pre, learning.last_post, learning.tag_underflow]


def arithmetic_of(program: Program, name: str | None) -> Arithmetic:
    """The arithmetic of that name for `program`, or the program's default if `name` is None."""
    if not isinstance(program, StepProgram | FixedProgram):
        raise UsageError(
            f"The emulator expected a step program, found {shown(program)}; pass deploy(network).program, or for float "
            "neurosim.program.lower.lower(network)."
        )
    fixed = isinstance(program, FixedProgram)
    known = {a.name.lower(): a for a in Arithmetic if (a is not Arithmetic.FLOAT) == fixed}
    if name is None:
        return Arithmetic.FIXED if fixed else Arithmetic.FLOAT
    if name not in known:
        kind = "integers" if fixed else "float"
        raise UnsupportedError(f"Program {program.name!r} is in {kind}: " + unknown_name("arithmetic", name, known))
    bursting = [p.name for p in program.populations if p.neuron.burst is not None]
    if bursting and known[name] is Arithmetic.LOIHI1:
        raise UnsupportedError(
            f"Population {bursting[0]!r}: BURST_LIF needs random numbers in microcode, which the first Loihi chip does not "
            "support; use arithmetic='fixed'."
        )
    return known[name]


def at_rest(net: Any, total: int, samples: int) -> State:
    """The state of every sample at rest, with the types of the packed parameters."""
    ring, n, dtype = int(net.delay.max(initial=0)) + 1, len(net.kept_u), net.bias.dtype
    u, v, theta = np.zeros((3, samples, n), dtype)
    deficit, excess = np.zeros((2, samples, len(net.kept_deficit)))
    more = np.zeros((samples, VARIABLES, n if net.desire.any() else 0), np.int32)
    dendrite = np.zeros((samples, bursts.VARIABLES, n if net.burst.any() else 0), dtype)
    return State(
        u, v, theta, np.zeros((samples, n), np.int32), np.zeros((samples, ring, total), dtype), deficit, excess, more, dendrite
    )  # fmt: skip
