"""Digits learned without labels in BindsNET: `DiehlAndCook2015`, with settings and read-out of its `eth_mnist`."""

import numpy as np
import torch
from bindsnet.encoding import PoissonEncoder
from bindsnet.evaluation import all_activity, assign_labels
from bindsnet.models import DiehlAndCook2015
from bindsnet.network.monitors import Monitor
from common import main

TIME, INTENSITY = 250, 128.0


def build(given):
    torch.set_num_threads(1)
    torch.manual_seed(int(given["seed"]))
    network = DiehlAndCook2015(
        n_inpt=784, n_neurons=100, exc=22.5, inh=120.0, dt=1.0, norm=78.4, theta_plus=0.05, inpt_shape=(1, 28, 28)
    )
    spikes = Monitor(network.layers["Ae"], ["s"], time=TIME)
    network.add_monitor(spikes, name="spikes")
    encoder = PoissonEncoder(time=TIME, dt=1.0)

    def shown(images):
        """Spike counts of the layer for each image."""
        counts = []
        for image in images:
            spoken = encoder(torch.tensor(image, dtype=torch.float32).view(1, 28, 28) / 255 * INTENSITY)
            network.run(inputs={"X": spoken}, time=TIME)
            counts.append(spikes.get("s").view(TIME, 100).sum(0))
            network.reset_state_variables()
        return torch.stack(counts).unsqueeze(1)

    def run():
        with torch.no_grad():
            shown(given["train_images"])
            network.train(False)
            labels = torch.tensor(given["train_labels"][: len(given["train_images"])])
            names = min(len(labels), int(given["named"]))
            assigned, _, _ = assign_labels(shown(given["train_images"][:names]), labels[:names], 10)
            answers = all_activity(shown(given["test_images"]), assigned, 10)
        return {"answers": np.asarray(answers)}

    return run


main(build, "bindsnet", "torch")
