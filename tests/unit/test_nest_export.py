"""What is written for NEST, what is refused, and a dry run under a stand-in for mpirun. Nothing here needs NEST."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import (
    LIF,
    AdaptiveLIF,
    AllToAll,
    Network,
    OneToOne,
    PoissonInput,
    Population,
    Probe,
    Projection,
    RefractoryLIF,
    ShortTermPlasticity,
    SpikeRaster,
    compare,
    per_step,
)
from neurosim.backends.executions import EXECUTIONS, Workload
from neurosim.backends.nest import interpreter
from neurosim.backends.nest.cluster import read_run, write_run
from neurosim.backends.nest.export import nest_script
from neurosim.backends.nest.neurons import nest_neuron
from neurosim.backends.nest.runner import check_probes, listed_spikes
from neurosim.backends.nest.stdp import UNLIMITED, nest_rule
from neurosim.errors import DataError, NetworkError, UnsupportedError
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import (
    PlasticityRule,
    inhibitory_stdp,
    multiplicative_stdp,
    pair_stdp,
    post,
    pre,
    reward_stdp,
    triplet_stdp,
    van_rossum_stdp,
)
from neurosim.plasticity.catalogue import RULES, load_rule
from neurosim.program.lower import lower
from neurosim.program.step import StepPopulation
from neurosim.units import Hz, ms, mV

STUB = Path(__file__).parents[1] / "nest_stub"
CELL = LIF(tau_m=20 * ms, v_th=10 * mV)
STDP = pair_stdp(0.1 * mV, 0.12 * mV, bounds=(0 * mV, 2 * mV))


def small(neuron=CELL, **more):
    parts = [Population("noise", 4, PoissonInput(50 * Hz)), Population("cells", 3, neuron)]
    return Network("small", parts, [Projection("noise", "cells", AllToAll(1 * mV), name="synapses", **more)])


def step_rule(rule):
    return lower(small(plasticity=rule)).projections[0].rule


def test_each_neuron_becomes_the_model_that_computes_the_same():
    neuron = RefractoryLIF(tau_m=20 * ms, v_th=-50 * mV, v_rest=-60 * mV, v_reset=-58 * mV, bias=2 * mV, refractory=3 * ms)
    delta = nest_script(lower(small(neuron))).neurons["cells"]
    assert delta.model == "iaf_psc_delta" and delta.late == 0
    expected = {"tau_m": 20, "C_m": 20, "E_L": 0, "V_m": 0, "V_th": 10, "V_reset": 2, "I_e": 2, "t_ref": 2}
    assert {name: pytest.approx(float(value), rel=1e-12) for name, value in delta.parameters.items()} == expected
    current = nest_script(lower(small(replace(neuron, tau_syn=5 * ms), delay=1 * ms))).neurons["cells"]
    assert current.model == "iaf_psc_exp" and float(current.parameters["tau_syn_in"]) == pytest.approx(5)
    same = nest_script(lower(small(replace(neuron, tau_syn=20 * ms), delay=1 * ms))).neurons["cells"]
    # With equal time constants, a current i moves v by i h/tau exp(-h/tau) in a step h.
    assert float(1000 / same.weight) == pytest.approx(1 / 20 * np.exp(-1 / 20))


def test_pair_rules_become_stdp_synapses_whose_amplitudes_count_the_late_spike():
    found = nest_rule(step_rule(STDP), 1000 * np.exp(1 / 20), 1e-3)
    assert found.model == "stdp_synapse" and found.neuron == {"tau_minus": pytest.approx(20)}
    p = found.parameters
    assert p["lambda"] * p["Wmax"] == pytest.approx(0.1 * np.exp(1 / 20) * np.exp(-1 / 20) * np.exp(1 / 20))
    assert p["alpha"] * p["lambda"] * p["Wmax"] == pytest.approx(0.12 * np.exp(-1 / 20))
    assert (p["mu_plus"], p["mu_minus"]) == (0, 0)
    multiplicative = nest_rule(step_rule(multiplicative_stdp(w_max=2 * mV)), 1000.0, 1e-3).parameters
    assert (multiplicative["mu_plus"], multiplicative["mu_minus"]) == (1, 1)
    mixed = nest_rule(step_rule(van_rossum_stdp(0.1 * mV)), 1000.0, 1e-3).parameters
    assert (mixed["mu_plus"], mixed["mu_minus"], mixed["Wmax"]) == (0, 1, UNLIMITED)


def test_triplets_and_inhibitory_rules_become_their_synapses():
    rule = triplet_stdp(0.01 * mV, 0.02 * mV, 0.03 * mV, 0.04 * mV, bounds=(0 * mV, 2 * mV))
    found = nest_rule(step_rule(rule), 1000 * np.exp(1 / 20), 1e-3)
    assert found.model == "stdp_triplet_synapse" and set(found.neuron) == {"tau_minus", "tau_minus_triplet"}
    late, early = np.exp(1 / 16.8), np.exp(-1 / 33.7)
    sizes = {"Aplus": 0.01 * late, "Aplus_triplet": 0.02 * late, "Aminus": 0.03 * early, "Aminus_triplet": 0.04 * early}
    assert {name: found.parameters[name] for name in sizes} == pytest.approx(sizes)
    one_sided = nest_rule(step_rule(pair_stdp(0.1 * mV, 0 * mV)), 1000.0, 1e-3)
    assert one_sided.model == "stdp_triplet_synapse" and one_sided.parameters["Aminus"] == 0
    for eta in (0.1 * mV, -0.1 * mV):
        projection = Projection("noise", "cells", AllToAll(10 * eta), plasticity=inhibitory_stdp(eta, 5 * Hz))
        found = nest_rule(lower(Network("one", small().populations, [projection])).projections[0].rule, 1000.0, 1e-3)
        assert found.model == "vogels_sprekeler_synapse" and found.parameters["alpha"] == pytest.approx(0.2)
        assert np.sign(found.parameters["Wmax"]) == np.sign(eta / mV) and found.parameters["eta"] > 0


OWN = {
    "third factor 'M'": reward_stdp(a_plus=0.1 * mV, a_minus=0.1 * mV, tag_peak=1 * mV),
    "lower bound is -inf": pair_stdp(0.1 * mV, 0.1 * mV, bounds=None),
    "does not add up all spikes": PlasticityRule(
        traces={"x": pre(20 * ms, mode="overwrite")}, on_post={"w": "a * x"}, parameters={"a": 1 * mV}, bounds=(0 * mV, None)
    ),
    "update 'every 1": PlasticityRule(every={1: {"w": "-a * w"}}, parameters={"a": 0.1}),
    "on_post: w": PlasticityRule(
        traces={"x": pre(20 * ms), "y": post(20 * ms)}, on_post={"w": "a * x * w * w"}, on_pre={"w": "-b * y"},
        parameters={"a": 1 / mV, "b": 1 * mV}, bounds=(0 * mV, None),
    ),
    "does not strengthen": pair_stdp(-0.1 * mV, 0.1 * mV),
}  # fmt: skip


@pytest.mark.parametrize("words", OWN)
def test_rules_that_differ_are_refused_by_the_difference(words):
    with pytest.raises(UnsupportedError, match=f"means the same as rule .*{words}"):
        nest_script(lower(small(plasticity=OWN[words])), frozenset({"nest_stdp"}))


def test_which_rules_of_the_catalogue_nest_has():
    assert {name for name in RULES if _has(name)} == {
        "pair_stdp", "multiplicative_stdp", "van_rossum_stdp", "triplet_stdp", "inhibitory_stdp", "hebb",
    }  # fmt: skip


def _has(name):
    """Whether NEST runs a rule with its own parameters, between plain LIF neurons."""
    parts = [Population("noise", 4, PoissonInput(50 * Hz)), Population("cells", 3, LIF(tau_m=20 * ms, v_th=1.0))]
    try:
        network = Network("one", parts, [Projection("noise", "cells", AllToAll(0.1), plasticity=load_rule(name))])
    except NetworkError:
        return False
    workload = Workload(network, allow={"nest_stdp"})
    # Without a rule in the program, the weights wait for a training loop.
    return not EXECUTIONS["NEST"].refuses(workload) and workload.program.projections[0].rule is not None


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (small(AdaptiveLIF(tau_m=20 * ms, v_th=10 * mV, tau_theta=50 * ms, theta_jump=1 * mV)), "'cells'.* LIF .*AdaptiveLIF"),
        (small(LIF(tau_m=per_step(1), v_th=10 * mV)), "'cells': NEST needs tau_m"),
        (small(LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)), 'one step later.*allow={"nest_delay"}'),
        (small(short_term=ShortTermPlasticity(U=0.5, tau_d=100 * ms)), "short-term plasticity"),
        (small(plasticity=STDP), 'lack the change at the pre spike.*allow={"nest_stdp"}'),
    ],
)
def test_parts_that_differ_are_refused_by_name(network, words):
    (reason,) = EXECUTIONS["NEST"].refuses(Workload(network))
    assert "NEST" in reason
    with pytest.raises(UnsupportedError, match=words):
        nest_script(lower(network))


@dataclass(frozen=True)
class Later(StepPopulation):
    """A population that says more than NEST is known to compute."""

    initial: Mapping[str, float] = field(default_factory=dict)


def test_what_is_not_known_is_refused():
    one = lower(small()).populations[1]
    assert nest_neuron(Later(one.name, one.n, one.neuron), 1e-3).model == "iaf_psc_delta"
    with pytest.raises(UnsupportedError, match="'cells': it has initial, which neurosim does not write for NEST"):
        nest_neuron(Later(one.name, one.n, one.neuron, {"v": 1.0}), 1e-3)
    # A neuron with the name of another is another.
    named = replace(one.neuron, declaration=replace(one.neuron.step, step=one.neuron.step.step.replace("+ u", "+ 2 * u")))
    with pytest.raises(UnsupportedError, match="'cells': neurosim runs LIF and RefractoryLIF"):
        nest_neuron(replace(one, neuron=named), 1e-3)


def test_further_refusals():
    two = [Projection("noise", "cells", AllToAll(1 * mV), plasticity=replace_tau(tau), name=f"s{tau}") for tau in (10, 30)]
    network = Network("two", small().populations, two)
    with pytest.raises(UnsupportedError, match="'s30'.*needs tau_minus = 30 ms.*keep one such trace"):
        nest_script(lower(network), frozenset({"nest_stdp"}))
    with pytest.raises(UnsupportedError, match="whole microseconds"):
        nest_script(lower(replace(small(), dt=0.0123456 * ms)))
    with pytest.raises(UnsupportedError, match="w can be recorded, and 'x' cannot"):
        check_probes(nest_script(lower(small())), [], [SynapseProbe("synapses", "x", 1)])
    with pytest.raises(UnsupportedError, match="v can be recorded here, and 'u' cannot"):
        check_probes(nest_script(lower(small())), [("cells", "u")], [])
    raster = np.full((1, 2, 4), 2)
    assert listed_spikes(lower(small()), {"noise": raster})["noise.number"].max() == 1


def replace_tau(tau):
    return pair_stdp(0.1 * mV, 0.1 * mV, tau_minus=tau * ms)


def test_delays_count_the_step_of_nest():
    plain = nest_script(lower(small(delay=2 * ms))).synapses["synapses"]
    assert plain.arrays()["delay"] == 3 and plain.relay == 0
    current = LIF(tau_m=20 * ms, v_th=10 * mV, tau_syn=5 * ms)
    assert nest_script(lower(small(current, delay=2 * ms))).synapses["synapses"].arrays()["delay"] == 2
    learning = nest_script(lower(small(plasticity=STDP, delay=2 * ms)), frozenset({"nest_stdp"})).synapses["synapses"]
    assert learning.arrays()["delay"] == 1 and learning.relay == 2


def test_a_script_on_several_processes_gives_one_recording(tmp_path):
    """The script as a user of MPI starts it, with a stand-in for NEST; each process writes its own part."""
    spikes = np.zeros((12, 4), np.uint8)
    spikes[[1, 5], [0, 3]] = 1
    parts = [Population("noise", 4, SpikeRaster(spikes)), Population("cells", 5, CELL)]
    links = [
        Projection("noise", "cells", AllToAll(0.5 * mV), plasticity=STDP, delay=1 * ms, name="learning"),
        Projection("cells", "cells", OneToOne(0.5 * mV), name="fixed"),
    ]
    probes = [Probe("cells", "v"), Probe("learning", "w", every=5 * ms)]
    network, allow = Network("cluster", parts, links, probes=probes), frozenset({"nest_stdp"})
    for processes in (1, 2):
        path = write_run(network, 12 * ms, tmp_path / str(processes), allow=allow)
        for rank in range(processes):
            start_process(path, rank, processes)
    expected, found = (read_run(network, 12 * ms, tmp_path / str(processes), allow=allow) for processes in (1, 2))
    assert sorted(file.name for file in (tmp_path / "2").glob("res*")) == ["results.0.npz", "results.1.npz"]
    assert compare(expected, found).identical and len(found.spikes["cells"]) > 5
    assert np.array_equal(expected.states["cells", "v"], found.states["cells", "v"]) and found.states["cells", "v"].any()
    assert found.weights["learning"].steps.tolist() == [0, 5, 10, 12]
    assert np.array_equal(expected.weights["learning"].values, found.weights["learning"].values)
    assert found.final_weights()["learning"] == pytest.approx(np.full((4, 5), 0.5e-3))
    (tmp_path / "2" / "results.1.npz").unlink()
    with pytest.raises(DataError, match="1 files of results, written by 2 processes"):
        read_run(network, 12 * ms, tmp_path / "2", allow=allow)
    with pytest.raises(DataError, match="found no results"):
        read_run(network, 12 * ms, tmp_path, allow=allow)


def start_process(path, rank, processes):
    own = os.environ | {"STUB_RANK": str(rank), "STUB_PROCESSES": str(processes), "PYTHONPATH": str(STUB)}
    command = [sys.executable, path, f"@{path.parent / 'arguments.txt'}"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_which_python_runs_nest(monkeypatch):
    monkeypatch.delenv(interpreter.VARIABLE, raising=False)
    monkeypatch.setattr(interpreter, "version", lambda name: "3.9.1")
    with pytest.raises(UnsupportedError, match=r"found NEST 3.9.1 .* expected version 3.10 or later: run 'pip install"):
        interpreter.require_nest()
    monkeypatch.setattr(interpreter, "version", lambda name: "3.10.0")
    assert interpreter.require_nest() == interpreter.NestPython(sys.executable, "3.10.0")
    monkeypatch.setenv(interpreter.VARIABLE, "missing/python")
    with pytest.raises(UnsupportedError, match="cannot be started"):
        interpreter.require_nest()
    monkeypatch.setenv(interpreter.VARIABLE, sys.executable)
    monkeypatch.setattr(interpreter, "_ASK", "print('a greeting'); print(); print('3.12.0')")
    monkeypatch.setenv("PYTHONPATH", "mine")
    found = interpreter.require_nest()
    assert found.version == "3.12.0" and "PYTHONPATH" in found.environment()
    monkeypatch.setattr(interpreter, "_ASK", "raise SystemExit(1)")
    interpreter._version_elsewhere.cache_clear()
    with pytest.raises(UnsupportedError, match=f"found no NEST .*set {interpreter.VARIABLE} to another interpreter"):
        interpreter.require_nest()
