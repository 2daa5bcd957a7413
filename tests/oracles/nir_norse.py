"""Trains a network in Norse and exports it with Norse's own exporter; `make_nir_peers.py` runs this file."""

import nir
import norse.torch as norse
import torch
from nir_digits import HERE, HIDDEN, batches, digits, save

EPOCHS = 12


def network():
    """A layer of LIF neurons with synaptic currents, and a leaky integrator that reads them out."""
    cells = norse.LIFParameters(v_th=torch.as_tensor(0.5))
    return norse.SequentialState(
        torch.nn.Linear(64, HIDDEN), norse.LIFCell(cells), torch.nn.Linear(HIDDEN, 10), norse.LIBoxCell()
    )


def voltages(net, raster):
    """Voltage of the readout in each step, (steps, images, 10)."""
    state, out = None, []
    for row in raster:
        v, state = net(row, state)
        out.append(v)
    return torch.stack(out)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    data, net = digits(), network()
    raster, labels = (torch.as_tensor(part) for part in data["train"])
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(EPOCHS):
        for batch in batches(len(labels), epoch):
            loss = torch.nn.functional.cross_entropy(voltages(net, raster[:, batch]).amax(dim=0), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(epoch, loss.item())
    with torch.no_grad():
        found = voltages(net, torch.as_tensor(data["test"][0])).amax(dim=0).numpy()
    # Its exporter writes dt / (1 / tau), so that only dt = 1 gives time constants in seconds.
    graph = norse.to_nir(net, torch.zeros(1, 64), dt=1.0)
    # Single numbers cannot be packed.
    nir.write(HERE / "nir_norse.nir", graph, compression=None)
    save("nir_norse", *data["test"], found, found.argmax(axis=1))


if __name__ == "__main__":
    main()
