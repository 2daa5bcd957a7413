"""Models, hardware targets and experiments by name: from the wheel, or from the root of a checkout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from neurosim.errors import ContentError, unknown_name


@dataclass(frozen=True)
class ContentKind:
    """What one folder of content holds.

    Attributes
    ----------
    noun : str
        One of its items, in messages.
    suffix : str
        Of its files.
    folder : str
        Where they lie.
    """

    noun: str
    suffix: str
    folder: str


KINDS: Mapping[str, ContentKind] = {
    "models": ContentKind("model", ".py", "models"),
    "trained": ContentKind("trained network", ".h5", "models"),
    "hardware_targets": ContentKind("hardware target", ".toml", "hardware_targets"),
    "experiments": ContentKind("experiment", ".py", "experiments"),
}


def list_content(kind: str) -> list[str]:
    """Names that `content_path` knows.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    """
    paths = _folder(kind).glob(f"*{KINDS[kind].suffix}")
    return sorted(path.stem for path in paths if not path.stem.startswith("_"))


def content_path(kind: str, name: str | os.PathLike[str]) -> Path:
    """File of a model, hardware target or experiment.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    name : str or path
        A name from `list_content`, or the path of a file of your own: text with a folder or the kind's suffix
        in it.

    Raises
    ------
    ContentError
        If there is no such name or file.
    """
    if not isinstance(name, str | os.PathLike):
        raise ContentError(f"A {KINDS[kind].noun} is called by its name or path, found {name!r}.")
    folder, text = _folder(kind), os.fspath(name)
    if _is_path(text, KINDS[kind].suffix):
        return _own_file(kind, text)
    if text not in list_content(kind):
        raise ContentError(unknown_name(KINDS[kind].noun, text, list_content(kind)))
    return folder / f"{text}{KINDS[kind].suffix}"


def _is_path(text: str, suffix: str) -> bool:
    return text.endswith(suffix) or Path(text).name != text


def _own_file(kind: str, text: str) -> Path:
    path, wanted = Path(text).expanduser(), KINDS[kind]
    if path.suffix != wanted.suffix or not path.is_file():
        raise ContentError(
            f"No {wanted.noun} at {text}: expected the path of a {wanted.suffix} file, "
            f"or one of the names {', '.join(list_content(kind)) or '(none)'}."
        )
    return path


def _folder(kind: str) -> Path:
    if kind not in KINDS:
        raise ContentError(unknown_name("kind of content", kind, KINDS))
    folder = KINDS[kind].folder
    packed = Path(str(files("neurosim._content"))) / folder
    # A checkout keeps its content at the root, where users read and change it; only a wheel has it inside.
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / folder
