"""Reports: one self-contained page of HTML that opens without a network."""

from neurosim.report.page import Section, page, write_page
from neurosim.report.provenance import provenance

__all__ = ["Section", "deployment_page", "page", "provenance", "write_page"]


def __getattr__(name: str) -> object:
    # It loads the deployment machinery, which a report on something else does not need.
    if name != "deployment_page":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from neurosim.report.deployment import deployment_page

    return deployment_page
