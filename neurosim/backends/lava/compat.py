"""Compatibility of lava-nc 0.10.0, which declares only Python 3.10, with newer versions of Python. Copied beside every graph.

This module has to be imported before Lava. From Python 3.11 on, the default of a dataclass field must be hashable. One class of
Lava is used as such a default without a hash, and gets a hash here; nothing else in Lava needs a change.
"""

import dataclasses
import sys


def import_with_hash(module, name):
    """Import `module` so that its dataclass `name` is hashable."""
    original = dataclasses.dataclass

    def dataclass(cls=None, /, **options):
        if cls is not None and cls.__name__ == name:
            options["unsafe_hash"] = True
        return original(cls, **options)

    dataclasses.dataclass = dataclass
    try:
        __import__(module)
    finally:
        dataclasses.dataclass = original


if sys.version_info >= (3, 11):
    import_with_hash("lava.magma.compiler.var_model", "ByteEncoder")
