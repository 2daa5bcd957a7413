"""Check an unpacked wheel against the checkout it was built from: check_wheel.py SITE CHECKOUT.

Run from an empty folder with SITE on PYTHONPATH, so that nothing of the checkout can stand in
for a missing file.
"""

import sys
from pathlib import Path

from neurosim.content import catalogue as content


def modules(root: Path) -> set[str]:
    """Files of the library below `root`, content folders left out."""
    found = (path.relative_to(root) for path in (root / "neurosim").rglob("*.py"))
    inside = Path("neurosim", "_content")
    return {str(path) for path in found if path.parent == inside or inside not in path.parents}


def problems(site: Path, checkout: Path) -> list[str]:
    """What the wheel lacks, one sentence each."""
    if site not in Path(content.__file__).resolve().parents:
        return [f"neurosim was imported from {content.__file__}, expected a file below {site}"]
    found = [f"{name} is not in the wheel" for name in sorted(modules(checkout) - modules(site))]
    beside = ("neurosim/py.typed", "neurosim/citing/references.bib")
    found += [f"{name} is not in the wheel" for name in beside if not (site / name).is_file()]
    for kind in content.KINDS:
        wanted = content.KINDS[kind]
        files = (checkout / wanted.folder).glob(f"*{wanted.suffix}")
        expected = sorted(path.stem for path in files if not path.stem.startswith("_"))
        listed = content.list_content(kind)
        if listed != expected:
            found.append(f"{kind}: the wheel lists {listed}, the checkout holds {expected}")
        outside = [n for n in listed if site not in content.content_path(kind, n).resolve().parents]
        found += [f"{kind}/{name} was read from outside the wheel" for name in outside]
    return found


def main() -> None:
    """Print what was checked, or fail with every problem."""
    site, checkout = (Path(argument).resolve() for argument in sys.argv[1:3])
    found = problems(site, checkout)
    if found:
        sys.exit("wheel: " + "\nwheel: ".join(found))
    counts = ", ".join(f"{len(content.list_content(kind))} {kind}" for kind in content.KINDS)
    print(f"wheel: {len(modules(site))} modules, {counts}, py.typed")


if __name__ == "__main__":
    main()
