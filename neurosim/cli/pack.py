"""The command ``neurosim pack``, which stores a trained network at about one byte per weight."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.output import Json, output
from neurosim.cli.values import Trust, check_outputs
from neurosim.errors import UsageError


def pack(
    training: Annotated[Path, typer.Argument(help="File training.h5 written by 'neurosim train'.")],
    out: Annotated[Path, typer.Option(help="The .h5 file to write.")],
    weight_bits: Annotated[int, typer.Option(help="Number of bits per stored weight.")] = 8,
    clip: Annotated[float | None, typer.Option(help="Limit the size of weights to this value before quantisation.")] = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Store a trained network in the number format of a chip, as a small file, and test it in integers."""
    with output(json) as say:
        if out.suffix != ".h5":
            raise UsageError(f"--out {out}: expected a name that ends in .h5.")
        check_outputs(out)
        from neurosim.train.desire.pack import pack as run
        from neurosim.train.desire.training import Training

        trained = Training.load(training, trust=trust)
        with say.working(f"testing {trained.network.name} in integers"):
            packed = run(trained, trained.dataset(), weight_bits=weight_bits, clip=clip)
        packed.save(out)
        before, after = trained.history[-1].test_accuracy, packed.settings["packed"]["test_accuracy"]
        size = out.stat().st_size
        say.show(f"{out}: {size / 1e6:.2f} MB; strict test accuracy {before:.2%} in float, {after:.2%} in the chip's integers")
        say.result = {"file": out, "bytes": size, "test_accuracy": before, **packed.settings["packed"]}
