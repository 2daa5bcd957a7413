"""Devices of other packages, tested with a stand-in: Brian2's C++ device under another name, which says when it is used."""

from __future__ import annotations

from typing import ClassVar

import brian2
import pytest
from brian2.devices import all_devices
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from neurosim import (
    LIF,
    AllToAll,
    ImageInput,
    Network,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RateCoding,
    Uniform,
    compare,
    simulate,
)
from neurosim.backends.brian2.devices import simulate_on_device
from neurosim.errors import UnsupportedError, UsageError
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms, mV


class StandIn(CPPStandaloneDevice):
    """A device as other packages register it."""

    runs: ClassVar[list] = []

    def network_run(self, net, *arguments, **options):
        self.runs.append(sorted(o.name for o in net.objects))
        super().network_run(net, *arguments, **options)


@pytest.fixture
def device(monkeypatch):
    made = StandIn()
    made.runs.clear()
    monkeypatch.setitem(all_devices, "stand_in", made)
    return made


def network():
    rule = pair_stdp(0.1 * mV, 0.1 * mV, bounds=(0 * mV, 2 * mV))
    parts = [Population("noise", 20, PoissonInput(50 * Hz)), Population("cells", 5, LIF(tau_m=20 * ms, v_th=10 * mV))]
    links = [Projection("noise", "cells", AllToAll(Uniform(0 * mV, 2 * mV)), plasticity=rule)]
    return Network("device", parts, links, probes=[Probe("cells", "v")])


@pytest.mark.slow
def test_a_device_of_another_package_builds_and_runs_the_same_objects(device, tmp_path):
    found = simulate_on_device(network(), 100 * ms, "stand_in", integration="step", build_dir=tmp_path)
    wanted = simulate(network(), 100 * ms, integration="step", progress=False)
    assert compare(wanted, found).identical and wanted.counts("cells").sum() > 5
    assert abs(found.final_weights()["noise_cells"] - wanted.final_weights()["noise_cells"]).max() < 1e-15
    (objects,) = device.runs
    assert any("noise_cells" in name for name in objects) and (tmp_path / "main.cpp").exists()
    assert found.info["target"] == "stand_in" and type(brian2.get_device()).__name__ == "RuntimeDevice"


def test_what_a_device_cannot_do_is_refused(device):
    with pytest.raises(UsageError, match="[Uu]nknown device 'cuda_standalone'.*Import the package"):
        simulate_on_device(network(), 1 * ms, "cuda_standalone")
    shown = Network("shown", [Population("image", 4, ImageInput(RateCoding(5)))])
    with pytest.raises(UnsupportedError, match="one sample per call, found 2"):
        simulate_on_device(shown, 5 * ms, "stand_in", images=[[0.5] * 4] * 2)
