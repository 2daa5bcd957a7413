"""Draws the formulas of docstrings as pictures, so that the pages need no script from another host."""

from __future__ import annotations

import base64
import html
import re
from functools import cache
from io import BytesIO
from typing import Any

import griffe
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

_SHOWN = re.compile(r"^ *\.\. math::(?: *\n)*((?: +\S.*\n?)+)", re.M)
_INLINE = re.compile(r":math:`(.*?)`", re.S)
_POINTS = 11
_OTHER = {r"\textstyle": "", r"\tfrac12": r"\frac{1}{2}", r"\tfrac": r"\frac", "&": ""}
"""What Matplotlib does not know of TeX, and what comes near."""


class Formulas(griffe.Extension):
    """Replaces formulas before Markdown reads the docstrings, which would take their underscores for emphasis."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Draw the formulas of one object."""
        if obj.docstring is not None and "math:" in obj.docstring.value:
            obj.docstring.value = with_formulas(obj.docstring.value)


def with_formulas(text: str) -> str:
    """A docstring with pictures in place of the formulas, whose text in TeX is the alternative."""
    drawn = _SHOWN.sub(lambda found: _pictures(found[1]) + "\n", text)
    return _INLINE.sub(lambda found: _picture(found[1]), drawn)


def _pictures(text: str) -> str:
    """A formula in parts, line by line, between which a narrow page can break."""
    lines = re.split(r"\\\\", text)
    return "<br>".join(" ".join(_picture(part) for part in line.split(r"\qquad") if part.strip()) for line in lines)


@cache
def _picture(text: str) -> str:
    tex = " ".join(text.split())
    known = tex
    for given, near in _OTHER.items():
        known = known.replace(given, near)
    file = BytesIO()
    with rc_context({"savefig.transparent": True}):
        depth = math_to_image(f"${known}$", file, prop=FontProperties(size=_POINTS), format="svg")
    source = base64.b64encode(file.getvalue()).decode()
    style = f"vertical-align: {-depth:.1f}pt"
    return f'<img class="formula" alt="{html.escape(tex)}" style="{style}" src="data:image/svg+xml;base64,{source}">'
