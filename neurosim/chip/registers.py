"""Parameters of a neuron as they are written into the registers of a Loihi-style chip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.neurons.step_form import ProgramNeuron
from neurosim.program.widths import LOIHI, Widths

_LARGEST_MANTISSA = 4095


def registers(neuron: ProgramNeuron, widths: Widths = LOIHI) -> Mapping[str, Any]:
    """Registers of a soma: "du", "dv", "v_th", "bias_mant", "bias_exp"; those that a neuron does not have are left out."""
    values, unit, found = neuron.values, widths.decay_unit, {}
    if "tau_syn" in values:
        found["du"] = _whole(unit * (1 - values["tau_syn"]) - 1)
    if "tau_m" in values:
        found["dv"] = _whole(unit * (1 - values["tau_m"]))
    if "v_th" in values:
        found["v_th"] = _whole(values["v_th"] / widths.align)
    if "bias" in values:
        bias = _whole(values["bias"])
        over = np.maximum(np.abs(bias) / _LARGEST_MANTISSA, 1.0)
        exponent = np.ceil(np.log2(over)).astype(np.int64)
        found |= {"bias_mant": bias >> exponent, "bias_exp": exponent}
    return found


def _whole(values: Any) -> Any:
    return np.round(values).astype(np.int64)
