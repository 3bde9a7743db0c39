"""Delivery's `Sender`: puts a message into words as things stand now, and sends it."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress

import msgspec

from bot import monthly as bot_monthly
from bot.logs import request
from bot.phone import TelegramSending
from handlers import card
from handlers.case_view import CaseView, case_view
from handlers.chat import Screen
from handlers.message_parts import split
from handlers.wording import all_clear, amended, digest, kill_switch, messages, people, service
from handlers.wording import monthly as monthly_words
from protocol.pack import Pack
from protocol.provider import Provider, Staff
from reminders import amending, monthly
from reminders.all_clear import ASKING
from reminders.amending import AMENDED, EDITS, NO_LONGER
from reminders.case_states import CaseStates
from reminders.combining import SEVERAL, parts
from reminders.duties import read
from reminders.limits import Turn
from reminders.sending import Refused, Sent
from storage.model import Episode, Message
from storage.store import NotFound


class WordedSender:
    """Wording and sending.

    Args:
        sending: makes the attempts.
        cases: how each case stands, and the service it belongs to.
    """

    def __init__(self, sending: TelegramSending, cases: CaseStates) -> None:
        self._sending = sending
        self._cases = cases
        self._store = cases.service_state.store
        self._episode = cases.service_state.write_behind.episode
        self._clock = cases.service_state.clock

    @property
    def _service(self) -> Provider:
        return self._cases.service_state.service

    @property
    def _pack(self) -> Pack:
        return self._cases.service_state.pack

    async def send(self, message: Message, episode: Episode | None, turn: Turn) -> Sent:
        """One attempt; raises what `reminders.sending` names, nothing else."""
        with request("message", f"{zlib.crc32(message.id.encode()):08x}"):
            return await self._send(message, episode, turn)

    async def _send(self, message: Message, episode: Episode | None, turn: Turn) -> Sent:
        person = self._service.person(message.to)
        if person is None or not person.active(self._clock.now()) or message.chat_id is None:
            raise Refused("not on the staff list")
        if message.kind in EDITS:
            return await self._change(message, episode, person)
        if message.kind == monthly.KEY and episode is None:
            figures = await bot_monthly.gather(
                self._cases.service_state, person, str(message.data["month"])
            )
            words = messages.Words(self._service, self._pack, self._clock.now())
            screens = split(monthly_words.screen(figures, words))
            picture = await asyncio.to_thread(bot_monthly.picture, figures)
            sent = await self._sending.send(message.chat_id, screens, turn, picture)
            return Sent(message.chat_id, sent)
        screens = await self._screens(message, episode, person)
        picture = b""
        if message.kind == "digest" and message.data.get("weeks"):
            picture = await asyncio.to_thread(_chart, message.data["weeks"])
        quiet = message.kind == "over"
        sent = await self._sending.send(message.chat_id, screens, turn, picture, quiet=quiet)
        return Sent(message.chat_id, sent)

    async def _change(self, message: Message, episode: Episode | None, person: Staff) -> Sent:
        """An alarm that rang is edited or taken away, unless its reader made a form of it."""
        chat, number = message.chat_id or 0, int(message.data["of"])
        if (chat, number) in self._cases.reused:
            return Sent(chat, number)
        if message.kind == NO_LONGER:
            words = messages.Words(self._service, self._pack, self._clock.now())
            await self._sending.change(chat, number, service.no_longer(message.data, words))
            return Sent(chat, number)
        episode = episode or await self._episode(message.data["ref"])
        if message.kind == "collapsed":
            await self._sending.remove(chat, number, all_clear.ASKED_AGAIN)
        elif message.kind == AMENDED:
            await self._sending.change(chat, number, await self._amended(message, episode, person))
        else:
            await self._sending.change(chat, number, await self._settled(message, episode, person))
        return Sent(chat, number)

    async def _amended(self, message: Message, episode: Episode, person: Staff) -> Screen:
        """All that is true of one message now, of every case that it is about."""
        lines: list[str] = []
        ends: list[str] = []
        blocks: list[Screen] = []
        for ref in (episode.ref, *message.data.get("beside", ())):
            with suppress(NotFound):
                record = await self._episode(ref)
                same = [
                    m
                    for m in record.messages
                    if m.to == message.to
                    and m.message_id == message.data["of"]
                    and (ref != episode.ref or m.id in message.data["parts"])
                ]
                over, live = await self._parts(record, same, person)
                if self._cases.service_state.sees(person, record.home):
                    lines += over
                    blocks += live
                else:
                    # They stood in: they hear the end, and are asked nothing any more.
                    ends += over or [amended.not_yours(ref)]
        lines += [] if blocks else ends
        return messages.together(blocks, lines)

    async def _parts(
        self, record: Episode, same: list[Message], person: Staff
    ) -> tuple[list[str], list[Screen]]:
        """Of one case: a line for each thing that is not so any more, and what still is."""
        words = messages.Words(self._service, self._pack, self._clock.now())
        case = self._case(record)
        over = [(m, amending.ended(m, case)) for m in same if m.kind in ASKING]
        lines = [all_clear.line(one, record.ref, words) for _, one in over if one is not None]
        blocks: list[Screen] = []
        if live := [m for m, one in over if one is None]:
            blocks.append(await self._block(record.ref, live))
        for part in (m for m in same if m.kind in amending.TELLING):
            told = amending.outcome(part, case)
            if told is None:
                blocks.append(await self._screen(part, record, person))
            else:
                lines.append(amended.line(part, told, record.ref, words))
        return lines, blocks

    def _case(self, record: Episode) -> amending.Now:
        """What is so of a case now."""
        facts, now = read(record.facts).facts, self._clock.now()
        if record.closed_at is not None:
            return amending.standing(facts, (), 0, now)
        level, wanted = self._cases.duties_in(record)
        return amending.standing(facts, wanted, level, now)

    async def _settled(self, message: Message, episode: Episode, person: Staff) -> Screen:
        """What is over, and below what of the same message is not. Whoever stood in and does so no
        more is asked nothing any more."""
        sees = self._cases.service_state.sees
        words = messages.Words(self._service, self._pack, self._clock.now())
        lines = all_clear.ended(message, episode.ref, words)
        done = {one["duty"] for one in message.data["ended"]}
        parts = set(message.data["parts"])
        live = [m for m in episode.messages if m.id in parts and m.about not in done]
        asked = live and sees(person, episode.home)
        blocks = [await self._block(episode.ref, live)] if asked else []
        for ref in message.data.get("beside", ()):
            with suppress(NotFound):
                other = await self._episode(ref)
                wanted = {duty.id for duty in self._cases.duties_in(other)[1]}
                same = [
                    m
                    for m in other.messages
                    if m.kind in ASKING
                    and m.to == message.to
                    and m.message_id == message.data["of"]
                ]
                gone = [m for m in same if other.closed_at is not None or m.about not in wanted]
                lines += [all_clear.no_longer(m.about, ref, words) for m in gone]
                if still := [m for m in same if m not in gone]:
                    if sees(person, other.home):
                        blocks.append(await self._block(ref, still))
                    else:
                        lines.append(amended.not_yours(ref))
        return messages.together(blocks, lines)

    async def _screens(
        self, message: Message, episode: Episode | None, person: Staff
    ) -> list[Screen]:
        if message.kind != SEVERAL:
            return split(await self._screen(message, episode, person))
        return split(await self._together(message, person))

    async def _together(self, message: Message, person: Staff) -> Screen:
        """Several pings in one message: the reminders of a case as one block, the rest below."""
        asking: dict[str, list[Message]] = {}
        found: list[Screen] = []
        alarms = {ref for ref, part in parts(message) if part.kind in ASKING}
        for ref, part in parts(message):
            part = msgspec.structs.replace(part, ambiguous=part.ambiguous or message.ambiguous)
            if part.kind in ASKING:
                asking.setdefault(ref, []).append(part)
                continue
            with suppress(NotFound):
                episode = await self._episode(ref)
                if part.kind == "level" and ref in alarms:
                    found.append(messages.level_too(part, await self._view(episode)))
                else:
                    found.append(await self._screen(part, episode, person))
        for ref, same in reversed(asking.items()):
            with suppress(NotFound):
                found.insert(0, await self._block(ref, same))
        if not found:
            raise Refused("nothing of it is true any more")
        return messages.together(found)

    async def _block(self, ref: str, same: list[Message]) -> Screen:
        view = await self._view(await self._episode(ref))
        if len(same) == 1:
            return messages.reminder(same[0], view)
        return messages.reminders(same, view)

    async def _view(self, episode: Episode) -> CaseView:
        return case_view(
            episode,
            await self._cases.standing_of(episode.ref),
            self._cases.duties_in(episode)[1],
            await self._store.person(episode.person),
            self._service,
            self._pack,
            self._clock.now(),
            self._service.privacy.identifiers,
        )

    async def _screen(self, message: Message, episode: Episode | None, person: Staff) -> Screen:
        words = messages.Words(self._service, self._pack, self._clock.now())
        if episode is None:
            if message.kind == "digest":
                return digest.weekly(message, words)
            if message.kind == "switched":
                return kill_switch.switched(message.data, words)
            if message.kind == "switch_asked":
                return kill_switch.confirm(message.data, words)
            if message.kind in people.TOLD:
                return people.told(message.kind, message.data, words)
            return service.screen(message, words)
        home = words.home(episode.home)
        place = home.name if home else episode.home
        match message.kind:
            case "reminder" | "escalation" | "telephone":
                return await self._block(episode.ref, [message])
            case "level":
                return messages.level(message, await self._view(episode))
            case "not_enough":
                return messages.not_enough(message, await self._view(episode))
            case "taken":
                return messages.taken(message, await self._view(episode))
            case "over":
                return all_clear.over(message, await self._view(episode))
            case "card":
                return card.card(await self._view(episode), person)
            case _:
                return service.on_episode(message, episode.ref, place, words)


def _chart(weeks: list[dict[str, object]]) -> bytes:
    from reports.drawing import weeks_by_level

    return weeks_by_level(weeks)
