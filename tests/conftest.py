"""What all tests need."""

import os

import pytest


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
