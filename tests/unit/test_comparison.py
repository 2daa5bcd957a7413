from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from neurosim import LIF, Network, Population, Projection, SpikeRaster, per_step
from neurosim.analysis.agreement import Agreement, agreement
from neurosim.analysis.comparison import Place, compare
from neurosim.errors import NetworkError, UsageError
from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes, WeightTrace

DT = 1e-3


def recording(spikes, *, samples=2, steps=10, sizes=None, **parts):
    """From population -> list of (sample, step, neuron[, payload])."""
    rows = {name: np.array([(*s, 1)[:4] for s in sorted(found)], np.int32).reshape(-1, 4) for name, found in spikes.items()}
    return Recording(
        dt=DT,
        steps=steps,
        samples=samples,
        sizes=sizes or dict.fromkeys(spikes, 3),
        spikes={name: Spikes(*r.T) for name, r in rows.items()},
        **parts,
    )


A = {"one": [(0, 1, 0), (0, 4, 2), (1, 3, 1)], "two": [(1, 9, 2)]}


def test_the_same_is_identical():
    found = compare(recording(A), recording(A))
    assert found.identical and found.first is None
    assert all(p.equal and p.agreement == 1 and p.rate_error == 0 and p.only_a == p.only_b == 0 for p in found.populations)


def test_where_they_part():
    b = {"one": [(0, 1, 0), (0, 5, 2), (1, 3, 1), (1, 3, 2)], "two": [(1, 9, 2)]}
    found = compare(recording(A), recording(b))
    one, two = found.populations
    assert not found.identical and not one.equal and two.equal
    assert one.first == Place(sample=0, step=4, neuron=2)
    assert found.first == ("one", Place(0, 4, 2))
    assert (one.shared, one.only_a, one.only_b) == (2, 1, 2)
    assert one.agreement == 2 / 5


def test_the_first_place_is_the_earliest_of_all_populations():
    b = {"one": [*A["one"], (1, 8, 0)], "two": []}
    assert compare(recording(A), recording(b)).first == ("one", Place(1, 8, 0))


def test_order_of_spikes_does_not_matter():
    a, b = recording(A), recording(A)
    spikes = b.spikes["one"]
    turned = Spikes(*(getattr(spikes, c)[::-1] for c in ("sample", "step", "neuron", "payload")))
    b.spikes["one"] = turned
    assert compare(a, b).identical


def test_another_payload_is_another_spike():
    a, b = recording({"one": [(0, 1, 0, 5), (0, 2, 0, 7)]}), recording({"one": [(0, 1, 0, 5), (0, 2, 0, 8)]})
    (one,) = compare(a, b).populations
    assert not one.equal and one.first == Place(0, 2, 0)
    assert (one.shared, one.only_a, one.only_b) == (1, 1, 1)


def test_rates():
    a, b = recording({"one": [(0, 0, 0)] * 1}, samples=1), recording({"one": [(0, 0, 0), (0, 1, 0), (0, 2, 1)]}, samples=1)
    (one,) = compare(a, b).populations
    assert one.rate_a == pytest.approx(100 / 3) and one.rate_b == pytest.approx(100)
    assert one.rate_error == pytest.approx(200 / 3)
    assert one.relative_rate_error == pytest.approx(2)


def test_silence_agrees():
    found = compare(recording({"one": []}), recording({"one": []}))
    assert found.identical and found.populations[0].agreement == 1 and found.populations[0].relative_rate_error == 0


def test_states_and_weights():
    v = np.zeros((2, 10, 3))
    w = np.broadcast_to(np.ones((3, 3)), (4, 3, 3))
    other_v, other_w = v.copy(), w.copy()
    other_v[1, 6, 2], other_v[0, 0, 0], other_w[3, 1, 0] = 0.3, 0.1, 1.5
    trace = WeightTrace(np.arange(4), w), WeightTrace(np.arange(4), other_w)
    a = recording(A, states={("one", "v"): v, ("one", "g"): v}, weights={"p": trace[0]})
    b = recording(A, states={("one", "v"): other_v, ("two", "v"): v}, weights={"p": trace[1]})
    found = compare(a, b)
    voltage, weights = found.states
    assert voltage.worst == (1, 6, 2) and voltage.max_error == 0.3
    assert voltage.rms_error == pytest.approx(np.sqrt(0.1 / 60))
    assert (weights.of, weights.variable, weights.worst, weights.max_error) == ("p", "w", (3, 1, 0), 0.5)
    assert found.uncompared == ("one.g", "two.v")
    assert found.identical


