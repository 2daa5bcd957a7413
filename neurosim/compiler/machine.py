"""Machine code of kernels: made by LLVM for this processor, kept on disk, and called through ctypes."""

from __future__ import annotations

import ctypes
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from neurosim.compiler.place import kernel_folder
from neurosim.compiler.translate import translated
from neurosim.compiler.types import c_type
from neurosim.files.atomic import atomic_write

_DIGEST = 32
"""Bytes of the checksum before the machine code in a file."""


@dataclass(frozen=True)
class Kernels:
    """Compiled functions.

    Attributes
    ----------
    source : str
        The text that they were compiled from.
    llvm_text : str
        The same in LLVM's words, before it is optimised.
    """

    source: str
    llvm_text: str
    _engine: Any = field(repr=False)
    _arguments: Mapping[str, Any] = field(repr=False)

    def address(self, name: str) -> int:
        """Where a function begins, for a call from another kernel."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str) -> Callable[..., None]:
        """A function to be called from Python, with whole numbers, floats, and addresses for pointers; it holds no lock."""
        arguments, _ = self._arguments[name]
        return ctypes.CFUNCTYPE(None, *(c_type(kind) for _, kind in arguments))(self.address(name))


def compile_kernels(source: str, doors: Sequence[str], constants: Mapping[str, int | float] | None = None) -> Kernels:
    """Compile functions in the language of `neurosim.compiler.translate`; a text that was compiled before is read from disk.

    Parameters
    ----------
    doors : sequence of str
        The functions that are called from outside.
    constants : mapping
        Name -> number that it stands for in the text.

    Raises
    ------
    KernelError
        If the text is not in the language.
    """
    return _compiled(source, tuple(doors), tuple((constants or {}).items()))


@functools.cache
def _compiled(source: str, doors: tuple[str, ...], constants: tuple[tuple[str, int | float], ...]) -> Kernels:
    text, arguments = translated(source, dict(constants), doors)
    # An engine takes its machine with it when it goes, so each has its own.
    machine = _machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(_object(text, machine)))
    engine.finalize_object()
    return Kernels(source, text, engine, arguments)


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target, features = llvm.Target.from_default_triple(), llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


def _object(text: str, machine: Any) -> bytes:
    """The object file of `text`: from disk if a whole one is there, else made and kept."""
    made_for = (text, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), machine.triple, llvmlite.__version__)
    path = kernel_folder() / f"{hashlib.sha256(repr(made_for).encode()).hexdigest()[:32]}.o"
    with suppress(OSError):
        found = path.read_bytes()
        if hashlib.sha256(found[_DIGEST:]).digest() == found[:_DIGEST]:
            return found[_DIGEST:]
    made: bytes = _optimised(text, machine)
    _keep(path, made)
    return made


def _keep(path: Path, made: bytes) -> None:
    """A full or read-only disk costs compiling again the next time."""
    with suppress(Exception), atomic_write(path) as partial:
        partial.write_bytes(hashlib.sha256(made).digest() + made)


def _optimised(text: str, machine: Any) -> Any:
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_interleaving = options.loop_unrolling = True
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return machine.emit_object(module)


def address_of(array: Any) -> int:
    """Where the numbers of a NumPy array begin."""
    return int(array.ctypes.data)


__all__ = ["Kernels", "address_of", "compile_kernels"]
