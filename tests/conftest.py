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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of a file together, because they share fixtures, and start with the files that contain slow tests."""
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
    terminalreporter.section("committed studies")
    terminalreporter.line(reproductions.summary(outcomes))
    if config.getoption(reproductions.ALL):
        reproductions.keep(outcomes)
