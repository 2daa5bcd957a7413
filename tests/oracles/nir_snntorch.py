"""Trains a network in snnTorch and exports it with snnTorch's own exporter; `make_nir_peers.py` runs this file."""

import nir
import snntorch
import torch
from nir_digits import HERE, HIDDEN, batches, digits, save
from snntorch import surrogate, utils
from snntorch.export_nir import export_to_nir

EPOCHS = 12


def network():
    """A layer with synaptic currents, and one without; both subtract the threshold one step later, the default.

    The exporter fails for single numbers, so there is one of each for every neuron.
    """
    own = {"spike_grad": surrogate.fast_sigmoid(), "init_hidden": True}
    hidden, last = torch.ones(HIDDEN), torch.ones(10)
    return torch.nn.Sequential(
        torch.nn.Linear(64, HIDDEN),
        snntorch.Synaptic(alpha=0.7 * hidden, beta=0.85 * hidden, threshold=hidden, **own),
        torch.nn.Linear(HIDDEN, 10),
        snntorch.Leaky(beta=0.9 * last, threshold=last, **own),
    )


def counts(net, raster):
    """Spikes of the last layer over all steps, (images, 10)."""
    utils.reset(net)
    return sum(net(row) for row in raster)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    data, net = digits(), network()
    raster, labels = (torch.as_tensor(part) for part in data["train"])
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(EPOCHS):
        for batch in batches(len(labels), epoch):
            loss = torch.nn.functional.cross_entropy(counts(net, raster[:, batch]) / 3, labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(epoch, loss.item())
    with torch.no_grad():
        found = counts(net, torch.as_tensor(data["test"][0])).numpy()
    utils.reset(net)
    nir.write(HERE / "nir_snntorch.nir", export_to_nir(net, torch.zeros(1, 64), ignore_dims=[0]))
    save("nir_snntorch", *data["test"], found, found.argmax(axis=1))


if __name__ == "__main__":
    main()
