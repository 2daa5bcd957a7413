"""Export of results to files for other programs: CSV, Parquet, or a JSON file that can be reproduced."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import UsageError, unknown_name
from neurosim.files.atomic import atomic_write
from neurosim.files.json_file import with_checksum
from neurosim.study.frames import columns
from neurosim.study.results import Results

FORMAT = "neurosim study"
FORMAT_VERSION = 1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(results: Results, path: str | Path) -> None:
    """Write the finished trials to a file; the suffix of `path` (.csv, .json, .parquet) selects the format.

    Raises
    ------
    UsageError
        If the suffix is not known, or the library for Parquet is missing.
    NeurosimError
        If the file cannot be written.
    """
    where = Path(path)
    if where.suffix not in WRITERS:
        raise UsageError(f"{where}: " + unknown_name("suffix", where.suffix, WRITERS))
    WRITERS[where.suffix](results, where)


def to_json(results: Results) -> dict[str, Any]:
    """Everything that is needed to judge the result and to reproduce it; see `neurosim.reproduce`."""
    study = results.description
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "study": study.name,
        "question": study.question,
        "size": results.size,
        "settings": dict(results.settings),
        "command": results.command,
        "measures": {n: {"unit": m.unit, "meaning": m.meaning} for n, m in study.measures.items()},
        "provenance": [dict(p) for p in results.provenance],
        "trials": [
            {
                "parameters": dict(row.point),
                "seed": row.seed,
                "measures": dict(row.measures),
                "data": dict(row.data),
                "seconds": round(row.seconds, 3),
            }
            for row in results.table.rows
        ],
        "file": results.stored.file,
        "source": results.stored.text,
        "signature": results.stored.signature,
    }


def _write_csv(results: Results, path: Path) -> None:
    found = columns(results.table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_cell, found))
    writer.writerows(map(_cell, row) for row in zip(*found.values(), strict=True))
    _write_text(path, text.getvalue())


def _cell(value: Any) -> Any:
    """Cell of a CSV file; text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    # Many programs take a single carriage return for the end of a row, and Python's writer does not quote it.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if value.startswith(_FORMULA) else text


def _write_json(results: Results, path: Path) -> None:
    _write_text(path, json.dumps(with_checksum(to_json(results)), indent=1, allow_nan=False) + "\n")


def _write_parquet(results: Results, path: Path) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(f"{path}: Parquet needs pyarrow: pip install 'neurosim[parquet]', or export to .csv.") from None
    with atomic_write(path) as partial:
        pyarrow.parquet.write_table(pyarrow.table(columns(results.table)), partial)


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


WRITERS: Mapping[str, Callable[[Results, Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
}
