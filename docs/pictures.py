"""Makes the pictures and tables that take a computer to work out, and reports which of them are stale.

``make pictures`` makes those again whose code has changed since, according to the digests in ``pictures.json``. Building the
pages only compares the digests.
"""

from __future__ import annotations

import inspect
import json
import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.unchanged import Project  # noqa: E402

KEPT = HERE / "pictures.json"
COMMAND = "make pictures"


@dataclass(frozen=True)
class Made:
    """Committed files of the docs that one piece of code makes.

    Attributes
    ----------
    code : Path
        File that the code starts in.
    make : function
        Writes the files.
    files : tuple of Path
        Files that it writes.
    also : tuple of Path
        Further files with code.
    """

    code: Path
    make: Callable[[], None]
    files: tuple[Path, ...]
    also: tuple[Path, ...] = ()


def everything() -> Mapping[str, Made]:
    """All that is made, by name."""
    gallery = {f"gallery/{path.stem}": _gallery(path) for path in sorted((HERE / "gallery").glob("*.py"))}
    ports = {f"ports/{path.stem}": _port(path) for path in sorted((HERE.parent / "experiments" / "ports").glob("[a-z]*.py"))}
    return {**gallery, **ports, "rules": _rules(), "support": _support()}


def stale(project: Project) -> dict[str, str]:
    """Names of what is missing or was made by other code, each with the digest of the present code."""
    kept = _kept()
    now = {name: (made, project.digest(made.code, *made.also)) for name, made in everything().items()}
    return {
        name: digest
        for name, (made, digest) in now.items()
        if kept.get(name) != digest or not all(file.exists() for file in made.files)
    }


def _kept() -> dict[str, str]:
    """Digests of the code that made the committed files, by name."""
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}


def _call(path: Path, function: str) -> Any:
    return runpy.run_path(str(path))[function]()


def _gallery(path: Path) -> Made:
    picture = path.with_suffix(".png")
    return Made(path, lambda: _call(path, "figure").savefig(picture, dpi=130), (picture,))


def _port(path: Path) -> Made:
    picture, code = HERE / "ports" / f"{path.stem}.png", HERE / "ports.py"

    def make() -> None:
        picture.parent.mkdir(exist_ok=True)
        runpy.run_path(str(code))["draw"](path.stem).savefig(picture, dpi=100)

    return Made(path, make, (picture,), (code,))


def _rules() -> Made:
    from neurosim.cards.pictures import draw_rule
    from neurosim.plasticity import RULES

    files = {name: HERE / "rules" / f"{name}.png" for name in RULES}

    def make() -> None:
        (HERE / "rules").mkdir(exist_ok=True)
        for name, file in files.items():
            draw_rule(name).savefig(file, dpi=110)

    return Made(Path(inspect.getfile(draw_rule)), make, tuple(files.values()))


def _support() -> Made:
    code, page = HERE / "support.py", HERE / "support.md"

    def make() -> None:
        page.write_text(_call(code, "support"))

    return Made(code, make, (page,))


def main() -> None:
    """Make what is stale."""
    made = everything()
    for name, digest in stale(Project()).items():
        print(f"{name} ...", flush=True)
        made[name].make()
        kept = {other: was for other, was in _kept().items() if other in made}
        KEPT.write_text(json.dumps({**kept, name: digest}, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
