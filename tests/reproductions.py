"""Which committed studies are as they were when they were last made again: ``experiments/results/reproduced.json``.

The file holds a digest for each study, of its results and of everything that makes them. ``make test-all`` writes it, and only
for studies whose results came out equal.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.study.runner import run_study
from tests.unchanged import ROOT, Project

RESULTS = ROOT / "experiments" / "results"
KEPT = RESULTS / "reproduced.json"
ALL = "--reproduce-all"
COMMAND = "make test-all"
PROPERTY = "study"


def makers(results: Path, project: Project) -> tuple[Path, ...]:
    """The files that the results in a file of a study start from; the pins of this Python are one of them."""
    lane = f"{sys.version_info.major}.{sys.version_info.minor}"
    study = project.root / "experiments" / json.loads(results.read_text())["file"]
    runner = Path(inspect.getfile(run_study)).relative_to(ROOT)
    return study, project.root / runner, project.root / "constraints" / f"{lane}.txt"


def study_digest(results: Path, project: Project) -> str:
    """A digest of the results, and of all that makes them."""
    stored = json.loads(results.read_text())
    # The study's own text is in it once more, comments and all.
    told = json.dumps({name: value for name, value in stored.items() if name != "source"}, sort_keys=True)
    return project.digest(*makers(results, project), also=[told])


def kept_digests() -> dict[str, str]:
    """Study -> digest at its last reproduction."""
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}


def keep(outcomes: Mapping[str, tuple[str, str]]) -> None:
    """Write digests of the studies that came out equal, and forget those that did not or are gone."""
    equal = {study: digest for study, (outcome, digest) in outcomes.items() if outcome == "passed"}
    others = {study: digest for study, digest in kept_digests().items() if study not in outcomes}
    here = {study: digest for study, digest in {**others, **equal}.items() if (RESULTS / study / "ci.json").exists()}
    KEPT.write_text(json.dumps(here, indent=1, sort_keys=True) + "\n")


def outcomes_of(stats: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Study -> how its test ended, and its digest; from the reports of a run of pytest."""
    ended = ((how, report) for how in ("passed", "failed", "skipped") for report in stats.get(how, ()))
    told = [(how, dict(report.user_properties).get(PROPERTY)) for how, report in ended if report.when == "call"]
    return {study: (how, digest) for how, (study, digest) in (pair for pair in told if pair[1] is not None)}
