"""Who was told: police, the placing authority, parents, social care."""

from __future__ import annotations

import re
from typing import Any

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option
from handlers.recording.judging import ACTING, ROLE_STEPS
from handlers.recording.questions import (
    NewId,
    Recording,
    at,
    author,
    choice,
    decides,
    form,
    text,
    when,
    words,
)
from handlers.recording.time_order import AUTHORITY, PARENTS, POLICE, REFERRED, WRITTEN
from handlers.wording import recording as say
from handlers.wording.form import answer
from protocol import facts as f
from protocol.facts import Fact


def _police(c: FormState, new: NewId) -> list[Fact]:
    """Told; a number is the officer's, anything else says to whom somebody spoke."""
    who = text(c, "who")
    said: dict[str, Any] = {"officer": who} if OFFICER.fullmatch(who.strip()) else {"spoke_to": who}
    return [f.PoliceTold(at=when(c), reference=text(c, "ref"), **said, **author(c, new))]


OFFICER = re.compile(r"(?:[A-Za-z]{1,4}[ -]?)?\d{1,7}")
"""Number of an officer or call handler."""


def _authority(c: FormState, new: NewId) -> list[Fact]:
    """Told, and acknowledged, are two facts: the second only if a manager said that they act."""
    role, how = ("unknown" if c.answers[key] == UNKNOWN else c.answers[key] for key in ACKNOWLEDGED)
    said: dict[str, Any] = {"at": when(c), "role": role, "who": text(c, "who"), "how": how}
    found: list[Fact] = [f.AuthorityTold(acknowledged=False, **said, **author(c, new))]
    if role in ACTING:
        found.append(f.AuthorityAcknowledged(**said, **author(c, new)))
    return found


ACKNOWLEDGED = ("role", "how")


def _parents(c: FormState, new: NewId) -> list[Fact]:
    told_by = c.answers["by"]
    return [
        f.ParentsTold(
            at=when(c),
            told_by=c.staff.id if told_by == "me" else "" if told_by == UNKNOWN else told_by,
            what=text(c, "what"),
            **author(c, new),
        )
    ]


MANAGER = "staff:"
"""Stands before the staff id of a manager who decided."""


def _deciders(c: FormState) -> list[Option]:
    """Roles outside first, then the managers of this home by name."""
    roles = [Option(label, value) for label, value in say.WITHHELD_BY_OPTIONS]
    if c.episode is None:
        return roles
    managers = c.service.managers(c.episode.home, c.now)
    return [*roles, *(Option(say.manager(m.name), f"{MANAGER}{m.id}") for m in managers)]


def _decider_named(value: str, c: FormState) -> str:
    return next((plain(o.label) for o in _deciders(c) if o.value == value), answer(value))


def _decider(c: FormState) -> str:
    """As it goes on record: a role, or a manager's name."""
    value = c.answers["by"]
    manager = c.service.person(value.removeprefix(MANAGER)) if value.startswith(MANAGER) else None
    return say.manager(manager.name) if manager else "" if value == UNKNOWN else value


def _withheld(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.ParentsWithheld(
            at=c.now,
            reason=text(c, "why"),
            decided_by=_decider(c),
            **author(c, new),
        )
    ]


RECORDINGS: dict[str, Recording] = {
    "police": Recording(
        form=form(
            "police",
            say.POLICE,
            at(POLICE),
            words("ref", say.POLICE_REFERENCE, skip=say.NO_REFERENCE),
            words("who", say.POLICE_SPOKE, skip=say.SKIP),
        ),
        facts=_police,
    ),
    "authority": Recording(
        form=form(
            "authority",
            say.AUTHORITY,
            *ROLE_STEPS,
            at(AUTHORITY),
            words("who", say.AUTHORITY_WHO, skip=say.SKIP, unknown=True),
        ),
        facts=_authority,
    ),
    "written": Recording(
        form=form("written", say.WRITTEN, at(WRITTEN)),
        facts=lambda c, new: [f.AuthorityWritten(at=when(c), **author(c, new))],
    ),
    "parents": Recording(
        form=form(
            "parents",
            say.PARENTS,
            choice("by", say.PARENTS_BY, say.PARENTS_BY_OPTIONS, width=2),
            at(PARENTS),
            words("what", say.PARENTS_WHAT, say.PARENTS_WHAT_OPTIONS, unknown=True),
        ),
        facts=_parents,
    ),
    "withheld": Recording(
        form=decides(
            "withheld",
            say.WITHHELD,
            words("why", say.WITHHELD_REASON),
            Choice(
                key="by",
                label=say.DECIDED_BY,
                ask=lambda _: say.WITHHELD_BY,
                options=_deciders,
                tell=lambda value, c: (
                    answer(value) if value == UNKNOWN else _decider_named(value, c)
                ),
            ),
        ),
        facts=_withheld,
    ),
    "referred": Recording(
        form=form("referred", say.REFERRED, at(REFERRED)),
        facts=lambda c, new: [f.ReferredToSocialCare(at=when(c), **author(c, new))],
    ),
}
