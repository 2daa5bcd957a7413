"""Describe a spiking network that learns once, simulate it in Brian2, emulate it, deploy it, and report losses on the chip.

The file ``__init__.pyi`` lists the public names. Each is imported when it is first used, so that ``import neurosim`` is fast.
"""

import lazy_loader

from neurosim._version import __version__ as __version__
from neurosim.brian2_import import keep_from_running as _keep_from_running

# Imported at once, because the function has the same name as its package, and the name refers to the one imported last.
from neurosim.train import train as train

_find, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    try:
        return _find(name)
    except AttributeError:
        from neurosim.network.other_names import elsewhere

        if message := elsewhere(name):
            # Not an AttributeError, whose message `from neurosim import ...` would drop.
            raise ImportError(message) from None
        raise


_keep_from_running()
