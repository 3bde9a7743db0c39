"""What stands beside printed figures: whose, of when, what the words mean, what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reports.measures import UNKNOWN
from reports.result import Result

DEFINITIONS = {
    "episode": "It belongs to the period in which it starts (London date), with all that is known"
    " of it as of the time of the rows.",
    "missing": "Missing if it ever was, even if the young person's whereabouts were known later.",
    "child": "Counted once, under the value of its first episode that is known; a child known to"
    " two services counts twice.",
    "length": "Elapsed time missing, until found; for an unauthorised absence, until back.",
    "interview": "Due after a missing episode whose child was found. 72 hours run from found (the"
    " earlier of located and returned). Held means by somebody independent, or not known by whom.",
    "level": "Levels are response tiers, not risk.",
    "unknown": "Asked or applicable, not known; never counted as yes or no.",
}
SUPPRESSED = (
    "Counts of 1 to 4 are hidden (<5), and others (*) so that those cannot be worked out."
    " Not covered: overlapping periods, or the reports of two services side by side; whoever"
    " publishes checks those."
)
CONFIDENTIAL = "Confidential: only a version with small numbers hidden may be published."


def day(text: str) -> str:
    """An ISO date as people write it."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"


def as_of(result: Result) -> str:
    """How old the rows are: the latest time at which one was made."""
    latest = max((case.row.as_of for case in result.request.cases), default=None)
    return f"{latest.day} {latest:%B %Y %H:%M} UTC" if latest else "no rows"


def left_out(result: Result) -> str:
    """What is left out of the figures, and why."""
    rows = result.top["rows"]
    bad = f" {rows['bad']} rows could not be used and are left out." if rows["bad"] else ""
    return (
        f"{rows['used']} episodes in the rows; {rows['duplicates']} older versions and"
        f" {rows['aged_18_or_over']} episodes of people aged 18 or over left out.{bad}"
    )


def unknowns(result: Result) -> str:
    """For the fields that are asked for: of how many episodes of the period it is not known."""
    selected = result.request.selected
    names = ("age_band", "sex", "ethnicity", "looked_after", "harm", "level_peak", "n90")
    counts = {name: sum(getattr(c.row, name) == UNKNOWN for c in selected) for name in names}
    known = [
        f"{name.replace('_', ' ')} {_small(number, result)}"
        for name, number in counts.items()
        if number
    ]
    return f"Episodes of which it is not known: {', '.join(known)}." if known else "Nothing asked."


def _small(number: int, result: Result) -> str:
    return "<5" if result.suppressed and number < 5 else str(number)


def about(result: Result) -> Iterator[tuple[str, str]]:
    """Heading and text, in order."""
    top = result.top
    yield "Report", result.report.title
    yield "Period", f"{day(top['from'])} to {day(top['to'])}"
    yield "As of", as_of(result)
    if top["authority"]:
        yield "Authority", top["authority"]
    if top["partners"]:
        yield "Partners", ", ".join(top["partners"])
    yield "Needed by", result.report.reader
    yield "Source", result.report.source
    yield "Rows", left_out(result)
    yield "Not known", unknowns(result)
    yield "Publishing", SUPPRESSED if result.suppressed else CONFIDENTIAL
    for name, text in DEFINITIONS.items():
        yield name.capitalize(), text
    if result.notes:
        yield "Notes (typed)", result.notes
