"""Networks that snnTorch and Norse train and export, each in an environment of its own, and what those programs answer.

    python tests/oracles/make_nir_peers.py FOLDER     # makes the environments below FOLDER, unless they are there
    python -m tests.oracles.nir_drift                 # compares with neurosim, and writes nir_peers.json

Both programs need PyTorch, of which the build for CPUs is enough.
"""

import subprocess
import sys
from pathlib import Path

PEERS = {"snntorch": ["snntorch==1.0.0"], "norse": ["norse==1.1.0"]}
COMMON = ["torch", "nirtorch", "nir==1.0.8", "scikit-learn"]
HERE = Path(__file__).parent


def python_of(folder, packages):
    """Python of the environment in a folder, which is made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *COMMON, *packages], check=True)
    return python


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/oracles/make_nir_peers.py FOLDER")
    for peer, packages in PEERS.items():
        made = python_of(Path(sys.argv[1]).absolute() / peer, packages)
        subprocess.run([made, HERE / f"nir_{peer}.py"], check=True)
