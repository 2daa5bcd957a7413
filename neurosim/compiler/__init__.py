"""A small compiler of kernels: typed functions in a subset of Python become machine code through LLVM.

It exists because compiling is most of the time that a first run takes. The language has numbers, pointers, loops and conditions
only; `neurosim.compiler.translate` describes it.
"""

from neurosim.compiler.machine import Kernels, compile_kernels
from neurosim.compiler.translate import KernelError

__all__ = ["KernelError", "Kernels", "compile_kernels"]
