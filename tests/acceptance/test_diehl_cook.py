"""The Diehl-Cook layer: Brian2 learns what the emulator learns, and a training that was stopped goes on bit for bit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from neurosim import Network, Population, SpikeRaster, emulate_network, start
from neurosim.backends.brian2 import simulate
from neurosim.backends.deployment import deploy
from neurosim.backends.emulator import Session
from neurosim.errors import DataError, NetworkError, UnsupportedError
from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.train.unsupervised.showing import Showing, Viewer
from neurosim.train.unsupervised.training import learn_images, name_neurons, read_out
from neurosim.units import ms

PIXELS, NEURONS, STEPS = 49, 12, 350
PROGRAMS = {"float": lower, "fixed": lambda network: deploy(network, "loihi2").program}


def pictures(n):
    """Blobs in two places, with their labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    images = np.zeros((n, PIXELS), np.float32)
    images[labels == 0, :20] = rng.uniform(0.5, 1, ((labels == 0).sum(), 20))
    images[labels == 1, 25:45] = rng.uniform(0.5, 1, ((labels == 1).sum(), 20))
    return images, labels


def small(seed=0):
    return load_model("diehl_cook", n=NEURONS, pixels=PIXELS, theta_jump=0.5, inhibition=60.0, seed=seed)


def viewer(arithmetic, seed=0):
    network = small(seed)
    return Viewer(network, PROGRAMS[arithmetic](network), "image_layer", Showing(rate=200.0), total=15e-3, seed=seed)


def test_brian2_and_emulator_learn_the_same_weights():
    network = small()
    images, _ = pictures(1)
    spikes = Showing(rate=200.0).raster(images[0], 0, 1e-3, np.random.default_rng(1))
    fed = Network(
        network.name,
        [Population("image", PIXELS, SpikeRaster(spikes)), network.population("layer")],
        network.projections,
        dt=1 * ms,
    )
    found = simulate(fed, STEPS * ms, integration="step", target="numpy", progress=False)
    session = Session(lower(network))
    before = session.weights("image_layer")
    recording = session.run(STEPS, inputs={"image": spikes})
    gain = before.sum() / network.weights(network.projection("image_layer")).sum()
    after = session.weights("image_layer") / gain
    assert recording.counts("layer").sum() > 10
    assert_array_equal(found.counts("layer"), recording.counts("layer"))
    assert_allclose(found.weights["image_layer"].values[-1], after, rtol=1e-9, atol=1e-15)
    assert np.abs(after - before / gain).max() > 1e-5


@pytest.mark.parametrize("arithmetic", PROGRAMS)
def test_a_stopped_training_goes_on_bit_for_bit(arithmetic, tmp_path):
    images, labels = pictures(12)
    whole, parts = viewer(arithmetic), viewer(arithmetic)
    curve = learn_images(whole, images, labels, window=4, progress=False)

    class Stop(Exception):
        pass

    shown = []
    learn = parts.learn

    def interrupted(image, number):
        if len(shown) == 6:
            raise Stop
        shown.append(number)
        return learn(image, number)

    parts.learn = interrupted
    with pytest.raises(Stop):
        learn_images(parts, images, labels, window=4, folder=tmp_path, progress=False)
    again = viewer(arithmetic)
    resumed = learn_images(again, images, labels, window=4, folder=tmp_path, progress=False)
    for name, value in whole.memory().items():
        assert_array_equal(again.memory()[name], value)
    assert [w.images for w in resumed] == [4, 8, 12]
    assert_array_equal([w.accuracy for w in resumed], [w.accuracy for w in curve])


def test_checkpoint_of_another_run_is_refused(tmp_path):
    images, labels = pictures(4)
    learn_images(viewer("float"), images, labels, window=2, folder=tmp_path, settings={"eta": 1}, progress=False)
    with pytest.raises(DataError, match="belongs to another run"):
        learn_images(viewer("float"), images, labels, window=2, folder=tmp_path, settings={"eta": 2}, progress=False)


@pytest.mark.parametrize("arithmetic", PROGRAMS)
def test_two_kinds_of_pictures_are_told_apart(arithmetic):
    images, labels = pictures(40)
    trained = viewer(arithmetic)
    learn_images(trained, images, labels, window=20, progress=False)
    assert_allclose(trained.frozen(1).weights().sum(axis=0), 15e-3, rtol=0.05)
    still = trained.frozen(1)
    weights, theta = still.weights(), still.session.state("layer", "theta")
    counts = still.responses(images)
    assert_array_equal(still.weights(), weights)
    assert_array_equal(still.session.state("layer", "theta"), theta)
    assert np.mean(read_out(counts, name_neurons(counts, labels, 2), 2) == labels) > 0.9


