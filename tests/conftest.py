"""What all tests need."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory):
    """Sign with a key of these tests, not with that of whoever runs them."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
