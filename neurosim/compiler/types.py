"""Types of the kernel language: whole numbers, doubles, truth values, and pointers to numbers."""

from __future__ import annotations

import ctypes
from typing import Any

LLVM = {"bool": "i1", "u8": "i8", "i16": "i16", "i32": "i32", "i64": "i64", "f64": "double", "None": "void"}
"""Type -> its name in LLVM."""
RANK = {"bool": 0, "u8": 1, "i16": 2, "i32": 3, "i64": 4, "f64": 5}
"""Where two types meet, the one of higher rank is meant."""
BITS = {"bool": 1, "u8": 8, "i16": 16, "i32": 32, "i64": 64}
LITERAL = "literal"
"""The type of a whole number in the text: it takes that of what it meets."""
POINTERS = {f"P[{name}]" for name in ("u8", "i16", "i32", "i64", "f64")}
_CTYPES: dict[str, Any] = {"i64": ctypes.c_int64, "i32": ctypes.c_int32, "f64": ctypes.c_double}


def is_pointer(type_name: str) -> bool:
    """Whether it is a pointer."""
    return type_name in POINTERS


def pointed(type_name: str) -> str:
    """What a pointer leads to."""
    return type_name[2:-1]


def llvm_type(type_name: str) -> str:
    """The type in LLVM's words."""
    return "ptr" if is_pointer(type_name) else LLVM[type_name]


def c_type(type_name: str) -> Any:
    """The type for a call from Python."""
    return ctypes.c_void_p if is_pointer(type_name) else _CTYPES[type_name]
