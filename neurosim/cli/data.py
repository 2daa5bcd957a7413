"""The commands ``neurosim data``, which list, download and check data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from neurosim.cli.output import Json, output

data = typer.Typer(help="List, download and check data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a data set listed by 'neurosim data list'.")]
Root = Annotated[Path | None, typer.Option(help="Folder of data sets. Default: $NEUROSIM_DATA, then the cache.")]


@data.command(name="list")
def list_(json: Json = False) -> None:
    """List the data sets and show which of them are on this machine."""
    from neurosim.data import dataset_names

    with output(json) as say:
        found = {name: _where(name) for name in dataset_names()}
        table = Table("data set", "where")
        for name, place in found.items():
            table.add_row(name, place or _absent(name))
        say.show(table)
        say.result = {"datasets": [{"name": name, "where": place} for name, place in found.items()]}


def _where(name: str) -> str | None:
    """Folder of a data set, without checking its files; "built in" if it comes with neurosim."""
    from neurosim.data.jpegs import JPEG_SOURCES
    from neurosim.data.locate import find_parts, search_roots
    from neurosim.data.registry import SOURCES

    if name in JPEG_SOURCES:
        folder = JPEG_SOURCES[name].folder(None)
        return None if folder is None else str(folder)
    if name not in SOURCES:
        return "built in"
    paths = find_parts(SOURCES[name], search_roots(None))
    return None if paths is None else str(next(iter(paths.values())).parent)


def _absent(name: str) -> str:
    from neurosim.data.registry import SOURCES

    here = "not on this machine"
    return f"{here}; 'neurosim data fetch {name}' downloads it" if name in SOURCES else f"{here}, and without a download"


@data.command()
def fetch(name: Name, root: Root = None, json: Json = False) -> None:
    """Download a data set, unless it is already here with the right checksums."""
    from neurosim.data import fetch as run

    with output(json) as say:
        folder = run(name, root)
        say.show(f"{name}: all files are in {folder} and have the right checksums")
        say.result = {"name": name, "folder": folder}


@data.command()
def check(name: Name, root: Root = None, json: Json = False) -> None:
    """Load a data set and check all of its files against their checksums."""
    from neurosim.data import load_dataset

    with output(json) as say:
        dataset = load_dataset(name, root)
        numbers: dict[str, Any] = {
            "name": name,
            "train": len(dataset.train_images),
            "test": len(dataset.test_images),
            "image_shape": dataset.image_shape,
            "classes": dataset.n_classes,
        }
        shape = " x ".join(map(str, dataset.image_shape))
        say.show(
            f"{name}: {numbers['train']} training and {numbers['test']} test images of {shape} pixels in "
            f"{dataset.n_classes} classes; all checksums are right"
        )
        say.result = numbers | {"checksums": dataset.checksums}
