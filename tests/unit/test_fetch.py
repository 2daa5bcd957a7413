import gzip
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from neurosim.data.datasets import load_idx_dataset
from neurosim.data.fetch import fetch, fetch_source
from neurosim.data.registry import PARTS, SOURCES
from neurosim.errors import DataError
from tests.unit import idx_files

pytest.importorskip("pooch", reason="needs the extra 'datasets'")

CONTENTS = idx_files.payloads()
FIRST = f"{PARTS[0]}.gz"


class Server(ThreadingHTTPServer):
    """Serves `files`; sends only `cut` bytes of a file in it, whatever length it announced."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {f"{part}.gz": gzip.compress(payload) for part, payload in CONTENTS.items()}
        self.cut = {}
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        body = self.server.files.get(name)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write((body or b"")[: self.server.cut.get(name)])

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def local_only(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def tiny(server, monkeypatch):
    source = idx_files.source(CONTENTS, server.url)
    monkeypatch.setitem(SOURCES, "tiny", source)
    return source


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_fetched_files_load(tmp_path, tiny):
    folder = fetch("tiny", tmp_path)
    assert folder == tmp_path / "tiny"
    assert names(folder) == sorted(f"{part}.gz" for part in PARTS)
    assert load_idx_dataset(tiny, tmp_path).train_images.shape == (6, 20)


def test_verified_files_are_not_asked_for_again(tmp_path, server, tiny):
    fetch("tiny", tmp_path)
    (tmp_path / "tiny" / FIRST).unlink()
    server.asked.clear()
    fetch("tiny", tmp_path)
    fetch("tiny", tmp_path)
    assert server.asked == [FIRST]


def test_cache_is_filled_when_no_root_is_given(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch("tiny") == tmp_path / "neurosim" / "tiny"
    assert len(load_idx_dataset(tiny).train_labels) == 6


def test_data_of_the_environment_need_no_download(tmp_path, server, tiny, monkeypatch):
    idx_files.write(tmp_path / "tiny", CONTENTS)
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path))
    assert fetch("tiny") == tmp_path / "tiny"
    assert server.asked == []


def test_wrong_file_on_disk_is_replaced(tmp_path, tiny):
    idx_files.write(tmp_path / "tiny", dict.fromkeys(PARTS, b"rubbish"))
    fetch("tiny", tmp_path)
    assert len(load_idx_dataset(tiny, tmp_path).train_labels) == 6


SPOILT = {
    "other content": (gzip.compress(b"other"), "found SHA-256"),
    "half a gzip file": (gzip.compress(CONTENTS[PARTS[0]])[:40], "a damaged gzip file"),
    "a page": (b"<html>Please log in</html>", "found SHA-256"),
}


@pytest.mark.parametrize("body, message", SPOILT.values(), ids=SPOILT.keys())
def test_corrupt_file_never_gets_the_name(tmp_path, server, tiny, body, message):
    server.files[FIRST] = body
    with pytest.raises(DataError, match=message) as error:
        fetch("tiny", tmp_path)
    assert server.url + FIRST in str(error.value)
    assert names(tmp_path / "tiny") == []


def test_interrupted_download_is_taken_up_again(tmp_path, server, tiny):
    last = f"{PARTS[3]}.gz"
    server.cut[last] = 5
    with pytest.raises(DataError, match="could not download") as error:
        fetch("tiny", tmp_path)
    assert "NEUROSIM_DATA" in str(error.value)
    assert names(tmp_path / "tiny") == sorted(f"{part}.gz" for part in PARTS[:3])
    server.cut.clear()
    server.asked.clear()
    fetch("tiny", tmp_path)
    assert server.asked == [last]


def test_file_that_the_server_lacks(tmp_path, server, tiny):
    del server.files[FIRST]
    with pytest.raises(DataError, match="404"):
        fetch("tiny", tmp_path)
    assert names(tmp_path / "tiny") == []


def test_offline_names_the_alternative(tmp_path):
    with pytest.raises(DataError) as error:
        fetch_source(idx_files.source(CONTENTS, "http://127.0.0.1:1/"), tmp_path / "tiny")
    for expected in ("could not download http://127.0.0.1:1/", "NEUROSIM_DATA", "run the command again"):
        assert expected in str(error.value)


def test_without_pooch_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.setitem(SOURCES, "tiny", idx_files.source(CONTENTS))
    for root in (tmp_path, None):
        with pytest.raises(DataError, match=r"neurosim\[datasets\]"):
            fetch("tiny", root)


def test_names_that_cannot_be_fetched():
    with pytest.raises(DataError, match="comes with neurosim"):
        fetch("digits")
    with pytest.raises(DataError, match="Did you mean 'mnist'"):
        fetch("mnits")
