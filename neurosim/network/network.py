"""Description of a network: populations, projections and probes. Importing it loads no engine.

A network is checked when it is created; a `Network` that exists is therefore valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from neurosim.checks.dimensions import readable
from neurosim.checks.grid import NOISE, check_delays
from neurosim.checks.matrices import InSi, Matrix, canonical, from_pairs, nonzero
from neurosim.errors import NetworkError, UnitError, shown, unknown_name
from neurosim.network.connectivity import Convolution, Transposed, weight_matrix
from neurosim.network.delays import drawn_delays
from neurosim.network.ends import Ends, embedded, ends_of, has_parts
from neurosim.network.initial import initial_values
from neurosim.network.inputs import Input
from neurosim.network.population import Population as Population
from neurosim.network.probes import Probe as Probe
from neurosim.network.probes import SynapseProbe, check_states, check_synapses, synapse_steps
from neurosim.network.projection import Projection as Projection
from neurosim.network.projection import varied_values
from neurosim.network.short_term import ShortTermPlasticity
from neurosim.network.thinning import Thinning, thinning
from neurosim.network.view import NetworkView
from neurosim.neurons.base import Neuron
from neurosim.plasticity.products import VariedValues
from neurosim.plasticity.rule import PlasticityRule
from neurosim.rng import checked_seed, stream
from neurosim.units import FloatArray, si

_LONGEST_NAME = 120
"""Largest number of characters in the name of a network."""


@dataclass(frozen=True)
class Network(NetworkView):
    """Spiking network, described independently of the simulator or chip that runs it.

    Parameters
    ----------
    name : str
        Name, used in files and reports; printable characters other than slashes.
    populations, projections, probes : sequences
        Parts of the network; their order is the order of updates in the step program.
    dt : time
        Time step; 1 ms by default.
    seed : int
        Seed of all random numbers (connectivity, inputs, encoders).

    Raises
    ------
    NetworkError, UnitError
        If parts of the network do not fit together; the message names the part and the remedy.
    """

    in_words: ClassVar[str] = 'a Network(...), or a model of the catalogue, neurosim.models.load.load_model("burst_digits")'

    name: str
    populations: Sequence[Population]
    projections: Sequence[Projection] = ()
    probes: Sequence[Probe] = ()
    dt: Any = None
    seed: int = 0
    _step: float = field(init=False, repr=False, default=1e-3)
    _matrices: Mapping[str, Matrix] = field(init=False, repr=False, compare=False, default_factory=dict)
    _delays: Mapping[str, FloatArray] = field(init=False, repr=False, compare=False, default_factory=dict)
    _varied: Mapping[str, Mapping[str, VariedValues]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        _check_name(self.name)
        for name in ("populations", "projections", "probes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "seed", checked_seed(self.seed, f"Network {self.name!r}"))
        if self.dt is not None:
            object.__setattr__(self, "_step", _positive_time(self.dt, f"Network {self.name!r}: dt"))
        _check_unique(self)
        object.__setattr__(self, "projections", tuple(_in_steps(p, self._step) for p in self.projections))
        for population in self.populations:
            population.check_step(self._step)
        for projection in sorted(self.projections, key=lambda p: isinstance(p.weights, Transposed)):
            self._matrices[projection.name] = self._checked_matrix(projection)  # type: ignore[index]
        for probe in self.probes:
            self._check_probe(probe)

    @property
    def step_seconds(self) -> float:
        """Time step in seconds."""
        return self._step

    def population(self, name: str, who: str = "Network") -> Population:
        """Population called `name`; a NetworkError of `who` lists the valid names."""
        for population in self.populations:
            if population.name == name:
                return population
        raise NetworkError(f"{who}: " + unknown_name("population", name, (p.name for p in self.populations)))

    def projection(self, name: str, who: str = "Network") -> Projection:
        """Projection called `name`; a NetworkError of `who` lists the valid names."""
        for projection in self.projections:
            if projection.name == name:
                return projection
        raise NetworkError(f"{who}: " + unknown_name("projection", name, (p.name for p in self.projections)))

    def records_synapses(self, probe: Probe) -> bool:
        """Whether the probe records a projection, and not a population."""
        return all(p.name != probe.of for p in self.populations) and any(p.name == probe.of for p in self.projections)

    def synapse_probes(self) -> tuple[SynapseProbe, ...]:
        """Probes of projections, with their periods in steps."""
        return tuple(
            SynapseProbe(p.of, p.variable, synapse_steps(p, self.step_seconds)) for p in self.probes if self.records_synapses(p)
        )

    def thinnings(self) -> dict[tuple[str, str], Thinning]:
        """(population, variable) -> what its probe keeps, for probes that do not keep all states."""
        states = (p for p in self.probes if p.variable != "spike" and not self.records_synapses(p))
        found = {(p.of, p.variable): thinning(p.every, p.average, self.step_seconds, f"Probe of {p.of!r}") for p in states}
        return {key: how for key, how in found.items() if not how.keeps_all}

    def weights(self, projection: Projection | str) -> Matrix:
        """Weight matrix (n_pre, n_post) in SI of a `projection`, given by itself or by its name."""
        return self._matrices[self._named(projection)]

    def initial(self, population: str) -> dict[str, FloatArray]:
        """Values (n,) in SI at the start of the variables of `population` (a name) that do not begin at rest."""
        own = self.population(population)
        if not own.initial or isinstance(own.model, Input):
            return {}
        return initial_values(own.initial, own.model, own.n, self.seed, own.name)

    def own_weights(self, projection: Projection) -> Any:
        """What a training changes: the kernel (channels_out, channels_in, k, k) of a convolution in SI, else `weights`."""
        pattern = projection.weights
        return pattern.kernel(self.weight_unit(projection)) if isinstance(pattern, Convolution) else self.weights(projection)

    def delays(self, projection: Projection | str) -> FloatArray:
        """Delays of a `projection` in seconds: one value, (n_pre, n_post), or (synapses,) in the order of the weights' rows."""
        return self._delays[self._named(projection)]

    def varied(self, projection: Projection | str) -> Mapping[str, VariedValues]:
        """Values in SI of the parameters of the rule of `projection` that differ between synapses, by name of the parameter.

        The attribute `values` of each has a value per synapse, row by row: ``values.reshape(n_pre, n_post)`` for weights in an
        array, and in the order of their ``data`` for sparse ones. If its `side` is "pre" or "post", it has a value per neuron
        of that side.
        """
        return self._varied.get(self._named(projection), {})

    def _named(self, projection: Any) -> str:
        return self.projection(str(getattr(projection, "name", projection))).name

    def with_weights(self, weights: dict[str, Any]) -> Network:
        """Return the same network with other `weights` (SI arrays by projection name), for example after training.

        For a sparse projection, an array changes existing synapses and creates none. A convolution may get another kernel.

        Raises
        ------
        NetworkError
            If a projection is unknown, an array has weights where there are no synapses, or a kernel has another shape.
        """
        given = {name: self._given(self.projection(name, "with_weights"), w) for name, w in weights.items()}
        return replace(self, projections=tuple(self._with(p, given.get(p.name)) for p in self.projections))

    def _with(self, projection: Projection, weights: Any) -> Projection:
        own = self._delays[projection.name]
        if weights is None:
            return projection
        return replace(projection, weights=weights, delay=InSi(own) if own.ndim == 1 else projection.delay)

    def _given(self, projection: Projection, given: Any) -> Any:
        pattern = projection.weights
        if isinstance(pattern, Convolution) and np.ndim(given) == np.ndim(pattern.weight):
            return pattern.with_kernel(given, self.weight_unit(projection), f"with_weights: {projection.name!r}")
        return InSi(self._in_place(projection, given))

    def _in_place(self, projection: Projection, given: Any) -> Any:
        """Weights on the synapses of the projection; in a sparse one, a synapse whose weight became 0 is kept."""
        here, who = self._matrices[projection.name], f"with_weights: {projection.name!r}"
        if sparse.issparse(given):
            return canonical(given, who)
        values = si(given, "1", who)
        if not isinstance(here, sparse.csr_array) or values.shape != here.shape:
            return values
        pre, post, _ = nonzero(here)
        if np.count_nonzero(values) > np.count_nonzero(values[pre, post]):
            raise NetworkError(
                f"with_weights: {projection.name!r} is sparse, and the array has weights where it has no synapses; "
                "expected zeros there. Pass a sparse matrix to change the connectivity."
            )
        return from_pairs(pre, post, values[pre, post], here.shape, who)

    def _matrix(self, projection: Projection) -> Matrix:
        n_pre, n_post = self.population(projection.pre).n, self.population(projection.post).n
        weights = projection.weights
        unit = self.weight_unit(projection)
        if isinstance(weights, Transposed):
            return self._matrices[weights.of].T
        if isinstance(weights, InSi):
            weights, unit = weights.values, "1"
            return weight_matrix(weights, Ends(n_pre, n_post), unit, lambda: stream(self.seed, "weights", projection.name))
        ends = ends_of(projection.pre, projection.post, n_pre, n_post)
        made = weight_matrix(weights, ends, unit, lambda: stream(self.seed, "weights", projection.name))
        return embedded(made, projection.pre, projection.post, (n_pre, n_post))

    def weight_unit(self, projection: Projection | str) -> str:
        """SI unit of the weights of `projection`, which is that of the postsynaptic receptor."""
        projection = self.projection(projection) if isinstance(projection, str) else projection
        model = self.population(projection.post).model
        assert isinstance(model, Neuron)
        return model.weight_units[projection.receptor]

    def _checked_matrix(self, projection: Projection) -> Matrix:
        who = f"Projection {projection.name!r}"
        if not projection.name.isidentifier():
            raise NetworkError(f"{who}: expected a name made of letters, digits and _ that starts with a letter.")
        pre, post = self.population(projection.pre, who), self.population(projection.post, who)
        if isinstance(post.model, Input):
            raise NetworkError(f"{who}: {post.name!r} is an input and receives nothing; swap pre and post.")
        if projection.receptor not in post.model.weight_units:
            raise NetworkError(f"{who}: " + unknown_name("receptor", projection.receptor, post.model.weight_units))
        _check_channel(who, projection, pre)
        if isinstance(projection.weights, Transposed):
            self._check_transposed(who, projection)
        if projection.plasticity is not None and not isinstance(projection.plasticity, PlasticityRule):
            raise NetworkError(f"{who}: plasticity is {projection.plasticity!r}; expected a PlasticityRule.")
        if projection.short_term is not None and not isinstance(projection.short_term, ShortTermPlasticity):
            raise NetworkError(f"{who}: short_term is {projection.short_term!r}; expected a ShortTermPlasticity.")
        if projection.short_term is not None and projection.graded:
            raise NetworkError(f"{who}: a spike's payload and short-term plasticity cannot both scale weights; leave one out.")
        if projection.plasticity is not None:
            _check_asked(who, projection.plasticity, post)
            _check_delays_of_states(who, projection.plasticity, self.step_seconds)
        unit = self.weight_unit(projection)
        try:
            matrix = self._matrix(projection)
            if projection.plasticity is not None:
                projection.plasticity.units(unit, _state_units(projection.plasticity, post))
                projection.plasticity.in_steps(self._step)
                _check_bounds(projection.plasticity, matrix, unit)
                self._varied[projection.name] = varied_values(projection, matrix, self.seed)  # type: ignore[index]
            delays = drawn_delays(projection, matrix, self.seed, self.step_seconds)
            check_delays(delays, matrix, self.step_seconds, sum(p.n for p in self.populations))
            self._delays[projection.name] = delays  # type: ignore[index]
        except UnitError as error:
            raise UnitError(f"{who}: {error}") from None
        except NetworkError as error:
            raise NetworkError(f"{who}: {error}") from None
        except MemoryError:
            raise NetworkError(
                f"{who}: weights from {pre.n} to {post.n} neurons do not fit into memory; use fewer neurons or synapses."
            ) from None
        return matrix

    def _check_transposed(self, who: str, projection: Projection) -> None:
        forward = self.projection(projection.weights.of, f"{who}: weights = Transposed")
        if isinstance(forward.weights, Transposed) or (forward.pre, forward.post) != (projection.post, projection.pre):
            raise NetworkError(
                f"{who}: Transposed({forward.name!r}), which leads from {forward.pre!r} to {forward.post!r}; expected a "
                f"projection with weights of its own from {projection.post!r} to {projection.pre!r}."
            )
        if has_parts(projection.pre, projection.post):
            raise NetworkError(f"{who}: Transposed({forward.name!r}) connects whole populations; leave out the parts.")
        if isinstance(self._matrices[forward.name], sparse.csr_array):
            raise NetworkError(
                f"{who}: Transposed({forward.name!r}), which is sparse, and only dense weights can be transposed; give "
                f"{forward.name!r} an array with zeros where there is no synapse, or this one weights of its own."
            )
        if projection.plasticity is not None or projection.short_term is not None or projection.delay is not None:
            raise NetworkError(
                f"{who}: its weights are those of {forward.name!r}; leave out plasticity, short_term and delay, or give it "
                "weights of its own."
            )

    def _check_probe(self, probe: Probe) -> None:
        if self.records_synapses(probe):
            check_synapses(probe, self.projection(probe.of).plasticity, self.step_seconds)
            return
        who = f"Probe of {probe.of!r}"
        if probe.variable == "w" and all(p.name != probe.of for p in self.populations):
            self.projection(probe.of, who)
        population = self.population(probe.of, who)
        check_states(probe, population.model, population.n, self.step_seconds)


