"""The runs that show why a deployed network drifts: the float program with numbers of the chip, one kind at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.analysis.comparison_parts import right_answers
from neurosim.analysis.drift import Drift, drift_from
from neurosim.analysis.drift_measures import Change, Subject, probed
from neurosim.backends.running.whole import emulated
from neurosim.chip.effective import CAUSES, same_numbers
from neurosim.errors import UnsupportedError, UsageError, shown, unknown_name
from neurosim.network.inputs import LabelInput
from neurosim.network.network import Network
from neurosim.network.probes import Probe
from neurosim.program.fixed import FixedProgram
from neurosim.program.inputs import count_steps
from neurosim.program.step import StepProgram
from neurosim.program.unit_conversion import described, state_unit
from neurosim.results.recording import Recording
from neurosim.terminal.progress import Advance, fraction_bar

ARITHMETIC, LIMITS, NOISE = "integer arithmetic", "saturation and wrap", "learning noise"
"""Causes that are no numbers: states are whole numbers; they have 24 bits; the learning engine rounds at random."""
TIME, LAVA = "time discretisation", "total in Lava"
_FEW = 5
"""Samples of which Brian2 solves the equations in continuous time, one after the other."""
_MOST_RECORDED = 50_000_000
"""Numbers of a membrane, over samples, steps and neurons, that a run may record."""


@dataclass(frozen=True)
class Pair:
    """A network, the chip's title, and its programs in float and in the integers of the chip."""

    network: Network
    target: str
    float_program: StepProgram
    program: FixedProgram


@dataclass(frozen=True)
class Given:
    """What a run is given; `labels` are the right answers, which only a network with a label input sees."""

    duration: Any
    images: Any = None
    labels: Any = None
    signals: Mapping[str, Any] | None = None

    @property
    def samples(self) -> int:
        """Number of samples: one per image, or the whole run."""
        return 1 if self.images is None else len(np.atleast_1d(np.asarray(self.images)))

    def first(self, samples: int) -> Given:
        """The same for the first samples; third factors that differ between samples are cut, too."""
        cut = {name: _cut(value, self.samples, samples) for name, value in (self.signals or {}).items()}
        images, labels = (None if x is None else np.asarray(x)[:samples] for x in (self.images, self.labels))
        return Given(self.duration, images, labels, cut or None)


def told(network: Network, given: Given) -> dict[str, Any]:
    """Arguments of a run: labels for a network that sees them."""
    sees = any(isinstance(p.model, LabelInput) for p in network.populations)
    return {"images": given.images, "labels": given.labels if sees else None, "signals": given.signals}


def _cut(value: Any, count: int, samples: int) -> Any:
    return np.asarray(value)[:samples] if np.ndim(value) > 1 and len(value) == count else value


def drift_of(deployment: Pair, given: Given, readout: str | None, against: Collection[str], repeats: int) -> Drift:
    """The drift of a deployment; other arguments and errors are those of `Deployment.drift`."""
    _check(deployment.network, readout, against, repeats)
    right_answers(given.labels, given.samples, "drift")
    with fraction_bar(f"drift of {deployment.network.name}") as bar:
        ladder = _Ladder(deployment, given, repeats, bar)
        alone, in_order = ladder.alone, ladder.in_order
        tried = [(name, _FURTHER[name]) for name in _FURTHER if name in against]
        found = [further(ladder) for _, further in tried]
    notes = [text for text in found if isinstance(text, str)]
    subject = Subject(
        feeding=_feeding(deployment.float_program),
        levels=ladder.levels,
        readout=readout or _last(deployment.network),
        labels=given.labels,
    )
    names = deployment.network.name, deployment.target
    return drift_from(names, subject, alone, in_order, [c for c in found if isinstance(c, Change)], notes)


def _check(network: Network, readout: str | None, against: Collection[str], repeats: int) -> None:
    if readout is not None:
        network.population(readout, "drift: readout")
    if isinstance(against, str) or not isinstance(against, Collection):
        raise UsageError(f"drift: against = {shown(against)}; expected a set of names from {', '.join(_FURTHER)}.")
    for name in against:
        if name not in _FURTHER:
            raise UsageError("drift: against: " + unknown_name("execution", str(name), _FURTHER))
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
        raise UsageError(f"drift: repeats = {shown(repeats)}; expected a whole number of at least 1.")


def _feeding(program: StepProgram) -> dict[str, list[str]]:
    """Population of neurons -> those that send to it."""
    neurons = [p.name for p in program.populations if not p.neuron.is_source]
    return {name: [p.pre for p in program.projections if p.post == name] for name in neurons}


def _last(network: Network) -> str:
    return network.populations[-1].name


