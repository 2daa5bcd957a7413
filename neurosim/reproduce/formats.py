"""The formats that `neurosim.reproduce` supports."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosim.errors import DataError, UncheckedFile
from neurosim.files.json_file import read_json
from neurosim.models import training_file
from neurosim.rate import checkpoint
from neurosim.reproduce.formats_hdf5 import is_hdf5, recording_again, training_again
from neurosim.reproduce.rates import rates_again
from neurosim.reproduce.verdict import Format, Verdict, changes_since, first_difference, rounding
from neurosim.results import recording_file
from neurosim.study.export import FORMAT
from neurosim.study.permission import runnable
from neurosim.study.results import database_of, read_results
from neurosim.study.runner import run_study
from neurosim.study.source import StudySource
from neurosim.study.stored import listed, mapping, text, whole
from neurosim.study.study_json import read_study_json
from neurosim.study.values import described, lively, trial_key
from neurosim.study.workers import workers_for

_SQLITE = b"SQLite format 3\0"
_DEMO = {"accuracy_fixed_by_seed", "brian2", "lava", "settings", "epochs"}


def _is_database(path: Path) -> bool:
    place = database_of(path)
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _study_database(path: Path, jobs: int, trust: bool) -> Verdict:
    results = read_results(path)
    trials = [{"parameters": r.point, "seed": r.seed, "measures": r.measures, "data": r.data} for r in results.table.rows]
    then = results.provenance[-1] if results.provenance else {}
    source = runnable(results.stored, path, trust)
    return _study(source, results.size, results.settings, trials, then, jobs)


def _json(path: Path) -> Mapping[str, Any]:
    """Content of a JSON file, to recognise its format; empty for any other file."""
    if path.suffix != ".json" or not path.is_file():
        return {}
    with warnings.catch_warnings():
        # The warning is given once, when the file is read for good.
        warnings.simplefilter("ignore", UncheckedFile)
        return read_json(path)


def _is_study_json(path: Path) -> bool:
    return _json(path).get("format") == FORMAT


def _study_json(path: Path, jobs: int, trust: bool) -> Verdict:
    found = read_study_json(path)
    source = runnable(found.stored, path, trust)
    return _study(source, found.size, found.settings, found.trials, found.provenance[-1] if found.provenance else {}, jobs)


def _study(
    source: StudySource,
    size: str,
    settings: Mapping[str, Sequence[Any]],
    trials: Sequence[Mapping[str, Any]],
    then: Mapping[str, Any],
    jobs: int,
) -> Verdict:
    if not trials:
        raise DataError(f"Study {source.study.name!r}: the file contains no finished trial that could be computed again.")
    with tempfile.TemporaryDirectory() as folder:
        chosen = {name: [lively(value) for value in values] for name, values in settings.items()}
        run_study(source, folder, workers=workers_for(jobs, None), size=size, settings=chosen)
        again = read_results(folder)
    found = {row.key: row for row in again.table.rows}
    failed = {trial_key(f.point, f.seed): f.reason for f in again.failures}
    exact = [name for name, m in source.study.measures.items() if m.repeatable]
    share, rounded = rounding(then)
    room = {name: share * _largest(trials, name) for name in exact}
    difference = next(filter(None, (_trial(t, found, failed, room) for t in trials)), "")
    notes = [f"{name} is a timing and was not compared" for name in source.study.measures if name not in exact]
    if len(trials) < len(found) + len(failed):
        notes.append(f"the study has {len(found) + len(failed)} trials, of which the file contains {len(trials)} finished ones")
    said = f"study {source.study.name}, size {size}: {len(trials)} trials, {', '.join(exact) or 'no measure'}"
    return Verdict(said, difference, (*notes, *rounded, *(changes_since(then) if difference else ())))


def _largest(trials: Sequence[Mapping[str, Any]], measure: str) -> float:
    """Largest absolute value of a measure over all trials."""
    return max(abs(float(t["measures"].get(measure, 0.0))) for t in trials)


def _trial(
    stored: Mapping[str, Any], found: Mapping[str, Any], failed: Mapping[str, str], room: Mapping[str, float]
) -> str:
    """Description of the first difference of a trial that is larger than the tolerance `room` of its measure, or ""."""
    key, who = trial_key(stored["parameters"], stored["seed"]), f"trial {described(stored['parameters'], stored['seed'])}"
    if key in failed:
        return f"{who}: fails now ({failed[key]})"
    if key not in found:
        return f"{who}: in the file, but the study has no such trial"
    now = found[key]
    pairs = {name: (stored["measures"].get(name), now.measures[name]) for name in room}
    apart = {name: pair for name, pair in pairs.items() if pair[0] is None or not abs(pair[0] - pair[1]) <= room[name]}
    return first_difference(stored["data"], now.data, f"{who}: data") or first_difference(
        {name: was for name, (was, _) in apart.items()}, {name: is_now for name, (_, is_now) in apart.items()}, f"{who}:"
    )


def _is_demo(path: Path) -> bool:
    return set(_json(path)) >= _DEMO


def _demo(path: Path, jobs: int, trust: bool) -> Verdict:
    from neurosim.demo import run_demo

    was = read_json(path)
    how = _demo_settings(was, path)
    with tempfile.TemporaryDirectory() as folder:
        again = run_demo(folder, **how)
    found = json.loads(json.dumps(again))
    said = f"the demo with {how['epochs']} epochs, everything except times"
    return Verdict(said, first_difference(_timeless(was), _timeless(found)))


def _demo_settings(found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    brian2 = mapping(found["brian2"], f"{path}, brian2")
    lava = {"samples": 0} if found["lava"] is None else mapping(found["lava"], f"{path}, lava")
    spikes = mapping(brian2.get("spikes"), f"{path}, spikes")
    return {
        "seeds": len(listed(found["accuracy_fixed_by_seed"], f"{path}, seeds")),
        "epochs": whole(found["epochs"], f"{path}, epochs"),
        "brian2_samples": whole(spikes.get("samples"), f"{path}, samples in Brian2"),
        "lava_samples": whole(lava.get("samples"), f"{path}, samples in Lava"),
        "target": text(found.get("target"), f"{path}, target"),
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(item) for name, item in value.items() if name not in ("seconds", "provenance")}
    return value


FORMATS: tuple[Format, ...] = (
    Format("the folder or study.db of a study", _is_database, _study_database),
    Format("the .json export of a study", _is_study_json, _study_json),
    Format("a training.h5", is_hdf5(training_file.KIND), training_again),
    Format("a rates.h5", is_hdf5(checkpoint.KIND), rates_again),
    Format("a recording of 'neurosim simulate --out'", is_hdf5(recording_file.KIND), recording_again),
    Format("the result.json of the demo", _is_demo, _demo),
)
