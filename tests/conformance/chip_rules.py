"""Seeded random learning rules in a small integer network, and what Lava's own engine makes of them.

Usage::

    case = chip_case(seed)                      # case.program: FixedProgram, case.inputs, case.signals: for emulate / run_lava
    expected = oracle([case, ...], steps, folder)[k]
    expected["plastic.w"]                       # (steps, n_pre, n_post): after the learning phase of each step
    expected["plastic.t"], expected["plastic.d"]
    expected["plastic.x1"], ...                 # (steps, n): x1, x2, y1, y2, y3 of the connection
    expected["post.spike"], expected["post.u"], expected["post.v"]

Network: source "pre" -> plastic -> "post" <- source "teacher", one-to-one and strong. The plastic weights hardly reach "post"
(exponent -8), so it spikes where the teacher did one step earlier. Samples: one. `case.signals` are in the described unit
(peak 1); what Lava's sources hold instead is in `third_factor_integers`.

Of a three-factor rule, the connection's y is what the neuron sent (before the connection's own decay). Before its rule reads
it, the connection decays it by exp(-1/65535) with the y decay draw of the step (seed + 2), and brings it into 0..127 in neurons
that spike in the step, hence a negative third factor reads as 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backends.lava.export import write_graph
from neurosim.backends.lava.interpreter import require_lava
from neurosim.processes.child import run_child
from neurosim.program.engine_rule import VARIABLES, ChipProduct, ChipRule, ChipTrace, Sending
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from tests.conformance.random_programs import prefixed, union
from tests.steps import SOURCE, chip_neuron

N_PRE, N_POST = 20, 10
ACTIVITY = 0.15
TIMEOUT = 600.0
PLASTIC_EXP = -8
TEACHER, THRESHOLD = 200, 100


@dataclass(frozen=True)
class ChipCase:
    """A program with one plastic projection, what it is fed, and its third factors."""

    program: FixedProgram
    inputs: dict[str, Any]
    signals: dict[str, Any]

    @property
    def rule(self):
        """Parameters of the plastic projection."""
        return next(p.rule for p in self.program.projections if p.rule is not None)


def chip_case(seed, steps=200, *, three_factor=None, kind="LIF"):
    """A case; two cases of a seed with other `steps` have the same rule."""
    rng = np.random.default_rng([seed, 2])
    three = bool(rng.random() < 0.5) if three_factor is None else three_factor
    rule = random_rule(rng, three)
    weights, mode = random_weights(rng)
    # Now and then the weights have to say which signs they may have.
    return embedded(rule, (weights, None if seed % 5 == 4 else mode), seed, steps, kind)


def random_weights(rng):
    """(weights, sign mode)."""
    mode = [SignMode.MIXED, SignMode.EXCITATORY, SignMode.INHIBITORY][rng.choice(3, p=[0.4, 0.4, 0.2])]
    low, high = {SignMode.MIXED: (-256, 255), SignMode.EXCITATORY: (0, 255), SignMode.INHIBITORY: (-255, 0)}[mode]
    return rng.integers(low, high + 1, (N_PRE, N_POST)), mode


def embedded(rule, weights, seed, steps, kind="LIF"):
    """The case of `rule`; `weights` are (matrix, sign mode)."""
    extra = {"refractory": 2, "dtheta": np.array(300), "theta_jump": np.array(90), "interval": 7}
    neuron = chip_neuron(kind, dv=np.array(4095), v_th=np.array(THRESHOLD), **extra)
    populations = (("pre", N_PRE, SOURCE), ("teacher", N_POST, SOURCE), ("post", N_POST, neuron))
    program = FixedProgram(
        f"chip{seed}",
        1e-3,
        tuple(FixedPopulation(*p) for p in populations),
        (
            FixedProjection("plastic", "pre", "post", weights[0], weight_exp=PLASTIC_EXP, sign_mode=weights[1], rule=rule),
            FixedProjection("teaching", "teacher", "post", np.eye(N_POST, dtype=int) * TEACHER),
        ),
    )
    rng = np.random.default_rng([seed, 3])
    inputs = {"pre": spikes(rng, steps, N_PRE), "teacher": spikes(rng, steps, N_POST)}
    # Every third step the post spikes of the next step meet pre spikes, so that many coincide.
    inputs["pre"][0, 1::3, :N_POST] |= inputs["teacher"][0, :-1:3][: len(inputs["pre"][0, 1::3])]
    signals = {name: third_factor(rng, steps) for name in sorted(set(rule.sent.values()))}
    return ChipCase(program, inputs, signals)


def spikes(rng, steps, n):
    return (rng.random((1, steps, n)) < ACTIVITY).astype(np.int32)


def third_factor(rng, steps):
    """Values in -1..1, often 0, now for all and now for each post neuron."""
    shape = (1, steps, N_POST) if rng.random() < 0.5 else (1, steps)
    return rng.uniform(-1, 1, shape) * (rng.random(shape) < 0.5)


def third_factor_integers(case):
    """What the sources of third factors hold in Lava: "plastic.<slot>" -> (1, steps, n_post)."""
    out = {}
    for slot, name in case.rule.sent.items() if case.signals else ():
        values = case.rule.encoded(slot, case.signals[name])
        out[f"plastic.{slot}"] = np.broadcast_to(values.reshape(*values.shape[:2], -1), (*values.shape[:2], N_POST))
    return out


def random_rule(rng, three_factor):
    """Of 2 to 10 products with 0 to 4 factors."""
    sent = {}
    if three_factor:
        slots = rng.choice(["y1", "y2", "y3"], rng.integers(1, 3), replace=False)
        both = rng.random() < 0.3  # One factor in two slots, for example one for each sign.
        sent = {str(slot): "M0" if both else f"M{k}" for k, slot in enumerate(slots)}
    traced = [name for name in ("x1", "x2", "y1", "y2", "y3") if name not in sent and rng.random() < 0.7] or ["x1"]
    traced = [name for name in traced if name not in sent]
    readable = [*traced, *sent, "w", "t", "d"]
    targets = ["w", *(name for name in ("t", "d") if rng.random() < 0.6)]
    products = [random_product(rng, str(target), readable) for target in rng.choice(targets, rng.integers(1, 7))]
    products.append(random_product(rng, "w", readable))
    # Without a pull back to 0 most values soon stick at their limits, where they hide errors.
    pulled = [name for name in targets if rng.random() < 0.7]
    products += [ChipProduct(name, "u", -int(rng.integers(1, 8)), int(rng.integers(-7, -3)), ((name, 0),)) for name in pulled]
    return ChipRule(
        products=tuple(products),
        traces={name: random_trace(rng) for name in traced},
        sent=sent,
        epoch=1 if three_factor else int(rng.choice([1, 1, 2, 4])),
        decimation=int(rng.integers(0, 4)),
        seed=int(rng.integers(1, 10_000)),
        names={name: name for name in traced} | VARIABLES,
        sending={slot: random_sending(rng) for slot in sent},
    )


def random_trace(rng):
    """Impulses are whole or have a fraction, small or so large that traces saturate."""
    impulse = float(rng.integers(1, 128)) if rng.random() < 0.4 else float(np.round(rng.uniform(0.1, 60), 2))
    return ChipTrace(impulse, float(np.round(np.exp(rng.uniform(np.log(0.5), np.log(60))), 2)))


def random_sending(rng):
    """Either sign, some with an offset, some without what is negative."""
    scale = float(rng.uniform(-127, 127))
    return Sending(scale, int(rng.choice([0, 0, 40, 64])), int(rng.choice([-128, 0])))


def random_product(rng, target, readable):
    """Traces are drawn more often than synaptic variables; a drawn factor may come twice; some get a constant."""
    weights = np.array([3.0 if name[0] in "xy" else 1.0 for name in readable])
    drawn = [str(name) for name in rng.choice(readable, rng.integers(0, 5), p=weights / weights.sum())]
    if drawn and rng.random() < 0.2:
        drawn[-1] = drawn[0]
    factors = tuple((name, int(rng.integers(-20, 21)) if rng.random() < 0.25 else 0) for name in drawn)
    mantissa = int(rng.integers(1, 8) * rng.choice([-1, 1]))
    exponent = int(rng.integers(-7, rng.choice([-2, 3])))
    return ChipProduct(target, str(rng.choice(["x0", "y0", "u"])), mantissa, exponent, factors)


def oracle(cases, steps, folder):
    """For each case what Lava's models hold after each step; all cases in one child, without Lava's runtime."""
    folder = Path(folder)
    write_graph(union([case.program for case in cases]), folder)
    fed = {prefixed(k, name): raster for k, case in enumerate(cases) for name, raster in case.inputs.items()}
    fed |= {prefixed(k, name): raster for k, case in enumerate(cases) for name, raster in third_factor_integers(case).items()}
    np.savez(folder / "inputs.npz", **{name: raster[:, :steps] for name, raster in fed.items()})
    script, log = Path(__file__).parent / "lava_inline.py", folder / "log.txt"
    lava = require_lava()
    code = run_child([lava.python, str(script), str(folder), str(steps)], log, TIMEOUT, lava.environment())
    if code:
        raise RuntimeError(log.read_text())
    with np.load(folder / "results.npz") as file:
        results = {name: file[name] for name in file.files}
    return [
        {name.removeprefix(prefixed(k, "")): values for name, values in results.items() if name.startswith(prefixed(k, ""))}
        for k in range(len(cases))
    ]
