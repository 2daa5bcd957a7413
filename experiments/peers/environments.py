"""Makes an environment of its own for each simulator: ``python experiments/peers/environments.py FOLDER [NAME...]``.

Each needs the Python that its simulator supports, as ``python3.10``, ``python3.11`` or ``python3.12`` on the path. Existing
environments are left as they are.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = {
    "nest": ("3.12", ["nest-simulator==3.10.0"]),
    "lava": ("3.10", ["lava-nc==0.10.0"]),
    # Brian2 2.7 does not find newer versions of Cython and NumPy.
    "brian2_loihi": ("3.10", ["brian2_loihi==0.5.2", "brian2==2.7.1", "cython<3.1", "numpy<2", "setuptools<81"]),
    "nengo_loihi": ("3.10", ["nengo_loihi==1.1.0", "nengo==3.2.0", "numpy<2", "setuptools<81"]),
    "bindsnet": ("3.11", ["bindsnet==0.3.4", "torch==2.14.1"]),
    "snntorch": ("3.11", ["snntorch==1.0.0", "torch==2.13.0"]),
}
"""Simulator -> version of Python, and packages."""


def make(folder: Path, name: str) -> None:
    """Install one simulator below `folder`."""
    version, packages = ENVIRONMENTS[name]
    python = folder / name / "bin" / "python"
    if python.exists():
        return
    found = shutil.which(f"python{version}")
    if found is None:
        sys.exit(f"{name}: found no python{version} on the path, expected one, which this simulator supports.")
    subprocess.run([found, "-m", "venv", folder / name], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: python environments.py FOLDER [{'|'.join(ENVIRONMENTS)}...]")
    for wanted in sys.argv[2:] or ENVIRONMENTS:
        make(Path(sys.argv[1]).absolute(), wanted)
