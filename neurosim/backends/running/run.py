"""A network that runs in stretches: between them its state is read and set, and host functions are called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from neurosim.backends.running import run_file
from neurosim.backends.running.currents import Currents
from neurosim.backends.running.engine import Engine
from neurosim.backends.running.feeds import Feeds
from neurosim.backends.running.output import Output, form_of
from neurosim.backends.running.pieces import joined, kept, latest, latest_parts, without_states
from neurosim.backends.running.signals import Signals
from neurosim.backends.running.unbroken import Unbroken
from neurosim.backends.running.views import Constants, States, Synapses, Weights
from neurosim.checks.described import checked
from neurosim.checks.grid import whole_steps
from neurosim.display.html import block, table
from neurosim.display.short import short_value
from neurosim.errors import UsageError, shown
from neurosim.network.network import Network
from neurosim.network.probes import SynapseProbe
from neurosim.program.inputs import count_steps
from neurosim.results.recording import Recording
from neurosim.results.thinned import Thinner
from neurosim.terminal.progress import fraction_bar
from neurosim.units import as_quantity, si

HostStep = Callable[["Running"], Any]
_PAYLOADS = 1 << 26
"""Bytes of payloads of inputs, and of probed states, of the steps that are run at a time; it does not change results."""
_REAL = 8
"""Bytes of a probed number."""


@dataclass(frozen=True)
class _Regular:
    """A function that is called whenever the number of steps is a multiple of `period`."""

    period: int
    function: HostStep


class Running:
    """A network whose state persists from one stretch to the next; `start` and `resume` make it.

    All numbers are in SI, as in recordings; quantities can be given wherever something is set. Cutting a run into stretches
    changes nothing: neither spikes, nor states, nor weights.

    Attributes
    ----------
    network : Network
        The described network.
    engine : Engine
        The execution that computes the steps.
    inputs : mapping
        Input population -> `PoissonInput`, `SpikeArray` or `SpikeRaster`. One that is set begins at the present step.
    currents : mapping
        Population -> its current: one value, one per neuron, or `Timed`, which begins at the present step.
    signals : mapping
        Third factor, or "projection.factor" -> a number, or one per post neuron, until it is set again.
    weights : mapping
        Projection -> weights (n_pre, n_post).
    states : mapping
        (population, variable) -> values (n,).
    synapses : mapping
        (projection, "tag", "aux" or a trace) -> values.
    constants : mapping
        (projection, parameter of its rule) -> value.
    """

    def __init__(self, network: Network, engine: Engine) -> None:
        self.network, self._engine = network, engine
        self.inputs, self.signals = Feeds(network), Signals(engine.listeners())
        self.currents = Currents(network, engine, lambda: self.step)
        self.weights, self.states = Weights(network, engine), States(network, engine)
        self.synapses, self.constants = Synapses(network, engine), Constants(network, engine)
        self._regular: list[_Regular] = []
        self._calls, self._unbroken = False, Unbroken()
        self._first = 0
        self._kept = frozenset(p.name for p in network.populations)
        self._output: Output | None = None
        self._held = 0
        self._looked: dict[SynapseProbe, int] = {}
        self._thinners = {key: Thinner(how) for key, how in network.thinnings().items()}
        self._parts: list[Recording] = []
        self._looks: dict[SynapseProbe, list[tuple[int, Any]]] = {probe: [] for probe in network.synapse_probes()}
        learned = (p.projection for p in engine.listeners())
        asked = {probe.projection for probe in self._looks if probe.variable == "w"}
        self._finals = [SynapseProbe(name, "w", 0) for name in learned if name not in asked]

    def __repr__(self) -> str:
        return f"<{self.network.name!r} on {self._engine.name}, after {self.step} steps of {self.network.step_seconds:g} s>"

    def __reduce__(self) -> Any:
        raise UsageError(
            "Running: a running network cannot be copied or pickled, because compiled code and other programs hold its state. "
            "Save it and go on from the file: run.save(path), then neurosim.resume(path, network)."
        )

    def _repr_html_(self) -> str:
        rows = [(p.name, p.n, short_value(p.model)) for p in self.network.populations]
        return block(repr(self)[1:-1], table(("population", "neurons", "model"), rows))

    @property
    def step(self) -> int:
        """Number of steps since the start."""
        return self.inputs.step

    @property
    def time(self) -> Any:
        """Time since the start."""
        return as_quantity(self.step * self.network.step_seconds, "second")

    @property
    def learns(self) -> bool:
        """Whether rules change weights."""
        return not self.constants.frozen

    @checked
    def advance(self, duration: Any, *, signals: Mapping[str, Any] | None = None, progress: bool = True) -> Recording:
        """Run on for a duration.

        Parameters
        ----------
        duration : time
            Duration of the stretch, in whole steps.
        signals : mapping, optional
            Third factors that change in each step: name -> (steps,) or (steps, n_post); they hold for this stretch only.
        progress : bool
            Whether to show a progress bar on a terminal if the stretch takes more than two seconds.

        Returns
        -------
        Recording
            What this stretch recorded, with steps counted from 0. `recording` has all stretches. While the run writes `to` a
            file, only the end of a long stretch.

        Raises
        ------
        UsageError
            If a function of `every` or `feedback` calls it, or if Ctrl-C interrupted a stretch before.
        """
        if self._calls:
            raise UsageError("Running.advance: called by a function of every or feedback, while the run goes on; leave it out.")
        steps = count_steps(self.network, duration)
        given = self._checked_signals(signals or {}, steps)
        begun, parts = self.step, list[Recording]()
        with fraction_bar(f"running {self.network.name}", progress) as bar:
            while (done := self.step - begun) < steps:
                self._look()
                here = min(steps - done, *self._until_next(), self._piece())
                piece = {name: values[done : done + here] for name, values in given.items()}
                factors = self.signals.take(here, piece)
                at = self.step
                with self._unbroken.stretch():
                    found = kept(self._engine.advance(self.inputs.take(here), factors, here), self._kept)
                parts.append(without_states(found, self._thinners, at))
                self._parts.append(parts[-1])
                if self._output is not None:
                    self._output.add(parts[-1], self._looks)
                    self._parts[:] = latest_parts(self._parts, self._held)
                    parts[:] = parts[-len(self._parts) :]
                bar((self.step - begun) / steps)
                self._call()
        return joined(parts, {})

    @checked
    def every(self, period: Any, function: HostStep) -> None:
        """Call the `function` of this run after each `period` (a time, in whole steps), counted from the start of the run.

        Raises
        ------
        UsageError
            If `function` cannot be called.
        """
        who = "Running.every: period"
        steps = whole_steps(float(si(period, "second", who)), self.network.step_seconds, who)
        if not callable(function):
            raise UsageError(f"Running.every: function = {shown(function)}; expected a function of the running network.")
        self._regular.append(_Regular(steps, function))

    @checked
    def feedback(self, factor: str, function: Callable[[Running], Any], *, every: Any) -> None:
        """Set a third `factor` to the `function` of this run, now and after each period `every`: learning in a closed loop."""

        def act(run: Running) -> None:
            run.signals[factor] = function(run)

        act(self)
        self.every(every, act)

    @checked
    def show(self, image: Any, label: int | None = None) -> None:
        """Show an `image` (n,) of intensities 0..1 from the present step on, and its `label` to the label input."""
        self.inputs.show(image, label)

    @checked
    def learning(self, on: bool) -> None:
        """Let rules change weights if `on`, or freeze the weights; traces, tags and third factors go on in both cases."""
        if bool(on) == self.constants.frozen and self.constants.rules:
            self.constants.apply(self.constants.rules, not on)

    @checked
    def rest(self, keep: Collection[str] = ()) -> None:
        """Begin a sample: reset states, traces and tags, and drop spikes on their way; weights, and states in `keep`, stay.

        What is described in time begins anew: rows of currents and of rates, spike trains and rasters. Random numbers, and the
        steps that `every` and periods of rules count, go on.

        Raises
        ------
        NetworkError
            If no population has a state of that name.
        UnsupportedError
            If the execution cannot return to rest, or cannot keep what `keep` names.
        """
        self._engine.rest([keep] if isinstance(keep, str) else keep)
        self.currents.rest()
        self.inputs.rest()

    def end_sample(self) -> None:
        """Apply the updates of rules at "sample_end", with the third factors of the last step."""
        self._engine.end_sample()

    @property
    def recording(self) -> Recording:
        """Everything recorded since the start, or since `forget`; weights of projections that learn are as they are now.

        Raises
        ------
        UsageError
            If nothing was recorded yet, or if it is written to a file.
        """
        if self._output is not None:
            raise UsageError(
                f"Running.recording: it is written to {self._output.path}; call close(), and read it with Recording.load."
            )
        if not self._parts:
            raise UsageError("Running.recording: nothing was recorded yet; call advance first.")
        ends = {probe: (self._at, self._read(probe)) for probe in (*self._looks, *self._finals) if self._ends(probe)}
        probes = dict.fromkeys((*self._looks, *ends))
        seen = {probe: [*self._looks.get(probe, ()), *([ends[probe]] if probe in ends else [])] for probe in probes}
        if len(self._parts) > 1:
            self._parts[:] = [joined(self._parts, {})]
        return joined(self._parts, {probe: looks for probe, looks in seen.items() if looks})

    def record(self, *populations: str) -> None:
        """From now on, keep the spikes of these `populations` only; states of probes and weights are recorded as before.

        Raises
        ------
        NetworkError
            If there is no such population.
        """
        self._kept = frozenset(self.network.population(name, "Running.record").name for name in populations)

    @checked
    def recent(self, duration: Any) -> Recording:
        """The last `duration` of the recording, or all of it if it is shorter; spikes and states, without weights.

        Raises
        ------
        UsageError
            If nothing was recorded yet.
        """
        steps = count_steps(self.network, duration)
        if not self._parts:
            raise UsageError("Running.recent: nothing was recorded yet; call advance first.")
        return latest(self._parts, steps)

    def forget(self) -> None:
        """Drop what was recorded so far, so that a long run needs no more memory than a short one."""
        self._first = self.step
        self._parts.clear()
        self._looked.clear()
        for seen in self._looks.values():
            seen.clear()

    @checked
    def to(self, path: str | Path, *, keep: Any = None) -> None:
        """From now on, write the recording to a file while the run goes on, so that it takes no memory.

        `neurosim.Recording.load` reads the file after `close`, and also before: while the run goes on, or after it was killed,
        up to the last piece that was written. Pieces are written once in a second.

        Parameters
        ----------
        path : path
            HDF5 file; one that is there is replaced.
        keep : time, optional
            How much of the recording `recent` can still read; one second of simulated time if left out.

        Raises
        ------
        UsageError
            If `keep` is not a time of zero or more.
        NeurosimError
            If the file cannot be written.
        """
        held = 1.0 if keep is None else float(si(keep, "second", "Running.to: keep"))
        if not 0 <= held < inf:
            raise UsageError(f"Running.to: keep = {shown(keep)}; expected a time of zero or more.")
        self.close()
        info = {"engine": self._engine.name, "network": self.network.name, "seed": self.network.seed, **self.network.about}
        values = {probe: self._read(probe) for probe in (*self._looks, *self._finals)}
        output = Output(path, form_of(self.network, values, info))
        self.forget()
        self._output, self._held = output, max(1, round(held / self.network.step_seconds))

    def close(self) -> None:
        """End and seal the file of `to`; the recording begins anew."""
        if self._output is not None:
            probes = [probe for probe in (*self._looks, *self._finals) if self._ends(probe)]
            self._output.close({(p.projection, p.variable): [(self._at, self._read(p))] for p in probes})
            self._output = None
            self.forget()

    @checked
    def save(self, path: str | Path) -> None:
        """Write the complete state to the file `path`, from which `resume` continues in another process, bit for bit.

        Recordings and host functions are not stored.

        Raises
        ------
        UsageError
            If Ctrl-C interrupted a stretch.
        """
        self._unbroken.check()
        run_file.save(path, self.network, self._saved())

    def _saved(self) -> run_file.Saved:
        arrays = {"state": self._engine.memory(), "inputs": self.inputs.memory(), "signals": self.signals.memory()}
        arrays["currents"] = self.currents.memory()
        engine = self._engine
        return run_file.Saved(engine.name, engine.options, self._rules(), self.constants.frozen, arrays, engine.program_digest)

    def _rules(self) -> dict[str, dict[str, float]]:
        return {name: dict(rule.parameters) for name, rule in self.constants.rules.items()}

    def _restore(self, saved: run_file.Saved) -> None:
        if saved.frozen or saved.rules != self._rules():
            changed = {name: rule.with_parameters(saved.rules[name]) for name, rule in self.constants.rules.items()}
            self.constants.apply(changed, saved.frozen)
        self.currents.restore(saved.arrays["currents"])
        self._engine.restore(saved.arrays["state"])
        self.inputs.restore(saved.arrays["inputs"])
        self.signals.restore(saved.arrays["signals"])
        self._first = self.step

    @property
    def _at(self) -> int:
        return self.step - self._first

    def _checked_signals(self, given: Mapping[str, Any], steps: int) -> dict[str, Any]:
        """Arrays for the whole stretch, checked before anything runs."""
        self.signals.take(steps, given)
        return {name: value for name, value in given.items()}

    def _piece(self) -> int:
        """Steps that are run at a time; states that stay in memory need no small pieces."""
        passing = self._thinners if self._output is None else [(p.of, p.variable) for p in self.network.probes]
        sizes = {p.name: p.n for p in self.network.populations}
        states = sum(sizes.get(name, 0) for name, variable in passing if variable != "spike")
        return max(1, _PAYLOADS // max(1, sum(source.n for source in self.inputs.sources) + _REAL * states))

    def _until_next(self) -> Sequence[int]:
        periods = [*(r.period for r in self._regular), *(probe.every for probe in self._looks)]
        return [period - self.step % period for period in periods] or [2**62]

    def _look(self) -> None:
        for probe, seen in self._looks.items():
            if self.step % probe.every == 0 and self._looked.get(probe) != self.step:
                seen.append((self._at, self._read(probe)))
                self._looked[probe] = self.step

    def _read(self, probe: SynapseProbe) -> Any:
        if probe.variable == "w":
            return self.weights[probe.projection]
        return self.synapses[probe.projection, probe.variable]

    def _ends(self, probe: SynapseProbe) -> bool:
        """Whether the recording ends with the present value: it does for projections that learn."""
        return probe.projection in self.constants.rules or not probe.every

    def _call(self) -> None:
        self._calls = True
        try:
            for regular in [r for r in self._regular if self.step % r.period == 0]:
                regular.function(self)
        finally:
            self._calls = False
