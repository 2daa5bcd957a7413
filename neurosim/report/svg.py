"""A figure as SVG inside a page of HTML."""

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
    """`figure` as an ``<svg>`` element.

    Text becomes outlines, so that no font is needed; every id gets `prefix`, so that figures on one page do not
    share their parts.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": prefix}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA, facecolor="white")
    text = buffer.getvalue()
    # The XML head, name spaces and the style rule for the whole document mean nothing inside HTML.
    svg = _NEEDLESS.sub("", text[text.index("<svg") :])
    start, rest = svg.split(">", 1)
    drawing = _REFERENCES.sub(rf"\g<1>{prefix}-", rest)
    # No larger than it was drawn, so that the text of all figures has one size.
    start = _WIDTH.sub(r' style="width: \1"', _HEIGHT.sub("", start))
    return f"{start}>{drawing}".strip()
