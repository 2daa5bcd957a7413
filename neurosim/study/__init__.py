"""Studies: a question that simulations answer, with trials that run in parallel and results that are all kept.

A study is one file that ends with ``STUDY = Study(...)``; see ``experiments/``.
"""

from neurosim.study.plans import Grid, Random
from neurosim.study.ranges import Choice, Integers, LogRange, Range
from neurosim.study.search import Search
from neurosim.study.study import Measure, Size, Study, Timing
from neurosim.study.trial import Trial

__all__ = [
    "Choice",
    "Grid",
    "Integers",
    "LogRange",
    "Measure",
    "Random",
    "Range",
    "Search",
    "Size",
    "Study",
    "Timing",
    "Trial",
]
