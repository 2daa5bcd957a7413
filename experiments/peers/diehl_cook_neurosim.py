"""Digits learned without labels in neurosim: its model `diehl_cook`, for as long per image as BindsNET's `eth_mnist`."""

from common import main

from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.train.unsupervised.showing import Showing, Viewer
from neurosim.train.unsupervised.training import learn_images, name_neurons, read_out


def build(given):
    network = load_model("diehl_cook", n=100, seed=int(given["seed"]))
    viewer = Viewer(network, lower(network), "image_layer", Showing(seconds=0.25), total=78.4e-3, seed=int(given["seed"]))
    train, test = (given[f"{part}_images"].reshape(-1, 784) / 255.0 for part in ("train", "test"))
    labels = given["train_labels"][: len(train)]

    def run():
        learn_images(viewer, train, labels, progress=False)
        still, named = viewer.frozen(int(given["seed"])), int(given["named"])
        names = name_neurons(still.responses(train[:named], 2_000_000), labels[:named], 10)
        return {"answers": read_out(still.responses(test, 1_000_000), names, 10)}

    return run


main(build, "neurosim")
