"""Command lines that cannot work; each is run in a folder with the files of `prepare`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.bad_input import run


@dataclass(frozen=True)
class Command:
    """Arguments, and words that the one line on standard error must have."""

    line: str
    words: tuple[str, ...]


def prepare(folder: Path) -> None:
    """A recording, a model, and a file where a folder is expected."""
    run().save(folder / "a.h5")
    run(6).save(folder / "longer.h5")
    (folder / "blocked").write_text("a file")
    (folder / "notes.h5").write_text("not HDF5")
    (folder / "broken.py").write_text("import neurosim\n\ndef build():\n    return neurosim.Network('n', [])\n")
    (folder / "run").mkdir()
    (folder / "run" / "training.h5").write_text("of an earlier run")


MENDABLE = (
    Command("simulate brunnel", ("model 'brunnel'", "Did you mean 'brunel'")),
    Command("simulate ./absent.py", ("./absent.py", "expected the path")),
    Command("simulate broken.py", ("broken.py, line 4", "has no population")),
    Command("simulate feedforward --duration 1", ("--duration 1", "1s or 200ms")),
    Command("simulate feedforward --duration 5parsec", ("--duration 5parsec", "min, s, ms, us")),
    Command("simulate feedforward --duration -1s", ("--duration -1s", "positive")),
    Command("simulate feedforward --duration 1us", ("duration", "at least a step")),
    Command("simulate feedforward --set size=3", ("option 'size'", "Did you mean 'sizes'")),
    Command("simulate feedforward --set sizes", ("--set sizes", "name=value")),
    Command("simulate feedforward --set sizes=big", ("--set sizes=big", "Python literal")),
    Command("simulate feedforward --set sizes=(1,2)", ("feedforward.py, line", "unpack")),
    Command("simulate feedforward --integration euler", ("integration 'euler'", "exact, step")),
    Command("simulate feedforward --engine-target cpp", ("target 'cpp'", "cpp_standalone")),
    Command("simulate feedforward --figure r.bmp", ("r.bmp", ".png")),
    Command("simulate feedforward --out blocked/r.h5", ("blocked/r.h5", "blocked is a file", "Check the folder")),
    Command("simulate feedforward --data digits", ("--data digits", "leave the option out")),
    Command("simulate desire_mlp", ("'desire_mlp'", "--data digits")),
    Command("simulate desire_mlp --data minst", ("data set 'minst'", "Did you mean 'mnist'")),
    Command("simulate desire_mlp --data digits --set sizes=(49,10)", ("'digits'", "64 pixels", "49", "--set")),
    Command("simulate desire_mlp --data digits --samples 0", ("--samples 0", "1 to 360")),
    Command("deploy feedforward --target loihi3", ("hardware target 'loihi3'", "loihi1, loihi2")),
    Command("deploy feedforward --weight-bits 9", ("weight_bits = 9", "1 to 8")),
    Command("deploy feedforward --run chip", ("way to run 'chip'", "emulator fixed", "lava")),
    Command("deploy feedforward --allow everything", ("everything", "reset_to_rest")),
    Command("executions brunnel", ("model 'brunnel'", "Did you mean 'brunel'")),
    Command("executions feedforward --target loihi3", ("hardware target 'loihi3'", "loihi1, loihi2")),
    Command("executions --target loihi2", ("--target", "name it")),
    Command("deploy brunel --set n_e=40", ("v_reset", "reset_to_rest")),
    Command("deploy feedforward --out blocked", ("blocked", "is a file")),
    Command("deploy notes.h5", ("notes.h5", "train again")),
    Command("deploy a.h5", ("a.h5", "not a training")),
    Command("deploy notes.h5 --set seed=1", ("--set seed=1", "trained network")),
    Command("compare a.h5 absent.h5", ("absent.h5", "no such file")),
    Command("compare a.h5 notes.h5", ("notes.h5", "not HDF5")),
    Command("compare a.h5 longer.h5", ("steps", "5 and 6")),
    Command("compare a.h5 a.h5 --readout output", ("readout population 'output'", "cells, noise")),
    Command("train feedforward", ("'feedforward'", "image inputs")),
    Command("train desire_mlp --data cifar", ("data set 'cifar'", "digits")),
    Command("train desire_mlp --engine lava", ("engine 'lava'", "brian2, emulator")),
    Command("train desire_mlp --dropout-hidden 1", ("Dropout.hidden", "up to 1")),
    Command("train desire_mlp --out run", ("training.h5", "--resume")),
    Command("train desire_mlp --out blocked", ("blocked", "could not be written")),
    Command("train desire_chip --on-chip --set sizes=(12,9,10)", ("12 inputs", "64 pixels")),
    Command("train desire_chip --on-chip --set feedback='tied'", ("weight_transport", 'feedback="random"')),
    Command("train desire_chip --on-chip --target loihi1", ("desire_lif", "refractory_lif")),
    Command("train desire_chip --on-chip --allow all", ("allow = ['all']", "weight_transport")),
    Command("train desire_chip", ("compute their own desire", "--on-chip")),
    Command("train desire_mlp --on-chip", ("LabelInput", "desire_chip")),
    Command("train desire_mlp --allow does_not_fit", ("--allow", "add --on-chip")),
    Command("demo --out blocked", ("blocked", "could not be written")),
    Command("data check minst", ("data set 'minst'", "Did you mean 'mnist'")),
    Command("data check mnist --root .", ("mnist", "neurosim data fetch mnist")),
    Command("data fetch digits", ("digits", "nothing to download")),
    Command("bench speed", ("benchmark 'speed'", "emulator, first-use, learning, lowering")),
    Command("bench emulator --size huge", ("size 'huge'", "ci, full")),
)

USAGE = (
    "simulat feedforward",
    "simulate",
    "simulate feedforward --color",
    "deploy feedforward --weight-bits many",
    "train desire_mlp --epochs 0",
)
