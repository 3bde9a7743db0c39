"""What a tap on a reminder does."""

from __future__ import annotations

from datetime import timedelta

from handlers import (
    ask_second_factor,
    have_all,
    settling,
    show_card,
)
from handlers.case_buttons import READING, begin_recording, close_case
from handlers.chat import Button, Incoming, Screen, rows
from handlers.context import Context
from handlers.paging import named
from handlers.wording import case_answers, recording
from handlers.wording.acts import subject
from handlers.wording.duties import ALL, BUTTONS, title
from storage.model import Episode


async def reminder_tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """r:REF:DUTY:action, on a reminder that may be old: what is true now decides."""
    ref, duty, action = (*parts, "", "")[:3]
    episode = await context.records.seen_by(incoming.staff, ref)
    # Also where the second factor is asked for first: the alarm has said what the case is about.
    context.shown(incoming.staff, ref)
    if duty == ALL:
        await have_all.tapped(context, incoming, episode, action)
        return
    due = {d.id: d for d in context.engine.cases.duties_in(episode)[1]}
    duty = named(duty, list(due)) or duty
    pack = context.pack.of(episode.home)
    name = title(duty, pack)
    if duty not in due:
        await show_card.card_of(
            context, incoming, ref, incoming.message_id, case_answers.no_longer(name)
        )
        return
    match action:
        case "have":
            await _have(context, incoming, episode, duty, name)
        case "mine":
            await _have(context, incoming, episode, duty, name, take_over=True)
        case "do":
            kind, answers = settling.form_for(duty, pack)
            if kind in ("close", *READING) and await ask_second_factor.comes_first(
                context, incoming, ref
            ):
                return
            if kind == "close":
                now_on = await show_card.view(context, episode)
                await close_case(context, incoming, now_on, sure=False)
            else:
                await begin_recording(context, incoming, episode, kind, answers=answers)
        case "later":
            answer = await context.acts.snooze(
                ref, duty, incoming.staff, due[duty].at, update_id=incoming.update_id
            )
            text = case_answers.outcome(answer, name, context.service, context.clock.now())
            await show_card.card_of(context, incoming, ref, incoming.message_id, text)
        case "back":
            [answer] = await context.acts.release(
                ref, [duty], incoming.staff, update_id=incoming.update_id
            )
            text = case_answers.outcome(
                answer, name, context.service, context.clock.now(), given_back=True
            )
            await show_card.card_of(context, incoming, ref, incoming.message_id, text)
        case _ if action.startswith("n"):
            await _what_next(context, incoming, episode, duty, name, action[1:])
        case _:
            await show_card.card_of(context, incoming, ref, incoming.message_id)


async def _have(
    context: Context,
    incoming: Incoming,
    episode: Episode,
    duty: str,
    name: str,
    *,
    take_over: bool = False,
) -> None:
    """ "I have it" counts with the first tap; what is asked after it is a kindness. name: what the
    duty is called."""
    ref = episode.ref
    [answer] = await context.acts.acknowledge(
        ref, [duty], incoming.staff, take_over=take_over, update_id=incoming.update_id
    )
    said = case_answers.outcome(answer, name, context.service, context.clock.now())
    if answer.outcome == "done":
        asked, below = f"\n\n{case_answers.WHAT_NEXT}", next_steps(ref, duty)
    elif answer.outcome == "held_by_other":
        asked = ""
        below = (
            (Button(case_answers.TAKE_IT, f"r:{ref}:{duty}:mine"),),
            (Button(BUTTONS["card"], f"c:{ref}:card"),),
        )
    else:
        await show_card.card_of(context, incoming, ref, incoming.message_id, said)
        return
    who = subject(await show_card.view(context, episode))
    screen = Screen(f"{who}\n{said}{asked}", below)
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


def next_steps(ref: str, duty: str) -> tuple[tuple[Button, ...], ...]:
    """ "What next?": the usual answers; and giving it back."""
    steps = [
        Button(label, f"r:{ref}:{duty}:n{i}") for i, (label, _) in enumerate(recording.NEXT_OPTIONS)
    ]
    return (
        *rows(steps, 2),
        (
            Button(case_answers.GIVE_BACK, f"r:{ref}:{duty}:back"),
            Button(BUTTONS["card"], f"c:{ref}:card"),
        ),
    )


async def _what_next(
    context: Context, incoming: Incoming, episode: Episode, duty: str, name: str, said: str
) -> None:
    """n2: what next was said, ask by when. n2-30: both were said."""
    ref = episode.ref
    step, _, minutes = said.partition("-")
    if not step.isdecimal() or int(step) >= len(recording.NEXT_OPTIONS):
        await show_card.card_of(context, incoming, ref, incoming.message_id)
        return
    label, words = recording.NEXT_OPTIONS[int(step)]
    if not minutes.isdecimal():
        times = [Button(t, f"r:{ref}:{duty}:n{step}-{m}") for t, m in recording.NEXT_MINUTES]
        who = subject(await show_card.view(context, episode))
        screen = Screen(f"{who}\n{case_answers.by_when(name, label)}", rows(times, 3))
        await context.phone.show(incoming.chat_id, screen, incoming.message_id)
        return
    if int(minutes) not in {m for _, m in recording.NEXT_MINUTES}:
        await show_card.card_of(context, incoming, ref, incoming.message_id)
        return
    now = context.clock.now()
    [answer] = await context.acts.acknowledge(
        ref,
        [duty],
        incoming.staff,
        next_step=words,
        until=now + timedelta(minutes=int(minutes)),
        update_id=incoming.update_id,
    )
    text = case_answers.outcome(answer, name, context.service, now)
    await show_card.card_of(context, incoming, ref, incoming.message_id, text)
