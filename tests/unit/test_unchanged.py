"""Changes that change the digest of a study, and changes that do not."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
import sys
from pathlib import Path

import pytest

from neurosim.backends.emulator.loop_source import step_loop
from neurosim.backends.lava.runner import run_lava
from neurosim.chip.quantise.quantise import quantise
from neurosim.cli import main
from tests import reproductions
from tests.reproductions import keep, kept_digests, outcomes_of, study_digest
from tests.unchanged import ROOT, Project

PARTS = ("neurosim", "experiments", "models", "hardware_targets", "constraints")
DIGITS = str(next(ROOT.glob("neurosim/**/digits.npz")).relative_to(ROOT))
LANE = f"constraints/{sys.version_info.major}.{sys.version_info.minor}.txt"


@pytest.fixture(scope="module")
def unedited(tmp_path_factory):
    copy, left_out = tmp_path_factory.mktemp("copy"), shutil.ignore_patterns("__pycache__", "*.svg", "*.csv", "*.jsonl")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=left_out)
    return copy


@pytest.fixture
def digest(unedited):
    """Digest of a study; afterwards every file is as it was."""
    kept = {}

    def edit(path, text):
        kept.setdefault(path, path.read_bytes())
        path.write_bytes(text)

    def of(study, file=None, text=b""):
        if file is not None:
            path = unedited / file
            edit(path, path.read_bytes() + text)
        return study_digest(unedited / "experiments/results" / study / "ci.json", Project(unedited))

    of.edit = edit
    yield of
    for path, content in kept.items():
        path.write_bytes(content)


def home(function):
    return str(Path(inspect.getfile(function)).relative_to(ROOT))


KERNELS, QUANTISE, LAVA, COMMANDS = home(step_loop.__wrapped__), home(quantise), home(run_lava), home(main)


def test_it_is_the_same_in_a_copy_of_the_checkout(digest):
    assert digest("stdp_window") == study_digest(ROOT / "experiments/results/stdp_window/ci.json", Project())


@pytest.mark.parametrize(
    "study, file",
    [
        ("stdp_window", "experiments/stdp_window.py"),
        ("stdp_window", KERNELS),
        ("stdp_window", QUANTISE),
        ("stdp_window", LAVA),
        ("vogels_inhibitory", KERNELS),
        ("burst_xor", "models/burst_xor.py"),
        ("desire_weight_bits", "models/desire_mlp.py"),  # which its trained network names
    ],
)
def test_an_edited_line_of_what_it_imports_counts(digest, study, file):
    before = digest(study)
    assert digest(study, file, b"\nLATER = 1\n") != before


@pytest.mark.parametrize(
    "study, file",
    [
        ("desire_on_chip", "hardware_targets/loihi2.toml"),
        ("desire_weight_bits", "models/desire_mnist.h5"),
        ("reward_digits", DIGITS),
        ("vogels_inhibitory", LANE),
    ],
)
def test_a_file_that_it_reads_counts(digest, study, file):
    before = digest(study)
    assert digest(study, file, b"#") != before


def test_what_is_copied_beside_a_graph_of_lava_counts(unedited):
    copied = {path for path in (unedited / LAVA).parent.rglob("*.py") if "AbstractProcess" in path.read_text()}
    assert copied and copied <= Project(unedited).reached(unedited / "experiments/stdp_window.py")


@pytest.mark.parametrize("file", ["models/burst_xor.py", "experiments/oja_pca.py", COMMANDS, LAVA, QUANTISE])
def test_what_it_does_not_use_counts_for_nothing(digest, file):
    before = digest("vogels_inhibitory")
    assert digest("vogels_inhibitory", file, b"\nLATER = 1\n") == before


def test_stored_results_count_but_the_text_beside_them_does_not(digest, unedited):
    path, before = unedited / "experiments/results/burst_xor/ci.json", digest("burst_xor")
    stored = json.loads(path.read_text())
    digest.edit(path, json.dumps({**stored, "source": "# later"}).encode())
    assert digest("burst_xor") == before
    stored["trials"][0]["measures"] = {}
    digest.edit(path, json.dumps(stored).encode())
    assert digest("burst_xor") != before


def reworded(text):
    """The same code in another layout, without comments, with other docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant("Other words."))
    return "# A comment.\n" + ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize("study", ["stdp_window", "burst_xor"])
