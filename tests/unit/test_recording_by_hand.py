"""Recordings that are made by hand: what cannot be read, drawn or stored is refused when it is made, and names its part."""

from dataclasses import replace

import numpy as np
import pytest

from neurosim import Recording, compare
from neurosim.errors import NetworkError, NeurosimError, UnitError, UsageError
from neurosim.results.run_data import Spikes
from neurosim.results.weight_trace import SparseValues, WeightTrace
from neurosim.units import ms, mV


def spikes(sample=(0, 0), step=(1, 2), neuron=(0, 1), payload=(1, 1)):
    return Spikes(*(np.array(column) for column in (sample, step, neuron, payload)))


def made(**changed):
    given = {
        "dt": 1e-3,
        "steps": 10,
        "samples": 1,
        "sizes": {"c": 3},
        "spikes": {"c": spikes()},
        "states": {("c", "v"): np.zeros((1, 10, 3))},
        "weights": {"p": WeightTrace(np.array([0, 5]), np.zeros((2, 3, 3)))},
        "synapses": {("p", "x"): WeightTrace(np.array([0, 5]), np.zeros((2, 3)))},
    }
    return Recording(**given | changed)


def use(recording, tmp_path):
    """Everything that reads a recording."""
    for name in recording.spikes:
        recording.raster(name), recording.counts(name), recording.rates(name)
    for key in recording.states:
        recording.steps_of(*key)
    repr(recording), recording._repr_html_(), recording.plot(), recording.plot_weights(), recording.final_weights()
    recording.to_neo(), recording.to_xarray(), compare(recording, recording)
    recording.save(tmp_path / "r.h5")
    return Recording.load(tmp_path / "r.h5")


COLUMNS = [
    ({"neuron": (0, 7)}, "found neuron 7; they are counted from 0 to 2"),
    ({"neuron": (0, -1)}, "Spikes.neuron: .*found -1"),
    ({"step": (1, 20)}, "found step 20"),
    ({"step": (-1, 2)}, "Spikes.step"),
    ({"sample": (0, 1)}, "found sample 1"),
    ({"step": (1.5, 2)}, "Spikes.step: expected whole numbers"),
    ({"step": (np.nan, 2)}, "Spikes.step"),
    ({"step": ("a", "b")}, "Spikes.step"),
    ({"neuron": (True, False)}, "Spikes.neuron"),
    ({"step": (2**40, 2)}, "Spikes.step"),
    ({"payload": (2**40, 1)}, "Spikes.payload"),
]
PARTS = [
    ({"sizes": {"c": -3}}, "sizes of 'c' = -3"),
    ({"sizes": {"c": 3.5}}, "sizes of 'c'"),
    ({"sizes": {"c": 10**12}}, "sizes of 'c'"),
    ({"sizes": ["c"]}, "sizes is .*mapping"),
    ({"sizes": {"a/b": 3}, "spikes": {"a/b": spikes()}}, "without slashes"),
    ({"sizes": {1: 3}, "spikes": {1: spikes()}}, "found the name 1"),
    ({"spikes": None}, "spikes is None"),
    ({"states": {("c", "v"): np.zeros((1, 7, 3))}}, r"shape \(1, 7, 3\); expected .*1 samples and 10 steps"),
    ({"states": {("c", "v"): np.zeros(10)}}, "shape"),
    ({"states": {("c", "v"): "x"}}, r"states of \('c', 'v'\)"),
    ({"states": {("c", "v"): np.full((1, 10, 3), None)}}, "states of"),
    ({"states": {"v": np.zeros((1, 10, 3))}}, "found the key 'v'"),
    ({"states": {("c", 1): np.zeros((1, 10, 3))}}, "found the name 1"),
    ({"weights": {"p": np.zeros((2, 3, 3))}}, r"expected WeightTrace\(steps, values\)"),
    ({"weights": {"p": WeightTrace(np.zeros(0, int), np.zeros((0, 3, 3)))}}, "no values; leave it out"),
    ({"synapses": {"p": WeightTrace([0], np.zeros((1, 3)))}}, "found the key 'p'"),
    ({"info": None}, "info is None"),
    ({"info": {"units": 5}}, "units"),
    ({"info": {1: 2}}, "found the key 1"),
    ({"state_steps": {("c", "v"): np.array([1, 2])}}, "2 steps"),
    ({"state_steps": {("c", "u"): np.array([1, 2])}}, "state_steps: Unknown state"),
    ({"states": {("c", "v"): np.zeros((1, 2, 3))}, "state_steps": {("c", "v"): np.array([4, 90])}}, "below 10"),
    ({"steps": True}, "steps = True"),
    ({"steps": 10**15}, "steps"),
    ({"dt": True}, "dt = True"),
    ({"dt": 1 * ms}, "dt = "),
]


