"""Brian2 asks for a bug report wherever an exception ends a script; errors of neurosim are no bugs of Brian2."""

from __future__ import annotations

import sys
from types import TracebackType

from neurosim.errors import NeurosimError


def keep_own_errors() -> None:
    """Print errors of neurosim as Python does; to be called once Brian2 has been imported, any number of times."""
    from brian2.utils.logger import brian_excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        (sys.__excepthook__ if issubclass(kind, NeurosimError) else brian_excepthook)(kind, error, trace)

    # A hook of somebody else stays.
    if sys.excepthook is brian_excepthook:
        sys.excepthook = hook
