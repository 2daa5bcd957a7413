"""Two layers of LIF neurons that classify images, in snnTorch: all images at once."""

import snntorch
import torch
from common import main


def build(given):
    torch.set_num_threads(1)
    decay = float(given["decay"])
    weights = [torch.tensor(given[name] * decay, dtype=torch.float32) for name in ("hidden", "output")]
    layers = [snntorch.Leaky(beta=decay, threshold=1.0, reset_mechanism="zero", reset_delay=False) for _ in weights]
    shown = torch.tensor(given["raster"], dtype=torch.float32)

    def run():
        images = len(shown)
        voltages = [torch.zeros(images, w.shape[1]) for w in weights]
        sent = [torch.zeros(images, w.shape[0]) for w in weights]
        counts = torch.zeros(images, weights[-1].shape[1])
        with torch.no_grad():
            for step in range(shown.shape[1]):
                # As in the other simulators, a spike arrives one step after it was sent.
                made = [layer(spikes @ w, v) for layer, spikes, w, v in zip(layers, sent, weights, voltages, strict=True)]
                voltages = [v for _, v in made]
                sent = [shown[:, step], made[0][0]]
                counts += made[-1][0]
        return {"counts": counts.numpy()}

    return run


main(build, "snntorch", "torch")
