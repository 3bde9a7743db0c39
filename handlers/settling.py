"""After a return: what is left to settle, who signs off, what stays open, entries after closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.case_view import CaseView
from handlers.chat import Button, Incoming, Screen
from handlers.context import Context, NotAllowed
from handlers.paging import code
from handlers.recording.deciding import MEETING_ACTIONS, MEETINGS
from handlers.wording import settling as ending
from handlers.wording.duties import BUTTONS, RECORDED_BY, title, whose
from protocol import facts as f
from protocol.attachment_facts import ATTACHMENT_FACTS
from protocol.counting import counting, last_of
from protocol.decisions import latest
from protocol.episode import Decision, utc
from protocol.fold import fold
from protocol.pack import Pack
from protocol.provider import Provider, Staff
from storage.model import Episode

NO_WORK = (
    f.Note, *ATTACHMENT_FACTS, f.Acknowledged, f.Snoozed, *f.LOG_ONLY, f.SignedOff, f.Closed,
)  # fmt: skip
"""Facts that are no work on a case: whoever wrote only these may sign it off."""
LATE = (
    "note", "held", "content", "action", "shared", "safewell", "medical", "referral_result",
    "meeting", "plans", "assessment", "fix", "undo",
)  # fmt: skip
"""What a manager can still record when a case is closed; decisions beside them."""
NOT_LATE = ("raise", "lower", "signoff")
"""What makes no sense any more when a case is closed."""


def form_for(about: str, pack: Pack) -> tuple[str, dict[str, Any]]:
    """The form that records this duty or action, and the answers it begins with."""
    kind = RECORDED_BY.get(about)
    if kind:
        return kind, {}
    answers = {"duty": about, "title": title(about, pack)}
    if about in MEETINGS:
        return "meeting", answers
    item = pack.item(about)
    if about == MEETING_ACTIONS:
        return "decide", answers
    if item is None or not item.settling.outcomes:
        return "done", answers
    return "decide", {**answers, **_allowed(about, pack)}


def _allowed(about: str, pack: Pack) -> dict[str, str]:
    """What the pack lets be decided about it, and what a decision needs."""
    item = pack.item(about)
    if item is None:
        return {}
    return {
        "outs": " ".join(sorted(item.settling.outcomes)),
        "needs": " ".join(sorted(item.settling.needs)),
    }


def names(episode: Episode, pack: Pack) -> dict[str, str]:
    """What the duties and actions are called that entries of this case are about."""
    about = {getattr(fact, "about", "") or getattr(fact, "duty", "") for fact in episode.facts}
    return {name: title(name, pack) for name in about if name}


async def listing(context: Context, incoming: Incoming, now_on: CaseView) -> None:
    """Everything that stands in the way of signing off, with a button each."""
    ref, pack = now_on.episode.ref, now_on.pack
    open_ids = left(now_on)
    waiting = [
        ending.put_off(title(d.id, pack), d.outcome, d.until, now_on.now)
        for d in put_off(now_on.episode, now_on.now)
        if d.until is not None
    ]
    buttons = [(Button(title(name, pack)[:60], f"c:{ref}:item:{code(name)}"),) for name in open_ids]
    placing = now_on.state.computed.placing
    beside = {name: whose(placing.authority) for name in placing.to_settle} if placing else {}
    if incoming.staff.manages and not now_on.has(f.SignedOff):
        buttons.append((Button(BUTTONS["signoff"], f"c:{ref}:signoff"),))
    buttons.append((Button(BUTTONS["card"], f"c:{ref}:card"),))
    text = ending.to_settle(ref, [title(n, pack) + beside.get(n, "") for n in open_ids], waiting)
    await context.phone.show(incoming.chat_id, Screen(text, tuple(buttons)), incoming.message_id)


async def item(context: Context, incoming: Incoming, now_on: CaseView, about: str) -> bool:
    """Two ways for one thing on the list: its own form, or a decision. False: there is only one."""
    pack = now_on.pack
    kind, _ = form_for(about, pack)
    known = pack.item(about)
    if known is None or kind == "decide" or not decidable(about, pack):
        return False
    ref = now_on.episode.ref
    record = BUTTONS.get(kind, ending.RECORD_IT)
    screen = Screen(
        ending.item(ref, title(about, pack), known.source),
        (
            (Button(record, f"c:{ref}:do:{code(about)}"),),
            (Button(ending.DECIDE_OTHERWISE, f"c:{ref}:decide:{code(about)}"),),
            (Button(BUTTONS["settle"], f"c:{ref}:settle"),),
        ),
    )
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)
    return True


def decidable(about: str, pack: Pack) -> bool:
    """Whether the pack lets something be decided about this duty or action."""
    item = pack.item(about)
    return item is not None and bool(item.settling.outcomes)


def decide_answers(about: str, pack: Pack) -> dict[str, Any]:
    """What a decision about this begins with."""
    return {"duty": about, "title": title(about, pack), **_allowed(about, pack)}


def left(now_on: CaseView) -> tuple[str, ...]:
    """What stands in the way of signing off; the placing authority's last."""
    computed = now_on.state.computed
    beside = computed.placing.to_settle if computed.placing else ()
    return (*computed.to_settle, *beside)


