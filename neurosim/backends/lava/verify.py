"""Check of the files of an exported graph against its manifest. Copied beside every graph, which imports it first."""

import hashlib
import importlib.util
import json
import signal
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MANIFEST, STORED, DRAWN, EXPECTED = "manifest.json", "samples.npz", "sources.npz", "expected.npz"
"""Files for the content of a graph, given samples, rates and spikes of its sources, and the results of the emulator."""
MICROCODE = "microcode"
"""Folder for models of processes that Lava does not have."""
NO_LAVA = """Lava is not installed for this Python ({python}). Its version 0.10.0 declares Python 3.10:
    pip install lava-nc==0.10.0
and runs on 3.11 to 3.13 with
    pip install numpy scipy
    pip install --no-deps --ignore-requires-python lava-nc==0.10.0 networkx==2.8.7 asteval==0.9.33
Where 'neurosim lava setup' has installed it, put the folder that 'neurosim lava' names on PYTHONPATH."""


def project(folder=FOLDER):
    """Content of the manifest."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return found if isinstance(found["files"], dict) else sys.exit(f"{folder / MANIFEST}: it lists no files; export again.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{folder / MANIFEST}: missing, damaged, or not the manifest of an exported graph ({error}); export again.")


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(content: dict) -> str:
    """SHA-256 of the content of a manifest without its entry "checksum"."""
    bare = {name: value for name, value in content.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()


def absent(folder=FOLDER):
    """Files of the manifest that are missing."""
    return [name for name in project(folder)["files"] if not (folder / name).is_file()]


def changed(folder=FOLDER):
    """Files that are not those of the manifest, in words; Lava imports every file beside a process, whatever it is."""
    content = project(folder)
    wanted = content["files"]
    found = [MANIFEST] if content.get("checksum") != digest(content) else []
    found += [name for name, sum_ in wanted.items() if (folder / name).is_file() and checksum(folder / name) != sum_]
    further = [f"processes/{path.name}" for path in sorted((folder / "processes").glob("*.py"))]
    return [f"{name} was changed" for name in found] + [f"{n} is not of this export" for n in further if n not in wanted]


def begin():
    """End the program, with a reason, if a file or Lava is missing, and from now on also at Ctrl-C."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit("interrupted"))
    missing = absent()
    if missing:
        sys.exit(f"{FOLDER}: {', '.join(missing)}: missing. Copy the whole folder again, or export again.")
    if importlib.util.find_spec("lava") is None:
        sys.exit(NO_LAVA.format(python=sys.executable))


def refuse_changes(accepted):
    """End the program if files were changed, unless that is `accepted`; then only say so."""
    found = changed()
    if found:
        text = f"{FOLDER}: {'; '.join(found)}, according to {MANIFEST}."
        remedy = "Copy the folder again, or run it as it is with --accept-changes."
        print(text, file=sys.stderr) if accepted else sys.exit(f"{text} {remedy}")
