"""Compiled kernels on disk, safe for any number of processes that compile into one folder at once.

Numba numbers the compiled forms of a function, in an index file. Two processes that compile two signatures at the same time
take the same number: afterwards the index leads from one signature to the machine code of the other, which gives wrong results
or crashes. It also leads to what an earlier source left, from when the index is written until the code is. Here every signature
has a file of its own, which says what it holds and is replaced as a whole. There is no index, nothing to lock, and nothing that
a killed process could leave half done.
"""

# mypy: disable-error-code="no-untyped-call,attr-defined"
from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

_ADDRESS = re.compile(r"0x[0-9a-f]+")


class _FilePerSignature(IndexDataCacheFile):
    """A file for each signature: the source and the signature that it was compiled from, and machine code."""

    def save(self, key: Any, data: Any) -> None:
        """Keep `data`; a full or read-only disk costs compiling again the next time."""
        with contextlib.suppress(OSError), self._open_for_write(self._place(key)) as file:
            pickle.dump(self._head(), file)
            file.write(self._dump((key, data)))

    def load(self, key: Any) -> Any:
        """What was kept for `key`; None if there is none, or only of another source or signature."""
        try:
            with open(self._place(key), "rb") as file:
                if pickle.load(file) != self._head():
                    return None
                found, data = pickle.load(file)
        except Exception:  # A damaged file raises anything; its kernel is compiled again.
            return None
        return data if found == key else None

    def flush(self) -> None:
        """Nothing: `save` replaces."""

    def _head(self) -> tuple[Any, ...]:
        return self._version, self._source_stamp

    def _place(self, key: Any) -> str:
        # Names need not be unique, as `load` looks at the key.
        name = hashlib.sha256(_ADDRESS.sub("", repr(key)).encode()).hexdigest()[:16]
        return os.path.join(self._cache_path, self._index_name.removesuffix("nbi") + f"{name}.nbc")


class _Cache(FunctionCache):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _FilePerSignature(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())


def cached(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` with `options`, whose results are kept on disk where there is a place for them."""

    def decorate(function: Callable[..., Any]) -> Any:
        compiled = njit(**options)(function)
        if isinstance(compiled, Dispatcher):  # Else compiling is switched off.
            with contextlib.suppress(RuntimeError):  # No folder can be written.
                compiled._cache = _Cache(function)
        return compiled

    return decorate
