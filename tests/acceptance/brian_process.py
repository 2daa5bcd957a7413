"""A C++ program of Brian2 that runs for hours."""

from neurosim import LIF, Network, Population, simulate
from neurosim.units import ms, second

if __name__ == "__main__":
    network = Network("endless", [Population("cells", 10, LIF(tau_m=20 * ms, v_th=1.0))], dt=0.01 * ms)
    simulate(network, 3600 * second, target="cpp_standalone")
