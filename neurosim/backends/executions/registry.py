"""All executions by name: those of neurosim, and those that other packages register by an entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from neurosim.backends.executions import brian2, emulator, lava, nest
from neurosim.backends.executions.contract import Execution, Workload
from neurosim.content.packages import PackageEntry, package_entries, told
from neurosim.errors import ContentError, NeurosimError, shown, unknown_name

GROUP = "neurosim.executions"
"""Group of the entry points. The name of an entry point is the name of the execution."""
OWN: Mapping[str, Execution] = {
    e.name: e
    for e in (brian2.EXACT, brian2.STEP, emulator.FLOAT, emulator.FIXED, emulator.LOIHI1, lava.FLOATING, lava.FIXED, nest.NEST)
}
"""The executions of neurosim by name, in the order of tables."""


def registered() -> tuple[PackageEntry, ...]:
    """Executions that other packages register, sorted by name; nothing is imported."""
    return package_entries(GROUP, "Execution", OWN)


def load(entry: PackageEntry) -> Execution:
    """Import an execution of another package.

    Raises
    ------
    ContentError
        If its name is taken, if the import fails, or if the entry point does not lead to an execution of this name. The
        message names the distribution.
    """
    found = entry.found()
    try:
        made = found() if isinstance(found, type) else found
    except Exception as error:
        raise ContentError(f"{entry.who}: {entry.entry.value} raises {told(error)} {entry.remedy}") from error
    if not isinstance(made, Execution):
        what = f"{entry.entry.value} is {shown(made)}; expected an Execution or its class."
        raise ContentError(f"{entry.who}: {what} {entry.remedy}")
    if made.name != entry.name:
        raise ContentError(
            f"{entry.who}: {entry.entry.value} has the name {made.name!r}; expected {entry.name!r}. {entry.remedy}"
        )
    return made


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
def _loaded(entry: PackageEntry) -> Execution:
    return load(entry)


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
        raise ContentError(f"{who}: it raises {told(error)} Report this to the authors of the package.") from error


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
