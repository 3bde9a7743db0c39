"""The screens behind "why": the level, the due times and the actions of a case."""

from __future__ import annotations

from handlers import show_card
from handlers.case_view import CaseView
from handlers.chat import Button, Incoming, Screen
from handlers.context import Context
from handlers.paging import Item, code, paged
from handlers.wording import explained as say
from handlers.wording.duties import BUTTONS
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
    """The due times or the actions, one button each."""
    ref = view.episode.ref
    found = await _explanation(context, view)
    items = found.duties if kind == "times" else found.actions
    title = say.TIMES if kind == "times" else say.ACTIONS
    routed = view.pack.rule(view.state.computed.routing) if kind == "actions" else None
    screen = paged(
        say.listing(ref, title, items, routed.text if routed else ""),
        [Item("", ((Button(say.choice(one), _rule(ref, kind, one.id)),),)) for one in items],
        page,
        lambda number: f"c:{ref}:{kind}:{number}",
        tail=(_back(ref),),
        most_items=say.MOST,
    )
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


def _rule(ref: str, kind: str, item_id: str) -> str:
    return f"c:{ref}:rule:{kind[0]}{code(item_id)}"


async def item(context: Context, incoming: Incoming, view: CaseView, which: str) -> None:
    """One due time or action: rule, facts, source, what ends it."""
    ref = view.episode.ref
    found = await _explanation(context, view)
    items: tuple[Explained, ...] = found.duties if which[:1] == "t" else found.actions
    one = next((i for i in items if code(i.id) == which[1:]), None)
    if one is None:
        await show_card.card_of(context, incoming, ref, incoming.message_id, say.GONE)
        return
    kind = "times" if which[:1] == "t" else "actions"
    title = say.TIMES if kind == "times" else say.ACTIONS
    buttons = ((Button(title, f"c:{ref}:{kind}"),), _back(ref))
    screen = Screen(say.item(ref, one), buttons)
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)