def test_other_words_count_for_nothing(digest, unedited, study):
    before = digest(study)
    reached = Project(unedited).reached(unedited / "experiments" / f"{study}.py")
    files = [path for path in reached if isinstance(path, Path) and path.suffix == ".py"]
    for path in files:
        digest.edit(path, reworded(path.read_text()).encode())
    assert len(files) > 50 and digest(study) == before


@pytest.fixture
def small(tmp_path):
    for folder in ("neurosim/room", "experiments", "models", "hardware_targets"):
        (tmp_path / folder).mkdir(parents=True)
    texts = {
        "neurosim/__init__.py": "from neurosim.room import f\n__all__ = ['f']\n",
        "neurosim/room/__init__.py": "from neurosim.room.one import f\n",
        "neurosim/room/one.py": "def f():\n    from neurosim.late import g\n    return g()\n",
        "neurosim/room/two.py": "def f():\n    return 2\n",
        "neurosim/late.py": "if TYPE_CHECKING:\n    from neurosim.types import T\ndef g(): return 1\n",
        "neurosim/types.py": "T = int\n",
        "experiments/study.py": "from neurosim import f\nimport neurosim.room.two\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "file, text, counts",
    [
        ("neurosim/late.py", "def g(): return 2\n", True),
        ("neurosim/types.py", "T = float\n", False),
        ("neurosim/room/__init__.py", "from neurosim.room.one import f\nfrom neurosim.room.two import f as h\n", False),
        ("neurosim/room/__init__.py", "from neurosim.room.two import f\n", True),
        ("neurosim/room/__init__.py", "from neurosim.room.one import f\nprint(f)\n", True),
        ("neurosim/__init__.py", "from neurosim.room.two import f\n", True),
        ("neurosim/__init__.py", "from neurosim.room import f\n__all__ = ['f', 'g']\n", False),
    ],
)
def test_a_package_counts_for_the_name_that_is_asked_of_it(small, file, text, counts):
    before = Project(small).digest(small / "experiments/study.py")
    (small / file).write_text(text)
    assert (Project(small).digest(small / "experiments/study.py") != before) == counts


def test_a_stub_names_what_a_package_loads_later(small):
    """As `neurosim` itself does: its names are listed in a stub, with relative imports."""
    (small / "neurosim/__init__.py").write_text("__getattr__ = print\n")
    (small / "neurosim/__init__.pyi").write_text("from .room import f\nfrom .types import T\n")
    reached = Project(small).reached(small / "experiments/study.py")
    assert small / "neurosim/late.py" in reached and small / "neurosim/types.py" not in reached
    (small / "neurosim/__init__.pyi").write_text("from .types import T as f\n")
    assert small / "neurosim/types.py" in Project(small).reached(small / "experiments/study.py")


class Report:
    when = "call"

    def __init__(self, *properties):
        self.user_properties = properties


def test_only_equal_results_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(reproductions, "RESULTS", tmp_path)
    monkeypatch.setattr(reproductions, "KEPT", tmp_path / "reproduced.json")
    for study in ("equal", "unequal", "not run"):
        (tmp_path / study).mkdir()
        (tmp_path / study / "ci.json").touch()
    (tmp_path / "reproduced.json").write_text(json.dumps({"unequal": "1", "gone": "1", "not run": "1"}))
    told = {"passed": [Report(("study", ("equal", "2"))), Report()], "failed": [Report(("study", ("unequal", "1")))]}
    outcomes = outcomes_of(told)
    assert outcomes == {"equal": ("passed", "2"), "unequal": ("failed", "1")}
    keep(outcomes)
    assert kept_digests() == {"equal": "2", "not run": "1"}
