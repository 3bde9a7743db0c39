"""Small deliberate faults in the code, at least one for each invariant: each must be caught."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any
from unittest import mock

import msgspec
from telegram import Update
from telegram.error import BadRequest

import bot.bootstrap
import bot.chat_record
import bot.dispatch
import bot.phone
import bot.polling
import bot.removals
import bot.storage_alerts
import bot.telegram_client
import bot.under_way
import handlers.case_buttons
import handlers.chat
import handlers.draft_session
import handlers.unasked
import handlers.wording.acts
import handlers.wording.all_clear
import handlers.wording.card
import handlers.wording.messages
import handlers.wording.second
import handlers.wording.storage_alerts
import protocol.provider
import protocol.view
import reminders.acknowledge
import reminders.all_clear
import reminders.asking
import reminders.assessment_cache
import reminders.case_records
import reminders.delivery
import reminders.duties
import reminders.engine
import reminders.ladder
import reminders.limits
import reminders.offers
import reminders.outbox
import reminders.plan
import reminders.planner
import reminders.policy
import reminders.rota
import reminders.service_state
import reminders.telegram_down
import reminders.watch
import reminders.write_behind
import tests.simulation.gateway
import tests.simulation.loop
import tests.support.memory_store
from protocol.facts import Closed, SignedOff
from storage.store import Change

BREAKS: dict[str, Callable[[contextlib.ExitStack], None]] = {}
"""By name; the docstring says what is broken."""


@contextlib.contextmanager
def applied(name: str) -> Iterator[None]:
    """With this fault in the code; "" for none."""
    with contextlib.ExitStack() as stack:
        if name:
            BREAKS[name](stack)
        yield


def _break(function: Callable[[contextlib.ExitStack], None]) -> None:
    BREAKS[function.__name__.replace("_", "-")] = function


def _put(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(mock.patch.object(owner, name, value))


@_break
def return_unnoticed(stack: contextlib.ExitStack) -> None:
    """The standing of a case is kept although facts came since."""

    def holds(self: Any, facts: Any, history: Any, pack: Any, now: Any) -> bool:
        changes = self.standing.computed.changes_at
        return changes is None or now < changes

    _put(stack, reminders.assessment_cache.Known, "holds", holds)


@_break
def updates_forgotten(stack: contextlib.ExitStack) -> None:
    """An update that comes again is dealt with again."""

    async def seen(self: Any, update_id: int) -> bool:
        return False

    _put(stack, tests.support.memory_store.MemoryStore, "seen", seen)


@_break
def blocked_ignored(stack: contextlib.ExitStack) -> None:
    """Somebody blocked the bot: nobody else is asked, no manager is told."""

    async def lost(self: Any, person: str, why: str) -> None:
        return

    _put(stack, reminders.planner.Planner, "lost", lost)


@_break
def no_limiter(stack: contextlib.ExitStack) -> None:
    """Messages go as fast as they can."""

    async def acquire(*_: Any) -> Any:
        return reminders.limits._Request()

    _put(stack, reminders.limits.Limiter, "_acquire", acquire)
    _put(stack, reminders.limits.Limiter, "_end", lambda *_: None)
    _put(stack, reminders.limits.Limiter, "wait_for", lambda self, chat: 0.0)


@_break
def in_flight_dropped(stack: contextlib.ExitStack) -> None:
    """What was being sent when the process died is not sent again."""
    real = reminders.delivery.Delivery.offer

    def offer(self: Any, ref: str, message: Any) -> None:
        if message.error != reminders.outbox.SENDING:
            real(self, ref, message)

    _put(stack, reminders.delivery.Delivery, "offer", offer)


@_break
def two_owners(stack: contextlib.ExitStack) -> None:
    """ "I have it" counts although somebody else has it."""
    real = reminders.acknowledge.Acknowledgements.acknowledge

    async def acknowledge(self: Any, *args: Any, **more: Any) -> Any:
        return await real(self, *args, **{**more, "take_over": True})

    _put(stack, reminders.acknowledge.Acknowledgements, "acknowledge", acknowledge)


@_break
def answers_dropped(stack: contextlib.ExitStack) -> None:
    """The card is shown as if the form had been saved."""

    async def append(handler: Any, incoming: Any, draft: Any, context: Any) -> Any:
        await handler.store.drop_draft(draft.owner, incoming.update_id)
        return await handler.store.episode(draft.episode)

    _put(stack, handlers.draft_session, "_append", append)


@_break
def answer_not_saved(stack: contextlib.ExitStack) -> None:
    """ "You have it" is said and not written down."""

    real = reminders.case_records.CaseRecords.update

    async def update(self: Any, ref: str, build: Any, update_id: int | None = None) -> Any:
        if build.__qualname__.startswith("Acknowledgements."):
            record = await self.episode(ref)
            build(record)
            return record
        return await real(self, ref, build, update_id)

    _put(stack, reminders.case_records.CaseRecords, "update", update)


@_break
def confirmed_first(stack: contextlib.ExitStack) -> None:
    """As the library's own polling: the next request confirms what is still being handled."""
    _put(stack, bot.polling.Polling, "_offset", property(lambda self: self._next))


