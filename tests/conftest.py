"""What all tests need."""

import gc
import os

import pytest

from tests import reproductions


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory):
    """Sign with a key of these tests, not with that of whoever runs them."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True, scope="module")
def _only_new_objects_are_looked_through():
    """Brian2 collects garbage before each run: a second, if it looks through all that a worker has imported until then."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser):
    parser.addoption(reproductions.ALL, action="store_true", help="make the results of every committed study again")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of one file run one after the other, because they share fixtures; files with slow tests go first."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    groups = [item.get_closest_marker("xdist_group").args[0] for item in items]
    slow = {group for item, group in zip(items, groups, strict=True) if item.get_closest_marker("slow")}
    order = sorted(range(len(items)), key=lambda k: groups[k] not in slow)
    items[:] = [items[k] for k in order]


def pytest_terminal_summary(terminalreporter, config):
    outcomes = reproductions.outcomes_of(terminalreporter.stats)
    if not outcomes:
        return
    made = [study for study, (outcome, _) in outcomes.items() if outcome != "skipped"]
    named = f" ({', '.join(sorted(made))})" if made else ""
    terminalreporter.section("committed studies")
    terminalreporter.line(f"{len(made)} reproduced{named}, {len(outcomes) - len(made)} unchanged since they were")
    if config.getoption(reproductions.ALL):
        reproductions.keep(outcomes)