def put_off(episode: Episode, now: datetime) -> list[Decision]:
    """What is booked or handed over until later, soonest first."""
    decided = latest(fold(episode.facts).decisions).values()
    found = [
        d
        for d in decided
        if d.outcome in ("booked", "handed_over") and d.until is not None and utc(d.until) > now
    ]
    return sorted(found, key=lambda d: utc(d.until or d.at))


# Signing off and closing ----------------------------------------------------------------------


def did_the_work(episode: Episode, staff: Staff) -> bool:
    """Whether this person put on record what happened or was done."""
    return any(
        fact.by == staff.id and not isinstance(fact, NO_WORK) for fact in counting(episode.facts)
    )


def others_who_sign(
    provider: Provider, episode: Episode, staff: Staff, now: datetime
) -> Sequence[Staff]:
    """The managers who have to sign off in place of whoever did the work; empty: nobody has to."""
    if not provider.another_manager_signs_off or not did_the_work(episode, staff):
        return ()
    return [other for other in provider.managers(episode.home, now) if other.id != staff.id]


def sign_off(context: Context, now_on: CaseView, staff: Staff) -> tuple[dict[str, Any], str]:
    """The answers that signing off begins with, and what stands above its question. Raises
    NotAllowed where another manager has to do it."""
    others = others_who_sign(context.service, now_on.episode, staff, now_on.now)
    if others:
        raise NotAllowed(ending.another_signs_off([other.name for other in others]))
    open_ids = left(now_on)
    if not open_ids:
        return {}, ""
    titles = [title(name, now_on.pack) for name in open_ids]
    return {"left": " ".join(open_ids)}, ending.left_open(titles)


def why_not_close(now_on: CaseView, staff: Staff) -> str:
    """Why a case that was signed off cannot be closed now; "" if it can."""
    open_ids = left(now_on)
    if not open_ids:
        return ""
    signed = last_of(now_on.episode.facts, f.SignedOff)
    agreed = signed.left_open if signed else ()
    more = [name for name in open_ids if name not in agreed]
    if more:
        return ending.more_came([title(name, now_on.pack) for name in more])
    return "" if staff.manages else ending.MANAGER_CLOSES


def closing(now_on: CaseView) -> dict[str, Any]:
    """What the closing carries: the ids left open, and the reason given for them."""
    open_ids = left(now_on)
    signed = last_of(now_on.episode.facts, f.SignedOff)
    if not open_ids or signed is None:
        return {}
    return {"left_open": open_ids, "reason": signed.reason}


def late_screen(ref: str) -> Screen:
    """What can still be recorded about a closed case."""
    buttons = [(Button(BUTTONS[kind], f"c:{ref}:{kind}"),) for kind in LATE]
    buttons.append((Button(BUTTONS["settle"], f"c:{ref}:settle"),))
    buttons.append((Button(BUTTONS["card"], f"c:{ref}:card"),))
    return Screen(ending.LATE, tuple(buttons))