@_break
def other_homes_told(stack: contextlib.ExitStack) -> None:
    """What managers are told goes to the staff of every home."""
    real = reminders.service_state.ServiceState.crew

    def crew(self: Any, home: str, now: Any) -> Any:
        everyone = tuple(s.id for s in self.service.staff if s.active(now))
        return msgspec.structs.replace(real(self, home, now), managers=everyone, everyone=everyone)

    _put(stack, reminders.service_state.ServiceState, "crew", crew)
    _put(stack, reminders.service_state.ServiceState, "chat_of", _chat_of_anybody)


@_break
def expiry_ignored(stack: contextlib.ExitStack) -> None:
    """Nobody ever leaves the staff list. (The checker asks a copy that knows better.)"""
    real = bot.bootstrap.cases_of

    def cases_of(store: Any, clock: Any, service: Any, *more: Any) -> Any:
        staff = tuple(msgspec.structs.replace(one, expires=None) for one in service.staff)
        return real(store, clock, msgspec.structs.replace(service, staff=staff), *more)

    _put(stack, bot.bootstrap, "cases_of", cases_of)


def _chat_of_anybody(service_state: Any, person: str, home: str | None) -> int | None:
    known = service_state.reachability.get(person)
    moved = known.chat_id if known is not None else None
    return moved or service_state.service.person(person).telegram_id


@_break
def sent_not_recorded(stack: contextlib.ExitStack) -> None:
    """What was sent still stands as waiting."""

    async def sent(self: Any, ref: str, message: Any, *_: Any) -> Any:
        return message

    _put(stack, reminders.outbox.Outbox, "sent", sent)


@_break
def repeats_unmarked(stack: contextlib.ExitStack) -> None:
    """A message that may have come before does not say so."""
    _put(stack, handlers.wording.messages, "AGAIN", "")


@_break
def names_in_chat(stack: contextlib.ExitStack) -> None:
    """The card names the young person."""
    real = handlers.wording.acts.subject

    def subject(view: Any, **more: Any) -> str:
        return f"{real(view, **more)} {view.person.name if view.person else ''}"

    for module in (handlers.wording.card, handlers.wording.messages, handlers.wording.all_clear):
        _put(stack, module, "subject", subject)


@_break
def answers_last_for_ever(stack: contextlib.ExitStack) -> None:
    """Acknowledged and forgotten: it is not asked again."""
    real = reminders.duties._duty

    def duty(*args: Any, **more: Any) -> Any:
        found = real(*args, **more)
        if found.quiet_until is None:
            return found
        return msgspec.structs.replace(found, quiet_until=found.quiet_until + timedelta(days=99))

    _put(stack, reminders.duties, "_duty", duty)


@_break
def answers_count_nothing(stack: contextlib.ExitStack) -> None:
    """Reminders go on although somebody has it."""
    real = reminders.duties._duty

    def duty(*args: Any, **more: Any) -> Any:
        return msgspec.structs.replace(real(*args, **more), quiet_until=None)

    _put(stack, reminders.duties, "_duty", duty)


