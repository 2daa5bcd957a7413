"""Export to SANA-FE, which runs and has equal spikes and energies if NEUROSIM_SANAFE_PYTHON is a Python with SANA-FE 2.2.9."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from experiments import sanafe_comparison as comparison
from neurosim import LIF, Network, PoissonInput, Population, Projection, deploy, per_step
from neurosim.backends.sanafe import write_sanafe
from neurosim.backends.sanafe_run import VARIABLE, VERSION, run_sanafe, sanafe_missing
from neurosim.errors import UnsupportedError
from neurosim.rng import stream
from neurosim.study import Trial
from neurosim.units import Hz, ms


def chain():
    """Three layers; currents drive the first one."""
    cell, rng = LIF(tau_m=per_step(0.97), v_th=1.0), stream(0, "sanafe")
    sizes = (300, 200, 10)
    names = [f"layer{k}" for k in range(3)]
    populations = [Population(names[0], sizes[0], cell, current=0.03 * rng.uniform(0.8, 2.0, sizes[0]))]
    populations += [Population(name, n, cell) for name, n in zip(names[1:], sizes[1:], strict=True)]
    weights = [rng.uniform(-0.2, 0.3, shape) * (rng.random(shape) < 0.5) for shape in zip(sizes, sizes[1:], strict=False)]
    return Network("chain", populations, [Projection(a, b, w) for a, b, w in zip(names, names[1:], weights, strict=False)])


def test_files_contain_every_neuron_and_weight(tmp_path):
    made = deploy(chain(), "loihi1")
    placement = made.place()
    folder = write_sanafe(made.program, placement, tmp_path / "sanafe")
    text = (folder / "net.yaml").read_text()
    edges = re.findall(r"- p(\d)\.(\d+) -> p(\d)\.(\d+): \[weight: (\S+)\]", text)
    for number, k in enumerate(made.program.projections):
        found = np.zeros(k.weights.shape)
        for pre, i, post, j, weight in edges:
            if int(pre) == number:
                assert int(post) == number + 1
                found[int(i), int(j)] = float(weight)
        np.testing.assert_array_equal(found, np.asarray(k.stored_weights) * 2.0**k.weight_exp)
    for population, name in enumerate(placement.core_of):
        cores = re.findall(rf"- p{population}\.(\d+): \[core: (\d+)\.(\d+)\]", text)
        assert [4 * int(tile) + int(core) for _, tile, core in cores] == placement.core_of[name].tolist()
    assert "energy_message_out: 111.0e-12" in (folder / "arch.yaml").read_text()


def test_what_sana_fe_would_compute_in_another_way_is_refused(tmp_path):
    cell = LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)
    for neuron, message in ((cell, "without a synaptic time constant"), (PoissonInput(5 * Hz), "found another neuron")):
        made = deploy(Network("n", [Population("p", 2, neuron)]), "loihi1")
        with pytest.raises(UnsupportedError, match=message):
            write_sanafe(made.program, made.place(), tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


@pytest.mark.skipif(bool(sanafe_missing()), reason=sanafe_missing())
@pytest.mark.parametrize("case", ["layers", "recurrent"])
def test_sana_fe_has_equal_spikes_and_the_energy_of_the_price(case):
    found = comparison.trial(Trial({"case": case, "drive": 1.0}, 0, Path()))
    comparison.check(SimpleNamespace(rows=[SimpleNamespace(point={"case": case, "drive": 1.0}, seed=0, measures=found)]))
    assert found["spikes"] > 1000 and found["active"] < found["active_sanafe"]


def stand_in(folder, text):
    """A program in the place of a Python with SANA-FE."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nimport sys\n{text}")
    path.chmod(0o700)
    return str(path)


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert f"{VARIABLE} names no Python with SANA-FE {VERSION}" in sanafe_missing()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    assert "cannot be started" in sanafe_missing()
    monkeypatch.setenv(VARIABLE, stand_in(tmp_path, "print('2.0.0')"))
    assert "found 2.0.0, expected SANA-FE" in sanafe_missing()
    made = deploy(chain(), "loihi1")
    with pytest.raises(UnsupportedError, match="found 2.0.0"):
        run_sanafe(made.program, made.place(), 5)
    with pytest.raises(UnsupportedError, match=r"compares with SANA-FE\. NEUROSIM_SANAFE_PYTHON"):
        comparison.trial(Trial({"case": "layers", "drive": 1.0}, 0, Path()))


SPEAKS = """
if "-c" in sys.argv:
    print("2.2.9")
elif sys.argv[2] == "5":
    print('{"energy": {"soma": 2e-9, "total": 3e-9}, "seconds": 1e-5, "spikes": [[1, "p2.7"], [0, "p2.9"], [4, "p0.1.x"]]}')
else:
    sys.exit("no such network")
"""


def test_what_sana_fe_prints_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, stand_in(tmp_path, SPEAKS))
    made = deploy(chain(), "loihi1")
    found = run_sanafe(made.program, made.place(), 5)
    assert {name: rows.tolist() for name, rows in found.spikes.items()} == {
        "layer0": [[4, 1]], "layer1": [], "layer2": [[0, 9], [1, 7]],
    }  # fmt: skip
    assert (found.joule["soma"], found.second) == (2e-9, 1e-5)
    with pytest.raises(UnsupportedError, match="SANA-FE failed: no such network"):
        run_sanafe(made.program, made.place(), 6)


def test_weights_of_a_sparse_matrix_that_became_0_stay_synapses(tmp_path):
    weights = sparse.csr_array(np.array([[0.5, 1e-6], [0.0, 0.5]]))
    cell = LIF(tau_m=per_step(0.97), v_th=1.0)
    driven = Population("a", 2, cell, current=0.1)
    made = deploy(Network("n", [driven, Population("b", 2, cell)], [Projection("a", "b", weights)]), "loihi1")
    text = (write_sanafe(made.program, made.place(), tmp_path / "sanafe") / "net.yaml").read_text()
    assert len(re.findall(r"- p0.\d -> p1", text)) == 3 == made.needs.synapses and "weight: 0.0" in text
