"""Every rule of the catalogue on every execution that its card names: same spikes, same weights.

20 x 10 synapses, 1 000 steps, spikes of both sides at random and often in the same step; a teacher says when the post neurons
spike, one step later. Brian2 is compared with the emulator in float, that with Lava's floating_pt, and the emulator in integers
with Lava's fixed_pt. All rules run side by side in one Lava graph.
"""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import LIF, Network, Population, Projection, SpikeRaster, deploy, per_step, simulate
from neurosim.backends.emulator import emulate
from neurosim.backends.lava.runner import run_lava
from neurosim.backends.running.whole import emulate_network
from neurosim.cards.card import named_card
from neurosim.cards.executions import starting_weight
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity.catalogue import RULES, load_rule
from neurosim.program.lower import lower
from neurosim.units import second
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.conformance.random_programs import prefixed, union

N_PRE, N_POST, STEPS, ACTIVITY = 20, 10, 1000, 0.1
PLACE = "pre_post"
BURSTS = ("burst_dependent", "burstccn_w", "burstccn_q", "burstccn_y", "ebcp", "adaptive_ebcp")
"""Rules that need neurons with bursts (tests/conformance/test_burst_lava.py, test_burst_brian2.py)."""
VOLTAGES = ("clopath",)
"""Rules that need neurons with a voltage in volts (experiments/clopath.py)."""
ACTING = [name for name in RULES if not load_rule(name).needs_training_loop and name not in (*BURSTS, *VOLTAGES)]
"""Rules that run by themselves; desire comes with its training loop (tests/unit/test_train.py)."""


def running(execution):
    """Rules whose card says that they run there."""
    return [n for n in ACTING if any(e.name == execution and e.runs for e in named_card(n).executions)]


def network(name):
    rng = np.random.default_rng(len(name))
    rule = load_rule(name)
    pre, teacher = ((rng.random((STEPS, n)) < ACTIVITY).astype(np.uint8) for n in (N_PRE, N_POST))
    # Every third step the post spikes of the next step meet pre spikes.
    pre[1::3, :N_POST] |= teacher[:-1:3][: len(pre[1::3])]
    weights = starting_weight(rule.bounds) * rng.uniform(0.5, 1.5, (N_PRE, N_POST))
    return Network(
        name=name,
        populations=[
            Population("pre", N_PRE, SpikeRaster(pre)),
            Population("teacher", N_POST, SpikeRaster(teacher)),
            Population("post", N_POST, LIF(tau_m=per_step(0.0), v_th=100.0)),
        ],
        projections=[
            Projection("pre", "post", np.clip(weights, *rule.bounds), plasticity=rule, name=PLACE),
            Projection("teacher", "post", 200.0 * np.eye(N_POST)),
        ],
    )


def signals(name):
    """Third factors with one value per step and postsynaptic neuron, often 0."""
    rng = np.random.default_rng(len(name) + 1)
    shape = (STEPS, N_POST)
    return {m: rng.uniform(-1, 1, shape) * (rng.random(shape) < 0.5) for m in load_rule(name).signals}


def inputs(described):
    sources = [p for p in described.populations if isinstance(p.model, SpikeRaster)]
    return {p.name: np.asarray(p.model.raster(p.n, STEPS, 1e-3, None))[None] for p in sources}


def side_by_side(names, programs):
    """One program of all, with its inputs and signals."""
    joined = union(programs)
    fed = {prefixed(k, s): r for k, name in enumerate(names) for s, r in inputs(network(name)).items()}
    given = {f"{prefixed(k, PLACE)}.{m}": v[None] for k, name in enumerate(names) for m, v in signals(name).items()}
    return joined, {"inputs": fed, "signals": given}


@pytest.mark.parametrize("name", running("emulator float"))
def test_brian2_and_the_emulator(name):
    described = network(name)
    duration = STEPS * 1e-3 * second
    ours = emulate_network(described, duration, signals=signals(name))
    theirs = simulate(described, duration, integration="step", signals=signals(name), progress=False)
    assert np.array_equal(ours.raster("post"), theirs.raster("post")) and ours.counts("post").min() > 50
    before, after = np.asarray(described.weights(described.projection(PLACE))), ours.final_weights()[PLACE]
    assert np.abs(after - before).max() > 1e-4
    assert np.abs(after - theirs.final_weights()[PLACE]).max() < 1e-9


@pytest.mark.slow
@needs_lava
def test_the_emulator_and_lava_in_floating_point():
    names = running("Lava floating_pt")
    assert len(names) >= 12
    joined, given = side_by_side(names, [lower(network(name)) for name in names])
    ours = emulate(joined, STEPS, **given).final_weights()
    theirs = run_lava(joined, STEPS, timeout=TIMEOUT, **given).final_weights()
    for k, name in enumerate(names):
        place = prefixed(k, PLACE)
        assert np.abs(ours[place] - theirs[place]).max() < 1e-6, name


@pytest.mark.slow
@needs_lava
def test_the_emulator_and_lava_in_integers():
    names = running("Lava fixed_pt")
    assert len(names) >= 12
    deployments = [deploy(network(name)) for name in names]
    joined, given = side_by_side(names, [d.program for d in deployments])
    watch = [
        SynapseProbe(prefixed(k, PLACE), variable, 100)
        for k, d in enumerate(deployments)
        for variable in {"w", *d.program.projections[0].rule.names} - {*load_rule(names[k]).signals}
    ]
    ours, theirs = emulate(joined, STEPS, watch=watch, **given), run_lava(joined, STEPS, watch=watch, timeout=TIMEOUT, **given)
    for k, (name, d) in enumerate(zip(names, deployments, strict=True)):
        place = prefixed(k, PLACE)
        assert np.array_equal(ours.weights[place].values, theirs.weights[place].values), name
        assert (ours.weights[place].values[-1] != d.program.projections[0].stored_weights).any(), name
    assert ours.synapses.keys() == theirs.synapses.keys() and len(ours.synapses) > len(names)
    for key, trace in ours.synapses.items():
        assert np.array_equal(trace.values, theirs.synapses[key].values), key