def _check_name(name: Any) -> None:
    """Check the name of a network. It is text for people, but also part of file names, programs and pages."""
    if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable() and not set(name) & set("/\\"):
        return
    raise NetworkError(
        f"Network: name = {shown(name)[:80]}; expected text of 1 to {_LONGEST_NAME} printable characters without / and \\, "
        "since it is used in names of files."
    )


def _positive_time(value: Any, who: str) -> float:
    time = si(value, "second", who)
    if time.ndim or not (np.isfinite(time) and time > 0):
        raise NetworkError(f"{who}: expected one positive time such as 1*ms, found {shown(value)}.")
    return float(time)


def _check_channel(who: str, projection: Projection, pre: Population) -> None:
    channels, graded = pre.model.channels, pre.model.graded_channels
    if projection.channel not in channels:
        raise NetworkError(f"{who}: " + unknown_name("channel", projection.channel, channels))
    if projection.graded and projection.channel not in graded:
        known = f"only {', '.join(graded)} has one" if graded else "none has one"
        raise NetworkError(
            f"{who}: graded=True, and channel {projection.channel!r} of {pre.name!r} ({type(pre.model).__name__}) carries no "
            f"payload ({known}); leave graded out."
        )
    if isinstance(pre.model, Input):
        pre.model.check_graded(projection.graded, who)
    if projection.channel != "spike" and projection.channel in graded and not projection.graded:
        raise NetworkError(
            f"{who}: channel {projection.channel!r} of {pre.name!r} carries whole numbers of both signs; set graded=True."
        )
    if projection.plasticity is not None and projection.channel in graded and projection.channel != "spike":
        raise NetworkError(
            f"{who}: it is plastic, and channel {projection.channel!r} of {pre.name!r} carries numbers, but traces need "
            "spikes. Leave plasticity out, or carry another channel."
        )


