"""Reports: self-contained HTML pages that open without an internet connection."""

from importlib import import_module
from typing import TYPE_CHECKING

from neurosim.report.page import Link, Section, Thumbnail, page, write_page
from neurosim.report.provenance import provenance

if TYPE_CHECKING:
    from neurosim.report.deployment import deployment_page
    from neurosim.report.training import training_page

__all__ = ["Link", "Section", "Thumbnail", "deployment_page", "page", "provenance", "training_page", "write_page"]

# These modules load deployments or trainings, which other reports do not need.
_LAZY = {"deployment_page": "neurosim.report.deployment", "training_page": "neurosim.report.training"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
