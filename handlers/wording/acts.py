"""What to do, in the imperative, and whom to ring: the first thing that a woken person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from handlers.case_view import CaseView
from handlers.chat import bold, plain
from handlers.wording import duties
from handlers.wording.common import clock
from protocol import facts as f

OWN = {
    "SAFE-WELL": "Ask police on 101 when they hold the safe and well check; record it or why not.",
    "RI-OFFER": "Offer the return interview: by somebody independent of the home, within 72 hours.",
    "SIGN-OFF": "Read the record, settle what is open, and sign off.",
    "CLOSE": "Close the case: it is signed off and nothing is open.",
    "POLICE-CHALLENGE": "Police refused: ring 101 again, ask for the duty inspector, say that a "
    "child is missing; record the reason and the officer.",
    "ASK-CONCERNS": "Ask {contact} about earlier concerns; record yes or no.",
}
"""Acts that this service asks for; those of the protocol stand in its pack."""
CONTACT, TEAM = "{contact}", "{team}"
CRIME_IN_ACTION = "<b>🚨 Crime in action: ring 999 now.</b>"


class Variant(msgspec.Struct, frozen=True):
    """What a duty is called and asks for where the case contradicts its usual words."""

    title: str
    act: str


def _emergency(view: CaseView) -> bool:
    return view.state.computed.emergency


def _taken(view: CaseView) -> bool:
    return view.folded.abducted and not view.back


def _away(view: CaseView) -> bool:
    return not view.missing


def _always(_: CaseView) -> bool:
    return True


def police_know(view: CaseView) -> bool:
    """Police were told and have not refused the report."""
    refused = any(duty.id == "POLICE-CHALLENGE" for duty in view.duties)
    return view.has(f.PoliceTold) and not refused


Holds: TypeAlias = Callable[[CaseView], bool]
FIRST_999 = Variant(
    "Ask the police what they do", "When 999 has been rung: ask what is being done, and record it."
)
FOUND_NOT_BACK = Variant(
    "Found: agree how they come back",
    "They are found and not back: agree with {contact} how they come back, and when.",
)
ASK_FOR_NEWS = "Ring the police on 101, give the reference and ask what they have found"
VARIANTS: dict[str, tuple[tuple[Holds, Variant], ...]] = {
    "N-POLICE": (
        (
            _emergency,
            Variant(
                "Ring 999: taken or forced away",
                "Ring 999 and say that the young person was taken or forced away. "
                "Write down the reference and who took it.",
            ),
        ),
    ),
    "POLICE-CHALLENGE": (
        (
            _taken,
            Variant(
                "Police refused: ring 999 again",
                "Police refused: ring 999 again, say that the young person was taken or forced "
                "away, ask for the duty inspector; record the reason and the officer.",
            ),
        ),
        (
            lambda view: view.located,
            Variant(
                "Police refused the report: record why",
                "Police refused, and the young person is found since: record the reason and the "
                "officer, or ring 101 again and report it late.",
            ),
        ),
    ),
    "CP-2H-U11": (
        (_emergency, FIRST_999),
        (lambda view: view.located, FOUND_NOT_BACK),
        (
            police_know,
            Variant("Ask the police for news", f"{ASK_FOR_NEWS}: a younger child is still away."),
        ),
    ),
    "CP-4H": (
        (_emergency, FIRST_999),
        (lambda view: view.located, FOUND_NOT_BACK),
        (
            police_know,
            Variant(
                "Ask the police for news", f"{ASK_FOR_NEWS}: this is no short absence any more."
            ),
        ),
        (
            _away,
            Variant(
                "Report missing, or record why not",
                "Report missing to the police on 101, or record why it stays an absence: "
                "this is no short absence any more.",
            ),
        ),
        (
            _always,
            Variant(
                "Look again: report missing to the police",
                "Report missing to the police on 101, 999 in danger: "
                "this is no short absence any more.",
            ),
        ),
    ),
    "CP-24H": (
        (_emergency, FIRST_999),
        (
            lambda view: view.located,
            Variant(
                "Found and not back: 24 hours",
                "They are found and not back: agree with {contact} how they come back, and tell "
                "the manager on call: away for 24 hours.",
            ),
        ),
        (
            lambda view: not police_know(view),
            Variant(
                "24 hours: report missing, or record why not",
                "Report missing to the police on 101, or record why not, and tell the manager on "
                "call: away for 24 hours.",
            ),
        ),
    ),
    "CP-72H-OPEN": (
        (_emergency, FIRST_999),
        (
            lambda view: not view.located and not police_know(view),
            Variant(
                "Three days: report missing, or record why not",
                "Report missing on 101, or record why not; ask {contact} what is planned; tell "
                "the manager on call.",
            ),
        ),
    ),
    "HAR-A1-RECLASSIFY": (
        (lambda view: view.located, FOUND_NOT_BACK),
        (police_know, Variant("Ask the police for news", f"{ASK_FOR_NEWS}.")),
    ),
    **dict.fromkeys(
        ("REF-OOH", "REF-DUTY"),
        (
            (
                lambda view: view.back,
                Variant(
                    "Refer now to the {team}",
                    "Refer now: ring {contact}. They are back, and it may not be safe there. "
                    "Record when, to whom, where placed.",
                ),
            ),
            (
                _always,
                Variant(
                    "Refer now to the {team}",
                    "Refer now: ring {contact}. It may not be safe to go back. "
                    "Record when, to whom, where placed.",
                ),
            ),
        ),
    ),
}
"""By duty; the first that holds. Nothing asks for a report that was made, for 101 in an emergency,
for news of somebody who is found, or for a team that does not answer at this hour."""


AT_ONCE = ("REF-OOH", "REF-DUTY", "N-POLICE")
"""Found and unsafe, and police: above everything else that is to be done."""


def at_once(duty: str, view: CaseView) -> bool:
    """Does this come before everything else? A referral and the police; first of all 999."""
    return duty == "N-POLICE" if _emergency(view) else duty in AT_ONCE


def act(duty: str, view: CaseView) -> str:
    """The act behind a duty as HTML, with the team and number of this hour where one is to be rung.

    The pack's own words come first, in the case of the duty that holds now; what it does not word
    is named by its title. Where the state of the case contradicts them, see VARIANTS.
    """
    known = view.duty(duty)
    variant = _variant(duty, view)
    said = OWN.get(duty) or (known.act if known else "") or title(duty, view) + "."
    said = variant.act if variant else said
    return plain(said.replace(CONTACT, contact(view, known.contact if known else "")))


def title(duty: str, view: CaseView) -> str:
    """What the duty is called as the case stands, in one short line (no HTML)."""
    variant, known = _variant(duty, view), view.duty(duty)
    if variant is not None:
        return variant.title.replace(TEAM, team(view))
    return known.title if known else duties.title(duty, view.pack)


def _variant(duty: str, view: CaseView) -> Variant | None:
    return next((one for holds, one in VARIANTS.get(duty, ()) if holds(view)), None)


def team(view: CaseView) -> str:
    """Which team of an authority answers at this hour."""
    return "emergency duty team" if view.out_of_hours else "duty team"


def contact(view: CaseView, usual: str = "") -> str:
    """The team of the placing authority that answers at this hour, with its number.

    usual: whom the pack names where the configuration knows no team.
    """
    place = view.folded.child.responsible_la
    answers = team(view)
    named = f"{place}'s {answers}" if place else usual or f"the placing authority's {answers}"
    phone = dialable(view.on_call.phone) if view.on_call is not None else ""
    return f"{named}: {phone}" if phone else f"{named} (no number listed)"


def dialable(phone: str) -> str:
    """A number as plain text that a phone dials with one tap: national numbers get +44."""
    phone = " ".join(phone.split())
    return f"+44 {phone[1:].lstrip()}" if phone.startswith("0") and len(phone) > 6 else phone


def subject(view: CaseView, *, age: bool = True) -> str:
    """The first line of everything about a case: who, missing or away, since when."""
    parts = [plain(view.person.ref) if view.person else "young person not on the list"]
    if view.identifiers == "initials" and view.person and view.person.name:
        words = view.person.name.split()
        parts.append("".join(word[0] for word in words if word[:1].isalpha()))
    if age and view.state.computed.age is not None:
        parts.append(f"age {view.state.computed.age}")
    return f"{bold(view.ref)} · {' · '.join(parts)} · {state(view)}"


def state(view: CaseView) -> str:
    """MISSING since Fri 20 Nov 22:40; FOUND, not back, since …; BACK since …"""
    folded, now = view.folded, view.now
    if view.back and folded.returned_at is not None:
        return f"BACK since {clock(folded.returned_at, now)}"
    if view.located and folded.located_at is not None:
        return f"FOUND {clock(folded.located_at, now)}, not back"
    word = "MISSING" if view.missing else "AWAY, whereabouts known,"
    return f"{word} since {clock(view.state.computed.start, now)}"