def _check_asked(who: str, rule: PlasticityRule, post: Population) -> None:
    """Check that the postsynaptic neuron has the channels, modulators and phases that the rule needs."""
    model = post.model
    phases = ("sample_end", *model.phases) if isinstance(model, Neuron) else ()
    asked_for = (
        (rule.channels, model.channels, "channel"),
        (rule.supplied, model.modulators, "modulator"),
        (rule.phases, phases, "phase"),
        (rule.post_states.values(), getattr(model, "variables", ()), "state"),
    )
    for asked, known, what in asked_for:
        missing = sorted(set(asked) - set(known))
        if missing:
            raise NetworkError(
                f"{who}: the rule {rule.name!r} needs the {what} {missing[0]!r}, and {post.name!r} ({type(model).__name__}) "
                f"has {', '.join(known) or 'none'}; choose another neuron or another rule."
            )
    own = getattr(model, "signal", None)
    for name, modulator in rule.modulators.items():
        if modulator.asks in model.modulators and own is not None and modulator.supplier not in (modulator.asks, own):
            raise NetworkError(
                f"{who}: its rule's {name!r} is {modulator.supplier!r}, and that of {post.name!r} is {own!r}; make them equal."
            )


def _in_steps(projection: Projection, dt: float) -> Projection:
    """The projection with a rule that knows the length of a step, if it asks for it."""
    rule = projection.plasticity
    return replace(projection, plasticity=rule.in_steps(dt)) if isinstance(rule, PlasticityRule) and rule.steps else projection


