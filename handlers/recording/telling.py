"""Who was told: police, the placing authority, parents, social care."""

from __future__ import annotations

from handlers.form import UNKNOWN, FormState
from handlers.recording.parts import NewId, Recording, at, author, choice, form, text, when, words
from handlers.wording import recording as say
from protocol import facts as f
from protocol.facts import Fact


def _police(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.PoliceTold(
            at=when(c), reference=text(c, "ref"), spoke_to=text(c, "who"), **author(c, new)
        )
    ]


def _authority(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.AuthorityTold(
            at=when(c),
            role=c.answers["role"] if c.answers["role"] != UNKNOWN else "unknown",
            who=text(c, "who"),
            how=c.answers["how"] if c.answers["how"] != UNKNOWN else "unknown",
            **author(c, new),
        )
    ]


def _parents(c: FormState, new: NewId) -> list[Fact]:
    told_by = c.answers["by"]
    return [
        f.ParentsTold(
            at=when(c),
            told_by=c.staff.id if told_by == "me" else "" if told_by == UNKNOWN else told_by,
            what=text(c, "what", say.PARENTS_WHAT_OPTIONS),
            **author(c, new),
        )
    ]


def _withheld(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.ParentsWithheld(
            at=c.now,
            reason=text(c, "why"),
            decided_by=text(c, "by", say.WITHHELD_BY_OPTIONS),
            **author(c, new),
        )
    ]


RECORDINGS: dict[str, Recording] = {
    "police": Recording(
        form=form(
            "police",
            say.POLICE,
            at(),
            words("ref", say.POLICE_REFERENCE, skip=say.NO_REFERENCE),
            words("who", say.POLICE_SPOKE, skip=say.SKIP),
        ),
        facts=_police,
    ),
    "authority": Recording(
        form=form(
            "authority",
            say.AUTHORITY,
            choice("role", say.AUTHORITY_ROLE, say.ROLE_OPTIONS),
            choice("how", say.HOW, say.HOW_OPTIONS, width=2),
            at(),
            words("who", say.AUTHORITY_WHO, skip=say.SKIP, unknown=True),
        ),
        facts=_authority,
    ),
    "written": Recording(
        form=form("written", say.WRITTEN, at()),
        facts=lambda c, new: [f.AuthorityWritten(at=when(c), **author(c, new))],
    ),
    "parents": Recording(
        form=form(
            "parents",
            say.PARENTS,
            choice("by", say.PARENTS_BY, say.PARENTS_BY_OPTIONS, width=2),
            at(),
            words("what", say.PARENTS_WHAT, say.PARENTS_WHAT_OPTIONS, unknown=True),
        ),
        facts=_parents,
    ),
    "withheld": Recording(
        form=form(
            "withheld",
            say.WITHHELD,
            words("why", say.WITHHELD_REASON),
            words("by", say.WITHHELD_BY, say.WITHHELD_BY_OPTIONS, unknown=True),
        ),
        facts=_withheld,
    ),
    "referred": Recording(
        form=form("referred", say.REFERRED, at()),
        facts=lambda c, new: [f.ReferredToSocialCare(at=when(c), **author(c, new))],
    ),
}
