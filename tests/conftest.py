"""What all tests need."""

import gc
import os

import pytest

from tests import reproductions


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory):
    """Sign with a key of these tests, not with that of whoever runs them."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def lava():
    """Lava, asked in a process of its own."""
    from neurosim.backends.lava.interpreter import LAVA_VERSION, lava_python
    from tests.conformance.lava_children import oracle

    if lava_python().version != LAVA_VERSION:
        pytest.skip("no Lava: 'neurosim lava setup' installs it")
    with oracle() as asked:
        yield asked


@pytest.fixture(autouse=True, scope="module")
def _quick_garbage_collection():
    """Exclude the objects that exist already from garbage collection.

    Brian2 collects garbage before each run. With everything that a worker has imported, each collection takes about a second.
    """
    gc.collect()
    gc.freeze()


def pytest_addoption(parser):
    parser.addoption(reproductions.ALL, action="store_true", help="reproduce the results of every committed study")


def group_of(nodeid):
    """The tests that run on the same worker: those of a file, because they share fixtures; reproductions share nothing."""
    return nodeid if reproductions.TEST in nodeid else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items):
    """Start with the groups that contain slow tests, so that no worker has to wait for the other at the end."""
    slow = {group_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: group_of(item.nodeid) not in slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter, config):
    outcomes = reproductions.outcomes_of(terminalreporter.stats)
    if not outcomes:
        return
    terminalreporter.section("committed studies")
    terminalreporter.line(reproductions.summary(outcomes))
    if config.getoption(reproductions.ALL):
        reproductions.keep(outcomes)