def test_predictions():
    a, b = recording(A), recording({"one": A["one"], "two": [(1, 9, 1)]})
    found = compare(a, b, readout="two", labels=[0, 1]).readout
    assert (found.agreement, found.accuracy_a, found.accuracy_b) == (0.5, 0.5, 1.0)
    assert compare(a, b, readout="two").readout.accuracy_a is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 11}, "steps: 10 and 11"),
        ({"samples": 3}, "samples: 2 and 3"),
        ({"sizes": {"one": 3, "two": 4}}, "sizes: .*'two': 4"),
    ],
)
def test_recordings_that_do_not_fit(changes, words):
    with pytest.raises(NetworkError, match=words):
        compare(recording(A), recording(A, **changes))


def test_other_populations():
    with pytest.raises(NetworkError, match=r"populations: \['one', 'two'\] and \['one'\]"):
        compare(recording(A), recording({"one": A["one"]}))


def test_other_probed_neurons():
    states = [{("one", "v"): np.zeros((2, 10, n))} for n in (3, 1)]
    with pytest.raises(NetworkError, match="one.v has shape"):
        compare(*(recording(A, states=s) for s in states))


@pytest.mark.parametrize("options", [{"labels": [1, 2]}, {"labels": [1], "readout": "two"}])
def test_labels_that_do_not_fit(options):
    with pytest.raises(UsageError, match="labels"):
        compare(recording(A), recording(A), **options)


def _pair():
    v = np.linspace(0, 1, 60).reshape(2, 10, 3)
    a = recording(A, states={("one", "v"): v}, info={"engine": "brian2", "integration": "exact"})
    b = recording({**A, "two": []}, states={("one", "v"): v + 0.1}, info={"engine": "emulator", "arithmetic": "fixed"})
    return a, b


def test_dict_and_table():
    found = compare(*_pair(), readout="two", labels=[0, 2])
    plain = found.to_dict()
    assert plain["identical"] is False
    assert [p["agreement"] for p in plain["populations"]] == [1.0, 0.0]
    assert plain["states"][0]["max_error"] == pytest.approx(0.1)
    text = StringIO()
    Console(width=160, file=text).print(found.table())
    for word in ("brian2 exact", "emulator fixed", "sample 1, step 9, neuron 2", "one.v", "accuracy 1.0000, 0.5000"):
        assert word in text.getvalue() and word in str(found.table())
    assert "┃" in str(found.table()) and "object at" not in repr(found.table())


def test_what_recordings_say_of_themselves_is_no_markup():
    a, b = (recording({"one": []}, info={"engine": engine}) for engine in ("[bold]a[/b] x[0]", "other"))
    assert "[bold]a[/b] x[0]" in str(compare(a, b).table())


@pytest.mark.parametrize("names", [("one", "two"), ("one",)])
def test_figure(names, tmp_path):
    a, b = _pair()
    if len(names) == 1:
        a, b = recording({"one": []}), recording({"one": []})
    figure = compare(a, b).figure()
    assert len(figure.axes) == (3 if len(names) == 2 else 2)
    figure.savefig(tmp_path / "f.png")


def test_agreement_of_two_runs():
    described = Network(
        "two",
        [Population("one", 3, SpikeRaster(np.zeros((10, 3)))), Population("two", 3, LIF(tau_m=per_step(0.5), v_th=1.0))],
        [Projection("one", "two", np.full((3, 3), 0.5))],
    )

    def run(spikes, last):
        weights = np.full((2, 3, 3), 0.5)
        weights[1, 0] = last
        return recording(spikes, weights={"one_two": WeightTrace(np.array([0, 9]), weights)})

    b = {"one": [(0, 1, 0), (0, 5, 2), (1, 3, 1)], "two": [(1, 9, 2)]}
    assert agreement(run(A, 0.9), run(A, 0.9), described) == Agreement(1.0, 0.0)
    # Three of five spikes are shared, and of a change of 0.4, 0.1 is missing.
    found = agreement(run(b, 0.8), run(A, 0.9), described)
    assert found.spikes == pytest.approx(3 / 5) and found.weights == pytest.approx(0.25)
