"""Hardware targets: one TOML file per chip, in which every number has its source."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError, model_validator

from neurosim.chip.target_schema import (
    INFORMATIVE,
    DynamicsEntry,
    Energy,
    Entry,
    LearningEngine,
    Limits,
    Placement,
    Section,
)
from neurosim.content.catalogue import content_path, list_content
from neurosim.content.packages import PackageEntry, package_entries
from neurosim.errors import ContentError, DataError, TargetError, UnsupportedError, shown
from neurosim.files.bounds import size_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GROUP = "neurosim.targets"
"""Group of the entry points. Each leads to the path of a TOML file, and its name is the name of the target."""
_LARGEST = 1 << 20
"""Largest size of a file, in bytes."""
_EXAMPLE = "hardware_targets/loihi2.toml is a complete example."


class Target(Section):
    """A chip to deploy to.

    Attributes
    ----------
    name, title, note : str
        Short name, name in reports, and remarks.
    sources : dict
        Key of a source -> full reference.
    limits, learning, placement : table
        Integer fields of neurons and synapses; learning engine, or none if nothing learns on the chip; resources of a core.
    dynamics : dict
        Name of a `neurosim.neurons.step_form.Dynamics`, in lower case -> how it runs on this chip. Dynamics that are not
        listed do not run.
    energy : Energy
        Energy and time per event, where published.
    """

    name: str
    title: str
    note: str = ""
    sources: dict[str, str]
    limits: Limits
    learning: LearningEngine | None = None
    placement: Placement
    dynamics: dict[str, DynamicsEntry]
    energy: Annotated[Energy, INFORMATIVE]

    @property
    def engine(self) -> LearningEngine:
        """The learning engine; UnsupportedError if the chip has none."""
        if self.learning is None:
            raise UnsupportedError(f"{self.title} has no learning engine; leave plasticity= out, or deploy to a chip with one.")
        return self.learning

    def __repr__(self) -> str:
        return f"<Target {self.name!r}: {self.title}>"

    def __str__(self) -> str:
        return repr(self)

    @model_validator(mode="after")
    def _sources_exist(self) -> Target:
        for key, entry in self.entries():
            unknown = [part for part in entry.source.split(";") if not self._is_cited(part)]
            if unknown:
                known = ", ".join(self.sources)
                raise ValueError(f"{key}: source {unknown[0].strip()!r} must begin with one of {known}")
        return self

    def _is_cited(self, part: str) -> bool:
        return any(word in self.sources for word in part.split()[:1])

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Every fact with its dotted key."""
        for name, value in self:
            yield from _entries(name, value)

    def informative(self) -> frozenset[str]:
        """Dotted keys of the facts that no deployment reads."""
        return frozenset(key for key, _ in self.entries() if _is_informative(type(self), key.split(".")))

    def uncertain(self) -> dict[str, Entry]:
        """Facts without a checked source (``unchecked`` or ``assumed``); a report must name those that it used."""
        return {key: e for key, e in self.entries() if e.confidence in ("unchecked", "assumed")}


def target_names() -> tuple[str, ...]:
    """Names of all targets: those of neurosim, and those that other packages register, of which nothing is imported."""
    own = list_content("hardware_targets")
    return (*own, *sorted({entry.name for entry in registered_targets()} - set(own)))


def registered_targets() -> tuple[PackageEntry, ...]:
    """Targets that other packages register by an entry point, sorted by name; nothing is imported."""
    return package_entries(GROUP, "Target", list_content("hardware_targets"))


def load_target(name: str | os.PathLike[str]) -> Target:
    """Load a hardware target.

    Parameters
    ----------
    name : str or path
        ``loihi1``, ``loihi2``, the name of a target that another package registers, or the path of your own TOML file.

    Raises
    ------
    TargetError
        If there is no such target, if another package registers it and it is broken, or if a key of the file is missing,
        unknown or has a wrong value.
    """
    others = {entry.name: entry for entry in registered_targets()} if isinstance(name, str) else {}
    try:
        if name in others and name not in list_content("hardware_targets"):
            return _of_package(others[str(name)])
        return _read(content_path("hardware_targets", name, others))
    except ContentError as error:
        raise TargetError(str(error)) from error


def _of_package(entry: PackageEntry) -> Target:
    """The target that a package registers: its entry point leads to the path of a TOML file."""
    path = entry.found()
    if not isinstance(path, str | os.PathLike):
        what = f"{entry.entry.value} is {shown(path)}; expected the path of a TOML file."
        raise TargetError(f"{entry.who}: {what} {entry.remedy}")
    target = _read(Path(path))
    if target.name != entry.name:
        raise TargetError(f"{entry.who}: {path} has the name {target.name!r}; expected {entry.name!r}. {entry.remedy}")
    return target


def _read(path: Path) -> Target:
    try:
        return Target.model_validate(read_toml(path))
    except ValidationError as error:
        problems = "; ".join(_problem(details) for details in error.errors())
        raise TargetError(f"{path}: {problems}. Correct the file; {_EXAMPLE}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file of at most 1 MiB; raise TargetError if it cannot be read."""
    try:
        size_of(path, _LARGEST)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except DataError as error:
        raise TargetError(str(error)) from None
    except OSError as error:
        reason = error.strerror or error
        raise TargetError(f"{path}: cannot be read ({reason}). Check the path and its permissions.") from error
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path}: not a TOML file: {error}. Correct the file; {_EXAMPLE}") from error


def _problem(details: Any) -> str:
    """One sentence about an error that pydantic found: the key, what is wrong with it, and the value."""
    key = ".".join(str(part) for part in details["loc"])
    text = f"{key}: {details['msg'][:1].lower()}{details['msg'][1:]}" if key else details["msg"]
    scalar = isinstance(details["input"], str | int | float)
    return f"{text}, found {details['input']!r}" if scalar else text


def _is_informative(section: type[BaseModel], path: list[str]) -> bool:
    """Whether a field on the path is marked."""
    field = section.model_fields.get(path[0])
    if field is None or INFORMATIVE in field.metadata:
        return field is not None
    inner = field.annotation
    return isinstance(inner, type) and issubclass(inner, BaseModel) and len(path) > 1 and _is_informative(inner, path[1:])


def _entries(key: str, value: Any) -> Iterator[tuple[str, Entry]]:
    if isinstance(value, Entry):
        yield key, value
        return
    inner = value if isinstance(value, BaseModel) else value.items() if isinstance(value, dict) else ()
    for name, item in inner:
        yield from _entries(f"{key}.{name}", item)
