"""Whether a file was written here, by this user on this machine: then the code that it names or holds may run unasked.

The signature is an HMAC under a random key that lies in the user's state folder. It answers one question only. A file without a
valid signature may be read; running what it names needs the user's word.
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
    """The signature of `content` as hexadecimal digits; "" where no key can be kept, such as with a read-only home.

    Parameters
    ----------
    purpose : str
        What the content is, so that a signature of one kind of file says nothing about another.
    """
    key = _key()
    return "" if key is None else _digest(key, purpose, content)


def made_here(purpose: str, content: bytes, found: str) -> bool:
    """Whether `found` is the signature that this user and machine give to `content`."""
    key = _key()
    return key is not None and hmac.compare_digest(_digest(key, purpose, content).encode(), found.encode())


def _digest(key: bytes, purpose: str, content: bytes) -> str:
    return hmac.new(key, purpose.encode() + b"\0" + content, "sha256").hexdigest()


def _key() -> bytes | None:
    """The user's key, made at first use; None where it can be neither read nor made."""
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
        raise OSError(f"{path} is no key")
    return key


def _made(path: Path) -> bytes | None:
    """A new key; or the other one, where two processes make theirs at the same time."""
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
