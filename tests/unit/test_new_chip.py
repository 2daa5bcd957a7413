"""A chip of a user, as in the docs: 8-bit voltages and 3-bit weights are recomputed by hand, and what it lacks is refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neurosim import LIF, Network, PoissonInput, Population, Probe, Projection, SpikeRaster, deploy, per_step
from neurosim.backends.emulator import Session, kernel_source
from neurosim.backends.executions import OWN, Workload
from neurosim.backends.sanafe import write_sanafe
from neurosim.chip.target import Target, load_target, read_toml, target_names
from neurosim.cli import app
from neurosim.errors import NetworkError, QuantisationError, TargetError, UnsupportedError
from neurosim.plasticity import pair_stdp
from neurosim.units import Hz, ms

PAGE = (Path(__file__).parents[2] / "docs" / "new_chip.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
TOP = 127
"""Largest voltage of 8 bits."""


@pytest.fixture
def odin(tmp_path, monkeypatch):
    """Path of the chip of the docs."""
    monkeypatch.chdir(tmp_path)
    exec(BLOCKS[0], {})
    return tmp_path / "odin.toml"


def changed(path, **limits):
    """The chip with other limits, or without those that are None."""
    tables = read_toml(path)
    for name, value in limits.items():
        before = tables["limits"].pop(name, {"confidence": "assumed", "source": "MODEL"})
        if value is not None:
            tables["limits"][name] = {**before, **value}
    return Target.model_validate(tables)


def network(up, down, steps=60, v_th=1.0, kept=1.0):
    """Inputs that excite, and others that inhibit; `up` and `down` are matrices (inputs, cells)."""
    rng = np.random.default_rng(1)
    excite, inhibit = (SpikeRaster((rng.random((steps, len(w))) < 0.4).astype(int)) for w in (up, down))
    n = np.shape(up)[1]
    return Network(
        "two signs",
        [
            Population("e", len(up), excite), Population("i", len(down), inhibit),
            Population("cells", n, LIF(tau_m=per_step(kept), v_th=v_th)),
        ],
        [Projection("e", "cells", np.asarray(up)), Projection("i", "cells", np.asarray(down))],
        probes=[Probe("cells", "v")],
    )  # fmt: skip


def by_hand(made, up, down, steps, limit=TOP, wraps=False):
    """v in 8 bits, spikes, and counts of currents and voltages that left their register, with weights of -7 to 7."""
    largest = max(np.abs(up).max(), np.abs(down).max())
    scale = min(7 / largest, limit / made.network.population("cells").model.v_th)
    whole = [np.sign(w) * np.minimum(np.rint(np.abs(w) * scale), 7) for w in (np.asarray(up), np.asarray(down))]
    rasters = [made.network.population(name).model.values for name in ("e", "i")]
    threshold = round(float(made.network.population("cells").model.v_th) * scale)
    v = np.zeros(np.shape(up)[1])
    seen, spikes, left, stood = [], [], 0, 0
    for step in range(steps):
        arrived = sum(raster[step - 1] @ w for raster, w in zip(rasters, whole, strict=True)) if step else np.zeros_like(v)
        left += int(np.sum(np.abs(arrived) > limit))
        u = np.clip(arrived, -limit, limit)
        v = np.clip(v + u, -limit, limit)
        stood += int(np.sum(np.abs(v) == limit))
        fired = v > threshold
        v = np.where(fired, 0, v)
        seen.append(v)
        spikes += [(step, int(j)) for j in np.flatnonzero(fired)]
    return np.array(seen), spikes, left, stood


def test_the_example_is_short():
    assert sum(len(block.splitlines()) for block in BLOCKS) < 100


@pytest.mark.parametrize("inputs", [3, 20, 120])
def test_saturation_at_8_bits_equals_numpy(odin, inputs):
    rng = np.random.default_rng(inputs)
    up, down = rng.uniform(0.1, 1.0, (inputs, 5)), -rng.uniform(0.1, 1.0, (inputs, 5)) * [0.2, 0.6, 1.0, 1.4, 1.8]
    down = np.clip(down, -1.0, 0)
    made = deploy(network(up, down, v_th=10.0), odin)
    recording = made.emulate(60 * ms)
    v, spikes, left, stood = by_hand(made, up, down, 60)
    np.testing.assert_array_equal(np.rint(recording.states["cells", "v"][0] * made.scale_of("cells")), v)
    found = recording.spikes["cells"]
    assert list(zip(found.step.tolist(), found.neuron.tolist(), strict=True)) == spikes
    counts = recording.info["overflows"].get("cells", {})
    assert counts.get("voltage_saturations", 0) == stood and counts.get("current_wraps", 0) == left
    assert stood > 0 and (left > 0) == (inputs == 120)
    overflows = [loss.field for loss in made.report.losses if loss.kind == "overflow"]
    assert "voltage" in overflows and ("current" in overflows) == (inputs * 7 > TOP)
    texts = " ".join(loss.text for loss in made.report.losses)
    assert "saturates at -127" in texts


def test_weights_and_thresholds_fit_the_fields(odin):
    made = deploy(network([[0.7], [0.2]], [[-0.7], [-0.1]]), odin)
    cells, (up, down) = made.program.population("cells"), made.program.projections
    assert (up.weight_exp, up.weight_bits) == (-5, 3)
    assert (np.asarray(up.stored_weights) / 32).ravel().tolist() == [7, 2]
    assert (np.asarray(down.stored_weights) / 32).ravel().tolist() == [-7, -1]
    assert float(cells.neuron.values["v_th"]) == 10 and made.scale_of("cells") == pytest.approx(10)
    # A threshold far above the weights fills its field, and the weights are coarser.
    high = deploy(network([[0.7], [0.2]], [[-0.7], [-0.1]], v_th=70.0), odin)
    assert float(high.program.population("cells").neuron.values["v_th"]) == TOP
    assert (np.asarray(high.program.projections[0].stored_weights) / 32).ravel().tolist() == [1, 0]


@pytest.mark.parametrize("bits, limit", [(12, 2047), (16, 32767)])
def test_other_widths_with_a_decay_equal_numpy(odin, bits, limit):
    """States of other widths, decays of 7 bits, a shift by 2, and a current that wraps."""
    chip = changed(
        odin, state_bits={"value": bits}, decay_bits={"value": 7}, threshold_max={"value": limit >> 2},
        threshold_shift={"value": 2}, activation_shift={"value": 2}, current_at_limit=None,
    )  # fmt: skip
    rng = np.random.default_rng(2)
    up, down = rng.uniform(0.1, 1.0, (40, 4)), -rng.uniform(0.1, 1.0, (40, 4))
    made = deploy(network(up, down, v_th=30.0, kept=0.93), chip)
    assert made.program.widths.wraps and made.program.widths.top == limit
    cells = made.program.population("cells")
    kept, threshold = float(cells.neuron.values["tau_m"]), float(cells.neuron.values["v_th"])
    assert kept == 1 - round(0.07 * 128) / 128 and threshold % 4 == 0
    whole = [np.asarray(k.stored_weights) * 2.0**k.weight_exp for k in made.program.projections]
    rasters = [made.network.population(name).model.values for name in ("e", "i")]
    v, seen = np.zeros(4), []
    for step in range(60):
        u = 4 * sum(r[step - 1] @ w for r, w in zip(rasters, whole, strict=True)) if step else np.zeros(4)
        u = np.where(u > limit + 1, u - 2 * limit - 2, np.where(u <= -limit - 1, u + 2 * limit + 2, u))
        v = np.clip(np.trunc(v * kept) + u, -limit, limit)
        v = np.where(v > threshold, 0, v)
        seen.append(v)
    recording = made.emulate(60 * ms)
    np.testing.assert_array_equal(np.rint(recording.states["cells", "v"][0] * made.scale_of("cells")), seen)


def test_a_session_knows_the_width(odin):
    session = Session(deploy(network([[0.7]], [[-0.7]]), odin).program)
    session.set_state("cells", "v", -TOP)
    with pytest.raises(NetworkError, match="from -127 to 127"):
        session.set_state("cells", "v", TOP + 1)
    assert "min(max((" in kernel_source(session.program) and "127)" in kernel_source(session.program)


def lonely(model=None, weights=((0.5,),), **more):
    """A network with one neuron, of the given model; or with the given source, whose spikes are graded."""
    source, cell = PoissonInput(9 * Hz), LIF(tau_m=per_step(1), v_th=1.0)
    if isinstance(model, SpikeRaster):
        source, more = model, {"graded": True}
    cells = Population("cells", 1, model if isinstance(model, LIF) else cell)
    projection = Projection("in", "cells", np.asarray(weights), **more)
    return Network("n", [Population("in", len(weights), source), cells], [projection])


def two_projections():
    cells = [Population(name, 1, LIF(tau_m=per_step(1), v_th=1.0)) for name in "ab"]
    weights = {"a": [[0.5]], "b": [[-0.5]]}
    return Network("n", [Population("in", 1, PoissonInput(9 * Hz)), *cells], [
        Projection("in", name, np.array(w)) for name, w in weights.items()
    ])  # fmt: skip


LACKS = {
    "leak": (lambda: lonely(LIF(tau_m=20 * ms, v_th=1.0)), "dv decays, but a chip like ODIN has no decay"),
    "current": (lambda: lonely(LIF(tau_m=20 * ms, v_th=1.0, tau_syn=5 * ms)), "du decays, .* Use tau_syn=None"),
    "mixed signs": (lambda: lonely(weights=((0.5,), (-0.5,))), "Projection 'in_cells' has weights of both signs"),
    "both signs of a neuron": (two_projections, "'in_a' and 'in_b', which begin at the same neurons, have weights of both"),
    "learning": (lambda: lonely(plasticity=pair_stdp(0.01, 0.01, bounds=(0, 1.0))), "it is plastic, and .* no learning engine"),
    "delay": (lambda: lonely(delay=3 * ms), "delay in steps is 3; the target allows 0"),
    "payload": (lambda: lonely(SpikeRaster(np.full((5, 1), 3))), "payloads up to 3; a chip like ODIN sends payloads of 0 bits"),
    "input axons": (lambda: lonely(weights=np.full((300, 1), 0.5)), "input axons of a neuron: 300; the target allows 256"),
}


@pytest.mark.parametrize("what", LACKS)
def test_what_the_chip_lacks_is_refused_by_name(odin, what):
    make, message = LACKS[what]
    with pytest.raises((UnsupportedError, QuantisationError), match=message):
        deploy(make(), odin)


def test_a_bias_is_refused(odin):
    with pytest.raises(UnsupportedError, match="cells: a chip like ODIN has no bias, found"):
        deploy(lonely(LIF(tau_m=20 * ms, v_th=1.0, bias=0.5)), changed(odin, decay_bits={"value": 7}))


def test_more_neurons_than_the_chip_has(odin):
    cells = Population("cells", 300, LIF(tau_m=per_step(1), v_th=1.0))
    big = Network("n", [Population("in", 1, PoissonInput(9 * Hz)), cells], [Projection("in", "cells", np.full((1, 300), 0.5))])
    made = deploy(big, odin)
    assert not made.fit.fits and "needs 2 chips" in str(made.fit) and "messages can address 1" in str(made.fit)


def test_others_refuse_its_integers(odin, tmp_path):
    made = deploy(network([[0.7]], [[-0.7]]), odin)
    for name in ("emulator loihi1", "Lava fixed_pt"):
        (reason,) = OWN[name].refuses(Workload(made.network, str(odin)))
        assert "states of 8 bits, decays of 0 bits" in reason and "24, 12, 6" in reason
    assert not OWN["emulator fixed"].refuses(Workload(made.network, str(odin)))
    with pytest.raises(UnsupportedError, match="SANA-FE computes with 24"):
        write_sanafe(made.program, made.place(), tmp_path / "sanafe")


def test_its_price_has_only_its_own_constants(odin):
    made = deploy(network([[0.7]], [[-0.7]]), odin)
    recording = made.emulate(60 * ms)
    price = made.price(recording)
    (estimate,) = price.estimates
    operations = len(recording.spikes["e"]) + len(recording.spikes["i"])
    assert estimate.joule == pytest.approx(operations * 12.7e-12) and estimate.lines[0].count == operations
    assert estimate.name == "measured, a chip like ODIN" and "Frenkel" in estimate.source and "unchecked" in estimate.source
    assert "neuron update, active" in estimate.missing and "Loihi" not in str(price)
    # 2 synapses of 4 bits, and 2 states of 8 bits.
    assert price.workload.footprint == 1 + 2


MISTAKES = {
    "state_bits": ({"value": 3}, "(?s)limits.state_bits.*value = 3; .* supports 4 to 24 only"),
    "decay_bits": ({"value": 13}, "supports 0 to 12 only"),
    "threshold_max": ({"value": 128}, "shifted left by 0 bits, is 128; a state of 8 bits is at most 127"),
    "threshold_shift": ({"value": 1}, "threshold_shift = 1 and activation_shift = 0"),
    "current_at_limit": ({"value": "stop"}, "Input should be 'wrap' or 'saturate'"),
    "weight_excitatory": ({"max": 15}, "weights of 3 bits have min 0, max 7"),
}


@pytest.mark.parametrize("key", MISTAKES)
def test_a_wrong_number_is_named(odin, key):
    given, message = MISTAKES[key]
    with pytest.raises(ValueError, match=message):
        changed(odin, **{key: given})


@pytest.fixture
def install(odin, monkeypatch):
    """Install a package whose entry points lead to attributes of the module `chips`."""
    home = odin.parent / "site"
    home.mkdir()
    monkeypatch.syspath_prepend(home)

    def installed(code, *names, package="my-chips"):
        (home / "chips.py").write_text(code)
        monkeypatch.delitem(sys.modules, "chips", raising=False)
        info = home / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = ["[neurosim.targets]", *(f"{name} = chips:{name.upper()}" for name in names), ""]
        (info / "entry_points.txt").write_text("\n".join(lines))

    return installed


def test_an_installed_target_is_everywhere(odin, install):
    assert '[project.entry-points."neurosim.targets"]' in PAGE
    install(f"from pathlib import Path\nODIN = Path({str(odin)!r})\n", "odin")
    assert target_names()[-1] == "odin" and "chips" not in sys.modules
    assert load_target("odin") == load_target(odin)
    by_name = deploy(network([[0.7]], [[-0.7]]), "odin").emulate(60 * ms)
    by_path = deploy(network([[0.7]], [[-0.7]]), odin).emulate(60 * ms)
    np.testing.assert_array_equal(by_name.states["cells", "v"], by_path.states["cells", "v"])
    shown = json.loads(CliRunner().invoke(app, ["targets", "--json"]).stdout)
    assert shown["targets"][-1]["title"] == "a chip like ODIN" and not shown["problems"]
    with pytest.raises(TargetError, match="Did you mean 'odin'"):
        load_target("odim")


BROKEN = {
    "raises": ("1 / 0", "ZeroDivisionError"),
    "number": ("NUMBER = 7", "expected the path of a TOML file"),
    "absent": ("ABSENT = '/nowhere/absent.toml'", "no such file"),
    "other": ("OTHER = {odin!r}", "has the name 'odin'; expected 'other'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_target_names_its_package_and_leaves_the_others(odin, install, name):
    code, words = BROKEN[name]
    install(code.format(odin=str(odin)), name)
    with pytest.raises(TargetError, match=words) as error:
        load_target(name)
    assert name == "absent" or "the package 'my-chips'" in str(error.value)
    assert load_target("loihi1").name == "loihi1"
    shown = json.loads(CliRunner().invoke(app, ["targets", "--json"]).stdout)
    assert [t["name"] for t in shown["targets"]] == ["loihi1", "loihi2"] and words in shown["problems"][name]


def test_names_of_neurosim_are_taken(odin, install):
    install(f"LOIHI1 = {str(odin)!r}", "loihi1")
    assert load_target("loihi1").title == "Intel Loihi" and target_names() == ("loihi1", "loihi2")
