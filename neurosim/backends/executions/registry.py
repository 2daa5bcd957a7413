"""All executions by name: those of neurosim, and those that other packages register by an entry point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from neurosim.backends.executions import brian2, emulator, lava, nest
from neurosim.backends.executions.contract import Execution, Workload
from neurosim.errors import ContentError, NeurosimError, shown, unknown_name

GROUP = "neurosim.executions"
"""Group of the entry points. The name of an entry point is the name of the execution."""
OWN: Mapping[str, Execution] = {
    e.name: e
    for e in (brian2.EXACT, brian2.STEP, emulator.FLOAT, emulator.FIXED, emulator.LOIHI1, lava.FLOATING, lava.FIXED, nest.NEST)
}
"""The executions of neurosim by name, in the order of tables."""


@dataclass(frozen=True)
class Registered:
    """An execution that another package registers, which is imported by `load`.

    Attributes
    ----------
    name : str
        Name of the execution.
    package : str
        Name of the distribution that registers it.
    problem : str
        Why its name cannot be used; "" if it can.
    entry : EntryPoint
        Place of the execution.
    """

    name: str
    package: str
    problem: str
    entry: EntryPoint

    @property
    def who(self) -> str:
        """The execution and its package, for messages."""
        return f"Execution {self.name!r} of the package {self.package!r}"

    def load(self) -> Execution:
        """Import the execution.

        Raises
        ------
        ContentError
            If its name is taken, if the import fails, or if the entry point does not lead to an execution of this name. The
            message names the distribution.
        """
        who, remedy = self.who, "Update or uninstall the package; the other executions are not affected."
        if self.problem:
            raise ContentError(f"{who}: {self.problem} {remedy}")
        try:
            found = self.entry.load()
            made = found() if isinstance(found, type) else found
        except Exception as error:
            raise ContentError(f"{who}: {self.entry.value} raises {_told(error)} {remedy}") from error
        if not isinstance(made, Execution):
            raise ContentError(f"{who}: {self.entry.value} is {shown(made)}; expected an Execution or its class. {remedy}")
        if made.name != self.name:
            raise ContentError(f"{who}: {self.entry.value} has the name {made.name!r}; expected {self.name!r}. {remedy}")
        return made


def _told(error: Exception) -> str:
    """Type and message of an exception in one line."""
    said = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {said.rstrip('.')}."


def registered() -> tuple[Registered, ...]:
    """Executions that other packages register, sorted by name; nothing is imported."""
    entries = sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.value))
    times = Counter(_plain(e.name) for e in entries)
    return tuple(Registered(e.name, _package(e), _problem(e.name, times[_plain(e.name)]), e) for e in entries)


def _package(entry: EntryPoint) -> str:
    return "unknown" if entry.dist is None else entry.dist.name


def _plain(name: str) -> str:
    """The name without differences that are hard to see."""
    return " ".join(name.casefold().split())


def _problem(name: str, times: int) -> str:
    own = {_plain(known): known for known in OWN}
    if _plain(name) in own:
        return f"neurosim's own execution {own[_plain(name)]!r} has this name; expected another name."
    return f"{times} packages or entry points use this name; expected one." if times > 1 else ""


class _Executions(Mapping[str, Execution]):
    """All executions by name; one of another package is imported when it is taken from the mapping."""

    def __iter__(self) -> Iterator[str]:
        yield from OWN
        yield from sorted({r.name for r in registered()} - OWN.keys())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Execution:
        if name in OWN:
            return OWN[name]
        found = {r.name: r for r in registered()}
        if name not in found:
            raise KeyError(name)
        return _loaded(found[name])


@cache
def _loaded(entry: Registered) -> Execution:
    return entry.load()


EXECUTIONS: Mapping[str, Execution] = _Executions()
"""Every execution by name, neurosim's own first. Taking a broken one raises ContentError; the others still work."""


def reasons(name: str, workload: Workload) -> tuple[str, ...]:
    """Why the execution called `name` does not run `workload`; empty if it runs it.

    A broken execution of another package does not run anything: its ContentError is the reason, and names the package.

    Parameters
    ----------
    name : str
        Name of the execution.
    workload : Workload
        The network, and the chip if one was chosen.
    """
    try:
        with blamed(name):
            return EXECUTIONS[name].refuses(workload)
    except ContentError as error:
        return (str(error),)


@contextmanager
def blamed(name: str) -> Iterator[None]:
    """Raise ContentError, which names the package, where the execution `name` of another package has a bug.

    Parameters
    ----------
    name : str
        Name of the execution.
    """
    try:
        yield
    except NeurosimError:
        raise
    except Exception as error:
        if name in OWN:
            raise
        who = next(r.who for r in registered() if r.name == name)
        raise ContentError(f"{who}: it raises {_told(error)} Report this to the authors of the package.") from error


def execution(name: str) -> Execution:
    """The execution called `name`.

    Parameters
    ----------
    name : str
        Its name, a key of `EXECUTIONS`.

    Raises
    ------
    ContentError
        If there is no such execution, or another package registers it and it is broken.
    """
    if name not in list(EXECUTIONS):
        raise ContentError(unknown_name("execution", name, EXECUTIONS))
    return EXECUTIONS[name]
