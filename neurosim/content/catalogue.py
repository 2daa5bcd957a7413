"""Catalogue of models, hardware targets and experiments, in the wheel or at the root of a checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from neurosim.errors import ContentError, unknown_name


@dataclass(frozen=True)
class ContentKind:
    """Kind of the files in one folder of content.

    Attributes
    ----------
    noun : str
        Name of one item, for messages.
    suffix : str
        Suffix of the files.
    folder : str
        Name of the folder.
    """

    noun: str
    suffix: str
    folder: str


KINDS: Mapping[str, ContentKind] = {
    "models": ContentKind("model", ".py", "models"),
    "trained": ContentKind("trained network", ".h5", "models"),
    "hardware_targets": ContentKind("hardware target", ".toml", "hardware_targets"),
    "experiments": ContentKind("study", ".py", "experiments"),
    "ports": ContentKind("port of an example of Brian2", ".py", "experiments/ports"),
}


def list_content(kind: str) -> list[str]:
    """Names of a kind that `content_path` accepts.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    """
    paths = _folder(kind).glob(f"*{KINDS[kind].suffix}")
    return sorted(path.stem for path in paths if not path.stem.startswith("_"))


def content_path(kind: str, name: str | os.PathLike[str], others: Iterable[str] = ()) -> Path:
    """File of a model, hardware target or experiment.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    name : str or path
        Name from `list_content`, or path of your own file. Text is a path if it contains a folder or the suffix of the kind.
    others : iterable of str
        Names of other packages, which the message about an unknown name lists, too.

    Raises
    ------
    ContentError
        If there is no such name or file.
    """
    if not isinstance(name, str | os.PathLike):
        raise ContentError(f"{KINDS[kind].noun}: found {name!r}; expected a name or a path.")
    folder, text = _folder(kind), os.fspath(name)
    if _is_path(text, KINDS[kind].suffix):
        return _own_file(kind, text)
    if text not in list_content(kind):
        message = unknown_name(KINDS[kind].noun, text, [*list_content(kind), *others])
        raise ContentError(f"{message} Your own is the path of a {KINDS[kind].suffix} file.")
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
    # In a checkout the content is at the root, where users read and change it; in a wheel it is inside the package.
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / folder
