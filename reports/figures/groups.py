"""Whose child it is and where it lives, as an authority sees it (004:93-101)."""

from __future__ import annotations

from reports.cases import Case
from reports.measures import UNKNOWN, Value
from reports.request import Request

GROUPS = ("home", "care", "partner", "cicola", "out_of_county", "elsewhere", UNKNOWN)
"""cicola: in care of another local authority, placed here."""


def group_of(request: Request) -> Value:
    """The group of an episode for the authority and the partners of the request."""
    authority, partners = request.authority, request.partners

    def group(case: Case) -> str:
        row = case.row
        if UNKNOWN in (row.looked_after, row.host):
            return UNKNOWN
        if row.looked_after is False:
            return "home" if row.host == authority else "elsewhere"
        if row.responsible in (UNKNOWN, None):
            return UNKNOWN
        if row.host != authority:
            return "out_of_county" if row.responsible == authority else "elsewhere"
        if row.responsible == authority:
            return "care"
        return "partner" if row.responsible in partners else "cicola"

    return group
