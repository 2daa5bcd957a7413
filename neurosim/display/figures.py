"""The look of figures: colours that everybody can distinguish, and axes without needless lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Colours of Okabe & Ito (2008), which can be distinguished with any colour vision; yellow is last, as it is faint on white."""


def legend(ax: Axes) -> None:
    """A legend without a frame."""
    ax.legend(frameon=False, fontsize=9)


def dress(ax: Axes, xlabel: str, ylabel: str) -> Axes:
    """Label the axes, and leave out the lines at the top and at the right."""
    ax.set_xlabel(xlabel, fontsize=11)
    ax.set_ylabel(ylabel, fontsize=11)
    ax.tick_params(labelsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plain_texts(figure: Figure) -> Figure:
    """The figure, in whose texts a $ is a $; matplotlib would read it as the beginning of a formula."""
    from matplotlib.text import Text

    for words in figure.findobj(Text):
        words.set_parse_math(False)
    return figure
