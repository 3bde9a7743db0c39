"""The chat in memory: real handlers, engine and rules, a store without a disk, and phones that keep
Telegram's limits. Nothing is sent over a network and the clock stands still until it is moved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from handlers import router
from handlers.chat import Incoming, Refused, Screen, Unreached
from handlers.context import Context
from handlers.message_parts import visible
from handlers.wording import menu
from handlers.wording.form import LATER as NEXT
from protocol.facts import Child, Fact
from protocol.pack import Pack, load_pack
from protocol.provider import Authority, Contact, Home, Provider, Role, Staff
from reminders.acknowledge import Acknowledgements
from reminders.case_states import cases_of
from reminders.engine import Engine
from reminders.policy import Policy
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from storage.model import Episode, Person
from tests.reminders.world import Telegram, summarise
from tests.support.memory_store import MemoryStore

PACK = load_pack("haringey-2011", "cautious")
SATURDAY_NIGHT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
HEADING = re.compile(r"<b>([RC]H-[A-Z0-9]{4,8})\b(?!</b> was closed meanwhile)")
"""How a screen about a case begins."""
OURS = 1000
"""Messages of the bot have higher numbers than this."""
CHARACTERS, BUTTONS, DATA_BYTES, MARKUP_BYTES = 4096, 100, 64, 10_000


class TooMuch(Refused):
    """The screen breaks one of Telegram's limits."""


class ManualClock:
    """A `Clock` that stands still."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def seconds_until(self, moment: datetime) -> float | None:
        return 0.0 if moment <= self.time else None

    def moved(self) -> timedelta:
        return timedelta()

    def on_jump(self, told: Callable[[], None]) -> None:
        """Nothing is told: tests call the engine's `tick` where it matters."""

    def go(self, **by: float) -> None:
        self.time += timedelta(**by)


class NoAlarm:
    def start(self, ring: Any) -> None: ...

    def set(self, moment: datetime | None) -> None: ...

    def stop(self) -> None: ...


def refused(screen: Screen) -> str:
    """Why Telegram would not take this screen; "" if it would."""
    buttons = [b for row in screen.rows for b in row]
    markup = json.dumps(
        [[{"text": b.label, "callback_data": b.data} for b in row] for row in screen.rows]
    )
    long = [b.data for b in buttons if not b.opens and not 1 <= len(b.data.encode()) <= DATA_BYTES]
    if not screen.text.strip():
        return "message text is empty"
    if visible(screen.text) > CHARACTERS:
        return "message is too long"
    if len(buttons) > BUTTONS or len(markup) > MARKUP_BYTES:
        return f"reply markup is too long: {len(buttons)} buttons, {len(markup)} bytes"
    if any(not b.label for b in buttons):
        return "a button has no label"
    return f"BUTTON_DATA_INVALID {long}" if long else ""


class FakePhone:
    """Every chat's messages as they stand, by chat and message id."""

    def __init__(self) -> None:
        self.chats: dict[int, dict[int, Screen]] = {}
        self.said: list[tuple[int, str]] = []
        self.removed: list[tuple[int, int]] = []
        self.owed: dict[tuple[int, int], int] = {}
        """What is to leave the chat once its update is saved."""
        self.dealt: list[tuple[int, int, bool]] = []
        self.goes_on_resume: list[tuple[int, int]] = []
        self.away = False
        """Telegram takes nothing."""
        self.answered: list[str] = []
        """Taps whose waiting sign has ended."""
        self.told_later: list[tuple[int, int]] = []
        """Chat, and the update that asked for it."""
        self._number = OURS

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        assert type(chat_id) is int and type(message_id) is int
        if self.away:
            raise Unreached("away")
        if why := refused(screen):
            raise TooMuch(why)
        chat = self.chats.setdefault(chat_id, {})
        if message_id not in chat:
            self._number += 1
            message_id = self._number
        chat[message_id] = screen
        self.said.append((chat_id, screen.text))
        return message_id

    async def say(self, chat_id: int, text: str, *, keyboard: bool = False) -> int:
        return await self.show(chat_id, Screen(text))

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        self.answered.append(callback_id)

    async def will_remove(self, chat_id: int, message_id: int, update_id: int) -> None:
        assert type(chat_id) is int and type(message_id) is int and type(update_id) is int
        self.owed[(chat_id, message_id)] = update_id

    async def will_remove_once_resumed(self, chat_id: int, message_id: int) -> None:
        self.goes_on_resume.append((chat_id, message_id))

    async def dealt_with(self, chat_id: int, message_id: int, *, saved: bool) -> None:
        self.owed.pop((chat_id, message_id), None)
        self.dealt.append((chat_id, message_id, saved))

    async def remove(self, chat_id: int, message_id: int, *, own: bool = False) -> bool:
        assert type(chat_id) is int
        assert own == (message_id > OURS), "nobody is asked to delete a message of the bot"
        self.removed.append((chat_id, message_id))
        if not self.away:
            self.chats.get(chat_id, {}).pop(message_id, None)
        return not self.away

    async def link(self, start: str) -> str:
        return f"https://t.me/nightlight_example_bot?start={start}"

    def later(self, chat_id: int, asked: int = 0) -> None:
        assert type(chat_id) is int and type(asked) is int
        self.told_later.append((chat_id, asked))


