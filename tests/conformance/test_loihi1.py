"""The emulator's `loihi1` against two independent Loihi 1 emulators; `tests/oracles` says how their traces were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.backends.emulator import emulate
from neurosim.program.fixed import FixedPopulation, FixedProgram, FixedProjection, SignMode
from tests.steps import SOURCE, chip_neuron

ORACLES = Path(__file__).resolve().parents[1] / "oracles"
CASES = 12
SIZES = {"s": 12, "a": 10, "b": 6}


def case(oracle, number):
    with np.load(ORACLES / f"{oracle}.npz") as file:
        return {key.split("/")[1]: file[key] for key in file.files if key.split("/")[0] == str(number)}


def neuron(given, name):
    fields = {
        field: given[f"{key}_{name}"]
        for field, key in {"du": "du", "dv": "dv", "v_th": "vth", "bias_mant": "bias_mant", "bias_exp": "bias_exp"}.items()
    }
    # The chip's register counts from the spike itself.
    return chip_neuron("RefractoryLIF", **fields, refractory=int(given[f"refract_{name}"]) - 1)


def program(given):
    return FixedProgram(
        "golden",
        1e-3,
        (
            FixedPopulation("s", SIZES["s"], SOURCE),
            *(FixedPopulation(name, SIZES[name], neuron(given, name)) for name in "ab"),
        ),
        tuple(
            FixedProjection(
                pair,
                *pair,
                given[f"w_{pair}"].astype(np.int64),
                delays=given[f"delay_{pair}"].astype(np.int32),
                weight_exp=int(given[f"exp_{pair}"]),
                sign_mode=SignMode.MIXED,
            )
            for pair in ("sa", "aa", "ab")
        ),
    )


@pytest.mark.parametrize("number", range(CASES))
@pytest.mark.parametrize("oracle", ["nengo_loihi", "brian2_loihi"])
def test_equals_golden_trace(oracle, number):
    given = case(oracle, number)
    probes = [(name, state) for name in "ab" for state in "uv"]
    run = emulate(program(given), len(given["input"]), inputs={"s": given["input"][None]}, probes=probes, arithmetic="loihi1")
    for name, state in probes:
        assert np.array_equal(run.states[name, state][0], given[f"{state}_{name}"]), (name, state)
    for name in "ab":
        assert np.array_equal(run.raster(name)[0], given[f"spike_{name}"]), name


def test_nengo_cases_differ_from_lava():
    """The cases are worth having: Lava's arithmetic, which wraps otherwise, gives other spikes on several of them."""
    differing = 0
    for number in range(CASES):
        given = case("nengo_loihi", number)
        run = emulate(program(given), len(given["input"]), inputs={"s": given["input"][None]}, arithmetic="fixed")
        differing += any(not np.array_equal(run.raster(name)[0], given[f"spike_{name}"]) for name in "ab")
    assert differing >= 4
