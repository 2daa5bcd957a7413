"""Dictionaries of a recording."""

from dataclasses import asdict

import numpy as np

from neurosim.results.recording import Recording
from neurosim.results.run_data import Spikes


def test_a_recording_as_plain_values():
    recording = Recording(1e-4, 3, 1, {"cells": 2}, {"cells": Spikes.from_raster(np.ones((1, 3, 2), bool))}, {}, {}, {}, {})
    found = asdict(recording)
    assert found["sizes"] == {"cells": 2} and set(found["spikes"]) == {"cells"} and found["states"] == {}
