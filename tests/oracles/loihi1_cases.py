"""Small integer networks for the Loihi 1 oracles; needs numpy only, since each oracle lives in an environment of its own.

Every case is source -> a, a -> a, a -> b. Weights are what a synapse holds: even numbers (mixed sign, 8 bits), `exp` is their
exponent.
`refract` is the chip's register, 1 or more: a neuron is held for refract - 1 steps after its spike.
"""

import numpy as np

STEPS = 80
SIZES = {"s": 12, "a": 10, "b": 6}
PAIRS = ("sa", "aa", "ab")


def case(seed, exponents, decays, vth_bits, biased, delayed):
    """Parameters and inputs by name."""
    rng = np.random.default_rng(seed)
    out = {"input": (rng.random((STEPS, SIZES["s"])) < rng.choice([0.1, 0.3, 0.6])).astype(np.uint8)}
    for post in "ab":
        out |= {
            f"du_{post}": rng.choice([*decays, rng.integers(400, 4096)]),
            f"dv_{post}": rng.choice([*decays, rng.integers(400, 4096)]),
            f"vth_{post}": np.int64(2.0 ** rng.uniform(*vth_bits)),
            f"refract_{post}": rng.choice([1, 1, 2, 3, 8]),
            f"bias_mant_{post}": rng.integers(-4095, 4096) * biased,
            f"bias_exp_{post}": rng.integers(0, 8) * biased,
        }
    for pair in PAIRS:
        shape = SIZES[pair[0]], SIZES[pair[1]]
        out[f"w_{pair}"] = 2 * rng.integers(-110, 128, shape)
        out[f"exp_{pair}"] = rng.integers(exponents[0], exponents[1] + 1)
        out[f"delay_{pair}"] = rng.integers(0, 9) * delayed
    types = {"input": np.uint8} | {f"w_{pair}": np.int16 for pair in PAIRS}
    return {key: np.asarray(value, types.get(key, np.int64)) for key, value in out.items()}


NENGO_CASES = [case(seed, (0, 7), (0, 40, 600, 4095), (4, 15), biased=True, delayed=False) for seed in range(12)]
"""Large exponents: the accumulator and the current wrap, the voltage is cut off."""
BRIAN_CASES = [case(seed, (-4, 1), (400, 900, 4095), (2, 8), biased=False, delayed=True) for seed in range(100, 112)]
"""Nothing overflows (brian2-loihi has no limits); negative exponents and delays."""


def pack(cases, traces):
    """One flat dictionary for np.savez_compressed: <case>/<key>."""
    both = [case | trace for case, trace in zip(cases, traces, strict=True)]
    return {f"{k}/{key}": value for k, part in enumerate(both) for key, value in part.items()}


def summary(trace):
    """Largest states and mean rates, to see that the cases are alive."""
    return {key: round(float(np.mean(v) if key.startswith("spike") else np.abs(v).max()), 3) for key, v in trace.items()}
