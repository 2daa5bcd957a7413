"""Plastic projections as Lava's learning processes: what is written, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from neurosim.backends.lava.runner import run_lava
from neurosim.backends.lava.source import graph_source, stored_arrays
from neurosim.errors import NetworkError, UnsupportedError
from neurosim.network.probes import SynapseProbe
from neurosim.plasticity import PlasticityRule, broadcast, post, pre, synaptic
from neurosim.program.engine_rule import Sending
from neurosim.program.fixed import FixedProjection, SignMode
from tests.conformance.lava_children import needs_lava
from tests.conformance.plastic_programs import CHIP, N_OUT, N_PRE, PAIR, RULES, fixed, floating, step_rule
from tests.steps import chip_neuron


def line(program, start):
    """The line of graph.py that begins so."""
    return next(x.strip() for x in graph_source(program).splitlines() if x.strip().startswith(start))


def test_two_factor_rule_in_text():
    program = fixed(CHIP, weight_exp=-2)
    assert line(program, "plastic_rule = ") == (
        'plastic_rule = Loihi2FLearningRule(dw="- 3*2^-4*x0*y1 + 1*2^-2*y0*(x1-2)", dt="1*2^0*u2*x1", '
        "x1_impulse=16.25, x1_tau=10.0, y1_impulse=20.0, y1_tau=8.0, t_epoch=2, rng_seed=9)"
    ).replace('"', "'")
    assert line(program, "plastic = ") == (
        'plastic = LearningDense(weights=ARRAYS["plastic.weights"], weight_exp=-2, num_weight_bits=8, num_message_bits=0, '
        'learning_rule=plastic_rule, sign_mode=SignMode.EXCITATORY, name="plastic")'
    )
    assert "post.s_out.connect(plastic.s_in_bap)" in graph_source(program)
    assert "post = LIF(" in graph_source(program)


def test_three_factor_rule_in_text():
    rule = replace(CHIP, epoch=1, sent={"y3": "R"}, sending={"y3": Sending(-40.0, low=0)})
    text = graph_source(fixed(rule))
    assert "Loihi3FLearningRule(" in text and "y1_tau" not in text
    assert "y_impulse=[20.0, 0.0, 0.0], y_tau=[8.0, 0.0, 0.0], seed=9" in line(fixed(rule), "post = ThreeFactorLIF(")
    assert "plastic_y3.s_out.connect(post.y3_in)" in text and "post.s_out_y2.connect(plastic.s_in_y2)" in text
    assert "SOURCES = {'pre': 6, 'plastic.y3': 5}" in text


def test_constants_of_float_rules_are_exact():
    rule = step_rule(RULES["tag"])
    text = line(floating(rule), "plastic_rule = ")
    kept = rule.kept["tag"]
    assert f"'dt': [{-0.3}, {0.2}, {kept - 1}]" in text and f"{0.01 * kept * kept}" in text
    assert "dt='x0*y1 + y0*x1 + u0*t'" in text


def test_weights_are_those_that_the_chip_holds():
    """Lava brings no initial weight of a learning connection into its range."""
    program = fixed(CHIP, np.array([[300] * N_OUT, [-301] * N_OUT, *[[7] * N_OUT] * 4]), sign_mode=SignMode.MIXED)
    stored = stored_arrays(program)["plastic.weights"]
    assert stored.shape == (N_OUT, N_PRE)
    assert stored[0].tolist() == [254, -256, 6, 6, 6, 6]


TWO_POST = {"x": pre(decay=0.5), **{f"y{k}": post(decay=0.1 * k) for k in range(2)}}
REFUSED = {
    "no bound except 0": PlasticityRule(traces=PAIR, on_post={"w": "x"}, bounds=(0, 1)),
    "sample_end": PlasticityRule(on_post={"tag": "1"}, at={"sample_end": {"w": "tag"}}),
    "no channel 'burst'": PlasticityRule(on_burst={"w": "1"}),
    "follows channel 'arrival'": PlasticityRule(traces={"x": pre(decay=0, channel="arrival")}, on_post={"w": "x"}),
    "mode 'overwrite'": PlasticityRule(traces={"x": pre(decay=0.5, mode="overwrite")}, on_post={"w": "x"}),
    "3 presynaptic traces": PlasticityRule(
        traces={f"x{k}": pre(decay=0.1 * k) for k in range(3)}, on_post={"w": "x0 + x1 + x2"}
    ),
    "4 postsynaptic traces and third factors": PlasticityRule(
        traces=TWO_POST, modulators={"R": broadcast(), "S": broadcast()}, on_pre={"w": "y0 * R + y1 * S"}
    ),
    "powers of two": PlasticityRule(every={3: {"w": "1"}}),
    "every 1, 4 steps": PlasticityRule(traces={"tag": synaptic(decay=0.5)}, on_pre={"tag": "1"}, every={4: {"w": "tag"}}),
    "both tag and aux": PlasticityRule(on_pre={"tag": "1", "aux": "-1"}, on_post={"w": "tag * aux"}),
}  # fmt: skip


@pytest.mark.parametrize("says", REFUSED)
def test_refused_in_float(says):
    with pytest.raises(UnsupportedError, match=f"'plastic'.*{says}.*(emulator|instead)"):
        graph_source(floating(step_rule(REFUSED[says])))


def test_refused_forms():
    with pytest.raises(UnsupportedError, match="'plastic'.*delays up to 3 steps"):
        graph_source(fixed(CHIP, delays=np.array(3)))
    with pytest.raises(UnsupportedError, match=r"'plastic'.*sparse.*\.toarray\(\)"):
        graph_source(floating(step_rule(RULES["pair"]), sparse.csr_array(np.eye(N_PRE, N_OUT))))
    with pytest.raises(UnsupportedError, match="'plastic'.*epoch of 2"):
        graph_source(fixed(replace(CHIP, sent={"y3": "R"})))


def test_one_population_sends_one_thing():
    rule = replace(CHIP, epoch=1, sent={"y3": "R"})

    def both(other):
        program = fixed(rule)
        more = FixedProjection("second", "pre", "post", np.ones((N_PRE, N_OUT), int), rule=other)
        return replace(program, projections=(*program.projections, more))

    graph_source(both(rule))
    for other in (replace(rule, sent={"y2": "R"}), replace(rule, seed=10)):
        with pytest.raises(UnsupportedError, match="'post'.*'plastic' and 'second'"):
            graph_source(both(other))


@needs_lava
def test_watch_and_signals_are_checked():
    rewarded = floating(step_rule(RULES["rewarded"]))
    with pytest.raises(NetworkError, match="no signal"):
        run_lava(rewarded, 5)
    with pytest.raises(NetworkError, match="Probe of 'teaching': in Lava, only projections that learn"):
        run_lava(rewarded, 5, watch=[SynapseProbe("teaching", "w", 1)])
    with pytest.raises(NetworkError, match="variable 'aux'"):
        run_lava(rewarded, 5, watch=[SynapseProbe("plastic", "aux", 1)])
    sent = fixed(replace(CHIP, epoch=1, sent={"y3": "R"}, names={"R": "y3"}))
    with pytest.raises(NetworkError, match="variable 'R'"):
        run_lava(sent, 5, watch=[SynapseProbe("plastic", "R", 1)])


@needs_lava
def test_beat_of_resets_and_samples():
    program = fixed(CHIP)
    beating = replace(program.populations[1], neuron=chip_neuron("LIFReset", interval=4))
    program = replace(program, populations=(program.populations[0], beating))
    with pytest.raises(UnsupportedError, match="'post'.*every 4 steps.*5 steps"):
        run_lava(program, 5, inputs={"pre": np.zeros((2, 5, N_PRE), int)})
