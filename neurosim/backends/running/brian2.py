"""A running network in Brian2, whose objects stay and run on from stretch to stretch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import brian2
import numpy as np
from scipy import sparse

from neurosim.backends.brian2 import payloads
from neurosim.backends.brian2.assemble import info
from neurosim.backends.brian2.blueprint import Blueprint, Cells, Wires
from neurosim.backends.brian2.build import BuildRequest, Built, build, spike_train
from neurosim.backends.brian2.engine import INTEGRATIONS, check_supported, seed_of, state_probes
from neurosim.backends.brian2.environment import active_device, preferences
from neurosim.backends.brian2.error_context import ErrorContext
from neurosim.backends.brian2.group import signal_table, table_name
from neurosim.backends.brian2.names import (
    FIRST_ROW,
    WEIGHT,
    WEIGHTS_LEARN,
    before_name,
    group_name,
    signal_name,
    variable_name,
)
from neurosim.backends.brian2.noise import drawn_of, noise_signals, with_noise
from neurosim.backends.brian2.payloads import History
from neurosim.backends.brian2.plasticity_setup import learners, with_learning
from neurosim.backends.brian2.read import read
from neurosim.backends.brian2.rule_text import read_before, time_constant
from neurosim.backends.brian2.synapse_values import LAST_UPDATE, after, brian2_names, is_filter, layout
from neurosim.backends.brian2.targets import require_compiled
from neurosim.backends.brian2.timed import check_timed, timed_parameters
from neurosim.backends.running import brian2_memory, brian2_rest
from neurosim.backends.running.engine import Engine, kept_states, spread, with_population, with_rules
from neurosim.checks.matrices import nonzero
from neurosim.errors import NetworkError, UsageError, unknown_name
from neurosim.network.inputs import Input, Raster
from neurosim.network.network import Network, Population
from neurosim.neurons.timed import Timed
from neurosim.plasticity.rule import PlasticityRule
from neurosim.program.signals import Listener
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes

TARGETS = ("numpy", "cython")


class Brian2Engine(Engine):
    """Brian2 objects of one network, in described units.

    Parameters
    ----------
    network : Network
        The described network.
    integration, target : str
        As for `simulate`; the C++ program of "cpp_standalone" cannot be interrupted.

    Raises
    ------
    UsageError
        If there is no such integration or target.
    UnsupportedError
        If Brian2 does not run the network.
    """

    def __init__(self, network: Network, integration: str, target: str) -> None:
        if integration not in INTEGRATIONS:
            raise UsageError("start: " + unknown_name("integration", integration, INTEGRATIONS))
        if target not in TARGETS:
            reason = " A C++ program runs from start to end, so nothing can be read or set during it."
            raise UsageError("start: " + unknown_name("target", target, TARGETS) + (reason if "cpp" in target else ""))
        check_supported(network, integration)
        self.network, self._integration, self._target = network, integration, target
        self.name = f"Brian2 {integration}"
        self._step = self._first = 0
        self._random: Any = None
        self._since: dict[str, Mapping[str, float]] = {}
        with self._inside(first=True):
            self._built = self._made(network)
        self._drawn, self._history = drawn_of(self._request.blueprint), self._nothing_sent()

    @property
    def options(self) -> dict[str, str]:
        return {"integration": self._integration, "target": self._target}

    def listeners(self) -> tuple[Listener, ...]:
        found = []
        for p in learners(self.network):
            assert p.plasticity is not None
            peaks = {name: p.plasticity.modulators[name].peak for name in p.plasticity.signals}
            found.append(Listener(p.name, self.network.population(p.post).n, peaks))
        return tuple(found)

    def _nothing_sent(self) -> History:
        sources = {p.name: p.n for p in self.network.populations if isinstance(p.model, Input)}
        return History(self._request.blueprint, sources)

    def _made(self, network: Network) -> Built:
        silent = {f"{p.name}.{name}": 0.0 for p in learners(network) if p.plasticity for name in p.plasticity.signals}
        learning = with_learning(INTEGRATIONS[self._integration](network), network, 1, 1, silent, endless=True)
        blueprint = with_noise(learning, 1)
        self._request = BuildRequest(_begun(_open(blueprint), self._since), state_probes(network), ErrorContext.of(network))
        sources = (p for p in network.populations if isinstance(p.model, Input))
        made = build(self._request, {p.name: np.zeros((1, p.n), np.uint8) for p in sources})
        for part in made.network.objects:
            # Brian2 warns of objects that end before their network has run, as those of a run that was only looked at do.
            part._network = made.network.id
        return made

    @contextmanager
    def _inside(self, first: bool = False) -> Iterator[None]:
        """Brian2's global settings and random numbers of this run; those from before are restored afterwards."""
        with active_device("runtime"), preferences({"codegen.target": self._target}):
            device = brian2.get_device()
            before = device.get_random_state()
            if first:
                brian2.seed(seed_of(self.network))
            else:
                device.set_random_state(self._random)
            try:
                yield
            finally:
                self._random = device.get_random_state()
                device.set_random_state(before)

    def advance(self, inputs: Mapping[str, Raster], signals: Mapping[tuple[str, str], Any], steps: int) -> Recording:
        dt = self._request.blueprint.dt
        check_timed(self._request.blueprint.cells, dt, self._step + steps)
        with self._inside():
            for name, raster in inputs.items():
                neuron, times = spike_train(raster, dt)
                self._built.sources[name].set_spikes(neuron, times + self._step * dt * brian2.second, sorted=True)
            self._tell(signals)
            self._make_noise(steps)
            rows, early = self._history.take(inputs)
            payloads.tell(self._request.blueprint, self._built.wiring, rows, self._step - early)
            self._empty()
            with self._request.error_context():
                self._built.network.run(
                    steps * dt * brian2.second, report=self._begun, report_period=1e9 * brian2.second, namespace={}
                )
            found = read(self._built, self._request, steps)
        trains = {name: (step - self._step, neuron, payload) for name, (step, neuron, payload) in found.spikes.items()}
        self._step += steps
        return Recording(
            dt=dt,
            steps=steps,
            samples=1,
            sizes={p.name: p.n for p in self.network.populations},
            spikes={p.name: _spikes(p.name, inputs, trains) for p in self.network.populations},
            states={key: values[None] for key, values in found.states.items()},
            info=info(self.network, self.options, {}),
        )

    def _begun(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        if completed == 0:
            require_compiled(self._built.network)

    def _tell(self, signals: Mapping[tuple[str, str], Any]) -> None:
        """Give third factors (steps, columns) to the neurons that pass them to their synapses."""
        for (projection, factor), values in signals.items():
            group = self._built.cells[self.network.projection(projection).post]
            group.namespace[table_name(signal_name(projection, factor))] = signal_table(values, group.clock.dt)
        for group in self._built.cells.values():
            if FIRST_ROW in group.variables:
                setattr(group, FIRST_ROW, self._step)

    def _make_noise(self, steps: int) -> None:
        """Give neurons with noise the numbers of the next steps."""
        for name, own in noise_signals(self._request.blueprint, self._drawn.take(steps)).items():
            group = self._built.cells[name]
            for signal, values in own.items():
                group.namespace[table_name(signal)] = signal_table(values, group.clock.dt)

    def _empty(self) -> None:
        """Remove from the monitors what was read already."""
        for monitor in self._built.states.values():
            monitor.resize(0)
        for monitor in self._built.spikes.values():
            monitor.variables["N"].set_value(0)
            monitor.resize(0)

    # weights, tags and traces

    def weights(self, projection: str) -> Any:
        wires = self._request.blueprint.wire(projection)
        pre, post, own = nonzero(wires.weights)
        made = self._built.wiring.get(projection)
        values = own if made is None else np.array(getattr(made, f"{WEIGHT}_")) / self._gain(projection)
        if sparse.issparse(wires.weights):
            return sparse.csr_array((values, (pre, post)), shape=wires.weights.shape)
        out = np.zeros(wires.weights.shape)
        out[pre, post] = values
        return out

    def _gain(self, projection: str) -> Any:
        """Stored number per described weight: fixed projections store what they transmit."""
        wires = self._request.blueprint.wire(projection)
        if wires.learning is not None:
            return 1.0
        _, post, _ = nonzero(wires.weights)
        return wires.gain[post] if wires.gain.ndim else wires.gain

    def set_weights(self, projection: str, values: Any) -> None:
        own = self._request.blueprint.wire(projection).weights
        if values.shape != own.shape:
            who = f"Running: weights of {projection!r}"
            raise NetworkError(f"{who}: found shape {values.shape}; expected (n_pre, n_post) = {own.shape}.")
        pre, post, _ = nonzero(own)
        dense = values.toarray() if sparse.issparse(values) else np.asarray(values, np.float64)
        if np.count_nonzero(dense) > np.count_nonzero(dense[pre, post]):
            who = f"Running: weights of {projection!r}"
            raise NetworkError(f"{who}: found weights where there are no synapses; expected 0 there.")
        if projection in self._built.wiring:
            setattr(self._built.wiring[projection], f"{WEIGHT}_", dense[pre, post] * self._gain(projection))

    def synapses(self, projection: str, variable: str) -> Any:
        wires, made = self._holder(projection, variable)
        shown = layout(wires, variable).synapses

        def stored(own: str) -> Any:
            return np.array(getattr(made, f"{own}_"))[None, shown]

        return after(wires, variable, stored, np.array([self._step - 1]), self._request.blueprint.dt)[0]

    def set_synapses(self, projection: str, variable: str, values: Any) -> None:
        wires, made = self._holder(projection, variable)
        names = brian2_names(wires, variable)
        if made is None or not names:
            raise NetworkError(f"Running: the rule of {projection!r} does not use {variable!r}, so it cannot be set.")
        shape = layout(wires, variable).shape
        if np.shape(values) not in ((), shape):
            who = f"Running: {variable!r} of {projection!r}"
            raise NetworkError(f"{who}: found shape {np.shape(values)}; expected one number, or an array of shape {shape}.")
        if LAST_UPDATE in names:
            self._bring_up_to_date(projection)
        pre, post, _ = nonzero(wires.weights)
        trace = wires.learning.rule.traces.get(variable)  # type: ignore[union-attr]
        places = (pre, post) if trace is None or trace.side == "synapse" else (pre,) if trace.side == "pre" else (post,)
        places = (slice(None),) if is_filter(wires, variable) else places
        given = np.broadcast_to(np.asarray(values, np.float64), shape)[places]
        for own in (names[0], *self._remembered(wires, variable)):
            setattr(made, f"{own}_", given)

    def _holder(self, projection: str, variable: str) -> tuple[Wires, Any]:
        """The wires of a projection, and the Brian2 object that has the variable, or None."""
        wires = self._request.blueprint.wire(projection)
        return wires, self._built.cells[wires.post] if is_filter(wires, variable) else self._built.plastic.get(projection)

    @staticmethod
    def _remembered(wires: Wires, variable: str) -> tuple[str, ...]:
        """What else is the same as a trace between steps: the trace from before the next spikes, if the rule reads it."""
        assert wires.learning is not None
        return (before_name(variable),) if variable in read_before(wires.learning.rule) else ()

    def _bring_up_to_date(self, projection: str) -> None:
        """Let all decaying variables of the synapses decay to the present, so that each can be set on its own."""
        wires, made = self._request.blueprint.wire(projection), self._built.plastic[projection]
        rule = wires.learning.rule  # type: ignore[union-attr]
        dt = self._request.blueprint.dt
        passed = np.maximum((self._step - 1) * dt - np.asarray(getattr(made, f"{LAST_UPDATE}_")[:]), 0.0)
        # Each synapse by itself: with several delays, those of one neuron have different traces.
        for name, trace in rule.traces.items():
            if trace.decay != 1 and not trace.of:
                values = np.asarray(getattr(made, f"{variable_name(name)}_")[:]) * np.exp(-passed / time_constant(trace, dt))
                for own in (variable_name(name), *self._remembered(wires, name)):
                    setattr(made, f"{own}_", values)
        # What is set before the first step decays in it.
        setattr(made, f"{LAST_UPDATE}_", (self._step - 1) * dt)

    # states

    def state(self, population: str, variable: str) -> Any:
        readout = self._request.blueprint.cell(population).readout(variable)
        values = np.array(getattr(self._built.cells[population], f"{readout.variable}_")[:])
        return readout(values, np.arange(len(values)))

    def set_state(self, population: str, variable: str, values: Any) -> None:
        readout = self._request.blueprint.cell(population).readout(variable)
        setattr(self._built.cells[population], f"{readout.variable}_", (np.asarray(values) - readout.offset) / readout.scale)

    def set_current(self, population: Population, since: int) -> None:
        """A current becomes one number per neuron; where it enters the equations for the first time, they are made again."""
        lowered, name = INTEGRATIONS[self._integration], population.name
        without = lowered(with_population(self.network, replace(population, current=None))).cell(name)
        network = with_population(self.network, spread(population))
        now = lowered(network).cell(name)
        moving = set(timed_parameters(now.equations.parameters)) - set(timed_parameters(without.equations.parameters))
        begins = dict.fromkeys(moving, since * self._request.blueprint.dt)
        same = not begins and _settable(self._request.blueprint.cell(name), now)
        self.network, self._since[name] = network, begins
        if same:
            _set_parameters(self._built.cells[name], now)
            return
        memory = self.memory()
        with self._inside():
            self._built = self._made(network)
        kept = {f"{group_name(name)}|{parameter}" for parameter in now.equations.parameters}
        self.restore(memory, kept)

    # rules and the whole state

    def set_rules(self, rules: Mapping[str, PlasticityRule], frozen: bool) -> None:
        """Constants are part of Brian2's code, so the objects are made again, with the same state."""
        memory = self.memory()
        network = with_rules(self.network, rules)
        if network != self.network:
            with self._inside():
                self._built = self._made(network)
            self.network = network
            self.restore(memory)
        for made in self._built.plastic.values():
            setattr(made, WEIGHTS_LEARN, 0 if frozen else 1)

    def rest(self, keep: Collection[str]) -> None:
        """The objects are made anew, with the same random numbers as at the start; Brian2's time begins again."""
        states = kept_states(self.network, self.name, keep)
        stays, random = brian2_rest.staying(self._request.blueprint, self._built, states), self._random
        self._first, self._step, self._since = self._first + self._step, 0, {}
        with self._inside(first=True):
            self._built = self._made(self.network)
            stays.put(self._built)
        self._random, self._history = random, self._nothing_sent()
        brian2_rest.count_from(self._built, self._first)

    def end_sample(self) -> None:
        for name, made in self._built.plastic.items():
            wires = self._request.blueprint.wire(name)
            if brian2_rest.ends_samples(wires):
                if LAST_UPDATE in made.variables:
                    self._bring_up_to_date(name)
                brian2_rest.end_updates(wires, made)
        for normaliser in self._built.normalisers:
            if normaliser.at_end:
                normaliser.apply()

    def memory(self) -> dict[str, Any]:
        own = brian2_memory.memory(self._built.network, self._random, self._step)
        return {**own, "first": np.array(self._first), **self._drawn.memory(), **self._history.memory()}

    def restore(self, memory: Mapping[str, Any], kept: Collection[str] = ()) -> None:
        with self._inside():
            brian2_memory.restore(self._built.network, memory, self.network.name, kept)
        self._random = brian2_memory.random_state(memory, self._random)
        self._drawn.restore(memory)
        self._history.restore(memory)
        self._step, self._first = int(memory["step"]), int(memory.get("first", 0))
        brian2_rest.count_from(self._built, self._first)


def _open(blueprint: Blueprint) -> Blueprint:
    """The blueprint with weights that can be set, and learning that can be switched."""
    wires = (replace(w, one_constant=False) for w in blueprint.wires)
    return replace(
        blueprint,
        wires=tuple(w if w.learning is None else replace(w, learning=replace(w.learning, switch=WEIGHTS_LEARN)) for w in wires),
    )


def _begun(blueprint: Blueprint, since: Mapping[str, Mapping[str, float]]) -> Blueprint:
    """The blueprint with currents whose rows begin during the run."""
    return replace(blueprint, cells=tuple(replace(c, since=since.get(c.name, {})) for c in blueprint.cells))


def _settable(before: Cells, now: Cells) -> bool:
    """Whether two populations differ only in numbers of neurons, which can be set."""
    one, other = (_without_arrays(cells) for cells in (before, now))
    return not before.since and one == other


def _without_arrays(cells: Cells) -> tuple[Any, ...]:
    own = cells.equations
    parameters = {name: _scalar(value) for name, (value, _) in own.parameters.items()}
    return own.model, own.threshold, own.reset, own.method, cells.update, parameters


def _scalar(value: Any) -> Any:
    return value if isinstance(value, Timed) else "each" if np.ndim(value) else float(value)


def _set_parameters(group: Any, cells: Cells) -> None:
    for name, (value, _) in cells.equations.parameters.items():
        if np.ndim(value):
            setattr(group, f"{name}_", value)


def _spikes(name: str, inputs: Mapping[str, Raster], trains: Mapping[str, Any]) -> Spikes:
    if name in inputs:
        return Spikes.from_raster(inputs[name][None])
    step, neuron, payload = trains.get(name, (np.zeros(0, np.int32),) * 3)
    return Spikes(np.zeros(len(step), np.int32), np.asarray(step, np.int32), neuron, payload)
