"""What to do, in the imperative, and whom to ring: the first thing that a woken person reads."""

from __future__ import annotations

from handlers.case_view import CaseView
from handlers.chat import bold, plain
from handlers.wording import duties
from handlers.wording.common import clock

POLICE = "Ring police on 101, or 999 in danger, and give them the details."
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
CONTACT = "{contact}"
CRIME_IN_ACTION = "<b>🚨 Crime in action: ring 999 now.</b>"


def act(duty: str, view: CaseView) -> str:
    """The act behind a duty as HTML, with the team and number of this hour where one is to be rung.

    The pack's own words come first; what it does not word is named by its title.
    """
    known = view.pack.duty(duty)
    said = OWN.get(duty) or (known.act if known else "") or duties.title(duty, view.pack) + "."
    return plain(said.replace(CONTACT, contact(view, known.contact if known else "")))


def contact(view: CaseView, usual: str = "") -> str:
    """The team of the placing authority that answers at this hour, with its number.

    usual: whom the pack names where the configuration knows no team.
    """
    place = view.folded.child.responsible_la
    team = "emergency duty team" if view.out_of_hours else "duty team"
    named = f"{place}'s {team}" if place else usual or f"the placing authority's {team}"
    phone = dialable(view.on_call.phone) if view.on_call is not None else ""
    return f"{named}: {phone}" if phone else f"{named} (no number listed)"


def dialable(phone: str) -> str:
    """A number as plain text that a phone dials with one tap: national numbers get +44."""
    phone = " ".join(phone.split())
    return f"+44 {phone[1:].lstrip()}" if phone.startswith("0") and len(phone) > 6 else phone


def subject(view: CaseView) -> str:
    """The first line of everything about a case: who, missing or away, since when."""
    parts = [plain(view.person.ref) if view.person else "young person not on the list"]
    if view.identifiers == "initials" and view.person and view.person.name:
        words = view.person.name.split()
        parts.append("".join(word[0] for word in words if word[:1].isalpha()))
    if view.state.computed.age is not None:
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
