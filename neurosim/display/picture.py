"""Figures that a notebook shows without pyplot."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """Figure that is the result of a cell: a notebook shows it, also if nothing has set up matplotlib there."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=100, facecolor="white")
        return out.getvalue()
