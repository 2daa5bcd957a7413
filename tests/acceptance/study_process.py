"""Runs a study in a process of its own: ``python study_process.py FILE FOLDER JOBS``."""

import sys

from neurosim.study.runner import run_study
from neurosim.study.source import load_study
from neurosim.study.workers import Local

if __name__ == "__main__":
    run_study(load_study(sys.argv[1]), sys.argv[2], workers=Local(int(sys.argv[3])))
