"""How far neurosim is from what snnTorch and Norse answered, in float and in the integers of Loihi 2.

    python -m tests.oracles.nir_drift                 # writes nir_peers.json
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from neurosim import deploy
from neurosim.backends.emulator import emulate
from neurosim.nir import from_nir
from neurosim.program.lower import lower

HERE = Path(__file__).parent
READS = {"snntorch": "spikes", "norse": "voltage"}
"""What the last layer of each network answers with: its number of spikes, or its highest voltage."""
CHOICES = {"snntorch": {"producer": "snntorch"}, "norse": {"producer": "norse"}}


def stored(peer):
    """Spikes (images, steps, pixels), labels, and what the program answered."""
    with np.load(HERE / f"nir_{peer}.npz") as file:
        shape = tuple(file["shape"])
        raster = np.unpackbits(file["bits"], count=int(np.prod(shape))).reshape(shape)
        return raster.transpose(1, 0, 2), file["labels"], file["result"], file["predictions"]


def answers(program, peer, layer, raster):
    """What the last layer of a program answers, (images, 10), and the number of spikes in the network."""
    # Three steps more, one for each connection on the way; an image is over when the last layer has seen it.
    waiting = np.zeros((raster.shape[0], 3, raster.shape[2]), np.uint8)
    shown = np.concatenate([raster, waiting], axis=1)
    steps, depth = raster.shape[1], 2
    run = emulate(program, steps + depth, inputs={"input": shown[:, : steps + depth]}, probes=[(layer, "v")])
    fired = sum(int(run.raster(p.name).sum()) for p in program.populations if not p.neuron.is_source)
    if READS[peer] == "spikes":
        return run.raster(layer)[:, depth:].sum(axis=1), fired
    return run.states[layer, "v"][:, depth:].max(axis=1), fired


def drift(peer):
    """Agreement and accuracy in float and on the chip."""
    raster, labels, result, predictions = stored(peer)
    imported = from_nir(HERE / f"nir_{peer}.nir", **CHOICES[peer])
    (layer,) = imported.outputs
    floats, fired = answers(lower(imported.network), peer, layer, raster)
    chip = deploy(imported.network)
    fixed, fixed_fired = answers(chip.program, peer, layer, raster)
    scale = 1.0 if READS[peer] == "spikes" else float(np.median(fixed[floats > 0] / floats[floats > 0]))
    return {
        "images": len(labels),
        "same prediction in float": float(np.mean(floats.argmax(axis=1) == predictions)),
        "largest difference of the result in float": float(np.abs(floats - result).max()),
        "accuracy there": float(np.mean(predictions == labels)),
        "accuracy in float": float(np.mean(floats.argmax(axis=1) == labels)),
        "accuracy on loihi2": float(np.mean(fixed.argmax(axis=1) == labels)),
        "same prediction on loihi2": float(np.mean(fixed.argmax(axis=1) == predictions)),
        "spikes in float": fired,
        "spikes on loihi2": fixed_fired,
        "mean difference of the result on loihi2": float(np.abs(fixed / scale - floats).mean()),
        "mean size of the result": float(np.abs(floats).mean()),
        "rounded, clipped or saturated on loihi2": len([x for x in chip.report.losses if x.kind != "note"]),
    }


if __name__ == "__main__":
    found = {peer: drift(peer) for peer in READS}
    (HERE / "nir_peers.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