def _check_delays_of_states(who: str, rule: PlasticityRule, dt: float) -> None:
    for name, trace in rule.traces.items():
        if abs(trace.delay / dt - round(trace.delay / dt)) > NOISE:
            raise NetworkError(
                f"{who}: the trace {name!r} of the rule {rule.name!r} has a delay of {trace.delay * 1e3:g} ms; expected whole "
                f"steps of {dt * 1e3:g} ms. Give it another delay, or the network another dt."
            )


def _state_units(rule: PlasticityRule, post: Population) -> dict[str, str]:
    """Units of the states of the post neurons that the rule reads."""
    model: Any = post.model
    return {state: model.state_unit(state) for state in {*rule.post_states.values()}}


def _check_bounds(rule: PlasticityRule, matrix: Matrix, unit: str) -> None:
    """Check that the initial weights of all synapses are within the bounds of the rule; absent synapses have no weight."""
    weights = matrix.data if isinstance(matrix, sparse.csr_array) else np.asarray(matrix)
    if not weights.size:
        return
    low, high = rule.bounds
    lowest, highest = weights.min(), weights.max()
    if lowest < low or highest > high:
        reach, kept = (" to ".join(readable(float(x), unit) for x in ends) for ends in ((lowest, highest), (low, high)))
        raise NetworkError(
            f"weights reach from {reach}, and the rule {rule.name!r} keeps them within {kept}; start within the bounds, or "
            "widen them."
        )


def _check_unique(network: Network) -> None:
    who = f"Network {network.name!r}"
    if not network.populations:
        raise NetworkError(f"{who} has no population; give it at least one.")
    for kind, parts in (("populations", network.populations), ("projections", network.projections)):
        names = [p.name for p in parts]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise NetworkError(f"{who}: two {kind} are called {twice[0]!r}; give each a name of its own.")
    probed = [(p.of, p.variable) for p in network.probes]
    for of, variable in probed:
        if probed.count((of, variable)) > 1:
            raise NetworkError(f"{who}: two probes record {variable!r} of {of!r}; join them into one.")
