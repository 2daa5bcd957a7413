"""Network -> Brian2 -> Recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.network import Network
    from neurosim.recording import Recording


def simulate(network: Network, duration: Any, **options: Any) -> Recording:
    """Run `network` in Brian2, which is loaded only now; see `neurosim.simulate.run.simulate` for the options."""
    from neurosim.simulate.run import simulate as run

    return run(network, duration, **options)


__all__ = ["simulate"]