@_break
def one_rung(stack: contextlib.ExitStack) -> None:
    """The ladder ends with its first rung."""
    steps = reminders.policy.STEADY.steps[:1]
    real = reminders.policy.Policy.ladder

    def ladder(self: Any, duty: str, level: int, early: bool, **more: Any) -> Any:
        return msgspec.structs.replace(real(self, duty, level, early, **more), steps=steps)

    _put(stack, reminders.policy.Policy, "ladder", ladder)


@_break
def asked_once(stack: contextlib.ExitStack) -> None:
    """Nobody is asked twice."""
    real = reminders.ladder.slots

    def slots(*args: Any, **more: Any) -> Any:
        yield next(iter(real(*args, **more)))

    _put(stack, reminders.ladder, "slots", slots)
    _put(stack, reminders.asking, "slots", slots)


@_break
def timers_lost(stack: contextlib.ExitStack) -> None:
    """A restart forgets when to look again."""
    real = reminders.engine.Engine.start

    async def start(self: Any) -> None:
        await real(self)
        self.planner._heap.clear()

    _put(stack, reminders.engine.Engine, "start", start)


@_break
def days_of_24_hours(stack: contextlib.ExitStack) -> None:
    """Days are counted as 24 hours although the clocks change."""

    def days_from(moment: Any, days: int, zone: Any) -> Any:
        return moment.astimezone(UTC) + timedelta(days=days)

    _put(stack, protocol.view, "days_from", days_from)


@_break
def refused_forgotten(stack: contextlib.ExitStack) -> None:
    """What a full disk refused is not kept in mind."""

    def shown(self: Any, record: Any) -> Any:
        self._unsaved.clear()
        return record

    _put(stack, reminders.write_behind.WriteBehind, "_shown", shown)


@_break
def never_off_duty(stack: contextlib.ExitStack) -> None:
    """The rota is not looked at: everybody of the home is asked in the order of the list."""

    def on_duty(home: str, now: Any, *, service: Any, **_: Any) -> Any:
        return tuple(s.id for s in service.staff if s.covers(home) and s.active(now))

    _put(stack, reminders.rota, "on_duty", on_duty)


@_break
def handler_fails(stack: contextlib.ExitStack) -> None:
    """A handler fails on what somebody typed."""

    async def cancel(*_: Any) -> bool:
        raise KeyError("draft")

    _put(stack, handlers.draft_session, "cancel", cancel)


@_break
def parts_uncounted(stack: contextlib.ExitStack) -> None:
    """A picture and its text count as one message to Telegram's limits."""

    async def further(self: Any, turn: Any, call: Any) -> Any:
        return await self._named(call)

    _put(stack, bot.phone.TelegramSending, "_further", further)


@_break
def parts_in_their_own_way(stack: contextlib.ExitStack) -> None:
    """The second part of a message waits for the first, which never counts as ended."""
    real = reminders.limits.Turn.again

    async def again(self: Any) -> None:
        self._request = None
        await real(self)

    _put(stack, reminders.limits.Turn, "again", again)


@_break
def burst_after_restart(stack: contextlib.ExitStack) -> None:
    """A new process counts on a burst that the one before it has used."""
    real = reminders.limits.Limiter.__init__

    def init(self: Any, limits: Any, **_: Any) -> None:
        real(self, limits)

    _put(stack, reminders.limits.Limiter, "__init__", init)


@_break
def not_looked_again(stack: contextlib.ExitStack) -> None:
    """What was put on record goes out, however long the disk took and whatever came meanwhile."""

    async def still_wanted(*_: Any) -> bool:
        return True

    _put(stack, reminders.outbox.Outbox, "still_wanted", still_wanted)


@_break
def told_after_the_list(stack: contextlib.ExitStack) -> None:
    """That saving works again is told to everybody who had heard that it does not."""

    async def tell(self: Any, kind: str) -> None:
        concerned = self._concerned()
        if kind == "saved_again":
            self._told_not_saved.clear()
        for one in concerned:
            person = self._context.service.person(one)
            with contextlib.suppress(handlers.chat.Unreached):
                await self._context.phone.say(
                    person.telegram_id, handlers.wording.storage_alerts.TEXTS[kind]
                )

    _put(stack, bot.storage_alerts.StorageAlerts, "_tell", tell)