@pytest.mark.parametrize("arithmetic", PROGRAMS)
def test_the_host_lets_thresholds_decay(arithmetic):
    network, (images, _) = small(), pictures(1)
    kept = [
        Viewer(network, PROGRAMS[arithmetic](network), "image_layer", Showing(rate=200.0), theta_tau=tau)
        for tau in (None, 0.35)
    ]
    counts = [viewer.learn(images[0], 0) for viewer in kept]
    assert_array_equal(*counts)
    still, lower = (viewer.session.state("layer", "theta") for viewer in kept)
    assert still.max() > 0
    assert_allclose(lower, still * np.exp(-kept[0].shown), rtol=1e-9, atol=0.5 if arithmetic == "fixed" else 1e-12)


def test_names_and_read_out():
    counts = np.array([[5, 0, 1], [4, 1, 0], [0, 9, 2], [0, 8, 3]])
    labels = np.array([0, 0, 1, 1])
    names = name_neurons(counts, labels, 3)
    assert_array_equal(names, [0, 1, 1])
    assert_array_equal(read_out(counts, names, 3), labels)


def test_darkness_is_refused():
    with pytest.raises(NetworkError, match="fewer than 5 spikes"):
        viewer("float").look(np.zeros(PIXELS, np.float32), 0)


def declared(seed=0):
    return load_model("diehl_cook", n=NEURONS, pixels=PIXELS, theta_jump=0.5, inhibition=60.0, total=15.0, seed=seed)


def test_one_description_does_what_the_training_loop_does():
    """Images shown to a running network, whose rule normalises, teach it what the training loop teaches."""
    images, _ = pictures(3)
    loop, runs = viewer("float"), [start(declared()), start(declared(), on="brian2", integration="step")]
    for number, image in enumerate(images):
        assert loop.learn(image, number).sum() > 10 and loop.shown == number + 1
        raster = loop.showing.raster(image, 0, 1e-3, stream(0, "spikes", number))
        for run in runs[: 2 if number == 0 else 1]:
            run.inputs["image"] = SpikeRaster(raster)
            run.advance(STEPS * ms)
            assert_allclose(run.weights["image_layer"], loop.weights(), rtol=1e-12)
            if run is runs[0]:
                run.rest(keep=("theta",))
    assert_allclose(np.median(loop.weights().sum(axis=0)), 15e-3, rtol=1e-12)
    assert np.abs(loop.weights() - np.asarray(small().weights("image_layer"))).max() > 1e-4


def test_simulate_and_emulate_run_the_one_description():
    images, _ = pictures(1)
    spikes = Showing(rate=200.0).raster(images[0], 0, 1e-3, np.random.default_rng(1))
    network = declared()
    cells = [Population("image", PIXELS, SpikeRaster(spikes)), network.population("layer")]
    fed = Network(network.name, cells, network.projections)
    ours, theirs = emulate_network(fed, STEPS * ms), simulate(fed, STEPS * ms, integration="step", progress=False)
    assert ours.counts("layer").sum() > 10
    assert_array_equal(ours.counts("layer"), theirs.counts("layer"))
    assert_allclose(ours.final_weights()["image_layer"], theirs.final_weights()["image_layer"], rtol=1e-9)


def test_images_are_shown_to_the_one_description():
    images, _ = pictures(2)
    network, run = declared(), start(declared())
    for image in images:
        run.show(image)
        assert run.advance(STEPS * ms).counts("image").sum() > 50
        run.rest()
    assert_allclose(np.median(run.weights["image_layer"].sum(axis=0)), 15e-3, rtol=1e-12)
    shown = emulate_network(network, STEPS * ms, images=images)
    other = simulate(network, STEPS * ms, images=images, integration="step", progress=False)
    assert_allclose(shown.final_weights()["image_layer"], other.final_weights()["image_layer"], rtol=1e-9)


def test_normalising_twice_is_refused():
    with pytest.raises(NetworkError, match="normalises its weights by itself"):
        Viewer(declared(), lower(declared()), "image_layer", Showing(), total=15e-3)
    with pytest.raises(UnsupportedError, match="on a chip, no synapse knows the sum"):
        deploy(declared(), "loihi2")
