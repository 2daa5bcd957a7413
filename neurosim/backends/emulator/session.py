"""Session of a program on the emulator: state, weights and random streams persist from one call to the next."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backends.emulator.cells import widths_of
from neurosim.backends.emulator.guard import (
    Watched,
    added,
    info_of,
    joined_spans,
    no_tally,
    payload_spans,
    rounded_up,
    watched_populations,
)
from neurosim.backends.emulator.kernel_run import KernelRun, Watch, begin
from neurosim.backends.emulator.learners import Learners
from neurosim.backends.emulator.packed_memory import memory_name, unpacked
from neurosim.backends.emulator.randoms import Randoms
from neurosim.backends.emulator.recorder import check_probes, split_spikes, split_states
from neurosim.backends.emulator.rule_layout import RuleLayout, rule_layouts
from neurosim.backends.emulator.stored import Stored
from neurosim.backends.emulator.to_arrays import Program, lanes
from neurosim.errors import NetworkError, unknown_name
from neurosim.program.courses import check_covered
from neurosim.program.engine_rule import ChipRule
from neurosim.program.fixed import FixedProgram
from neurosim.program.inputs import complete_inputs
from neurosim.program.noise import noise_of
from neurosim.program.signals import complete_signals
from neurosim.results.recording import Recording

SYNAPSES = ("arriving", "deficit", "excess")
"""Names of what is under way in synapses, beside the states of neurons."""


class Session(Stored):
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
        super().__init__(program, arithmetic)
        self._randoms = [Randoms(p.projection.rule.seed, p.projection.rule.epoch) for p in self._fixed_plans()]
        self._step = self._counted = 0
        count = sum(len(p.signals) for p in self._layouts.values())
        self._last_signals, self._columns, self._wide = np.zeros((1, count)), list(range(count)), [False] * count
        self._payloads: dict[str, tuple[float, float]] = {}
        self._overflows: dict[str, dict[str, int]] = {}
        self._noise = noise_of(program)

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
                out[name] += widths_of(self.program.population(name)).align * float(np.abs(arriving).max(initial=0))
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

    def rest(self, keep: Collection[str | tuple[str, str]] = ()) -> None:
        """Reset states to their initial values, traces and tags to zero; weights and random streams are not changed.

        Parameters
        ----------
        keep : names
            States that are not reset, such as "theta", an adaptive threshold, or ("cells", "theta") for that of one population;
            also "arriving" (input on its way), "deficit" and "excess" (short-term plasticity).

        Raises
        ------
        NetworkError
            If no neuron has a state that `keep` names.
        """
        known = {*SYNAPSES, *(name for _, name in self._state.cells)}
        unknown = set(keep) - known - set(self._state.cells)
        if unknown:
            raise NetworkError("Session.rest: " + unknown_name("state", str(min(unknown, key=str)), sorted(known)))
        begin(self.program, self._state.cells, keep)
        for name in set(SYNAPSES) - set(keep):
            getattr(self._state, name)[:] = 0
        self._step, self._last_signals = 0, np.zeros_like(self._last_signals)
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

def _kinds(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _form(layout: RuleLayout) -> Any:
    return tuple((t.name, t.side, t.lag) for t in layout.traces), layout.signals, layout.uses_tags


def _sent(layout: RuleLayout, name: str, given: Mapping[tuple[str, str], Any]) -> Any:
    """A signal in the units of the program; on the chip, the integers of the slot `name`."""
    rule, projection = layout.projection.rule, layout.projection.name
    if isinstance(rule, ChipRule):
        return rule.encoded(name, given[projection, rule.sent[name]][0])
    return given[projection, name][0]