@pytest.mark.parametrize(("columns", "part"), COLUMNS)
def test_spikes_that_nothing_can_read_are_refused(columns, part):
    with pytest.raises((NetworkError, UnitError), match=part):
        made(spikes={"c": spikes(**columns)})


@pytest.mark.parametrize(("changed", "part"), PARTS)
def test_parts_that_nothing_can_read_are_refused(changed, part):
    with pytest.raises((NetworkError, UnitError), match=part):
        made(**changed)


@pytest.mark.parametrize(
    ("steps", "values"),
    [([0, 5, 7], np.zeros((2, 3, 3))), ([0], np.zeros(1)), (["a"], np.zeros((1, 3))), ([0], None), ([0.5], np.zeros((1, 3)))],
)
def test_traces_that_do_not_fit_are_refused(steps, values):
    with pytest.raises((NetworkError, UnitError), match="WeightTrace"):
        WeightTrace(steps, values)


@pytest.mark.parametrize(("indices", "indptr"), [([0, 9], [0, 1, 2, 2]), ([0, 2], [0, 10**6, 1, 2]), ([0], [0, 1, 2, 2])])
def test_sparse_values_do_not_reach_outside_of_their_arrays(indices, indptr):
    with pytest.raises(NetworkError, match="SparseValues"):
        SparseValues(np.zeros((2, 2)), np.array(indices), np.array(indptr), (3, 3))


def test_lists_numbers_with_points_and_quantities_are_taken(tmp_path):
    by_lists = made(
        dt=np.float32(0.001),
        spikes={"c": Spikes([0, 0], [1.0, 2.0], [0, 1], [1, 1])},
        states={("c", "v"): np.ones((1, 10, 3)) * mV, ("c", "u"): np.zeros((1, 10, 3)).tolist()},
        weights={"p": WeightTrace([0, 5], np.zeros((2, 3, 3)).tolist())},
    )
    assert use(by_lists, tmp_path) == by_lists and by_lists.spikes["c"] == spikes()
    assert by_lists.states["c", "v"].max() == 1e-3


def test_a_recording_by_hand_is_read_and_stored(tmp_path):
    assert use(made(), tmp_path) == made()
    thinned = made(states={("c", "v"): np.zeros((1, 2, 3))}, state_steps={("c", "v"): [4, 9]})
    assert use(thinned, tmp_path) == thinned


def test_two_spikes_in_one_step_are_not_stored(tmp_path):
    twice = made(spikes={"c": spikes(step=(2, 2), neuron=(1, 1))})
    for use_it in (lambda: twice.save(tmp_path / "r.h5"), lambda: compare(twice, twice)):
        with pytest.raises(NetworkError, match="'c': a neuron spikes twice in a step"):
            use_it()
    assert not (tmp_path / "r.h5").exists()
    unordered = made(spikes={"c": spikes(step=(5, 2))})
    assert use(unordered, tmp_path) == unordered


def test_what_does_not_fit_into_memory_is_refused():
    large = made(sizes={"c": 2**31 - 1}, steps=2**31 - 1, states={}, samples=2**20)
    for read in (large.raster, large.counts, large.rates):
        with pytest.raises(NetworkError, match="this machine has"):
            read("c")


def test_info_that_is_not_plain_is_named_by_every_form(tmp_path):
    odd = replace(made(), info={"a": np.ones(2)})
    for convert in (odd.to_xarray, lambda: odd.save(tmp_path / "r.h5")):
        with pytest.raises(NeurosimError, match="JSON cannot represent"):
            convert()
    with pytest.raises(UsageError, match="no samples"):
        made(samples=0, spikes={"c": spikes((), (), (), ())}, states={}).plot()


def test_a_population_whose_spikes_were_not_recorded(tmp_path):
    recording = made(sizes={"c": 3, "d": 2}, states={("d", "v"): np.zeros((1, 10, 2))})
    use(recording, tmp_path)
    recording.to_nwb(tmp_path / "r.nwb")
    with pytest.raises(NetworkError, match="Unknown population 'd': expected one of c"):
        recording.raster("d")