@_break
def down_moment_missed(stack: contextlib.ExitStack) -> None:
    """The moment for the second channel goes by during a slow write, and nobody looks again."""
    real = reminders.telegram_down.TelegramDown.next_moment

    def next_moment(self: Any) -> Any:
        moment = real(self)
        gone = moment is not None and moment <= self._planner.clock.now()
        return None if gone else moment

    _put(stack, reminders.telegram_down.TelegramDown, "next_moment", next_moment)


@_break
def due_too_early(stack: contextlib.ExitStack) -> None:
    """The 24-hour check is held to be due after 23½ hours."""
    real = protocol.view.Instant.dues

    def dues(self: Any, outcome: Any) -> Any:
        half = timedelta(minutes=30)
        return [(d, at - half if d.duty.id == "CP-24H" else at) for d, at in real(self, outcome)]

    _put(stack, protocol.view.Instant, "dues", dues)


@_break
def early_ring(stack: contextlib.ExitStack) -> None:
    """An alarm that rings a hair's breadth too early is not set again."""
    _put(stack, reminders.engine.Engine, "_rang", reminders.engine.Engine.tick)


@_break
def no_other_way(stack: contextlib.ExitStack) -> None:
    """However long Telegram is away, nothing goes by the second channel for that."""
    _put(stack, reminders.watch.Watch, "second_at", property(lambda self: None))


@_break
def texts_name_the_home(stack: contextlib.ExitStack) -> None:
    """A text for a lock screen says which home it is."""
    real = handlers.wording.second.second_channel

    def words(message: Any, ref: str) -> str:
        return f"{real(message, ref)} (Rowan House)"

    _put(stack, tests.simulation.gateway, "second_channel", words)


@_break
def closed_again(stack: contextlib.ExitStack) -> None:
    """A tap on an old screen closes a case that is closed."""

    async def close(context: Any, incoming: Any, now_on: Any, *, sure: bool) -> None:
        now = context.clock.now()

        def build(current: Any) -> Any:
            made = reminders.case_records.new_ids(current)()
            closed = Closed(id=made, by=incoming.staff.id, recorded_at=now, at=now)
            return Change(facts=[closed], close=True)

        if now_on.back and now_on.has(SignedOff):
            await context.records.update(now_on.episode.ref, build, incoming.update_id)

    _put(stack, handlers.case_buttons, "close_case", close)


@_break
def homes_of_others(stack: contextlib.ExitStack) -> None:
    """A hand-over that nobody accepted is told with homes that are not the reader's."""
    real = reminders.offers.not_accepted

    def not_accepted(service_state: Any, offer: Any, why: str, now: Any) -> Any:
        made = real(service_state, offer, why, now)
        homes = list(offer.homes)
        return [msgspec.structs.replace(m, data={**m.data, "homes": homes}) for m in made]

    _put(stack, reminders.offers, "not_accepted", not_accepted)


@_break
def gone_still_has_it(stack: contextlib.ExitStack) -> None:
    """ "I have it" outlives its owner, who blocked the bot, expired or went off duty."""
    _put(stack, reminders.plan, "hold_ended", lambda answer, crew: "")


@_break
def nobody_stands_in(stack: contextlib.ExitStack) -> None:
    """A home that nobody covers any more is nobody's business."""
    _put(stack, reminders.service_state.ServiceState, "stand_ins", lambda self, home, now: [])


@_break
def alarms_ring_on(stack: contextlib.ExitStack) -> None:
    """What rang about a duty stays on the phones as it came."""
    _put(stack, reminders.all_clear, "edits", lambda *_: ([], []))


@_break
def clock_not_watched(stack: contextlib.ExitStack) -> None:
    """That the machine's clock was set is not noticed."""
    _put(stack, tests.simulation.loop.SimClock, "moved", lambda self: timedelta())


@_break
def one_bad_update(stack: contextlib.ExitStack) -> None:
    """One update that the library cannot read ends the reading of all."""
    real = bot.polling.Polling._take

    def take(self: Any, found: Any, *, late: bool) -> bool:
        for raw in found:
            Update.de_json(raw, self._bot)
        return real(self, found, late=late)

    _put(stack, bot.polling.Polling, "_take", take)


