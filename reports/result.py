"""A report that was made, before it is given a form."""

from __future__ import annotations

from typing import Any, NamedTuple

from reports.catalogue import Report
from reports.request import Request


class Result(NamedTuple):
    """top: the JSON object. notes: typed text for printed forms."""

    report: Report
    request: Request
    top: dict[str, Any]
    notes: str = ""

    @property
    def figures(self) -> dict[str, Any]:
        """The figures themselves."""
        figures: dict[str, Any] = self.top["figures"]
        return figures

    @property
    def suppressed(self) -> bool:
        """Whether small numbers were taken out."""
        return bool(self.top["suppressed"])