class _Ladder:
    """The runs from float to the chip: each cause on its own, and each added to those before."""

    def __init__(self, deployment: Pair, given: Given, repeats: int, bar: Advance) -> None:
        self.deployment, self.given, self._repeats, self._bar = deployment, given, repeats, bar
        self.levels = _levels(deployment, given)
        probes = [Probe(name, "v", neurons=probed(deployment.network.population(name).n)) for name in self.levels]
        self.network = replace(deployment.network, probes=probes)
        self.arguments = told(self.network, given)
        self._done = 0

    def run(self, program: StepProgram | FixedProgram, arithmetic: str = "float") -> Recording:
        """One run of a program with the given inputs."""
        found = emulated(self.network, program, arithmetic, self.given.duration, **self.arguments)
        self._done += 1
        self._bar(self._done / (self._done + 3))
        return found

    @property
    def _float(self) -> StepProgram:
        return self.deployment.float_program

    @cached_property
    def base(self) -> Recording:
        """The run in float."""
        return self.run(self._float)

    @cached_property
    def fixed(self) -> Recording:
        """The run in the integers of the chip."""
        return self.run(self.deployment.program, "fixed")

    @cached_property
    def alone(self) -> list[Change]:
        """Each cause on its own; those that are no numbers, after all others."""
        changed = [(name, put(self._float, self.deployment.program)) for name, put in CAUSES.items()]
        found = [Change(name, (self.base,), (self._changed(program),)) for name, program in changed]
        return [*found, *self._arithmetic]

    def _changed(self, program: StepProgram) -> Recording:
        return self.base if same_numbers(self._float, program) else self.run(program)

    @cached_property
    def _numbers(self) -> list[Change]:
        """Each kind of numbers, added to those before it."""
        program, run, found = self._float, self.base, []
        for name, put in CAUSES.items():
            later = put(program, self.deployment.program)
            after = run if same_numbers(program, later) else self.run(later)
            found.append(Change(name, (run,), (after,)))
            program, run = later, after
        return found

    @cached_property
    def _arithmetic(self) -> list[Change]:
        chips = (self.fixed, *(self.run(program, "fixed") for program in self._reseeded))
        limited = any(run.info["overflows"] for run in chips)
        programs = (self.deployment.program, *self._reseeded)
        free = tuple(self.run(program, "unlimited") for program in programs) if limited else chips
        pairs = {ARITHMETIC: (self._numbers[-1].after, free), LIMITS: (free, chips), NOISE: (chips, (self.fixed,))}
        return [Change(name, *pair) for name, pair in pairs.items()]

    @cached_property
    def _reseeded(self) -> list[FixedProgram]:
        """The program with other random roundings of the learning engine; none if nothing learns."""
        program = self.deployment.program
        learns = any(p.rule is not None for p in program.projections)
        return [_reseeded(program, k) for k in range(1, self._repeats)] if learns else []

    @property
    def in_order(self) -> list[Change]:
        """Each cause added to those before it, from float to the chip."""
        return [*self._numbers, *self._arithmetic]


def _reseeded(program: FixedProgram, k: int) -> FixedProgram:
    own = [
        p if p.rule is None else replace(p, rule=replace(p.rule, seed=p.rule.seed + 7919 * k)) for p in program.projections
    ]
    return replace(program, projections=tuple(own))


def _levels(deployment: Pair, given: Given) -> dict[str, float]:
    """Population whose membrane is compared -> its threshold in the unit of v."""
    steps = count_steps(deployment.network, given.duration)
    found = {}
    for population in deployment.float_program.populations:
        if population.neuron.is_source or given.samples * steps * population.n > _MOST_RECORDED:
            continue
        model: Any = deployment.network.population(population.name).model
        if "v" in model.variables:
            found[population.name] = _level(deployment, population.name)
    return found


def _level(deployment: Pair, name: str) -> float:
    unit = state_unit(deployment.network, deployment.float_program, name, "v").unit
    threshold = deployment.float_program.population(name).neuron.threshold
    return float(np.max(np.abs(threshold * unit))) or 1.0


def _in_time(ladder: _Ladder) -> Change | str:
    """From the exact solution in continuous time to the run in float, or why there is none; of the first samples only."""
    from neurosim.backends.brian2 import simulate

    few = ladder.given.first(_FEW)
    shown, network = told(ladder.network, few), replace(ladder.network, probes=[])
    try:
        exact = simulate(network, few.duration, **shown, progress=False)
    except UnsupportedError as error:
        return f"{TIME}: Brian2 does not solve this network in continuous time. {error}"
    return Change(TIME, (exact,), (emulated(network, ladder.deployment.float_program, "float", few.duration, **shown),))


def _in_lava(ladder: _Ladder) -> Change | str:
    """From the run in float to Lava's run in integers, or why there is none."""
    from neurosim.backends.lava.runner import run_lava
    from neurosim.program.run_arguments import run_arguments

    program = ladder.deployment.program
    arguments = run_arguments(ladder.network, ladder.given.duration, **ladder.arguments)
    try:
        found: Recording = described(run_lava(program, **arguments), ladder.network, program)
    except UnsupportedError as error:
        return f"{LAVA}: Lava does not run this network. {error}"
    return Change(LAVA, (ladder.base,), (found,))


_FURTHER: Mapping[str, Callable[[_Ladder], Change | str]] = {"brian2": _in_time, "lava": _in_lava}
"""Executions beside the emulator in float and in integers."""
