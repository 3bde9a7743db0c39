"""Sheets for one case or young person, to print: each a pure function of what is on record.

Black on white. A field that is not on record says so, with room to write by hand. Sheets hold
names and are for those with a right to the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from protocol import facts as f
from protocol.attachment_facts import attachments_in
from protocol.counting import last_of
from reports.entries import Line, lines, time, who
from reports.sheet_values import (
    NOT_KNOWN,
    Case,
    answer,
    coded,
    codes,
    concerns,
    day,
    in_care,
    lives_at,
    medical,
    placing_authority,
    police_answer,
    spoken_to,
)
from storage.model import Person

if TYPE_CHECKING:
    from reports.paper import Paper

CHAIN = (
    "The digest binds every entry to the one before it: whoever has it can tell whether an entry"
    " was changed afterwards. To check: python main.py verify."
)


def for_police(case: Case) -> list[tuple[str, list[tuple[str, str]]]]:
    """What police ask for when a young person is reported missing (000:1672, 1728), in parts and in
    the order in which a call-taker asks: heading, then name and value of each field."""
    folded, facts = case.folded, case.facts
    opened = last_of(facts, f.Opened)
    together = [fact for fact in facts if isinstance(fact, f.AwayTogether)]
    parts = [
        (
            "Who",
            [
                ("Name", case.name),
                ("Date of birth", case.born),
                ("Sex", coded(folded.child.sex)),
                ("Ethnicity", coded(folded.child.ethnicity)),
                ("Lives at", lives_at(case)),
                ("In care", in_care(folded.child)),
                ("Placing authority", placing_authority(case)),
                ("Description", NOT_KNOWN),
                ("Clothing when last seen", NOT_KNOWN),
                ("Phone of the young person", NOT_KNOWN),
                ("Medical needs, medication", medical(folded.child)),
            ],
        ),
        (
            "Last seen, and why this is out of character",
            [
                ("Last seen", time(folded.last_seen_at) or NOT_KNOWN),
                ("Where, and with whom", NOT_KNOWN),
                ("Due back", time(folded.due_back_at) or "no time on record"),
                ("Noticed", time(folded.aware_at) or NOT_KNOWN),
                ("Circumstances", (opened.circumstances if opened else "") or NOT_KNOWN),
                ("Away together with", ", ".join(sorted({x.other for x in together})) or NOT_KNOWN),
                ("Friends, places, family", NOT_KNOWN),
                ("Found", time(folded.located_at or folded.returned_at) or "not yet"),
            ],
        ),
        (
            "Concerns on record",
            [("Concerns", concerns(folded) or "None on record. Ask whoever knows them.")],
        ),
    ]
    if last_of(facts, f.Abducted):
        signs = ("Abduction", "There are signs of an abduction: crime in action.")
        parts.insert(0, ("Say first", [signs]))
    notes = [(time(fact.at), fact.text) for fact in facts if isinstance(fact, f.Note)]
    return [*parts, *([("Notes", notes)] if notes else [])]


def police(case: Case) -> bytes:
    """`for_police` with what has been reported, to print."""
    told, answered = last_of(case.facts, f.PoliceTold), last_of(case.facts, f.PoliceAnswered)
    paper = _paper(case, "Missing young person: sheet for police")
    paper.text_block("Immediate danger: 999. This sheet is not the report to police.", 9, "B")
    reported = [
        ("Reported", time(told.at) if told else "not on record yet"),
        ("Reference", (told.reference if told else "") or NOT_KNOWN),
        ("Spoken to", spoken_to(told, answered)),
        ("Answer", police_answer(answered)),
        ("Reported by", who(told.by, case.provider) if told else NOT_KNOWN),
    ]
    for heading, fields in [*for_police(case), ("Report to police", reported)]:
        paper.section(heading)
        _fields(paper, fields)
    return paper.bytes()


def authority(case: Case) -> bytes:
    """Written confirmation to the placing (responsible) authority (000:1489, 1723)."""
    folded, facts = case.folded, case.facts
    told, written = last_of(facts, f.AuthorityTold), last_of(facts, f.AuthorityWritten)
    police_told = last_of(facts, f.PoliceTold)
    withheld = last_of(facts, f.ParentsWithheld)
    parents = last_of(facts, f.ParentsTold)
    away = "missing" if folded.category == "missing" else "away, whereabouts known"
    paper = _paper(case, "Written confirmation to the placing authority")
    paper.text_block(f"To: {folded.child.responsible_la or NOT_KNOWN}", 10)
    paper.ln(1)
    paper.text_block(
        f"This confirms in writing that {case.name}, born {case.born}, placed at {case.home}, is or"
        f" was {away}.",
        10,
    )
    paper.section("The episode")
    _fields(
        paper,
        [
            ("Our reference", case.episode.ref),
            ("Last seen", time(folded.last_seen_at) or NOT_KNOWN),
            ("Due back", time(folded.due_back_at) or "no time on record"),
            ("Noticed", time(folded.aware_at) or NOT_KNOWN),
            ("Found", time(folded.located_at) or "not on record"),
            ("Back", time(folded.returned_at) or "not on record"),
            ("Concerns on record", concerns(folded) or "none on record"),
        ],
    )
    paper.section("Who was told")
    _fields(
        paper,
        [
            (
                "Your authority",
                f"{time(told.at)}, {told.role.replace('_', ' ')} {told.who}".strip()
                if told
                else "not on record",
            ),
            ("In writing", time(written.at) if written else "with this letter"),
            (
                "Police",
                f"{time(police_told.at)}, reference {police_told.reference or 'not on record'}"
                if police_told
                else "not on record",
            ),
            (
                "Parents",
                f"withheld: {withheld.reason}"
                if withheld
                else time(parents.at)
                if parents
                else "not on record",
            ),
        ],
    )
    paper.ln(8)
    paper.text_block(
        "Signed __________________________    Name and role __________________________"
    )
    return paper.bytes()


def interview(case: Case) -> bytes:
    """The record of the return interview (000:2097-2103; 004:85-91)."""
    facts = case.facts
    offered = last_of(facts, f.InterviewOffered)
    answered = last_of(facts, f.InterviewAnswered)
    held = last_of(facts, f.InterviewHeld)
    shared = last_of(facts, f.InterviewShared)
    away = last_of(facts, f.WhileAway)
    folded = case.folded
    paper = _paper(case, "Return interview")
    paper.section("Who and when")
    _fields(
        paper,
        [
            ("Young person", case.name),
            ("Date of birth", case.born),
            ("Away from", time(folded.last_seen_at or folded.due_back_at) or NOT_KNOWN),
            ("Found", time(folded.located_at) or "found by returning, or not on record"),
            ("Back", time(folded.returned_at) or "not on record"),
            ("Offered", time(offered.at) if offered else "not on record"),
            (
                "Answer",
                ("accepted" if answered.accepted else f"declined: {answered.reason or 'no reason'}")
                if answered
                else "not on record",
            ),
            ("Held", time(held.at) if held else "not on record"),
            ("By", (held.held_by if held else "") or NOT_KNOWN),
            ("Independent of the placement", answer(held.independent if held else None)),
        ],
    )
    paper.section("What was said: harm, medical needs, why, and what would prevent the next time")
    paper.text_block((held.content if held else "") or NOT_KNOWN)
    if away is not None:
        paper.section("While away")
        _fields(
            paper,
            [
                ("Victim of crime", answer(away.crime_victim)),
                ("Suspected of crime", answer(away.crime_suspected)),
                ("Harmed", answer(away.harmed)),
                ("Substances", answer(away.substance)),
                ("Slept rough", answer(away.slept_rough)),
                ("Exploitation", codes(away.exploitation)),
                ("Push", codes(away.push)),
                ("Pull", codes(away.pull)),
            ],
        )
    paper.section("What follows")
    if held and held.actions:
        paper.grid(
            ("What", "Who", "By"),
            [(x.what, x.owner or "–", day(x.by) if x.by else "–") for x in held.actions],
            (6, 3, 2),
        )
    else:
        paper.text_block("No actions on record.")
    _fields(
        paper,
        [
            ("Agrees to a referral", answer(held.referral_consent if held else None)),
            ("Shared with", codes(shared.shared_with if shared else None)),
        ],
    )
    return paper.bytes()


def case_file(case: Case) -> bytes:
    """All entries with corrections, who and when; the digest of the chain at the end."""
    folded = case.folded
    paper = _paper(case, f"Case file {case.episode.ref}")
    _fields(
        paper,
        [
            ("Young person", case.name),
            ("Date of birth", case.born),
            ("Home", case.home),
            ("Placing authority", folded.child.responsible_la or "not on record"),
            ("Closed", time(case.episode.closed_at) or "open"),
        ],
    )
    paper.section("All entries, in the order in which they were written")
    found = lines(case.episode, case.provider)
    paper.grid(
        ("Written", "By", "Happened", "Entry", "What"),
        [(x.written, x.by, x.happened, _entry(x), x.what) for x in found],
        (16, 13, 15, 15, 41),
        7,
    )
    paper.ln(2)
    paper.text_block("Struck entries were put right or withdrawn by a later one; they stay.", 7.5)
    attached = attachments_in(case.facts).values()
    if attached:
        paper.section("Attachments")
        paper.grid(
            ("File", "Bytes", "SHA-256"),
            [(x.name, str(x.size), x.digest) for x in attached],
            (30, 11, 59),
            7,
        )
        paper.text_block("They are not in this paper.", 7.5)
    paper.section("Digest of the chain")
    paper.text_block(found[-1].digest if found else "no entries", 9, "B")
    paper.text_block(CHAIN, 7.5)
    return paper.bytes()


def chronology(
    person: Person | None, reference: str, cases: Sequence[Case], printed_at: datetime
) -> bytes:
    """A young person's episodes in order, with what came of each."""
    name = f"{person.name} ({reference})" if person and person.name else reference
    paper = _blank("Chronology", _foot(printed_at))
    paper.heading(f"Chronology: {name}")
    paper.text_block(f"{len(cases)} episodes on record. Printed {time(printed_at)}.")
    table = []
    for case in cases:
        folded, facts = case.folded, case.facts
        held = last_of(facts, f.InterviewHeld)
        told = last_of(facts, f.PoliceTold)
        table.append(
            (
                case.episode.ref,
                time(folded.last_seen_at or folded.due_back_at or folded.aware_at),
                folded.category.replace("_", " "),
                time(folded.located_at or folded.returned_at) or "not yet",
                time(told.at) if told else "–",
                time(held.at) if held else "–",
                concerns(folded) or "–",
            )
        )
    paper.ln(2)
    paper.grid(
        ("Case", "Away from", "Category", "Found or back", "Police told", "Interview", "Concerns"),
        table,
        (11, 15, 14, 15, 15, 15, 25),
        7,
    )
    return paper.bytes()


SHEETS: dict[str, Callable[[Case], bytes]] = {
    "police": police,
    "authority": authority,
    "interview": interview,
    "case": case_file,
}
"""Sheets of one case; `chronology` is of a young person."""


def _paper(case: Case, title: str) -> Paper:
    paper = _blank(title, f"{case.episode.ref}. {_foot(case.printed_at)}")
    paper.heading(title)
    paper.text_block(f"Case {case.episode.ref} · {case.home} · printed {time(case.printed_at)}", 9)
    paper.ln(1)
    return paper


def _blank(title: str, foot: str) -> Paper:
    """The library is loaded with the first page that is printed: a bot that prints none does
    without its 36 MB."""
    from reports.paper import Paper

    return Paper(title, foot)


def _foot(printed_at: datetime) -> str:
    return f"Confidential. Operational copy, not the statutory record. {time(printed_at)}"


def _fields(paper: Paper, fields: Sequence[tuple[str, str]]) -> None:
    for name, value in fields:
        paper.field(name, value)


def _entry(line: Line) -> str:
    return line.kind if line.counts else f"(struck) {line.kind}"
