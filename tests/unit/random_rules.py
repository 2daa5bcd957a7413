"""Random rules in the whole language of updates, whose values stay finite and bounded."""

from neurosim.plasticity import PlasticityRule, broadcast, post, post_state, pre, synaptic
from neurosim.units import ms

SPIKES = ("x", "y", "s", "late")
NAMES = (*SPIKES, "last", "tag", "w", "M", "u", "slow")


def random_rule(rng, name):
    """A rule with traces of all kinds, a signal, a state of the post neuron, and updates of w and tag at all events."""
    return PlasticityRule(
        name,
        traces={
            "x": pre(12 * ms),
            "late": pre(9 * ms, channel="arrival"),
            "y": post(15 * ms),
            "s": post(11 * ms, mode="saturate", impulse=0.4),
            "last": post(8 * ms, mode="overwrite"),
            "slow": post(7 * ms, of="v", delay=int(rng.integers(0, 3)) * ms),
            "tag": synaptic(30 * ms),
        },
        modulators={"M": broadcast(), "u": post_state("v")},
        on_pre={"w": bounded(rng), "tag": bounded(rng)},
        on_post={"w": bounded(rng)},
        every={1: {"w": bounded(rng)}, int(rng.integers(2, 5)): {"tag": bounded(rng)}},
        parameters={"a": 0.01, "b": 0.7},
        bounds=(-2.0, 2.0),
    )


def bounded(rng):
    """A sum of products with small factors."""
    terms = [f"a * clip({expression(rng, 2)}, -1, 1) * {factor(rng)}" for _ in range(int(rng.integers(1, 3)))]
    return " - ".join(terms)


def factor(rng):
    """A factor of a product."""
    factors = ["1", "x", "(1 - w)", "w**2", "M", "relu(u - 0.2)", "y", f"before({rng.choice(SPIKES)})", "(y > 0.3)"]
    return str(rng.choice(factors))


def expression(rng, depth):
    """An expression over all names and functions; divisors, roots and exponents have safe ranges."""
    if depth == 0:
        return str(rng.choice([*NAMES, "b", "0.37", f"before({rng.choice(SPIKES)})"]))
    a, b, c = (expression(rng, depth - 1) for _ in range(3))
    forms = (
        f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / (1 + abs({b})))", f"relu({a} - 0.21)",
        f"step({a} - 0.33)",
        f"where({a} > 0.43, {b}, {c})", f"where({a} < 0.27 and not {b} >= 0.51, {c}, 0.1)",
        f"where({a} > 0.9 or {b} <= 0.11, {b}, -{c})", f"min({a}, {b})", f"max({a}, {b})", f"exp(-abs({a}))",
        f"log(1 + abs({a}))", f"sqrt(abs({a}))", f"abs({a})**0.7", f"sign({a} - 0.29)", f"clip({a}, -0.4, 0.6)",
        f"({a} != 0.5)", f"({a} == 7)",
    )  # fmt: skip
    return forms[int(rng.integers(len(forms)))]
