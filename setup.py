"""Find the packages; everything else about the distribution is in setup.cfg.

The root folders of content ship inside the wheel as data-only packages `neurosim._content.<folder>`,
which setup.cfg cannot say beside `find:`.
"""

from setuptools import find_packages, setup

CONTENT = {f"neurosim._content.{folder}": folder for folder in ("models", "hardware_targets", "experiments")}

setup(packages=[*find_packages(include=["neurosim", "neurosim.*"]), *CONTENT], package_dir=CONTENT)