def staff(name: str, number: int, role: Role, *homes: str) -> Staff:
    return Staff(
        id=name,
        name=f"{name.title()} Example",
        telegram_id=number,
        role=role,
        homes=homes,
        phone=f"07700 900{number:03}",
    )


def authority(name: str, digit: int) -> Authority:
    return Authority(
        name=name,
        duty_team=Contact(label="Day team", phone=f"07700 9001{digit}1"),
        emergency_duty_team=Contact(label="Out of hours", phone=f"07700 9001{digit}2"),
    )


PROVIDER = Provider(
    homes=(
        Home(id="rowan", name="Rowan House", prefix="RH", authority="Haringey"),
        Home(id="cedar", name="Cedar House", prefix="CH", authority="Kent"),
    ),
    authorities=(authority("Haringey", 0), authority("Camden", 1), authority("Kent", 2)),
    staff=(
        staff("amy", 1, Role.DUTY_MANAGER, "rowan"),
        staff("ben", 2, Role.DUTY_MANAGER, "rowan"),
        staff("cay", 3, Role.DUTY_MANAGER, "cedar"),
        staff("dot", 6, Role.DUTY_MANAGER, "rowan", "cedar"),
        staff("mia", 4, Role.MANAGER),
        staff("ada", 5, Role.ADMINISTRATOR),
    ),
)


def young(ref: str, home: str = "rowan", **more: Any) -> Person:
    fields: dict[str, Any] = {
        "dob": date(2011, 5, 14),
        "looked_after": True,
        "responsible_la": "Camden",
        "placement_la": "Haringey",
        "historical_concerns": False,
        "in_childrens_home": True,
        **more,
    }
    return Person(ref=ref, home=home, child=Child(**fields))


PEOPLE = (young("YP-01"), young("YP-02", dob=date(2017, 2, 3)), young("YP-11", "cedar"))


