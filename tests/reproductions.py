"""Finds the committed studies whose results have to be reproduced, according to ``experiments/results/reproduced.json``.

The file stores, for each study, a digest of its results and of everything that they depend on, computed when the study was last
reproduced. Only ``make test-all`` writes it, and only for studies whose results were equal.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.unchanged import ROOT, Project

RESULTS = ROOT / "experiments" / "results"
KEPT = RESULTS / "reproduced.json"
ALL = "--reproduce-all"
COMMAND = "make test-all"
PROPERTY = "study"
TEST = "test_study_committed.py::test_small_results_are_equal["


def makers(results: Path, project: Project) -> tuple[Path, ...]:
    """Files that the results of a study start from: the study, the code that runs studies, and the pins of this Python."""
    from neurosim.study.runner import run_study

    lane = f"{sys.version_info.major}.{sys.version_info.minor}"
    study = project.root / "experiments" / json.loads(results.read_text())["file"]
    runner = Path(inspect.getfile(run_study)).relative_to(ROOT)
    return study, project.root / runner, project.root / "constraints" / f"{lane}.txt"


def study_digest(results: Path, project: Project) -> str:
    """Digest of the results in a file and of everything that they depend on."""
    stored = json.loads(results.read_text())
    # The source of the study is left out here, because it contains comments. Another test compares it with the study.
    contents = json.dumps({name: value for name, value in stored.items() if name != "source"}, sort_keys=True)
    return project.digest(*makers(results, project), also=[contents])


def kept_digests() -> dict[str, str]:
    """Digests at the last reproduction, by study."""
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}


def keep(outcomes: Mapping[str, tuple[str, str]]) -> None:
    """Store the digests of studies whose results were equal; remove those of studies that failed or no longer exist."""
    equal = {study: digest for study, (outcome, digest) in outcomes.items() if outcome == "passed"}
    others = {study: digest for study, digest in kept_digests().items() if study not in outcomes}
    here = {study: digest for study, digest in {**others, **equal}.items() if (RESULTS / study / "ci.json").exists()}
    KEPT.write_text(json.dumps(here, indent=1, sort_keys=True) + "\n")


def outcomes_of(stats: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Outcome and digest of each study, from the reports of a run of pytest."""
    ended = ((outcome, report) for outcome in ("passed", "failed", "skipped") for report in stats.get(outcome, ()))
    recorded = [(outcome, dict(report.user_properties).get(PROPERTY)) for outcome, report in ended if report.when == "call"]
    return {study: (outcome, digest) for outcome, (study, digest) in (pair for pair in recorded if pair[1] is not None)}


def summary(outcomes: Mapping[str, tuple[str, str]]) -> str:
    """How many studies were reproduced, and how many did not have to be."""
    made = sorted(study for study, (outcome, _) in outcomes.items() if outcome != "skipped")
    named = f" ({', '.join(made)})" if made else ""
    return f"{len(made)} reproduced{named}, {len(outcomes) - len(made)} unchanged since their last reproduction"
