"""The screens behind "why": the level, the due times and the actions of a case."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import settling, show_card
from handlers.case_view import CaseView
from handlers.chat import Button, Incoming, Screen, plain
from handlers.context import Context
from handlers.paging import Item, code, paged
from handlers.wording import acts
from handlers.wording import explained as say
from handlers.wording.duties import BUTTONS, RECORDED_BY
from protocol.decisions import latest
from protocol.explain import Explained, Explanation, explain
from reminders.assessment_cache import earlier


async def _explanation(context: Context, view: CaseView) -> Explanation:
    rows = await context.store.history(view.episode.person)
    return explain(view.folded, earlier(rows, view.episode.ref), view.pack, view.now)


def _back(ref: str) -> tuple[Button, ...]:
    return (Button(say.LEVEL, f"c:{ref}:why"), Button(BUTTONS["card"], f"c:{ref}:card"))


async def level(context: Context, incoming: Incoming, view: CaseView) -> None:
    """Why this level, and what would change it next."""
    ref = view.episode.ref
    found = await _explanation(context, view)
    set_by = view.state.set_by
    name = view.names.get(set_by.by, set_by.by) if set_by else ""
    text = say.level(ref, found, view.state, view.now, name)
    buttons = (
        (Button(say.TIMES, f"c:{ref}:times"), Button(say.ACTIONS, f"c:{ref}:actions")),
        (Button(BUTTONS["card"], f"c:{ref}:card"),),
    )
    await context.phone.show(incoming.chat_id, Screen(text, buttons), incoming.message_id)


async def listing(
    context: Context, incoming: Incoming, view: CaseView, kind: str, page: int = 0
) -> None:
    """The due times, a button each; or the actions: who does what, a number each."""
    ref = view.episode.ref
    found = await _explanation(context, view)
    route = None
    if kind == "times":
        duties = found.duties
        items = [
            Item("", ((Button(say.choice(acts.title(one.id, view), one), _rule(ref, kind, one)),),))
            for one in duties
        ]
    else:
        routed = view.pack.rule(view.state.computed.routing)
        route = (routed.text if routed else "") if view.pack.book.routes else None
        first = sorted(found.actions, key=lambda one: not one.who.startswith(say.OURS))
        items = [_numbered(view, start, first) for start in range(0, len(first), 4)]
    screen = paged(
        say.listing(ref, kind, len(items), route),
        items,
        page,
        lambda number: f"c:{ref}:{kind}:{number}",
        tail=(_back(ref),),
        most_items=say.MOST if kind == "times" else MOST_ROWS,
        gap="\n",
    )
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


MOST_ROWS = 3
"""Rows of four actions on one page."""


def _numbered(view: CaseView, start: int, actions: Sequence[Explained]) -> Item:
    """Up to four actions: a line each, and their numbers as buttons beside each other."""
    became = {
        about: say.decided(decision, view.now)
        for about, decision in latest(view.folded.decisions).items()
    }
    some = list(enumerate(actions[start : start + 4], start + 1))
    buttons = tuple(Button(str(number), _rule(view.ref, "actions", one)) for number, one in some)
    lines = [say.line(number, one, became.get(one.id, "")) for number, one in some]
    return Item("\n".join(lines), (buttons,))


def _rule(ref: str, kind: str, one: Explained) -> str:
    return f"c:{ref}:rule:{kind[0]}{code(one.id)}"


async def item(context: Context, incoming: Incoming, view: CaseView, which: str) -> None:
    """One due time or action: what to do, who, until when, why; and the button that records it."""
    ref = view.episode.ref
    found = await _explanation(context, view)
    duty = which[:1] == "t"
    items: tuple[Explained, ...] = found.duties if duty else found.actions
    one = next((i for i in items if code(i.id) == which[1:]), None)
    if one is None:
        await show_card.card_of(context, incoming, ref, incoming.message_id, say.GONE)
        return
    kind = "times" if duty else "actions"
    title, act = one.rule, plain(one.act)
    if duty:
        title, act = acts.title(one.id, view), acts.act(one.id, view)
    other = Button(say.TIMES if duty else say.ACTIONS, f"c:{ref}:{kind}")
    buttons = (*_recording(view, one.id, duty=duty), (other,), _back(ref))
    screen = Screen(say.item(ref, one, title, act), buttons)
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


def _recording(view: CaseView, about: str, *, duty: bool) -> tuple[tuple[Button, ...], ...]:
    """The form that records it, or a decision about it; nothing where neither is possible."""
    ref = view.episode.ref
    if form := RECORDED_BY.get(about):
        return ((Button(BUTTONS[form], f"c:{ref}:{form}"),),)
    if duty and about in {d.id for d in view.duties}:
        return ((Button(say.RECORD, f"r:{ref}:{about}:do"),),)
    if not duty and settling.decidable(about, view.pack):
        return ((Button(say.RECORD, f"c:{ref}:decide:{code(about)}"),),)
    return ()