class ChatWorld:
    """`async with ChatWorld() as world`, then `await world.sends("amy", "/missing")`."""

    def __init__(
        self,
        provider: Provider = PROVIDER,
        people: Sequence[Person] = PEOPLE,
        store: Any = None,
        policy: Policy | None = None,
        pack: Pack = PACK,
    ) -> None:
        self.clock = ManualClock(SATURDAY_NIGHT)
        self.pack = pack
        self.policy = policy or Policy()
        self.store = store or MemoryStore(summarise=summarise, now=self.clock.now)
        self.phone = FakePhone()
        self.people = people
        self.read: list[tuple[str, str]] = []
        """Who was shown which case because they asked for it, in order."""
        self._update = 0
        self._typed = 0
        self.broken = False
        """A handler is made to fail."""
        self.build(provider)

    def build(self, provider: Provider) -> None:
        """The configuration as it is from now on; what is on record stays."""
        self.provider = provider
        self.engine = Engine(
            cases_of(self.store, self.clock, provider, self.policy, self.pack),
            Telegram(self.clock),  # type: ignore[arg-type]
            alarm=NoAlarm(),
        )
        self.links = self.make_links()
        self.context = Context(
            pages=self.links,
            store=self.store,
            engine=self.engine,
            acts=Acknowledgements(self.engine),
            shifts=Shifts(self.engine),
            clock=self.clock,
            staff_list=StaffList(self.engine),
            reload=self.reload,
            phone=self.phone,
            second_factor=self.make_second_factor(),
        )
        self.pages = self.make_pages()
        self.engine.events.case_shown.listen(lambda who, ref: self.read.append((who, ref)))

    def make_links(self) -> Any:
        """The service of these tests has no pages."""

    def make_second_factor(self) -> Any:
        """The chat asks for none."""

    def make_pages(self) -> Any:
        """See `make_links`."""

    async def reload(self, _: str) -> None:
        """There is no file."""

    async def __aenter__(self) -> ChatWorld:
        await self.store.open()
        await self.store.put_people(self.people)
        await self.engine.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()

    async def restarts(self, provider: Provider) -> None:
        """The process starts again with another configuration."""
        await self.engine.stop()
        self.build(provider)
        await self.engine.start()

    def staff(self, name: str) -> Staff:
        found = self.context.service.person(name) or self.provider.person(name)
        assert found is not None, name
        return found

    # What people do ---------------------------------------------------------------------------

    async def sends(self, who: str, text: str, **more: Any) -> None:
        """Types it. Their own message gets an id, so that it can be taken out of the chat."""
        self._typed += 1
        await self._in(who, text=text, message_id=self._typed, **more)

    async def sends_kind(self, who: str, kind: str) -> None:
        self._typed += 1
        await self._in(who, other=kind, message_id=self._typed)

    async def forges(self, who: str, data: str, at: int = 0) -> None:
        """A tap that no button of ours may have offered."""
        await self._in(who, data=data, callback_id="q", message_id=at)

    async def taps(self, who: str, *labels: str) -> None:
        """Taps the newest buttons whose labels begin with (or hold) these words, one by one; of a
        long list the pages are turned until it is there."""
        for label in labels:
            while NEXT in self.labels(who) and not self._shows(who, label):
                number, data = self.button(who, NEXT)
                await self._in(who, data=data, callback_id="q", message_id=number)
            number, data = self.button(who, label)
            await self._in(who, data=data, callback_id="q", message_id=number)

    def _shows(self, who: str, label: str) -> bool:
        try:
            self.button(who, label)
        except AssertionError:
            return False
        return True

    async def again(self, who: str) -> None:
        """Telegram delivers the last update once more."""
        self._update -= 1

    async def _in(self, who: str, **fields: Any) -> None:
        """Whatever comes of it: no screen about a case is shown without being noted as read."""
        said, read = len(self.phone.said), len(self.read)
        try:
            await self._receive(who, fields)
        finally:
            person = self.staff(who)
            texts = (text for chat, text in self.phone.said[said:] if chat == person.telegram_id)
            shown = {(person.id, found[1]) for text in texts if (found := HEADING.match(text))}
            assert shown <= {*self.read[read:]}, "shown, and not noted as read"
            failed = {text for _, text in self.phone.said[said:]} & {menu.FAILED, menu.SAVED_BUT}
            assert self.broken or not failed, "a handler failed"

    async def _receive(self, who: str, fields: dict[str, Any]) -> None:
        self._update += 1
        person = self.staff(who)
        taps = len(self.phone.answered)
        await router.receive(
            self.context,
            Incoming(
                update_id=self._update,
                staff=person,
                chat_id=person.telegram_id,
                sent_at=fields.pop("sent_at", self.clock.now()),
                **fields,
            ),
        )
        # Whatever becomes of a tap, its waiting sign ends, and only once.
        assert self.phone.answered[taps:] == [fields.get("callback_id")] * ("callback_id" in fields)

    # What stands on the phone -----------------------------------------------------------------

    def chat(self, who: str) -> dict[int, Screen]:
        return self.phone.chats.get(self.staff(who).telegram_id, {})

    def screen(self, who: str) -> Screen:
        """The lowest message."""
        chat = self.chat(who)
        return chat[max(chat)]

    def text(self, who: str) -> str:
        return self.screen(who).text

    def last(self, who: str) -> str:
        """What was written or edited last, wherever it stands in the chat."""
        number = self.staff(who).telegram_id
        return next(text for chat, text in reversed(self.phone.said) if chat == number)

    def labels(self, who: str) -> list[str]:
        return [b.label for row in self.screen(who).rows for b in row]

    def button(self, who: str, label: str) -> tuple[int, str]:
        wanted = label.casefold()
        chat = self.chat(who)
        for number in sorted(chat, reverse=True):
            buttons = [b for row in chat[number].rows for b in row]
            for fits in (
                lambda b: b.label.casefold() == wanted,
                lambda b: b.label.casefold().startswith(wanted),
                lambda b: wanted in b.label.casefold(),
            ):
                for button in buttons:
                    if fits(button):
                        return number, button.data
        seen = [[b.label for row in s.rows for b in row] for s in chat.values()]
        raise AssertionError(f"{label!r} is on no button of {who}: {seen}")

    # What is on record ------------------------------------------------------------------------

    async def cases(self) -> list[Episode]:
        return list(await self.store.open_episodes())

    async def case(self) -> Episode:
        found = await self.cases()
        assert len(found) == 1, [e.ref for e in found]
        return found[0]

    async def facts(self, ref: str, kind: type[Fact]) -> list[Any]:
        return [x for x in (await self.store.episode(ref)).facts if isinstance(x, kind)]

    # Usual courses ----------------------------------------------------------------------------

    async def reports(self, who: str = "amy", young_person: str = "YP-01", home: str = "") -> str:
        """Seen just now, no set time, police not told."""
        before = {e.ref for e in await self.cases()}
        await self.sends(who, "/missing")
        if home:
            await self.taps(who, home)
        answers = {
            "Nothing is saved yet": "Save the report",
            "Which young person?": young_person,
            "Does somebody know": "No, or not confirmed",
            "last seen": "Just now",
            "due back": "No set time",
            "What happened": "Did not come back",
            "police": "Not yet",
            "worse": "None of these",
            "earlier concerns": "No",
        }
        for _ in range(12):
            question = self.last(who).rpartition("\n\n")[2]
            wanted = next(
                (a for q, a in answers.items() if q.casefold() in question.casefold()), ""
            )
            if not wanted or "· Level" in self.last(who):
                break
            await self.taps(who, wanted)
        [ref] = {e.ref for e in await self.cases()} - before
        return ref

    async def signs_off(self, who: str, ref: str, why: str = "nothing more will be known") -> None:
        """With the reason that is asked for as long as something is left to settle."""
        await self.forges(who, f"c:{ref}:signoff")
        if "Skip" not in self.labels(who):
            await self.sends(who, why)
        await self.taps(who, "Skip")

    async def comes_back(self, who: str, ref: str) -> None:
        await self.forges(who, f"c:{ref}:back")
        await self.taps(who, "Just now")
        await self.taps(who, "None of these")
