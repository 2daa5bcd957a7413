"""A balanced network in snnTorch: its leaky neuron in a loop over steps."""

import snntorch
import torch
from common import main


def build(given):
    torch.set_num_threads(1)
    cells = snntorch.Leaky(beta=float(given["decay"]), threshold=20.0, reset_mechanism="zero", reset_delay=False)
    external, recurrent = (torch.tensor(given[k] * given["decay"], dtype=torch.float32) for k in ("external", "recurrent"))
    shown = torch.tensor(given["raster"], dtype=torch.float32)

    def run():
        spikes, voltage, found = torch.zeros(len(recurrent)), torch.zeros(len(recurrent)), []
        arriving = torch.zeros(len(recurrent))
        with torch.no_grad():
            for now in shown:
                spikes, voltage = cells(arriving, voltage)
                arriving = now @ external + spikes @ recurrent
                found.append(spikes)
        step, neuron = torch.stack(found).nonzero(as_tuple=True)
        return {"step": step.numpy(), "neuron": neuron.numpy()}

    return run


main(build, "snntorch", "torch")
