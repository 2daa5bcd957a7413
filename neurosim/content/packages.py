"""Things that other packages register by an entry point: found without an import; errors of loading name the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from neurosim.errors import ContentError


@dataclass(frozen=True)
class PackageEntry:
    """Something that another package registers, which is imported by `load`.

    Attributes
    ----------
    name : str
        Name of the entry point.
    package : str
        Name of the distribution that registers it.
    noun : str
        What it is, for messages: "Execution" or "Target".
    problem : str
        Why its name cannot be used; "" if it can.
    entry : EntryPoint
        Its place.
    """

    name: str
    package: str
    noun: str
    problem: str
    entry: EntryPoint

    @property
    def who(self) -> str:
        """The entry and its package, for messages."""
        return f"{self.noun} {self.name!r} of the package {self.package!r}"

    def found(self) -> Any:
        """What the entry point leads to, imported.

        Raises
        ------
        ContentError
            If its name is taken, or if the import fails; the message names the distribution.
        """
        if self.problem:
            raise ContentError(f"{self.who}: {self.problem} {self.remedy}")
        try:
            return self.entry.load()
        except Exception as error:
            raise ContentError(f"{self.who}: {self.entry.value} raises {told(error)} {self.remedy}") from error

    @property
    def remedy(self) -> str:
        """What a user can do about a broken entry."""
        return f"Update or uninstall the package; the other {self.noun.lower()}s are not affected."


def package_entries(group: str, noun: str, own: Iterable[str]) -> tuple[PackageEntry, ...]:
    """What packages register under `group`, sorted by name; nothing is imported. Names of neurosim's `own` cannot be taken."""
    entries = sorted(entry_points(group=group), key=lambda e: (e.name, e.value))
    times, taken = Counter(_plain(e.name) for e in entries), {_plain(known): known for known in own}
    return tuple(PackageEntry(e.name, _package(e), noun, _problem(e.name, noun, times, taken), e) for e in entries)


def told(error: Exception) -> str:
    """Type and message of an exception in one line."""
    said = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {said.rstrip('.')}."


def _package(entry: EntryPoint) -> str:
    return "unknown" if entry.dist is None else entry.dist.name


def _plain(name: str) -> str:
    """The name without differences that are hard to see."""
    return " ".join(name.casefold().split())


def _problem(name: str, noun: str, times: Counter[str], taken: dict[str, str]) -> str:
    plain = _plain(name)
    if plain in taken:
        return f"neurosim's own {noun.lower()} {taken[plain]!r} has this name; expected another name."
    return f"{times[plain]} packages or entry points use this name; expected one." if times[plain] > 1 else ""
