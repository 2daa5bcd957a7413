"""Data sets, results and models that are not what they should be."""

from __future__ import annotations

import gzip

from neurosim import Recording
from neurosim.content.catalogue import content_path
from neurosim.data import fetch, load_dataset, read_idx
from neurosim.errors import ContentError, DataError
from neurosim.models import load_model
from neurosim.train.desire.training import Training
from tests.acceptance.bad_input import Case, cut_off, fake_mnist, idx, model_file, run, text_file

FILES = (
    Case("unknown data set", DataError, lambda f: load_dataset("minst"), ("data set 'minst'", "Did you mean 'mnist'")),
    Case(
        "data set that is not here",
        DataError,
        lambda f: load_dataset("mnist", f),
        ("mnist", "neurosim data fetch mnist", "NEUROSIM_DATA"),
    ),
    Case(
        "data set with the wrong checksum",
        DataError,
        lambda f: load_dataset("mnist", fake_mnist(f)),
        ("train-images", "SHA-256", "neurosim data fetch mnist"),
    ),
    Case("nothing to fetch", DataError, lambda f: fetch("digits"), ("digits", "comes with neurosim")),
    Case("IDX file that is missing", DataError, lambda f: read_idx(f / "absent"), ("absent", "check the path")),
    Case(
        "IDX file that is none",
        DataError,
        lambda f: read_idx(idx(f, b"PNG and more")),
        ("train-images", "not a complete IDX file", "Replace"),
    ),
    Case(
        "IDX file that is cut off",
        DataError,
        lambda f: read_idx(idx(f, bytes([0, 0, 8, 1, 0, 0, 0, 9, 1, 2]))),
        ("train-images", "10 bytes", "17 bytes"),
    ),
    Case(
        "gzip file that is cut off",
        DataError,
        lambda f: read_idx(idx(f, gzip.compress(bytes(999))[:-9])),
        ("train-images", "damaged gzip", "Replace"),
    ),
    Case("recording that is missing", DataError, lambda f: Recording.load(f / "absent.h5"), ("absent.h5", "Recording.save")),
    Case("recording that is cut off", DataError, lambda f: Recording.load(cut_off(f)), ("cut.h5", "incomplete", "again")),
    Case("recording that is none", DataError, lambda f: Recording.load(text_file(f)), ("notes.h5", "not HDF5")),
    Case(
        "training that is a recording",
        DataError,
        lambda f: (run().save(f / "r.h5"), Training.load(f / "r.h5")),
        ("r.h5", "not a training", "neurosim train"),
    ),
    Case("unknown model", ContentError, lambda f: load_model("desire"), ("model 'desire'", "desire_mlp")),
    Case(
        "model that is no Python",
        ContentError,
        lambda f: load_model(model_file(f, "def build(:\n")),
        ("mine.py, line 1", "not valid Python"),
    ),
    Case("model without build", ContentError, lambda f: load_model(model_file(f, "x = 1\n")), ("mine.py", "build()", "add")),
    Case(
        "model that raises",
        ContentError,
        lambda f: load_model(model_file(f, "def build():\n    return [][0]\n")),
        ("mine.py, line 2", "IndexError", "Correct"),
    ),
    Case(
        "model that imports what is missing",
        ContentError,
        lambda f: load_model(model_file(f, "\nimport nosuchthing\n")),
        ("mine.py, line 2", "nosuchthing"),
    ),
    Case(
        "model that builds no network",
        ContentError,
        lambda f: load_model(model_file(f, "def build():\n    return 3\n")),
        ("mine.py", "int", "neurosim.Network"),
    ),
    Case("model of another suffix", ContentError, lambda f: load_model(text_file(f, "net.txt")), ("net.txt", ".py")),
    Case(
        "unknown option of a model",
        ContentError,
        lambda f: load_model("desire_mlp", size=(64, 10)),
        ("option 'size'", "Did you mean 'sizes'"),
    ),
    Case(
        "unknown kind of content",
        ContentError,
        lambda f: content_path("model", "x"),
        ("kind of content", "Did you mean 'models'"),
    ),
)
