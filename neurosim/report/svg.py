"""Figures as SVG inside an HTML page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_REFERENCES = re.compile(r'(\sid="|href="#|url\(#)')
_NEEDLESS = re.compile(r'\sxmlns(:xlink)?="[^"]*"|<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*|<!--.*?-->\s*', re.DOTALL)
_HEIGHT = re.compile(r'\sheight="[\d.]+pt"')
_WIDTH = re.compile(r'\swidth="([\d.]+pt)"')


def inline_svg(figure: Figure, prefix: str) -> str:
    """Convert `figure` to an ``<svg>`` element.

    Text becomes outlines, so that no font is needed. Every id gets `prefix`, so that ids of figures on one page do not clash.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": prefix}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA, facecolor="white")
    text = buffer.getvalue()
    # The XML head and name spaces have no meaning inside HTML, and the style rule would apply to the whole document.
    svg = _NEEDLESS.sub("", text[text.index("<svg") :])
    start, rest = svg.split(">", 1)
    drawing = _REFERENCES.sub(rf"\g<1>{prefix}-", rest)
    # The figure is never enlarged, so that the text of all figures has the same size.
    start = _WIDTH.sub(r' style="width: \1"', _HEIGHT.sub("", start))
    return f"{start}>{drawing}".strip()
