"""All reports: what each is called, who needs it and when, and what it needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from reports.figures import (
    annex_a,
    appg9,
    care_monitoring,
    demographics,
    headlines,
    home_summary,
    hub,
    interview_table,
    lead_member,
    missing_from_care,
    monthly,
    ni71,
    repeats,
    sources,
    ssda903,
    timeliness,
)
from reports.request import Request


class Report(NamedTuple):
    """title: for people. reader: who needs it, when. source: where the texts ask for it."""

    name: str
    title: str
    reader: str
    source: str
    figures: Callable[[Request], dict[str, Any]]
    needs_authority: bool = False
    publishable: bool = True


REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        Report(
            "repeats",
            "Repeat episodes",
            "managers and the protocol's owner, monthly; also over 3, 6 and 12 months",
            "Haringey 2011 protocol (000:843, 857, 771-780)",
            repeats.figures,
        ),
        Report(
            "missing_from_care",
            "Missing and absconding from care",
            "committee and corporate parenting, each period they meet",
            "Haringey committee report (000:597-629)",
            missing_from_care.figures,
        ),
        Report(
            "ni71",
            "National Indicator 71: missing from home and care",
            "safeguarding partnership, quarterly",
            "statutory guidance 2009 (000:1937-2025, 2064-2144); London (001:283, 003:212)",
            ni71.figures,
        ),
        Report(
            "care_monitoring",
            "Monitoring of children missing from care",
            "members and the partnership regularly, Ofsted on request",
            "statutory guidance 2009 (000:1603-1610, 1789)",
            care_monitoring.figures,
        ),
        Report(
            "sources",
            "Where episodes come from",
            "partnership quality group, members and inspectors, monthly",
            "Haringey 2011 protocol (000:743-752, 798-804)",
            sources.figures,
            needs_authority=True,
        ),
        Report(
            "monthly",
            "Each month: repeat missing in 90 days",
            "senior and team managers, monthly",
            "Staffordshire (004:70-72, 117)",
            monthly.figures,
        ),
        Report(
            "interview_table",
            "Return interviews by quarter",
            "commissioners, quarterly",
            "Staffordshire (004:85-91)",
            interview_table.figures,
        ),
        Report(
            "demographics",
            "Who they are and where they live",
            "commissioners, half-yearly",
            "Staffordshire (004:93-101)",
            demographics.figures,
            needs_authority=True,
        ),
        Report(
            "headlines",
            "Headlines beside the period before",
            "board, yearly",
            "Staffordshire (004:74-82, 136)",
            headlines.figures,
            needs_authority=True,
        ),
        Report(
            "appg9",
            "Children placed out of area: statement of the 2012 inquiry",
            "partnership, yearly (recommended, not a duty)",
            "parliamentary inquiry 2012 (002:29, 53, 69-73, 89)",
            appg9.figures,
            needs_authority=True,
        ),
        Report(
            "hub",
            "Several services side by side",
            "whoever joins the rows of several services or authorities",
            "London (003:27, 36, 110-114, 330)",
            hub.figures,
        ),
        Report(
            "lead_member",
            "The lead member's page",
            "lead member for children, each half-year",
            "Haringey 2011 protocol; statutory guidance 2009 (000:925, 1610)",
            lead_member.figures,
        ),
        Report(
            "timeliness",
            "Interviews within 72 hours, and time to tell",
            "managers, monthly",
            "000:1489, 1723; 002:135; 004:117",
            timeliness.figures,
        ),
        Report(
            "home_summary",
            "Summary for each home",
            "registered manager, regulation 44 visitor, regulation 45 review, inspection",
            "parliamentary inquiry 2012 (002:89); Ofsted's form, items 9a and 9b",
            home_summary.figures,
        ),
        Report(
            "annex_a",
            "Ofsted Annex A: children in care",
            "Ofsted at an inspection of the authority",
            "Ofsted's inspection file, children in care list",
            annex_a.figures,
        ),
        Report(
            "ssda903",
            "SSDA903 return, file Missing",
            "Department for Education, yearly (1 April to 31 March)",
            "Department for Education's guide to the return",
            ssda903.figures,
            publishable=False,
        ),
    )
}


def named(name: str) -> Report | None:
    """The report of that name; hyphens are the same as underscores."""
    return REPORTS.get(name.replace("-", "_"))
