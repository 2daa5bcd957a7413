"""Signatures that show that a file was written by this user on this machine, so that code in it may run without asking.

A signature is an HMAC with a random key in the user's state folder. It shows nothing else. A file without a valid signature can
still be read, but code that it contains or names runs only if the user allows it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

_BYTES = 32


def signature(purpose: str, content: bytes) -> str:
    """Signature of `content` as hexadecimal digits; "" if no key can be stored, for example with a read-only home folder.

    Parameters
    ----------
    purpose : str
        Kind of the content, so that a signature of one kind of file is not valid for another.
    content : bytes
        Content to sign.
    """
    key = _key()
    return "" if key is None else _digest(key, purpose, content)


def made_here(purpose: str, content: bytes, found: str) -> bool:
    """Whether `found` is the signature of this user on this machine for `content`."""
    key = _key()
    return key is not None and hmac.compare_digest(_digest(key, purpose, content).encode(), found.encode())


def _digest(key: bytes, purpose: str, content: bytes) -> str:
    return hmac.new(key, purpose.encode() + b"\0" + content, "sha256").hexdigest()


def _key() -> bytes | None:
    """Key of the user, which is created at first use; None if it can be neither read nor created."""
    path = Path(platformdirs.user_state_dir("neurosim", appauthor=False)) / "signing-key"
    try:
        return _stored(path) or _made(path)
    except OSError:
        return None


def _stored(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) != _BYTES:
        raise OSError(f"{path} is not a key")
    return key


def _made(path: Path) -> bytes | None:
    """Create and store a key; if two processes do this at the same time, both get the key that was stored first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink()
    return _stored(path)
