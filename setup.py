"""Find the packages; everything else about the distribution is in setup.cfg.

The root folders of content ship inside the wheel as data-only packages `neurosim._content.<folder>`,
which setup.cfg cannot declare together with `find:`.

A release names its public home in the environment variable NEUROSIM_HOME, such as NEUROSIM_HOME=https://HOST/OWNER/neurosim.
Then the package page links to it, and shows the picture of the README, whose link is relative everywhere else.
"""

import os
from pathlib import Path
from typing import Any

from setuptools import find_packages, setup

FOLDERS = ("models", "hardware_targets", "experiments", "experiments/ports", "experiments/peers")
CONTENT = {f"neurosim._content.{folder.replace('/', '.')}": folder for folder in FOLDERS}


def package_page(home: str) -> dict[str, Any]:
    """Links and README of the package page."""
    readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    pages = {"Source": "", "Changelog": "/blob/main/CHANGELOG.md", "Documentation": "/tree/main/docs", "Issues": "/issues"}
    return {
        "url": home,
        "project_urls": {name: home + path for name, path in pages.items()},
        "long_description": readme.replace("](docs/", f"]({home}/raw/main/docs/"),
    }


home = os.environ.get("NEUROSIM_HOME", "").rstrip("/")
setup(
    packages=[*find_packages(include=["neurosim", "neurosim.*"]), *CONTENT],
    package_dir=CONTENT,
    **(package_page(home) if home else {}),
)