@_break
def unreadable_is_refused(stack: contextlib.ExitStack) -> None:
    """A reminder whose answer cannot be read counts as refused for good."""
    real = bot.phone.TelegramSending._named

    async def named(self: Any, call: Any) -> Any:
        async def attempt() -> Any:
            try:
                return await call()
            except bot.telegram_client.Unreadable as error:
                raise BadRequest("cannot be read") from error

        return await real(self, attempt)

    _put(stack, bot.phone.TelegramSending, "_named", named)


@_break
def one_after_another(stack: contextlib.ExitStack) -> None:
    """Everybody's updates wait in one line."""
    real = bot.polling.Polling._begin

    def begin(self: Any, update: Any, cut: Any) -> None:
        lines = self._lines
        self._lines = _OneLine(lines)
        try:
            real(self, update, cut)
        finally:
            self._lines = lines
            self._backlog.behind.clear()

    async def serve(self: Any, key: int, line: Any) -> None:
        await serve_line(self, 0, line)

    serve_line = bot.polling.Polling._serve
    _put(stack, bot.polling.Polling, "_begin", begin)
    _put(stack, bot.polling.Polling, "_serve", serve)


class _OneLine:
    """Whatever chat is asked for, it is this line."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    def __getitem__(self, key: int) -> Any:
        return self._lines[0]


@_break
def asked_one_at_a_time(stack: contextlib.ExitStack) -> None:
    """After unreadable answers updates are asked for one at a time until none is left."""
    real = bot.polling.Polling._round

    async def round_(self: Any) -> None:
        before = self._limit
        await real(self)
        if before == 1 and self._limit == 2:
            self._limit = 1

    _put(stack, bot.polling.Polling, "_round", round_)


@_break
def debt_not_on_record(stack: contextlib.ExitStack) -> None:
    """That typed words are to leave a chat is tried once and not put on record."""

    async def put(self: Any, new: Any) -> None:
        return

    _put(stack, bot.removals.Removals, "_put", put)


@_break
def words_thrown_away(stack: contextlib.ExitStack) -> None:
    """What nobody asked for leaves the chat and is kept nowhere."""

    async def keep(context: Any, incoming: Any, text: str, *, ref: str = "") -> None:
        await handlers.draft_session.take_out(context, incoming)

    _put(stack, handlers.unasked, "keep", keep)


@_break
def end_told_again(stack: contextlib.ExitStack) -> None:
    """Whoever was woken hears the end twice."""
    real = reminders.all_clear.over

    def over(*args: Any, **more: Any) -> Any:
        new, outdated = real(*args, **more)
        twice = [msgspec.structs.replace(one, id=f"{one.id}~2") for one in new]
        return [*new, *twice], outdated

    _put(stack, reminders.all_clear, "over", over)


@_break
def no_all_clear(stack: contextlib.ExitStack) -> None:
    """Whoever was woken does not hear how it ended."""
    _put(stack, reminders.all_clear, "over", lambda *_: ([], []))


@_break
def offers_awaited(stack: contextlib.ExitStack) -> None:
    """Whoever sent an update waits until others were told of what concerns them."""
    real = bot.dispatch.Dispatch.handle

    async def handle(self: Any, update: Any) -> None:
        await real(self, update)
        await self._drafts.look()
        while not self._context.engine.idle:
            await asyncio.sleep(0.05)

    _put(stack, bot.dispatch.Dispatch, "handle", handle)


@_break
def asked_not_held(stack: contextlib.ExitStack) -> None:
    """What somebody asked for is forgotten with the process that owed them the answer."""
    _put(stack, bot.under_way.UnderWay, "hold", lambda *_: None)


@_break
def chats_remember(stack: contextlib.ExitStack) -> None:
    """What is sent by the bot's own accord is put on record nowhere, and so never goes."""

    def sent(self: Any, chat: int, number: int, text: str, *, keyboard: bool = False) -> None:
        return

    _put(stack, bot.chat_record.ChatRecord, "sent", sent)


@_break
def gaps_not_covered(stack: contextlib.ExitStack) -> None:
    """A message whose answer was lost stays in the chat for good."""
    _put(stack, bot.chat_record.ChatRecord, "unsure", lambda *_: None)
    _put(stack, bot.chat_record.ChatRecord, "_open_gap", lambda *_: None)
