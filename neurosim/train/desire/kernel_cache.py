"""Compiled kernels on disk, safe for any number of processes that compile into one folder at once.

Numba numbers the compiled forms of a function, in an index file. Two processes that compile two signatures at the same time
take the same number: afterwards the index leads from one signature to the machine code of the other, which gives wrong results
or crashes. It also leads to what an earlier source left, from when the index is written until the code is. Here every signature
has a file of its own, which says what it holds and is replaced as a whole. There is no index, nothing to lock, and nothing that
a killed process could leave half done.

The files lie beside the package or, where that may not be written, in the user's cache folder; where that may not be written
either, in a folder for temporary files that only this user may read and write, since machine code is loaded from it.

What a kernel calls is compiled into it, and so are constants. Numba looks at the date of the kernel's own file only; here the
text of all of it counts, so that neither an edited callee nor another checkout leaves stale machine code.
"""

# mypy: disable-error-code="no-untyped-call,attr-defined"
from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import pickle
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

from numba import njit
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    _CacheLocator,
    _SourceFileBackedLocatorMixin,
)
from numba.core.dispatcher import Dispatcher

from neurosim.terminal.progress import working

_ADDRESS = re.compile(r"0x[0-9a-f]+")


def source_digest(function: Any) -> str:
    """SHA-256 of all text that is compiled into `function`: its own, that of the kernels that it calls, and constants."""
    found = sorted(set(_compiled_text(function, set())))
    return hashlib.sha256("\0".join(found).encode()).hexdigest()


def _compiled_text(function: Any, seen: set[Any]) -> Iterator[str]:
    if function in seen:
        return
    seen.add(function)
    yield inspect.getsource(function)
    for name, value in _used(function):
        if isinstance(value, Dispatcher):
            yield from _compiled_text(value.py_func, seen)
        elif isinstance(value, int | float | str | tuple):
            yield f"{name} = {value!r}"


def _used(function: Any) -> Iterator[tuple[str, Any]]:
    """Names that the code of `function` looks up in its module, or in another of neurosim's that it names."""
    names, scope = function.__code__.co_names, function.__globals__
    modules = [m for m in map(scope.get, names) if isinstance(m, ModuleType) and m.__name__.startswith("neurosim.")]
    for place in (scope, *map(vars, modules)):
        yield from ((name, place[name]) for name in names if name in place)


class _FilePerSignature(IndexDataCacheFile):
    """A file for each signature: the source and the signature that it was compiled from, and machine code."""

    def __init__(self, cache: FunctionCache, function: Any) -> None:
        super().__init__(cache._cache_path, cache._impl.filename_base, source_stamp=None)
        self._function = function

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
        return self._version, self._digest

    @cached_property
    def _digest(self) -> str:
        # When it is first called, all that it calls has been defined.
        return source_digest(self._function)

    def _place(self, key: Any) -> str:
        # Names need not be unique, as `load` looks at the key.
        name = hashlib.sha256(_ADDRESS.sub("", repr(key)).encode()).hexdigest()[:16]
        return os.path.join(self._cache_path, self._index_name.removesuffix("nbi") + f"{name}.nbc")


class _TemporaryLocator(_SourceFileBackedLocatorMixin, _CacheLocator):
    """The last resort: a folder for temporary files."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file, self._lineno = file, function.__code__.co_firstlineno
        self._folder = os.path.join(own_temporary_folder(), self.get_suitable_cache_subpath(file))

    def get_cache_path(self) -> str:
        """Where the files lie."""
        return self._folder


def own_temporary_folder() -> str:
    """A folder for temporary files that belongs to this user alone, the same one in every process."""
    folder = os.path.join(tempfile.gettempdir(), f"neurosim-kernels-{os.getuid()}")
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    found = os.lstat(folder)
    if not (stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077):
        raise PermissionError(f"{folder} does not belong to this user alone")
    return folder


class _Places(CompileResultCacheImpl):
    _locator_classes = [*CompileResultCacheImpl._locator_classes, _TemporaryLocator]


class _Cache(FunctionCache):
    _impl_class = _Places

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _FilePerSignature(self, function)


def _announced(compile_signature: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compiling takes up to two minutes: a line on the terminal tells what is going on, and that it is done once."""

    def announced(signature: Any) -> Any:
        if _compiling:
            return compile_signature(signature)
        _compiling.append(signature)
        try:
            with working("compiling the trainer, once"):
                return compile_signature(signature)
        finally:
            _compiling.pop()

    return announced


_compiling: list[Any] = []
"""The kernel that is being compiled; what it calls is compiled with it."""


def cached(**options: Any) -> Callable[[Any], Any]:
    """`numba.njit` with `options`, whose results are kept on disk where there is a place for them."""

    def decorate(function: Any) -> Any:
        compiled = njit(**options)(function)
        if isinstance(compiled, Dispatcher):  # Else compiling is switched off.
            with contextlib.suppress(RuntimeError, OSError):  # No folder can be written.
                compiled._cache = _Cache(function)
            compiled.compile = _announced(compiled.compile)  # type: ignore[method-assign,assignment]
        return compiled

    return decorate
