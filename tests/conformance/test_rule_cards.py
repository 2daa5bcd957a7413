"""The card of a rule names exactly the executions that run the rule, and gives the errors of the others as reasons."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from neurosim import deploy, emulate_network, simulate
from neurosim.backends.emulator import emulate
from neurosim.backends.executions import EXECUTIONS, OWN, Workload
from neurosim.backends.lava.runner import run_lava
from neurosim.cards.executions import IN_TRAINING, PROJECTION, REFUSALS, RuleProbe, starting_weight
from neurosim.chip.target import load_target
from neurosim.plasticity.catalogue import RULES, load_rule
from neurosim.program.run_arguments import run_arguments
from neurosim.units import ms
from tests.conformance.lava_children import TIMEOUT, needs_lava
from tests.conformance.random_programs import prefixed, union

SPAN = 80 * ms
"""More than a period of `DesireLIF`."""
HERE = [name for name in OWN if not OWN[name].name.startswith("Lava")]
LAVA = [name for name in OWN if name not in HERE]
DIRECT = {
    "Brian2 exact": simulate,
    "Brian2 step": lambda network, span: simulate(network, span, integration="step"),
    "emulator float": emulate_network,
    "emulator fixed": lambda network, span: deploy(network).emulate(span),
    "emulator loihi1": lambda network, span: deploy(network).emulate(span, arithmetic="loihi1"),
    "Lava floating_pt": lambda network, span: deploy(network).run_lava(span, arithmetic="float"),
    "Lava fixed_pt": lambda network, span: deploy(network).run_lava(span),
}
"""The public functions, which know nothing of the registry."""


@cache
def probe(rule: str) -> RuleProbe:
    return RuleProbe(load_rule(rule), load_target("loihi2"), starting_weight(load_rule(rule).bounds))


@cache
def supported(rule: str) -> dict:
    return {support.name: support for support in probe(rule).executions()}


def by_itself(execution: str) -> list[str]:
    """Rules whose card claims the execution, outside a training loop."""
    return [r for r in RULES if supported(r)[execution].runs and supported(r)[execution].note != IN_TRAINING]


def moved(recording, projection=PROJECTION) -> float:
    """Largest change of a weight."""
    values = recording.weights[projection].values
    return float(np.abs(values[-1] - np.asarray(values[0])).max())


@pytest.mark.parametrize("rule", RULES)
def test_what_a_card_claims_runs_and_learns(rule):
    """Weights change in the run, so the rule was active; the claim is not only that the network starts."""
    claimed = [name for name in HERE if rule in by_itself(name)]
    assert claimed
    for name in claimed:
        workload = probe(rule).running(name)
        signals = {m: np.linspace(1, 0.2, 80) for m in probe(rule).signals}
        start = workload.network.weights(PROJECTION)
        end = OWN[name].run(workload, SPAN, signals=signals).final_weights()[PROJECTION]
        assert np.abs(end - start).max() > 0, name


@pytest.mark.parametrize("rule", RULES)
def test_what_a_card_denies_is_refused_for_that_reason(rule):
    for name, support in supported(rule).items():
        if support.runs:
            continue
        workload = probe(rule).workloads[0]
        with pytest.raises(REFUSALS) as error:
            EXECUTIONS[name].run(workload, SPAN, signals=probe(rule).signals)
        assert " ".join(str(error.value).split()) == support.note
        if name in DIRECT:
            with pytest.raises(REFUSALS) as error:
                DIRECT[name](workload.network, SPAN)


@pytest.mark.slow
@needs_lava
@pytest.mark.parametrize("name", LAVA)
def test_lava_runs_what_a_card_claims(name):
    """All rules side by side in one graph, which is equal to the emulator."""
    rules = by_itself(name)
    assert len(rules) >= 12
    works = [probe(rule).running(name) for rule in rules]
    programs = [w.deployment("loihi2").program if OWN[name].chip else w.program for w in works]
    given = [run_arguments(w.network, SPAN) for w in works]
    arguments = {
        "inputs": {prefixed(k, source): raster for k, g in enumerate(given) for source, raster in g["inputs"].items()},
        "signals": {
            f"{prefixed(k, PROJECTION)}.{m}": v for k, r in enumerate(rules) for m, v in probe(r).signals.items()
        },
    }
    joined, steps = union(programs), given[0]["steps"]
    ours, theirs = emulate(joined, steps, **arguments), run_lava(joined, steps, timeout=TIMEOUT, **arguments)
    for k, rule in enumerate(rules):
        place, tolerance = prefixed(k, PROJECTION), 0 if OWN[name].chip else 1e-6
        np.testing.assert_allclose(
            theirs.final_weights()[place], ours.final_weights()[place], rtol=0, atol=tolerance, err_msg=rule
        )


def test_a_rule_that_only_training_supplies_is_refused_with_the_way_to_use_it():
    """A floor asks each neuron whether it was silent, which no neuron of a network supplies."""
    rule = load_rule("desire", floor=1.0)
    denied = RuleProbe(rule, load_target("loihi2"), 0.5)
    found = {s.name: s for s in denied.executions()}
    assert found["emulator float"].note == IN_TRAINING and found["Brian2 step"].runs
    assert "train first" in found["Lava fixed_pt"].note and not found["emulator fixed"].runs
    assert denied.workloads == () and isinstance(probe("hebb").workloads[0], Workload)
