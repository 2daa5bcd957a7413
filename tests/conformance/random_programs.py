"""Seeded random step programs that visit the corners of the arithmetic: wrap, saturation, floors, delays, sign modes.

Of most, drives stay below 2**31, where Lava's own 32-bit registers wrap; see `drive_budget`. Every fourth one is extreme:
payloads of up to 31 bits, exponents beyond what a chip has, hardly any decay.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from neurosim import neurons
from neurosim.neurons.burst_lif import BURST_STEP
from neurosim.neurons.desire_lif import DESIRE_STEP
from neurosim.neurons.step_form import ProgramNeuron
from neurosim.neurons.step_neuron import StepNeuron as WrittenNeuron
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from neurosim.program.step import StepPopulation, StepProgram, StepProjection
from tests.steps import LIFS, SOURCE, chip_neuron, float_neuron, is_a, with_values

CLASSES = [c for c in vars(neurons).values() if isinstance(c, type) and issubclass(c, WrittenNeuron) and c is not WrittenNeuron]
WRITTEN = [BURST_STEP, DESIRE_STEP, *(c.declaration for c in CLASSES)]
"""Steps with receptors, channels, payloads and random numbers; their parameters are drawn by their kinds."""
MAX_N = 12


def sizes(rng):
    """(source sizes, population sizes)."""
    return rng.integers(1, MAX_N + 1, rng.integers(1, 3)), rng.integers(1, MAX_N + 1, rng.integers(1, 5))


def wiring(rng, sources, populations):
    """(pre, post) pairs: every population gets one or two, from anywhere, itself included."""
    names = [*sources, *populations]
    pairs = []
    for post in populations:
        pairs += [(names[i], post) for i in rng.choice(len(names), rng.integers(1, 3), replace=False)]
    return pairs


def pick(rng, n, low, high, corners=()):
    """A number from low..high or one of the corners, for all neurons or one each."""
    size = () if rng.random() < 0.7 else n
    values = rng.integers(low, high + 1, size)
    return np.asarray(np.where(rng.random(size) < 0.3, rng.choice(corners, size), values) if corners else values, np.int64)


def delays(rng, shape):
    """None, one value for all, or one value per synapse."""
    kinds = [lambda: np.zeros((), int), lambda: rng.integers(1, 11), lambda: rng.integers(0, rng.integers(2, 11), shape)]
    return np.asarray(kinds[rng.integers(3)](), np.int32)


def matrix(rng, dense):
    """Now and then sparse; not often, as Lava builds its delayed sparse matrices anew in every step."""
    if rng.random() < 0.75:
        return dense
    kept = rng.random(dense.shape) < 0.4
    kept[0, 0] = True
    return sparse.csr_array(dense * kept)


def fixed_neuron(rng, n):
    if rng.random() < 0.4:
        return written(rng, n, integer_value)
    interval = int(rng.integers(1, 13))
    return chip_neuron(
        LIFS[rng.integers(len(LIFS))],
        du=pick(rng, n, 0, 4095, (0, 4095)),
        dv=pick(rng, n, 0, 4095, (0, 4095)),
        v_th=np.asarray(2.0 ** rng.uniform(0, rng.choice([9, 9, 17]), () if rng.random() < 0.7 else n), np.int64),
        bias_mant=pick(rng, n, -4096, 4095, (0, 0, -4096, 4095)),
        bias_exp=pick(rng, n, -4, 7),
        refractory=int(rng.integers(0, 6)),
        dtheta=pick(rng, n, 0, 4095),
        theta_jump=pick(rng, n, 0, 2**14),
        interval=interval,
        offset=int(rng.integers(interval)),
    )


def drive_budget(message_bits):
    """Largest exponent: with `MAX_N` channels, payloads < 2**bits and weights <= 2**8, a step adds less than 2**28 to u."""
    return min(7, 9 - message_bits)


def exponent(rng, message_bits):
    """Often the largest one, so that u wraps."""
    top = drive_budget(message_bits)
    return top if rng.random() < 0.4 else int(rng.integers(-7, top + 1))


def is_extreme(seed):
    return seed % 4 == 3


def extreme_neuron(rng, n):
    """Holds u and v for long, with a high threshold."""
    high = np.asarray(rng.choice([2**8, 2**14, 131071], () if rng.random() < 0.7 else n), np.int64)
    du, dv = pick(rng, n, 0, 50, (0, 0, 4095)), pick(rng, n, 0, 20, (0, 0, 1))
    neuron = fixed_neuron(rng, n)
    if not is_a(neuron, *LIFS):
        return neuron
    return with_values(neuron, tau_syn=(4095 - du) / 4096, tau_m=(4096 - dv) / 4096, v_th=64 * high)


def extreme_projection(rng, name, pre, post, shape):
    """Large payloads with all exponents."""
    message_bits = int(rng.choice([0, 14, 22, 24, 31, 31]))
    return replace(
        fixed_projection(rng, name, pre, post, shape),
        weight_exp=int(rng.choice([-30, -12, -8, -7, -3, -1, 0, 0, 1, 7, 15])),
        message_bits=message_bits,
    )


def fixed_projection(rng, name, pre, post, shape):
    message_bits = int(rng.choice([0, 0, 4, 14]))
    low, high = [(-300, 300), (-100, 300), (0, 300), (-300, 0), (-9, 9)][rng.integers(5)]
    return FixedProjection(
        name,
        pre,
        post,
        matrix(rng, rng.integers(low, high + 1, shape)),
        delays=delays(rng, shape),
        weight_exp=exponent(rng, message_bits),
        sign_mode=[None, *SignMode][rng.integers(4)],
        weight_bits=int(rng.integers(1, 9)),
        message_bits=message_bits,
    )


def fixed_program(seed):
    """A network in integers."""
    rng = np.random.default_rng(seed)
    n_sources, n_populations = sizes(rng)
    sources = {f"s{i}": int(n) for i, n in enumerate(n_sources)}
    populations = {f"p{i}": int(n) for i, n in enumerate(n_populations)}
    n = sources | populations
    neuron, projection = (extreme_neuron, extreme_projection) if is_extreme(seed) else (fixed_neuron, fixed_projection)
    plain = FixedProgram(
        f"fixed{seed}",
        1e-3,
        tuple(FixedPopulation(s, k, SOURCE) for s, k in sources.items())
        + tuple(FixedPopulation(p, k, neuron(rng, k)) for p, k in populations.items()),
        tuple(
            projection(rng, f"{pre}_{post}", pre, post, (n[pre], n[post]))
            for pre, post in wiring(rng, sources, populations)
        ),
    )
    return with_ports(rng, plain)


def real(rng, n, low, high, corners=()):
    size = () if rng.random() < 0.7 else n
    values = rng.uniform(low, high, size)
    return np.asarray(np.where(rng.random(size) < 0.2, rng.choice(corners, size), values) if corners else values)


def real_neuron(rng, n):
    if rng.random() < 0.4:
        return written(rng, n, real_value)
    interval = int(rng.integers(1, 13))
    return float_neuron(
        LIFS[rng.integers(len(LIFS))],
        du=real(rng, n, 0, 1, (0.0, 1.0)),
        dv=real(rng, n, 0, 1, (0.0, 1.0)),
        v_th=real(rng, n, 0.1, 3),
        bias=real(rng, n, -0.3, 0.5, (0.0,)),
        refractory=int(rng.integers(0, 6)),
        dtheta=real(rng, n, 0, 1),
        theta_jump=real(rng, n, 0, 1),
        interval=interval,
        offset=int(rng.integers(interval)),
        v_reset=real(rng, n, -0.5, 0.05) * int(rng.integers(2)),
    )


def float_program(seed):
    """A network in float."""
    rng = np.random.default_rng(seed)
    n_sources, n_populations = sizes(rng)
    sources = {f"s{i}": int(n) for i, n in enumerate(n_sources)}
    populations = {f"p{i}": int(n) for i, n in enumerate(n_populations)}
    n = sources | populations
    plain = StepProgram(
        f"float{seed}",
        1e-3,
        tuple(StepPopulation(s, k, SOURCE) for s, k in sources.items())
        + tuple(StepPopulation(p, k, real_neuron(rng, k)) for p, k in populations.items()),
        tuple(
            StepProjection(
                f"{pre}_{post}", pre, post,
                matrix(rng, rng.normal(0.1, 0.5, (n[pre], n[post]))),
                delays=delays(rng, (n[pre], n[post])),
                graded=bool(rng.random() < 0.3),
            )
            for pre, post in wiring(rng, sources, populations)
        ),
    )  # fmt: skip
    return with_ports(rng, plain)


def written(rng, n, values):
    """A neuron with one of the `WRITTEN` steps; `values` draws a parameter of a kind."""
    declaration = WRITTEN[rng.integers(len(WRITTEN))]
    parameters = {name: values(rng, n, kind) for name, kind in declaration.parameters.items()}
    return ProgramNeuron(declaration, parameters, seed=int(rng.integers(2**32)))


WHOLE = {"whole": 1, "held": 0, "count": 0, "sum": 0}
"""Kinds whose numbers are whole -> the smallest that is drawn."""


def real_value(rng, n, kind):
    """A parameter of a step in float."""
    if kind in WHOLE:
        return pick(rng, n, WHOLE[kind], 9).astype(float)
    ranges = {"level": (0.1, 2), "threshold": (0, 2), "bias": (-0.3, 0.5), "fraction": (-0.9, 0.9), "per_level": (0, 0.5)}
    return real(rng, n, *ranges.get(kind, (0, 1)))


def integer_value(rng, n, kind):
    """A parameter of a step in the integers of a chip."""
    draw = {
        "decay": lambda: (4096 - pick(rng, n, 0, 4095, (0, 4095))) / 4096,
        "current_decay": lambda: (4095 - pick(rng, n, 0, 4095, (0, 4095))) / 4096,
        "level": lambda: 64.0 * pick(rng, n, 1, 2 ** int(rng.choice([9, 9, 16]))),
        "threshold": lambda: 64.0 * pick(rng, n, 0, 2 ** int(rng.choice([9, 9, 16]))),
        "bias": lambda: pick(rng, n, -(2**12), 2**14).astype(float),
        "fraction": lambda: pick(rng, n, -3700, 3700) / 4096,
        "per_level": lambda: pick(rng, n, 0, 4095) / 2.0 ** int(rng.integers(14, 24)),
        "probability": lambda: pick(rng, n, 0, 128) / 128,
        **{name: lambda low=low: pick(rng, n, low, 9).astype(float) for name, low in WHOLE.items()},
    }[kind]
    return np.asarray(draw())


def with_ports(rng, program):
    """Projections begin and end at any channel and receptor; numbers are sent where a channel has them."""
    out = []
    for p in program.projections:
        pre, post = (program.population(name).neuron for name in (p.pre, p.post))
        channel, receptor = str(rng.choice(pre.channels)), str(rng.choice(post.receptors))
        p = replace(p, channel=channel, receptor=receptor)
        if not (pre.is_source or is_a(pre, *LIFS)):
            sends = bool(pre.step.channels[channel].payload) and bool(rng.integers(2))
            p = replace(p, **({"graded": sends} if isinstance(p, StepProjection) else {"message_bits": 14 * sends}))
        out.append(p)
    return replace(program, projections=tuple(out))


def inputs(program, seed, samples, steps):
    """Payloads by source: as large as the narrowest graded projection of the source allows, else 0 and 1."""
    rng = np.random.default_rng([seed, 1])
    out = {}
    for source in (p for p in program.populations if p.neuron.is_source):
        bits = min((getattr(p, "message_bits", 3) for p in program.projections if p.pre == source.name and p.graded), default=0)
        spikes = rng.random((samples, steps, source.n)) < rng.choice([0.2, 0.5, 0.9])
        signs = rng.choice([-1, 1], spikes.shape) if is_extreme(seed) and rng.random() < 0.5 else 1
        out[source.name] = (signs * spikes * rng.integers(1, 2**bits + (bits == 0), spikes.shape)).astype(np.int32)
    return out


def states(program):
    """All that can be probed."""
    return [
        (p.name, s)
        for p in program.populations
        if not p.neuron.is_source
        for s in _states(p.neuron)
    ]


def _states(neuron):
    if not is_a(neuron, *LIFS):
        return tuple(neuron.step.states)
    return ("u", "v") + ("theta",) * is_a(neuron, "AdaptiveLIF")


def union(programs):
    """Several programs side by side in one, so that one Lava child runs them all; names get a prefix."""
    populations, projections = [], []
    for k, program in enumerate(programs):
        populations += [replace(p, name=prefixed(k, p.name)) for p in program.populations]
        projections += [
            replace(p, name=prefixed(k, p.name), pre=prefixed(k, p.pre), post=prefixed(k, p.post)) for p in program.projections
        ]
    return replace(programs[0], name="union", populations=tuple(populations), projections=tuple(projections))


def prefixed(k, name):
    return f"n{k}_{name}"
