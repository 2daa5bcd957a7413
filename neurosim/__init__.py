"""Describe a spiking network that learns once; simulate it in Brian2, emulate it, deploy it, and report what the chip loses.

The public names are listed in ``__init__.pyi``. Each is imported when it is first used, so that ``import neurosim`` is quick.
"""

import lazy_loader

from neurosim._version import __version__ as __version__
from neurosim.brian2_import import keep_from_running as _keep_from_running

# Not lazily: the function has the name of its package, and whichever is imported last keeps the name.
from neurosim.train import train as train

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_keep_from_running()
