"""Computing a training of rates again, from the settings in its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.checks.described import Described
from neurosim.data import Dataset, load_dataset
from neurosim.errors import DataError
from neurosim.reproduce.verdict import Verdict, changes_since, first_difference

if TYPE_CHECKING:
    from neurosim.rate.checkpoint import RateTraining
    from neurosim.rate.network import RateNetwork

_SHUFFLED = re.compile(r"(?P<name>.+)-shuffled-(?P<seed>[0-9]{1,18})")
_TIMES = ("seconds", "cpu_seconds")


def rates_again(path: Path, jobs: int, trust: bool) -> Verdict:
    """Train again and compare; raise DataError if the file does not say how, or names classes that are not neurosim's."""
    from neurosim.rate import train_rates
    from neurosim.rate.checkpoint import RateTraining

    stored = RateTraining.load(path.parent, path.name)
    how = stored.settings
    if not stored.history or stored.running.images:
        raise DataError(f"{path}: the training stopped within an epoch; finish the epoch with --resume, then reproduce it.")
    dataset, parts = _described(path, how)
    said = f"training of {how['algorithm']['kind']} on {how['data']}: {len(stored.history)} epochs, all weights and errors"
    changed = first_difference(how["checksums"], dict(dataset.checksums), f"data set {dataset.name}:")
    if changed:
        return Verdict(said, changed)
    again = train_rates(dataset=dataset, epochs=len(stored.history), **parts)
    difference = first_difference(_content(stored), _content(again))
    return Verdict(said, difference, changes_since(stored.made_with) if difference else ())


def _described(path: Path, how: Mapping[str, Any]) -> tuple[Dataset, dict[str, Any]]:
    """The data set, and the arguments of `train_rates` that the settings describe."""
    try:
        dataset, learned = _dataset(how), int(how["train_images"])
        parts = {
            "network": _network(how["network"]), "algorithm": _rebuilt(how["algorithm"]),
            "optimiser": _rebuilt(how["optimiser"]), "batch": how["batch"], "dtype": how["dtype"],
        }  # fmt: skip
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(
            f"{path}: its settings do not describe a training ({type(error).__name__}: {error}); train again."
        ) from None
    if learned != len(dataset.train_labels):
        raise DataError(
            f"{path}: it learned {learned} images, but {dataset.name!r} has {len(dataset.train_labels)} training images, and "
            "which of them it learned is not known."
        )
    return dataset, parts


def _network(how: Mapping[str, Any]) -> RateNetwork:
    from neurosim.rate.losses import LOSSES
    from neurosim.rate.network import RateNetwork

    parts = {name: _rebuilt(how[name]) for name in ("inputs", "layers", "start", "bias", "seed")}
    return RateNetwork(**parts, loss=LOSSES[how["loss"]])


def _dataset(how: Mapping[str, Any]) -> Dataset:
    shuffled = _SHUFFLED.fullmatch(how["data"])
    whole = load_dataset(shuffled["name"]).shuffled(int(shuffled["seed"])) if shuffled else load_dataset(how["data"])
    return whole.held_out(**how["held"]) if how["held"] else whole


def _rebuilt(value: Any) -> Any:
    """What `plain` described: objects of neurosim's own kinds, and tuples."""
    if isinstance(value, Mapping):
        kind = _kinds().get(value["kind"])
        if kind is None:
            raise DataError(
                f"{value['kind']!r} is not one of neurosim's own kinds; train again in the program that defines it."
            )
        return kind(**{f.name: _rebuilt(value[f.name]) for f in fields(kind) if f.init})
    return tuple(map(_rebuilt, value)) if isinstance(value, list) else value


def _kinds() -> dict[str, Any]:
    """The kinds of parts and algorithms that neurosim defines, by name."""
    from neurosim.rate import catalogue

    room = catalogue.__name__.removesuffix("catalogue")
    found: dict[str, Any] = {}
    waiting: list[type[Any]] = [Described]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith(room):
            found[kind.__name__] = kind
    return found


def _content(training: RateTraining) -> dict[str, Any]:
    """Everything that must be equal, which excludes times."""
    history = [{name: value for name, value in asdict(e).items() if name not in _TIMES} for e in training.history]
    return {"epoch": history, **{name: list(arrays) for name, arrays in training.state.items()}}
