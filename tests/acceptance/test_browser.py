"""Report pages in a real browser: nothing on the console, nothing asked of a network, everything drawn."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from neurosim.backends.deployment import deploy
from neurosim.models import load_model
from neurosim.report import Section, deployment_page, page, provenance

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --enable-logging=stderr --v=0"
).split()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or chrome is installed")


def _figure_page() -> str:
    figure = Figure()
    figure.add_subplot().plot([1, 2, 3])
    sections = [Section("A figure", "text", figure=figure), Section("A table", table=[("a", "b"), (1, 2.5)])]
    return page("Title", "The answer.", sections, provenance(), "command")


PAGES = {"figure": _figure_page, "deployment": lambda: deployment_page(deploy(load_model("feedforward")))}


def _browse(folder: Path, html: str, *options: str) -> subprocess.CompletedProcess[str]:
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    command = [str(BROWSER), *QUIET, f"--user-data-dir={folder / 'profile'}", *options, file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def _hosts(folder: Path, html: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """What the browser printed, and the hosts it asked for."""
    folder.mkdir(exist_ok=True)
    log = folder / "net.json"
    done = _browse(folder, html, f"--log-net-log={log}", "--dump-dom")
    return done, set(re.findall(r'"url":\s*"https?://([^/"]+)', log.read_text()))


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_page_asks_for_nothing_and_complains_of_nothing(make, tmp_path):
    done, asked = _hosts(tmp_path / "page", make())
    assert "<svg" in done.stdout
    assert "CONSOLE" not in done.stderr, done.stderr
    # The browser itself looks for a few hosts at every start, whatever it shows.
    assert asked <= _hosts(tmp_path / "empty", "<title>empty</title>")[1]


def test_the_check_sees_a_request(tmp_path):
    page_with_font = "<link rel=stylesheet href='http://fonts.invalid/font.css'>"
    assert "fonts.invalid" in _hosts(tmp_path, page_with_font)[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_drawn_in_light_and_dark(scheme, tmp_path):
    picture = tmp_path / "page.png"
    colours = f"--blink-settings=preferredColorScheme={int(scheme == 'light')}"
    _browse(tmp_path, _figure_page(), f"--screenshot={picture}", "--window-size=900,900", colours)
    corner = imread(picture)[-5:, -5:, :3].mean()
    assert (corner > 0.8) if scheme == "light" else (corner < 0.3)
