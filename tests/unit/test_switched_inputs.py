"""Rate maps and images that are switched during a run, the same in every execution that goes on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurosim import (
    LIF,
    ImageInput,
    Network,
    PoissonCounts,
    PoissonInput,
    Population,
    Projection,
    RateCoding,
    Timed,
    deploy,
    resume,
    start,
)
from neurosim.errors import NetworkError
from neurosim.units import Hz, kHz, ms, mV

MAP = np.linspace(0, 300, 12) * Hz
BEGIN = {
    "emulator": start,
    "fixed": lambda n: deploy(n).start("fixed"),
    "Brian2": lambda n: start(n, on="brian2"),
    "step": lambda n: start(n, on="brian2", integration="step"),
}


def network(source, graded=False):
    parts = [Population("map", 12, source), Population("cells", 3, LIF(tau_m=20 * ms, v_th=5 * mV))]
    return Network("switched", parts, [Projection("map", "cells", np.full((12, 3), 0.6) * mV, graded=graded)])


def switched(on):
    """A run with a map of rates, its mirror, one rate for all, and rates that change in time."""
    run = BEGIN[on](network(PoissonInput(MAP)))
    run.advance(100 * ms)
    for rates in (MAP[::-1], 0 * Hz, Timed([0, 100] * Hz, every=50 * ms)):
        run.inputs["map"] = PoissonInput(rates)
        run.advance(100 * ms)
    return run


@pytest.mark.parametrize("on", BEGIN)
def test_maps_of_rates_are_switched(on):
    run = switched(on)
    spikes = run.recording.spikes["map"]
    parts = [np.bincount(spikes.neuron[spikes.step // 100 == k], minlength=12) for k in range(4)]
    assert parts[0][0] == parts[1][-1] == 0 and not parts[2].any()
    assert np.corrcoef(parts[0], np.arange(12))[0, 1] > 0.8 > -0.8 > np.corrcoef(parts[1], np.arange(12))[0, 1]
    assert not np.any((spikes.step >= 300) & (spikes.step < 350)) and np.any(spikes.step >= 350)
    own = switched("emulator").recording.spikes["map"]
    assert_array_equal(spikes.step, own.step)
    assert_array_equal(spikes.neuron, own.neuron)
    assert len(run.recording.spikes["cells"]) > 10


@pytest.mark.parametrize("on", BEGIN)
def test_counts_replace_spikes_of_each_source(on, tmp_path):
    described = network(PoissonCounts(0 * Hz), graded=True)
    run = BEGIN[on](described)
    assert len(run.advance(20 * ms).spikes["cells"]) == 0
    run.inputs["map"] = PoissonCounts(MAP * 8)
    assert run.advance(50 * ms).raster("map").max() > 1
    run.save(tmp_path / "run.h5")
    other = resume(tmp_path / "run.h5", deploy(described) if on == "fixed" else described)
    one, two = (each.advance(50 * ms) for each in (run, other))
    for name in ("map", "cells"):
        assert_array_equal(one.raster(name), two.raster(name))
    assert one.raster("cells").any()


@pytest.mark.parametrize("on", BEGIN)
def test_images_are_shown_one_after_the_other(on):
    run = BEGIN[on](network(ImageInput(RateCoding(20))))
    for image in (np.eye(12)[3], np.eye(12)[7]):
        run.show(image)
        assert set(run.advance(20 * ms).spikes["map"].neuron) == {int(image.argmax())}
    assert len(run.advance(20 * ms).spikes["map"]) == 0


@pytest.mark.parametrize(
    ("rates", "text"), [(MAP[:5], "12"), (-1 * MAP, "zero or more"), (2 * kHz, "more than one spike per step")]
)
def test_maps_that_do_not_fit_are_refused(rates, text):
    run = start(network(PoissonInput(MAP)))
    with pytest.raises(NetworkError, match=text):
        run.inputs["map"] = PoissonInput(rates)
