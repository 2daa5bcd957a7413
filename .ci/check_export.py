"""Export a static and a learning network, and run both in an environment that has lava-nc only: check_export.py FOLDER.

Run by the Python of a lane, in which neurosim is installed from the wheel. The scripts compare spikes and final weights with
those of the emulator, which are part of the exports.
"""

import sys
from pathlib import Path

import numpy as np

from neurosim import LIF, AllToAll, ImageInput, Network, Normal, PoissonCoding, PoissonInput, Population, Projection, deploy
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "conformance"))
from lava_only import lava_only, run_alone  # noqa: E402

CELL = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)


def static() -> Network:
    """Images with random spikes, a background, and a delay."""
    inputs = [Population("pixels", 16, ImageInput(PoissonCoding(20, 0.5))), Population("noise", 8, PoissonInput(100 * Hz))]
    joined = [
        Projection("pixels", "hidden", AllToAll(Normal(0.5, 0.3))),
        Projection("noise", "hidden", AllToAll(0.3)),
        Projection("hidden", "output", AllToAll(Normal(0.5, 0.5)), delay=2 * ms),
    ]
    return Network("static", [*inputs, Population("hidden", 12, CELL), Population("output", 3, CELL)], joined, seed=7)


def learning() -> Network:
    """Synapses that learn from pairs of spikes."""
    rule = pair_stdp(0.02, 0.021, bounds=(0, 0.5))
    parts = [Population("input", 20, PoissonInput(60 * Hz)), Population("output", 5, LIF(tau_m=20 * ms, v_th=1.0))]
    return Network("learning", parts, [Projection("input", "output", np.full((20, 5), 0.2), plasticity=rule)])


def main() -> None:
    """Print what is equal, or fail with what the script says."""
    folder = Path(sys.argv[1]).resolve()
    python = lava_only(folder / "lava only")
    shown = {"images": np.random.default_rng(1).random((3, 16)), "truth": [0, 1, 2]}
    for network, duration, given in ((static(), 30 * ms, shown), (learning(), 150 * ms, {})):
        graph = deploy(network).write_lava(folder / network.name, duration, **given)
        ended = run_alone(python, graph, cwd=folder)
        if ended.returncode or not ended.stdout.endswith("equal to the emulator\n"):
            sys.exit(f"{network.name}, without neurosim:\n{ended.stdout}{ended.stderr}")
        print(f"the exported {network.name} network, with lava-nc only, equals the emulator: {ended.stdout.splitlines()[0]}")
    absent = run_alone(python, "-c", "import neurosim", cwd=folder)
    if "No module named 'neurosim'" not in absent.stderr:
        sys.exit("the environment with lava-nc only has neurosim, too")


if __name__ == "__main__":
    main()
