""" "I have all of it": one tap for everything that an alarm asks for in one case."""

from __future__ import annotations

from handlers import show_card
from handlers.chat import Button, Incoming, Screen
from handlers.context import Context
from handlers.wording import case_answers
from handlers.wording.acts import subject, title
from handlers.wording.duties import ALL, BUTTONS
from reminders.all_clear import ASKING
from storage.model import Episode


async def tapped(context: Context, incoming: Incoming, episode: Episode, action: str) -> None:
    """r:REF:all:action. Of what this message asks for, what is still to be done; what somebody else
    has stays theirs."""
    now = context.clock.now()
    due = context.engine.cases.duties_in(episode)[1]
    me = incoming.staff
    if action == "back":
        held = [d.id for d in due if d.held(now) and d.owner == me.id]
        await _give_back(context, incoming, episode.ref, held)
        return
    asked = {
        m.about
        for m in episode.messages
        if m.kind in ASKING and m.to == me.id and m.message_id == incoming.message_id
    }
    wanted = [d.id for d in due if (d.id in asked if asked else d.at <= now)]
    if action != "have" or not wanted:
        said = "" if wanted else case_answers.NOTHING_DUE
        await show_card.card_of(context, incoming, episode.ref, incoming.message_id, said)
        return
    answers = await context.acts.acknowledge(episode.ref, wanted, me, update_id=incoming.update_id)
    view = await show_card.view(context, episode)
    named = [(title(answer.duty, view), answer) for answer in answers]
    text = f"{subject(view)}\n{case_answers.all_of_it(named, context.service, now)}"
    buttons = [Button(BUTTONS["card"], f"c:{episode.ref}:card")]
    if any(answer.outcome == "done" for answer in answers):
        buttons.insert(0, Button(case_answers.GIVE_BACK, f"r:{episode.ref}:{ALL}:back"))
    await context.phone.show(incoming.chat_id, Screen(text, (tuple(buttons),)), incoming.message_id)


async def _give_back(context: Context, incoming: Incoming, ref: str, held: list[str]) -> None:
    answers = await context.acts.release(ref, held, incoming.staff, update_id=incoming.update_id)
    given = any(answer.outcome == "done" for answer in answers)
    text = case_answers.ALL_GIVEN_BACK if given else case_answers.NOTHING_HELD
    await show_card.card_of(context, incoming, ref, incoming.message_id, text)
