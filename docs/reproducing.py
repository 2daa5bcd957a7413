"""Writes REPRODUCING.md: the command, seeds, time, committed result and distance to the paper of each published number.

It is made from the committed results and from ``published.toml``; ``python docs/reproducing.py`` writes it anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILE = HERE.parent / "REPRODUCING.md"
PUBLISHED = HERE / "published.toml"
SHOWN = re.compile(r"<!-- (?:results|numbers|figure) of (\w+)")
SOURCE = re.compile(r"doi:10\.\d+/(?:\([\w-]+\)|[\w./-])*\w|arXiv:\d+\.\d+")
INTRODUCTION = """# Reproducing

Every number and figure that README and the documentation publish, with the command that makes it, its seeds, its time,
the committed result, and how far it is from the paper. This page is made from the committed results (`make pictures`).

Results of studies are reproduced bit for bit on the same kind of processor, and to six digits on another:

```sh
make env
neurosim reproduce experiments/results/stdp_window/result.json     # equal, or where the results first differ
neurosim study run stdp_window --out mine                          # the same study in a folder of its own
```

`neurosim study run NAME --size ci` is a small version of seconds. Times are those of the full version on the computer
that is named with them; other programs were mostly running, and "CPU" means CPU time. Data sets that are not in the
repository are fetched by `neurosim data fetch NAME`.

## Numbers by page

"""


def made(studies: Mapping[str, Any], sections: Mapping[str, list[str]]) -> str:
    """The text of REPRODUCING.md, from ``committed.studies`` and ``committed.sections``."""
    head = "| what | number | made by | published, and distance |"
    rows = [_row(number, studies) for number in numbers()]
    table = "\n".join([head, "|---|---|---|---|", *rows])
    told = {heading: [_study(studies[name]) for name in names if name in studies] for heading, names in sections.items()}
    parts = [f"### {heading}\n\n" + "\n".join(found) for heading, found in told.items() if found]
    return f"{INTRODUCTION}{table}\n\n## Studies\n\n" + "\n".join(parts)


def page() -> str:
    """The text as a page of the documentation: links lead to pages, and files of the repository are named only."""
    text = re.sub(r"\]\(docs/(\w+\.md)\)", r"](\1)", FILE.read_text())
    return re.sub(r"\[([^\]]+)\]\((?:README|experiments|tests|docs)[^)]*\)", r"\1", text)


def numbers() -> list[dict[str, Any]]:
    """Entries of ``published.toml``."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return list(tomllib.loads(PUBLISHED.read_text())["number"])


def _row(number: Mapping[str, Any], studies: Mapping[str, Any]) -> str:
    made_by = _of_study(studies[number["study"]]) if "study" in number else number
    results = made_by["results"]
    published = "" if number["paper"] == "none" else f"{number['published']} ({number['paper']}). "
    cells = (
        f"{number['what']} ([{number['where']}]({number['where']}))",
        ", ".join(number["shown"]),
        f"`{made_by['command']}`; seeds {made_by['seeds']}; {made_by['time']}; [result]({results})",
        f"{published}{number['distance']}",
    )
    return f"| {' | '.join(cells)} |"


def _of_study(study: Any) -> dict[str, str]:
    return {
        "command": study.command.removesuffix(" --size full"),
        "seeds": study.seeds,
        "time": study.time,
        "results": f"experiments/results/{study.name}/result.json",
    }


def _study(study: Any) -> str:
    facts = _of_study(study)
    papers = ", ".join(dict.fromkeys(SOURCE.findall(study.file.read_text())))
    pages = ", ".join(f"[{name}](docs/{name})" for name in _pages(study.name))
    lines = [
        f"`{facts['command']}`: {study.trials} trials, seeds {study.seeds}; {facts['time']} ({study.processor}, {study.date})",
        f"[committed results]({facts['results']})" + (f"; shown on {pages}" if pages else ""),
        *([f"Paper: {papers}"] if papers else []),
        f"Expected: {study.expected}",
        *([f"Found: {study.answer}"] if study.answer else []),
    ]
    return f"#### {study.name}\n\n{study.question}\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"


def _pages(study: str) -> list[str]:
    return [path.name for path in sorted(HERE.glob("*.md")) if study in SHOWN.findall(path.read_text())]


def main() -> None:
    """Write the file."""
    sys.path.insert(0, str(HERE))
    import committed

    FILE.write_text(made(committed.studies(), committed.sections()))


if __name__ == "__main__":
    main()
