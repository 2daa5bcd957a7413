"""Lays out the reference: which public names are on which page.

A room is a module that lists its public names in ``__all__``. Names of the room `neurosim` itself go to the page of the room
that defines them. What public functions return, and modules that list no names, are named here one by one.

A class that a user describes something with shows its fields: its methods are for the rooms that run it, except those in
`CALLED`. Every other class shows all its public methods, also those of its bases.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from neurosim.checks.described import Described


@dataclass(frozen=True)
class Page:
    """One page of the reference.

    Attributes
    ----------
    title, introduction : str
        Heading and first paragraph.
    defined_in : tuple of str
        Names of `neurosim` that are defined below these modules are on this page.
    rooms : tuple of str
        Modules whose ``__all__`` is on this page.
    others : tuple of str
        Further public names, each with its module.
    first : tuple of str
        Names that come before the others, which are in the order of the alphabet.
    """

    title: str
    introduction: str
    defined_in: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


PAGES = {
    "network": Page(
        "Networks, connections and inputs",
        "What a network consists of. [Describe a network](../describe.md) explains how the parts work together.",
        defined_in=("neurosim.network", "neurosim.checks"),
        first=("Network", "Population", "Projection", "Probe"),
    ),
    "neurons": Page(
        "Neurons",
        "Neuron models, and the parts that own neurons are written with.",
        defined_in=("neurosim.neurons",),
        rooms=("neurosim.neurons",),
        first=("LIF", "StepNeuron", "EquationNeuron", "per_step"),
    ),
    "plasticity": Page(
        "Plasticity",
        "Rules by name, and the parts of own rules. [Plasticity rules](../rules.md) shows what each rule does.",
        rooms=("neurosim.plasticity",),
        first=("PlasticityRule", "pre", "post", "synaptic", "broadcast", "post_modulator", "post_state", "time_step",
               "normalise", "gated", "load_rule"),
        others=(
            "neurosim.plasticity.feedback.RandomFeedback",
            "neurosim.plasticity.feedback.FrozenFeedback",
            "neurosim.plasticity.feedback.SignFeedback",
            "neurosim.plasticity.feedback.KolenPollack",
            "neurosim.plasticity.feedback.Tied",
            "neurosim.plasticity.feedback.feedback_angle",
            "neurosim.cards.card.named_card",
            "neurosim.cards.card.rule_card",
            "neurosim.cards.card.RuleCard",
        ),
    ),
    "running": Page(
        "Running a network",
        "Complete runs, runs that go on, and the emulator in its own numbers.",
        defined_in=("neurosim.backends.brian2", "neurosim.backends.running"),
        rooms=("neurosim.backends.emulator",),
        first=("simulate", "emulate_network", "start", "Running", "resume"),
        others=("neurosim.backends.brian2.devices.simulate_on_device", "neurosim.backends.nest.cluster.write_run",
                "neurosim.backends.nest.cluster.read_run"),
    ),
    "deploy": Page(
        "Deploying to a chip",
        "Quantisation, its report, placement on cores and price of a run.",
        defined_in=("neurosim.backends.deployment", "neurosim.backends.calibration",),
        rooms=("neurosim.chip.placement", "neurosim.chip.price", "neurosim.chip.resources"),
        first=("deploy", "Deployment", "QuantisationReport", "Loss", "Check", "load_target", "Target"),
        others=(
            "neurosim.backends.deployment.Deployment",
            "neurosim.analysis.drift.Drift",
            "neurosim.backends.calibrated.Calibration",
            "neurosim.chip.report.QuantisationReport",
            "neurosim.chip.report.Loss",
            "neurosim.chip.report.Check",
            "neurosim.chip.target.load_target",
            "neurosim.chip.target.Target",
            "neurosim.chip.placement.fit.Fit",
            "neurosim.chip.learning_engine.loihi_rule.from_loihi",
            "neurosim.backends.sanafe.write_sanafe",
        ),
    ),
    "executions": Page(
        "Executions",
        "The contract of the ways to run a network. [Executions](../executions.md) explains how to add one.",
        rooms=("neurosim.backends.executions",),
    ),
    "nir": Page("NIR", "Networks from and for other programs. See [From and to NIR](../nir.md).", rooms=("neurosim.nir",)),
    "results": Page(
        "Recordings, measures and pictures",
        "What a run returns, and what is computed and drawn from it.",
        defined_in=("neurosim.results", "neurosim.analysis"),
        first=("Recording", "compare", "Comparison"),
        others=(
            "neurosim.results.run_data.Spikes",
            "neurosim.results.weight_trace.WeightTrace",
            "neurosim.analysis.comparison.Comparison",
            "neurosim.study.results.read_results",
            "neurosim.study.version.Results",
            "neurosim.analysis.agreement.agreement",
            "neurosim.analysis.agreement.Agreement",
            *(f"neurosim.analysis.measures.{name}" for name in (
                "mean_rate", "intervals", "cv", "fano", "synchrony", "correlations", "mean_correlation", "binned", "windows",
                "victor_purpura", "van_rossum", "spike_times", "through_elephant")),
            *(f"neurosim.analysis.bursts.{name}" for name in ("event_rate", "burst_rate", "burst_probability")),
            *(f"neurosim.analysis.plots.{name}" for name in (
                "raster", "trace", "weight_histogram", "learning_curve", "confusion", "weights_image")),
            *(f"neurosim.analysis.plots_learning.{name}" for name in ("receptive_fields", "rule_window")),
        ),
    ),
    "training": Page(
        "Training",
        "Training of spiking classifiers. [Train](../train.md) shows each of them at work.",
        defined_in=("neurosim.train",),
        first=("train", "Recipe"),
        rooms=("neurosim.train", "neurosim.train.in_run"),
        others=(
            "neurosim.train.recipe.recipes",
            "neurosim.train.recipe.find_recipe",
            "neurosim.train.unsupervised.training.learn_images",
            "neurosim.train.unsupervised.training.name_neurons",
            "neurosim.train.unsupervised.training.read_out",
            "neurosim.train.rewarded.Chooser",
            "neurosim.train.rewarded.learn_features",
        ),
    ),
    "rate": Page(
        "Learning algorithms of rates",
        "Networks of rates, their algorithms and optimisers. See [Learning algorithms of rates](../rate.md).",
        rooms=("neurosim.rate",),
        others=("neurosim.rate.images.Images", "neurosim.rate.readout.ReadOut", "neurosim.rate.readout.ridge",
                "neurosim.rate.readout.softmax_regression"),
    ),
    "study": Page(
        "Studies",
        "Experiments over parameters and seeds. [Study](../study.md) builds one.",
        rooms=("neurosim.study", "neurosim.reproduce", "neurosim.report"),
        first=("Study", "Grid", "Random", "Search", "Measure", "Size", "Trial"),
        others=("neurosim.study.figures.curve", "neurosim.study.figures.default_figure"),
    ),
    "citing": Page(
        "What to cite",
        "Works that a network, a model, a rule or a study is built on. See [Results](../results.md).",
        rooms=("neurosim.citing",),
        others=("neurosim.citing.bibtex.Entry",),
    ),
    "data": Page(
        "Models and data",
        "Networks by name, and the data sets that they learn from.",
        defined_in=("neurosim.models",),
        rooms=("neurosim.models", "neurosim.data"),
    ),
    "basics": Page(
        "Errors and random numbers",
        "What neurosim raises, and where its random numbers come from.",
        defined_in=("neurosim.errors",),
        others=(
            *(f"neurosim.errors.{name}" for name in (
                "NetworkError", "UnitError", "DataError", "ContentError", "TargetError", "QuantisationError",
                "UnsupportedError", "SimulationError", "LavaError", "NestError", "UsageError", "UncheckedFile", "RoundedTime")),
            "neurosim.results.recorded.NotRecordedError",
            "neurosim.rng.stream",
        ),
    ),
}  # fmt: skip
PLAIN = ("neurosim.units",)
"""Rooms of single values: their page is a list."""
CALLED: Mapping[str, tuple[str, ...]] = {
    "Algorithm": (
        "phases", "rules", "supervised", "label_inputs", "descends", "host_step", "check", "answers", "start", "teach",
        "settle", "answer", "features", "at", "spiking", "spiking_rules",
    ),
    "Network": (
        "population", "projection", "weights", "delays", "initial", "varied", "weight_unit", "with_weights",
    ),
    "PlasticityRule": ("products", "signals", "in_steps", "with_parameters"),
    "RateNetwork": ("sent", "drawn"),
    "Study": ("design",),
    **dict.fromkeys(("DesireSignal", "Modulator", "Trace"), ()),
}  # fmt: skip
"""Members of descriptions that users call, or define in a class of their own."""


def pages() -> dict[str, str]:
    """Text of each page of the reference, by its file."""
    made = {f"reference/{name}.md": _page(page) for name, page in PAGES.items()}
    entries = [f"* [{page.title}]({name}.md): {page.introduction.split('. ')[0].rstrip('.')}." for name, page in PAGES.items()]
    units = "* [Units](units.md): what quantities are written with."
    head = "# Reference\n\nEvery public name, with its shapes, units, errors and source.\n\n"
    index = head + "\n".join([*entries, units])
    return {"reference/index.md": index + "\n", "reference/units.md": _units(), **made}


def names_of(page: Page) -> list[str]:
    """Public names on a page, each with the module that users import it from."""
    found = [f"neurosim.{name}" for name in _public("neurosim") if _module_of(name).startswith(page.defined_in or ("-",))]
    short = {name.rsplit(".", 1)[1] for name in found}
    found += [f"{room}.{name}" for room in page.rooms for name in _public(room) if name not in short]
    ordered = sorted(found, key=lambda name: name.rsplit(".", 1)[1].lower()) + list(page.others)
    return sorted(ordered, key=lambda name: _place(name, page))


def members_of(kind: type) -> list[str]:
    """Public methods and properties of a class that its page shows."""
    if issubclass(kind, Described) or kind.__name__ in CALLED:
        return list(CALLED.get(kind.__name__, ()))
    bases = [base for base in kind.__mro__ if base.__module__.startswith("neurosim")]
    found = {name: value for base in reversed(bases) for name, value in vars(base).items() if not name.startswith("_")}
    return [name for name, value in found.items() if inspect.isroutine(value) or isinstance(value, property | cached_property)]


def _place(name: str, page: Page) -> int:
    short = name.rsplit(".", 1)[1]
    return page.first.index(short) if short in page.first else len(page.first)


def _page(page: Page) -> str:
    parts = "\n\n".join(_entry(name) for name in names_of(page))
    return f"# {page.title}\n\n{page.introduction}\n\n{parts}\n"


def _entry(name: str) -> str:
    module, short = name.rsplit(".", 1)
    thing = getattr(importlib.import_module(module), short)
    if not inspect.isclass(thing):
        return _block(place_of(name, thing), heading=name, toc_label=short)
    members = members_of(thing)
    return "\n\n".join([_block(name, members=members, inherited_members=members), *_notes(thing)])


def place_of(name: str, thing: Any) -> str:
    """Where a function is defined, if a module has its name: of two equal names, the page would show the module."""
    room = importlib.import_module(name.rsplit(".", 1)[0])
    twice = hasattr(room, "__path__") and importlib.util.find_spec(name) is not None
    return f"{thing.__module__}.{thing.__qualname__}" if twice else name


def _block(name: str, **options: Any) -> str:
    lines = [f"      {option}: {value}" for option, value in options.items()]
    return "\n".join([f"::: {name}", "    options:", *lines])


def _notes(kind: type) -> Iterator[str]:
    """What the code of a class states itself: the source of a model, and the error of a wrong argument."""
    if paper := getattr(kind, "paper", ""):
        yield f"Source: {paper}."
    if issubclass(kind, Described):
        yield f"Arguments with another name, of another type or outside their range raise `{kind.refusal.__name__}`."


def _units() -> str:
    room = importlib.import_module("neurosim.units")
    names = ", ".join(f"`{name}`" for name in _public("neurosim.units"))
    return f"# Units\n\n{room.__doc__}\n\nThe names are {names}.\n"


def _public(room: str) -> list[str]:
    module: ModuleType = importlib.import_module(room)
    return [name for name in module.__all__ if not name.startswith("_")]


def _module_of(name: str) -> str:
    return str(getattr(getattr(importlib.import_module("neurosim"), name), "__module__", ""))
