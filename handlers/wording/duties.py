"""What duties are called on a phone, and which button records each."""

from __future__ import annotations

from handlers.wording import after_return
from protocol.pack import Pack

OWN_TITLES = {
    **after_return.TITLES,
    "SAFE-WELL": "Safe and well check by police",
    "RI-OFFER": "Offer the return interview",
    "SIGN-OFF": "Manager's sign-off",
    "CLOSE": "Close the case",
    "ASK-CONCERNS": "Earlier concerns: find out",
}
"""Duties that this service asks for without a time in the protocol."""

RECORDED_BY = {
    "N-POLICE": "police",
    "N-RA": "authority",
    "N-RA-WRITTEN": "written",
    "N-PARENTS": "parents",
    "RI-72H": "held",
    "RI-OFFER": "offered",
    "SAFE-WELL": "safewell",
    "SIGN-OFF": "signoff",
    "CLOSE": "close",
    "ASK-CONCERNS": "concerns",
    "N-BACK-POLICE": "back_police",
    "N-BACK-RA": "back_authority",
    "N-BACK-PARENTS": "back_parents",
    "REF-OOH": "referral",
    "REF-DUTY": "referral",
    "POLICE-NOT-TOLD": "police",
    "POLICE-CHALLENGE": "police_said",
    "RI": "held",
    "ASK-CRIME": "time_away",
    "ASK-HARM": "time_away",
    "ASK-SAFE": "ask_safe",
    "ASK-CONTACT": "ask_safe",
    "RET-COLLECT": "came_back",
    "RET-PLACEMENT": "came_back",
    "RET-MEDICAL": "medical",
    "RI-CONTENT": "content",
    "RI-SHARED": "shared",
    "RI-IRO": "shared",
    "SG-POLICE": "police",
    "SG-ABDUCT": "police",
    "SG-RA": "authority",
    "SG-RA-WRITTEN": "written",
    "SG-PARENTS": "parents",
    "SG-OOH-REF": "referral",
    "SG-UNSAFE-REF": "referral",
}
"""The form behind a duty or an action; any other duty is recorded as done, any other action
decided."""

ALL = "all"
"""In the place of a duty's id: everything that is due in the case."""

BUTTONS = {
    "police": "🚓 Police told",
    "authority": "🏛 Authority told",
    "written": "✉️ Written confirmation sent",
    "parents": "👪 Parents told",
    "withheld": "👪 Not to be told",
    "note": "📝 Note",
    "found": "📍 Found",
    "back": "🏠 They're back",
    "why": "❓ Why",
    "actions": "📌 Actions",
    "more": "⋯ More",
    "card": "‹ Back to the case",
    "safewell": "👮 Safe and well check",
    "offered": "💬 Interview offered",
    "answered": "💬 Accepted or declined",
    "held": "💬 Interview held",
    "signoff": "🖊 Sign off",
    "close": "📁 Close",
    "raise": "⬆️ Raise level",
    "lower": "⬇️ Stand level down",
    "category": "Missing or away",
    "fix": "✏️ Put right",
    "concerns": "Earlier concerns",
    "worse": "What makes it worse",
    "referred": "Referral made (s47)",
    "again": "🚨 Gone again",
    "timeline": "🕰 Timeline",
    **after_return.BUTTONS,
}


def title(duty: str, pack: Pack) -> str:
    """What the duty is called."""
    known = pack.item(duty)
    return known.title if known else OWN_TITLES.get(duty, duty)


IN_LISTS = {
    "N-POLICE": "Ring the police (999 in danger, else 101)",
    "CP-2H-U11": "Look again (a younger child is still away)",
    "CP-4H": "Look again (no short absence any more)",
    "CP-24H": "Look again (away for 24 hours)",
    "CP-72H-OPEN": "Look again (away for three days)",
    "POLICE-CHALLENGE": "Police refused the report",
    "REF-OOH": "Refer now (may not be safe to go back)",
    "REF-DUTY": "Refer now (may not be safe to go back)",
}


def listed(duty: str, pack: Pack) -> str:
    """What the duty is called in a list that does not know how the case stands: nothing that could
    be wrong of it (101 in an emergency, a report that was made)."""
    return IN_LISTS.get(duty) or title(duty, pack)


def whose(authority: str) -> str:
    """Behind a duty that the placing authority's own protocol asks for; "" for the home's."""
    return f" ({authority}'s own protocol)" if authority else ""


def button(duty: str, pack: Pack, *, missing: bool = True, named: bool = False) -> str:
    """The label of the button that records this duty; `named` where several stand together."""
    if kind := RECORDED_BY.get(duty):
        return BUTTONS[kind]
    known = pack.duty(duty)
    if known is not None and known.kind == "checkpoint" and not named:
        return f"✅ Still {'missing' if missing else 'away'}, done"
    return f"✅ Done: {title(duty, pack)}"[:40]


def set_by(duty: str, pack: Pack) -> str:
    """Whose the time of a duty is: protocol, service, or none."""
    known = pack.duty(duty)
    return known.set_by if known else "none"
