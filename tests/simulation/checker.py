"""The invariants, looked at after every step.

The checker sees what reaches phones, what reaches the disk, and what was confirmed to Telegram.
It reads facts by itself (`needs`), and forgives only what the world did: time in which the
process, Telegram or the disk was away does not count.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from bot import kept_updates
from protocol import facts as f
from protocol.provider import Role, Staff
from storage.model import Episode, Message, Office
from tests.simulation import needs, sometimes
from tests.simulation.answers import Answers
from tests.simulation.service import FIRST, HOMES, LAST, PREFIXES
from tests.simulation.telegram import KEPT_SECONDS, Line, Shown, Speaking, Update_

if TYPE_CHECKING:
    from tests.simulation.world import SimWorld

ENDS = (f.Located, f.Returned, f.GoneAgain)
"""Found, back, or the end of one absence with the next."""
ASKING = ("reminder", "escalation", "telephone")
GRACE = timedelta(minutes=5)
FIRST_SECONDS = 120.0
"""So soon, in fair time, somebody is told of what is due."""
GAP_MINUTES = {1: 60, 2: 60, 3: 30}
"""The longest silence of the ladder of each level while nobody answers."""
MANAGERS_MINUTES = {1: 60, 2: 40, 3: 20}
"""After so long without an answer every manager of the home was asked too."""
SLACK_SECONDS = 150.0
APART_SECONDS = 600.0
"""Who was told so shortly before a round of asking begins is not told again at once."""
ANOTHER_WAY_SECONDS = 600.0 + SLACK_SECONDS
"""After so long without Telegram somebody is told of what is due by the second channel."""
FORGET_SECONDS = 25 * 3600.0
"""The chat forgets after a day; the hour is for forms in hand and attempts that failed."""
OPEN_SECONDS = 3600.0
"""So soon after somebody lets the bot write again what was due meanwhile goes."""
TELEGRAM_DELETES = 48 * 3600.0
"""What is older the bot cannot take out."""
RECORDED_SECONDS = 15.0
"""So soon a message is on record."""
RACE_SECONDS = 2.0
"""What was decided so soon after the world changed may have missed it."""
JUST_SECONDS = 0.5
"""Likewise for a request that began so soon after a fact was written: each is looked at again right
before it is sent."""
REF = re.compile(rf"\b({'|'.join(PREFIXES)})-[2-9BCDFGHJKMNPQRSTVWXYZ]{{4,6}}\b")
HOUSE = re.compile(rf"\b({'|'.join(HOMES)}) House\b")
BORN = r"\d/20(?:0[5-9]|1\d)\b|\b20(?:0[5-9]|1\d)-\d\d|\d [A-Z][a-z]{2,8} 20(?:0[5-9]|1\d)\b"
SECRET = re.compile("|".join((*FIRST, *LAST, r"qzx\d", BORN)))
"""Names of young people, dates of birth however written, and words that people typed."""
HOME_OF = {prefix: name.lower() for prefix, name in zip(PREFIXES, HOMES, strict=True)}


class Broken(Exception):
    """An invariant does not hold. `name`: which one."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name


class Watch(msgspec.Struct, kw_only=True, eq=False):
    """One duty of one case that has to be told of until it is met. Times: loop seconds."""

    ref: str
    duty: str
    at: datetime
    since: float
    known_since: float
    quiet: datetime | None = None
    told_at: float = -1.0
    texted_at: float = -1.0
    level: int = 1
    told: set[str] = set()
    rang: dict[str, float] = {}
    """Who was told of it last when, also while somebody had it as far as the record said."""
    timer: asyncio.TimerHandle | None = None


class Chats(msgspec.Struct, kw_only=True):
    """What was looked at in chats.

    Attributes:
        texts: sent or edited, each searched for names, dates of birth and typed words.
        taken_out: messages of either side.
        longest, longest_fair: hours that one of them stood there; and without the time in which
            the process, Telegram or the disk was away or the chat closed.
        excused: they stayed, and the bot could not have taken them out.
    """

    texts: int = 0
    taken_out: int = 0
    longest: float = 0.0
    longest_fair: float = 0.0
    excused: int = 0

    def add(self, other: Chats) -> None:
        """What was looked at in another run, too."""
        self.texts += other.texts
        self.taken_out += other.taken_out
        self.excused += other.excused
        self.longest = max(self.longest, other.longest)
        self.longest_fair = max(self.longest_fair, other.longest_fair)


class Checker:
    """Raises nothing itself: the first violation ends the run through `world.fail`."""

    early = 0.0
    """So many seconds the clock of a machine may be ahead of the true one."""

    def __init__(self, world: SimWorld) -> None:
        self.world = world
        self.watches: dict[tuple[str, str], Watch] = {}
        self.episodes: dict[str, Episode] = {}
        self.dropped: dict[tuple[str, str], Watch] = {}
        self.met_at: dict[tuple[str, str], float] = {}
        self.closed_at: dict[str, float] = {}
        self.acked_at: dict[tuple[str, str], float] = {}
        self.copies: dict[tuple[str, str], int] = {}
        self.excuses: dict[tuple[str, str], int] = {}
        self.in_doubt: dict[tuple[str, str], bool] = {}
        self.unwritten: set[tuple[str, str]] = set()
        self.counted: dict[int, str] = {}
        self.handed_at: dict[int, float] = {}
        self.on_record: set[int] = set()
        """Updates that the bot has put on disk as they came."""
        self.only_on_record: dict[int, Update_] = {}
        """Those of them that Telegram does not keep any more."""
        self.answered_taps: set[str] = set()
        self.given_up_taps: set[str] = set()
        self.spoke_at: dict[int, float] = {}
        self.lost_people: dict[str, float] = {}
        self.known_lost: set[str] = set()
        self.office = Office()
        self.covered_again: dict[str, float] = {}
        self.gone: dict[str, float] = {}
        self.alarms: dict[tuple[str, int], dict[tuple[str, str], float]] = {}
        self.was_told: set[tuple[str, str]] = set()
        """Person and case, where the one was told of the other when they could be."""
        self.woken: dict[str, dict[str, float]] = {}
        self.heard: dict[str, dict[str, float]] = {}
        self.ends: dict[str, str] = {}
        self.answers = Answers(world, self)
        self.endings: dict[tuple[str, str], set[str]] = {}
        self.returns: dict[str, int] = {}
        self.withdrawn: dict[str, int] = {}
        self.nobody: dict[str, float] = {}
        self.ahead: dict[str, float] = {}
        self.chats = Chats()
        self.ended_at: list[float] = []
        """When processes ended."""

    def broken(self, name: str, what: str) -> None:
        self.world.fail(Broken(name, what))

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    # What reaches a phone ----------------------------------------------------------------------

    def shown(self, line: Line, shown: Shown, speaking: Speaking | None) -> None:
        self.chats.texts += 1
        self._for_this_person(line, shown)
        self.answers.says(line, shown.text)
        if found := SECRET.search(shown.text):
            self.broken("personal data in a chat", f"{found[0]!r} to {line.person}")
        if speaking is not None and shown.proactive:
            speaking.screens += 1
            if speaking.screens == 1:
                self._reminded(line, shown, speaking)
        elif not shown.proactive and "You have it:" in shown.text:
            self._says_yours(line, shown)

    def _for_this_person(self, line: Line, shown: Shown) -> None:
        staff = self.world.provider.person(line.person)
        text = shown.text
        now = self.world.clock.now()
        if staff is None or not staff.active(now - timedelta(seconds=RACE_SECONDS)):
            if "not on its list" not in text and not self.world.clock_moved_within(60.0):
                self.broken("told somebody who is not on the list", f"{line.person}: {text[:60]}")
            return
        for found in REF.finditer(text):
            if self._may_hear(staff, HOME_OF[found[1]]):
                self.was_told.add((line.person, found[0]))
            elif (line.person, found[0]) not in self.was_told or self._asks_about(found[0], text):
                # Whoever was woken hears the end, also if they only stood in and do so no more.
                self.broken("told somebody of another home", f"{found[0]} to {line.person}")
        told = any((line.person, found[0]) in self.was_told for found in REF.finditer(text))
        if staff.role is not Role.ADMINISTRATOR and "who cover" not in text and not told:
            for found in HOUSE.finditer(text):
                if not self._may_hear(staff, found[1].lower()):
                    self.broken("told somebody of another home", f"{found[0]} to {line.person}")

    @staticmethod
    def _asks_about(ref: str, text: str) -> bool:
        """The end of one case stands above what is to be done in another."""
        return any(ref in block and "Do now" in block for block in text.split("\n\n"))

    def _may_hear(self, staff: Staff, home: str) -> bool:
        """On the list of the home; or nobody who is can be reached, and this person leads another
        home or looks after the bot."""
        if staff.covers(home):
            return True
        self.world.hit("somebody who does not cover the home was asked")
        if staff.role is Role.DUTY_MANAGER:
            return False
        now = self.world.clock.now()
        return (
            any(
                not self._can_be_asked(home, now - timedelta(seconds=back))
                for back in (0.0, RACE_SECONDS)
            )
            or self._time() - self.covered_again.get(home, -1e9) < RACE_SECONDS
        )

    def _can_be_asked(self, home: str, moment: datetime) -> set[str]:
        service = self.world.provider
        able = {s.id for s in service.staff if s.covers(home) and s.active(moment)}
        return able - self._unreachable()

    def _reminded(self, line: Line, shown: Shown, speaking: Speaking) -> None:
        for ref, message in speaking.parts:
            self.world.hit(sometimes.message(message.kind))
            self._copy(ref, message, shown)
            if message.to != line.person:
                self.broken("sent to another person", f"{message.id} to {line.person}")
            if not ref:
                if message.data.get("what") == "update":
                    self.answers.told_of_updates = self._time()
                if message.kind == "unreachable":
                    self.lost_people.pop(message.data["person"], None)
                    self.known_lost.add(message.data["person"])
                continue
            self._still_true(ref, message, speaking.begun)
            self._rings(ref, message, line.person, shown.number)
            watch = self.watches.get((ref, message.about))
            if watch is not None and message.kind in ASKING:
                beside = any((r, m.about) != (ref, message.about) for r, m in speaking.parts)
                self._told(watch, message, line.person, beside=beside)

    def _rings(self, ref: str, message: Message, person: str, number: int) -> None:
        now = self._time()
        if message.kind in ASKING:
            self.alarms.setdefault((person, number), {})[(ref, message.about)] = now
        if message.kind in (*ASKING, "level", "not_enough"):
            self.woken.setdefault(ref, {})[person] = now
        if message.kind == "over":
            self.heard.setdefault(ref, {})[person] = now
            told = self.endings.setdefault((ref, person), set())
            told.add(message.id)
            if len(told) > self.returns.get(ref, 0) + self.withdrawn.get(ref, 0):
                self.broken("heard the end twice", f"{ref} to {person}: {sorted(told)}")

    def changed(self, speaking: Speaking) -> None:
        """What the bot sent by its own accord changed or took away a message that was there."""
        for _, message in speaking.parts:
            if message.kind in sometimes.EDITS:
                self.world.hit(sometimes.message(message.kind))

    def alarm_gone(self, person: str, number: int) -> None:
        """A message was edited or deleted: it is not the alarm any more that it was."""
        self.alarms.pop((person, number), None)

    def _copy(self, ref: str, message: Message, shown: Shown) -> None:
        """At most one copy for each crash or lost answer, and it says so."""
        key = (ref, message.id)
        self.copies[key] = self.copies.get(key, 0) + 1
        again = self.copies[key] - 1
        if again > self.excuses.get(key, 0):
            self.broken("a duplicate without cause", f"{ref} {message.id}, copy {again + 1}")
        # While the disk was full the attempt could not be written down, and so not be marked.
        full = self.world.full_until >= self.world.loop_time(message.created_at)
        says_so = "sent again" in shown.text.casefold() or full or key in self.unwritten
        if self.world.disk.full:
            self.unwritten.add(key)
        if again and says_so:
            self.world.hit("a repeated message said so")
        if again and message.kind in ASKING and not says_so:
            self.broken("a duplicate that does not say so", f"{ref} {message.id}")
        self.in_doubt[key] = True

    def _still_true(self, ref: str, message: Message, begun: float) -> None:
        early = begun - JUST_SECONDS
        closed = self.closed_at.get(ref)
        if closed is not None and closed < early:
            self.broken("a reminder after the closing", f"{ref} {message.kind} {message.about}")
        if message.kind not in ASKING or self.world.clock_moved_within(60.0):
            return
        key = (ref, message.about)
        met = self.met_at.get(key)
        if met is not None and key not in self.watches and met < early:
            what = "after the return" if self._back(ref) else "of what is done"
            # What was booked is asked about when its time has passed, also after the return.
            booked = not message.data.get("in_protocol", True)
            if not (what == "after the return" and (booked or message.about in needs.AFTER_RETURN)):
                self.broken(f"a reminder {what}", f"{ref} {message.about} to {message.to}")
        acked = self.acked_at.get(key)
        if acked is not None and acked < early and not self.world.clock_moved_within(60.0):
            episode, moment = self.episodes[ref], self.world.at(begun + self.early)
            until = needs.quiet_until(episode.facts, message.about)
            held = needs.holder(episode.facts, message.about, moment)
            # That an answer has ended is not on disk while that is full.
            gone = held is not None and self._is_gone(held, episode.home, moment)
            if until is not None and until > moment and not gone:
                self.broken("asked although somebody has it", f"{ref} {message.about}")

    def _back(self, ref: str) -> bool:
        return needs.returned(needs.counting(self.episodes[ref].facts)) is not None

    def _told(self, watch: Watch, message: Message, person: str, *, beside: bool) -> None:
        """`beside`: said in one message with something else, of which this person was to hear."""
        first = watch.told_at < watch.since <= self._time()
        said = datetime.fromisoformat(message.data["duty_at"])
        settled = self.world.loop_time(message.created_at) > watch.known_since + RACE_SECONDS
        settled = settled and not self.world.clock_moved_within(60.0)
        if settled and watch.duty != "REV-WEEKLY" and said != watch.at:
            self.broken("a wrong due time", f"{watch.ref} {watch.duty}: {said}, is {watch.at}")
        beside = beside or self._asked_of_more(watch, person)
        if message.kind == "reminder" and message.step == 0 and first and not beside:
            self._on_duty(watch, message, person)
        watch.rang[person] = self._time()
        if self._time() >= watch.since - self.early or self.world.clock_moved_within(0.0):
            watch.told_at = self._time()
            watch.level = int(message.data.get("level", 1))
            watch.told.add(person)

    def _asked_of_more(self, watch: Watch, person: str) -> bool:
        """This person was asked about something else of the case before, perhaps by a text: what is
        due besides is said to them, too."""
        others = [w for w in self.watches.values() if w.ref == watch.ref and w is not watch]
        return any(person in other.told or other.texted_at >= other.since for other in others)

    def _on_duty(self, watch: Watch, message: Message, person: str) -> None:
        if watch.duty in needs.BY_DAY or self.world.clock_moved_within(1800.0):
            return
        home = self.episodes[watch.ref].home
        service = self.world.provider
        expected: set[str] = set()
        for moment in (message.created_at, message.created_at - timedelta(minutes=1)):
            covers = self.office.state.get("rota", {}).get("covers", ())
            named = needs.on_rota(home, moment, self.world.made.policy, covers)
            able = {s.id for s in service.staff if s.covers(home) and s.active(moment)}
            able &= named - self._unreachable()
            if not able:
                return  # a gap: managers and then everybody stand in
            expected |= able
        if home not in self.world.without_rota and person not in expected:
            self.broken(
                "asked somebody who is not on duty",
                f"{watch.ref} {watch.duty}: {person}, on duty {sorted(expected)}",
            )

    def _unreachable(self) -> set[str]:
        people = self.office.state.get("staff", {})
        return {one for one, known in people.items() if known.get("unreachable_at")}

    # What the second channel says ---------------------------------------------------------------

    def texted(self, text: str) -> None:
        """A lock screen shows it: the case's reference and nothing else."""
        if found := SECRET.search(text) or HOUSE.search(text):
            self.broken("personal data in a text", f"{found[0]!r}")

    def told_another_way(self, person: str, message: Message, ref: str, begun: float) -> None:
        staff = self.world.made.staff(person)
        now = self.world.clock.now()
        early = timedelta(seconds=RACE_SECONDS)
        if not staff.active(now - early) and not self.world.clock_moved_within(60.0):
            self.broken("told somebody who is not on the list", f"{person} by a text")
        if not ref:
            return
        if not self._may_hear(staff, self.episodes[ref].home):
            self.broken("told somebody of another home", f"{ref} to {person} by a text")
        self._still_true(ref, message, begun)
        watch = self.watches.get((ref, message.about))
        self.world.hit("told by the second channel")
        if watch is not None and message.kind in ASKING:
            watch.texted_at = self._time()

    def another_way(self, since: float) -> None:
        """Telegram has been away since then, and nothing else was."""
        now = self._time()
        for watch in self.watches.values():
            if now - max(watch.since, since) <= ANOTHER_WAY_SECONDS:
                continue
            if max(watch.told_at, watch.texted_at) < watch.since:
                what = f"{watch.ref} {watch.duty}, due {watch.at:%d %b %H:%M}"
                self.broken("Telegram was away and nobody was told another way", what)

    def _says_yours(self, line: Line, shown: Shown) -> None:
        data = next((d for row in shown.rows for _, d in row if d.startswith("r:")), "")
        if not data:
            return
        _, ref, duty, *_ = data.split(":")
        now = self.world.clock.now()
        held = [
            x
            for x in needs.corrected(self.episodes[ref].facts)
            if isinstance(x, f.Acknowledged) and x.by == line.person and duty in (x.duty, "all")
        ]
        if self.world.clock_moved_within(300.0):
            return
        if not held or held[-1].at < now - timedelta(minutes=5):
            self.broken("a confirmed answer is not in the book", f"{ref} {duty} by {line.person}")

    # What Telegram says ------------------------------------------------------------------------

    def answer_lost(self, speaking: Speaking | None) -> None:
        for ref, message in speaking.parts if speaking is not None else ():
            key = (ref, message.id)
            self.excuses[key] = self.excuses.get(key, 0) + 1

    def process_ended(self) -> None:
        """What was delivered and is not on record as sent may come once more."""
        for key in self.in_doubt:
            self.excuses[key] = self.excuses.get(key, 0) + 1
        self.in_doubt.clear()
        self.ended_at.append(self._time())

    def forbidden(self, person: str) -> None:
        """A reminder met a closed chat: the managers have to learn of it, once."""
        if person in self._unreachable() | self.known_lost or person in self.lost_people:
            return
        self.lost_people[person] = self._time()
        self.world.later(FIRST_SECONDS, self._manager_knows, person)

    def came_back(self, person: str) -> None:
        self.lost_people.pop(person, None)
        self.known_lost.discard(person)

    def _manager_knows(self, person: str) -> None:
        since = self.lost_people.get(person)
        if since is None:
            return
        fair = self.world.fair(since, self._time(), self.world.people)
        left = FIRST_SECONDS + SLACK_SECONDS - fair
        if left > 0:
            self.world.later(left + 1.0, self._manager_knows, person)
            return
        if self.world.some_manager_can_be_told(person):
            self.broken("nobody learned who cannot be reached", person)

    def handed_over(self, update: Update_) -> None:
        """The bot reads it; that somebody blocked the bot it knows from here on, without writing to
        them first."""
        self.handed_at.setdefault(update.id, self._time())
        line = self.world.telegram.by_person[update.person]
        if update.kind == "my_chat_member" and line.blocked and self._on_list(update.person):
            self.forbidden(update.person)

    def _on_list(self, person: str) -> bool:
        staff = self.world.provider.person(person)
        return staff is not None and staff.active(self.world.clock.now())

    def _owed_a_card(self, person: str, since: float) -> bool:
        """A card that their chat could not take then is on record of its case, or there by now."""
        return any(
            m.kind == "card" and m.to == person and self.world.loop_time(m.created_at) >= since
            for episode in self.episodes.values()
            for m in episode.messages
        )

    def answered(self, callback_id: str) -> None:
        self.answered_taps.add(callback_id)
        self.answers.to_tap(callback_id)

    def gave_up(self, callback_id: str) -> None:
        """A tap's waiting sign could not be ended in time: what became of it is said in words."""
        self.given_up_taps.add(callback_id)

    def spoke_to(self, chat_id: int) -> None:
        self.spoke_at[chat_id] = self._time()
        self.answers.in_chat(chat_id)

    def confirmed(self, update: Update_) -> None:
        """Telegram forgets an update only after it was dealt with, or is on record itself; then it
        stays there until it was dealt with."""
        if update.id in self.on_record:
            self.only_on_record[update.id] = update
            return
        self.world.telegram.handed.pop(update.id, None)
        handed = self.handed_at.pop(update.id, None)
        if not self._on_list(update.person) or update.kind == "my_chat_member":
            return
        if update.spoilt:
            if update.lost:
                self.answers.passed_over()
            return
        if update.id in self.counted or update.flood or not (update.data or update.text):
            return
        done = handed is not None and self.spoke_at.get(update.chat, -1.0) >= handed
        if update.tap:
            done = update.tap in self.answered_taps or (done and update.tap in self.given_up_taps)
            self.answered_taps.discard(update.tap)
            self.given_up_taps.discard(update.tap)
        if not (done or (handed is not None and self._owed_a_card(update.person, handed))):
            self.broken(
                "an update was confirmed and not dealt with", f"{update.person} {update.id}"
            )

    # What reaches the disk ---------------------------------------------------------------------

    def wrote(self, kind: str, ref: str, what: Any, done: Any) -> None:
        update_id = getattr(what, "update_id", what if isinstance(what, int) else None)
        if update_id is not None:
            if update_id in self.counted:
                self.broken("an update counted twice", f"{update_id}: {self.counted[update_id]}")
            self.counted[update_id] = f"{kind} {ref}"
        if ref == kept_updates.OWNER:
            self._wrote_updates(done)
            return
        if kind in ("create", "commit", "draft"):
            self.answers.kept(done if kind == "draft" else what.facts)
        if kind in ("create", "commit"):
            self._wrote_episode(what, done)
        elif kind == "office":
            self._settled("", done.messages)
            before = self._unreachable()
            self.office = done
            if back := before - self._unreachable():
                staff = [self.world.made.staff(one) for one in back]
                homes = [h.lower() for h in HOMES if any(s.covers(h.lower()) for s in staff)]
                self.covered_again |= dict.fromkeys(homes, self._time())
        elif kind == "drop":
            self._dropped(ref, update_id)

    def _wrote_updates(self, draft: Any) -> None:
        """What is on record no more was dealt with, unless it waited for longer than a day."""
        found = json.loads(draft.answers["updates"]) if draft is not None else []
        self.on_record = {one["update"]["update_id"] for one in found}
        for number in sorted(self.only_on_record.keys() - self.on_record):
            update = self.only_on_record.pop(number)
            if self._time() - update.at < KEPT_SECONDS and not self.world.clock_moved_within(
                2 * KEPT_SECONDS
            ):
                self.confirmed(update)
        if self.on_record:
            self.world.hit("an update was put on record before it was dealt with")

    def _dropped(self, owner: str, update_id: int | None) -> None:
        """Answers go only when their author threw them away or chose another case."""
        update = self.world.telegram.handed.get(update_id) if update_id else None
        if update is None:
            return
        thrown = (
            update.data.endswith((":x", ":.open"))
            or update.data.startswith(("m:drop", "w:drop"))
            or update.text.startswith("/cancel")
        )
        if not thrown:
            self.broken("answers were dropped", f"{owner}: {update.data or update.text}")

    def _settled(self, ref: str, messages: Any) -> None:
        if not self.in_doubt:
            return
        for message in messages:
            if message.state in ("sent", "failed"):
                self.in_doubt.pop((ref, message.id), None)

    def _wrote_episode(self, change: Any, episode: Episode) -> None:
        ref = episode.ref
        before = self.episodes.get(ref)
        if before is not None and episode.facts[: len(before.entries)] != before.facts:
            self.broken("a fact was lost", ref)
        self.episodes[ref] = episode
        self._settled(ref, change.messages)
        now = self._time()
        people = [x for x in change.facts if not isinstance(x, f.Told)]
        for fact in change.facts:
            self.world.hit(sometimes.fact(type(fact)))
            if isinstance(fact, f.ClockCorrected):
                self.world.hit("a time of the bot's own was put right")
            if isinstance(fact, f.SignedOff) and fact.reason:
                self.world.hit("signed off with a reason")
        if episode.closed_at is not None:
            self.closed_at.setdefault(ref, now)
            if sum(isinstance(x, f.Closed) for x in episode.facts) > 1:
                self.broken("closed twice", ref)
        if not people:
            return
        for fact in people:
            if isinstance(fact, f.Acknowledged):
                self._one_owner(change, episode, fact)
            if isinstance(fact, needs.HOLDS):
                self.acked_at[(ref, fact.duty)] = now
        self._look(episode)
        self._ended(episode)

    def _one_owner(self, change: Any, episode: Episode, fact: f.Acknowledged) -> None:
        earlier = [
            x
            for x in needs.corrected(episode.facts)
            if isinstance(x, needs.HOLDS) and x.duty == fact.duty and x.id != fact.id
        ]
        last = earlier[-1] if earlier else None
        if not isinstance(last, f.Acknowledged) or last.by == fact.by or last.until <= fact.at:
            return
        if fact.until <= fact.at:
            return
        update = self.world.telegram.handed.get(change.update_id or 0)
        if update is None or not update.data.endswith(":mine"):
            self.broken(
                "two owners of one duty", f"{episode.ref} {fact.duty}: {last.by} and {fact.by}"
            )

    # The end ---------------------------------------------------------------------------------

    def live_alarms(self) -> None:
        """No phone shows an alarm as it came about a duty that was met a while ago."""
        now = self._time()
        for (person, number), about in self.alarms.items():
            line = self.world.telegram.by_person[person]
            gone = line.blocked or person in self._unreachable() or not self._on_list(person)
            if number not in line.shown or gone:
                continue
            for key, rang in about.items():
                met = self.met_at.get(key)
                if met is None or key in self.watches or not self._on_record(key, person, number):
                    continue
                since = max(met, rang)
                if self.world.fair(since, now, {person}) > 60.0 + SLACK_SECONDS:
                    self.broken("a live alarm of what is done", f"{key} to {person}")

    def _on_record(self, key: tuple[str, str], person: str, number: int) -> bool:
        """The bot knows this message. Of a copy whose answer was lost it cannot."""
        messages = self.episodes[key[0]].messages
        return any(m.message_id == number and m.to == person for m in messages)

    def _ended(self, episode: Episode) -> None:
        """They are back: everybody who was woken hears it, and once."""
        back = [x for x in needs.counting(episode.facts) if isinstance(x, f.Returned)]
        self.returns[episode.ref] = sum(isinstance(x, ENDS) for x in episode.facts)
        self.withdrawn[episode.ref] = sum(isinstance(x, f.Withdrawn) for x in episode.facts)
        if back and self.ends.get(episode.ref) != back[-1].id:
            self.ends[episode.ref] = back[-1].id
            self.world.later(
                FIRST_SECONDS, self._heard_the_end, back[-1], episode.ref, self._time()
            )

    def _heard_the_end(self, back: f.Returned, ref: str, since: float) -> None:
        left = FIRST_SECONDS + SLACK_SECONDS - self.world.fair(since, self._time())
        if left > 0:
            self.world.later(left + 1.0, self._heard_the_end, back, ref, since)
            return
        episode = self.episodes[ref]
        returns = [x for x in needs.counting(episode.facts) if isinstance(x, f.Returned)]
        still = any(x.id == back.id for x in returns)
        if not still or episode.closed_at is not None:
            return
        for person, woken in self.woken.get(ref, {}).items():
            staff = self.world.provider.person(person)
            line = self.world.telegram.by_person[person]
            heard = self.heard.get(ref, {}).get(person, -1.0) > woken
            # Two people may record it within a second.
            wrote = any(
                x.by == person and self.world.loop_time(x.recorded_at) > woken for x in returns
            )
            if (
                woken > since
                or person == back.by
                or wrote
                or heard
                or line.blocked
                or staff is None
            ):
                continue
            now = self.world.clock.now()
            if person in self._unreachable() | self.known_lost or not staff.active(now):
                continue
            if not self._may_hear(staff, episode.home) or self.world.rested(since, person):
                continue
            self.broken("somebody who was woken did not hear the end", f"{ref} {person}")

    # What stands in a chat ---------------------------------------------------------------------

    def chats_forget(self) -> None:
        """Every so often: nothing stands in any chat for longer than it may, that the bot could
        have taken out. Only the oldest message of each chat is looked at."""
        now = self._time()
        for person in self.world.people:
            line = self.world.telegram.by_person[person]
            oldest = next(iter(line.stands.values()), now)
            if now - oldest <= FORGET_SECONDS or line.blocked:
                continue
            opened = max(line.open_since, 0.0)
            for number, since in list(line.stands.items()):
                if now - since <= FORGET_SECONDS:
                    break
                # With a clock that is ahead what stands in a closed chat is given up too soon, and
                # its reader is asked to clear the chat.
                ahead = self.world.moved_at > since
                if (
                    ahead
                    or now - since > TELEGRAM_DELETES
                    or self._cannot_know(line, number, since)
                ):
                    self.chats.excused += 1
                    del line.stands[number]
                elif (
                    self.world.fair(opened, now, {line.person}) >= OPEN_SECONDS
                    and self.world.fair(since, now, {line.person}) > FORGET_SECONDS
                ):
                    hours = (now - since) / 3600
                    self.broken("a message stands for too long", f"{line.person} {hours:.1f} h")
                else:
                    break

    def _cannot_know(self, line: Line, number: int, since: float) -> bool:
        """Nothing of the bot's came after it, and the process ended before it was on record, or
        its answer was lost; or that holds of the message that took its keyboard's place. Or
        somebody's words are not on disk: they stay for longer."""
        known = line.replaced.get(number, number)
        if number >= line.newest or number in line.replaced:
            ended = (since <= at < since + RECORDED_SECONDS for at in self.ended_at)
            return known in line.lost or any(ended)
        return self.answers.not_kept(line.person, number)

    def taken_out(self, line: Line, since: float) -> None:
        """The bot took a message out that stood there since then."""
        now = self._time()
        fair = self.world.fair(max(since, line.open_since, 0.0), now, {line.person})
        self.chats.taken_out += 1
        self.chats.longest = max(self.chats.longest, (now - since) / 3600)
        self.chats.longest_fair = max(self.chats.longest_fair, fair / 3600)

    # Who has it ----------------------------------------------------------------------------

    def holders(self) -> None:
        """Every so often: nobody still has something who blocked the bot or cannot be reached, is
        off the list, or was on duty and is no longer."""
        now, moment = self._time(), self.world.clock.now()
        still: dict[str, float] = {}
        for ref, duty in self.watches:
            episode = self.episodes[ref]
            held = needs.holder(episode.facts, duty, moment)
            if held is None:
                continue
            blocked = self.world.telegram.by_person[held.by].blocked
            if not blocked and not self._is_gone(held, episode.home, moment):
                continue
            key = f"{ref} {held.id}"
            still[key] = self.gone.get(key, now)
            if self.world.fair(still[key], now) > FIRST_SECONDS + SLACK_SECONDS:
                self.broken("somebody who is gone still has it", f"{ref} {duty}: {held.by}")
        self.gone = still

    def somebody_can_be_reached(self) -> None:
        """Every so often: of everything that is due, the bot knows somebody whom it can ask."""
        engine = self.world.process.engine if self.world.process is not None else None
        now, moment = self._time(), self.world.clock.now()
        unknown: dict[str, float] = {}
        for home in {
            self.episodes[ref].home for (ref, _), w in self.watches.items() if w.since <= now
        }:
            if engine is None:
                continue
            crew = engine.service_state.crew(home, moment)
            people = {*crew.everyone, *crew.managers} - self._unreachable()
            lines = self.world.telegram.by_person
            if any(not lines[one].blocked for one in people):
                continue
            unknown[home] = self.nobody.get(home, now)
            if self.world.fair(unknown[home], now) > FIRST_SECONDS + SLACK_SECONDS:
                self.broken("something is due and nobody can be reached", home)
        self.nobody = unknown

    def _is_gone(self, held: f.Acknowledged, home: str, now: datetime) -> bool:
        staff = self.world.provider.person(held.by)
        if staff is None or not staff.active(now) or held.by in self._unreachable():
            return True
        if home in self.world.without_rota or not staff.covers(home):
            return False
        policy = self.world.made.policy
        covers = self.office.state.get("rota", {}).get("covers", ())
        return held.by in needs.on_rota(home, held.at, policy, ()) and held.by not in (
            needs.on_rota(home, now, policy, covers)
        )

    # Silence -----------------------------------------------------------------------------------

    def clock_set(self) -> None:
        """A day that comes twice has its night check and its lists twice."""
        self.copies = {key: count for key, count in self.copies.items() if key[0]}

    def nothing_lies_ahead(self) -> None:
        """Every so often: no open case holds a time of the bot's own making that lies ahead."""
        process = self.world.process
        if process is not None and process.engine and process.engine.write_behind.unsaved:
            # What a full disk refused is saved with the next heartbeat, which is rare here.
            self.ahead = {}
            return
        now, limit = self._time(), self.world.clock.now() + timedelta(seconds=90)
        ahead: dict[str, float] = {}
        for ref, episode in self.episodes.items():
            if episode.closed_at is not None:
                continue
            if max(x.recorded_at for x in needs.corrected(episode.facts)) > limit:
                ahead[ref] = self.ahead.get(ref, now)
                if self.world.fair(ahead[ref], now) > FIRST_SECONDS + SLACK_SECONDS:
                    self.broken("a time of the bot's own lies ahead", ref)
        self.ahead = ahead

    def clock_moved(self) -> None:
        """The machine's clock was set, and the bot has had time to notice."""
        for episode in list(self.episodes.values()):
            if episode.closed_at is None:
                self._look(episode)
        now = self._time()
        for watch in self.watches.values():
            begins = self.world.loop_time(
                self._begins(self.episodes[watch.ref], watch.duty, watch.at)
            )
            if max(begins, watch.since) > now:
                watch.since, watch.told = max(begins, self.world.moved_at), set()
            if watch.duty in needs.BY_DAY and watch.told_at >= 0:
                watch.told_at = now
            watch.known_since = now
            self._arm(watch, watch.since + FIRST_SECONDS - now)

    def _begins(self, episode: Episode, duty: str, at: datetime) -> datetime:
        """From when on this has to be told of, in the machine's time."""
        facts = needs.corrected(episode.facts)
        opened = next(x for x in facts if isinstance(x, f.Opened)).recorded_at
        begins = max(at, self._grace(facts, duty, opened))
        quiet = needs.quiet_until(facts, duty)
        begins = begins if quiet is None else max(begins, quiet)
        return needs.in_hours(begins) if duty in needs.BY_DAY else begins

    def _look(self, episode: Episode) -> None:
        """After facts: which duties have to be told of from when."""
        ref, now = episode.ref, self._time()
        wanted = {} if episode.closed_at else needs.due(episode.facts, self.world.clock.now())
        for key in [k for k in self.watches if k[0] == ref and k[1] not in wanted]:
            self._drop(key)
        for duty, at in wanted.items():
            watch = self.watches.get((ref, duty))
            quiet = needs.quiet_until(episode.facts, duty)
            since = self.world.loop_time(self._begins(episode, duty, at))
            if watch is None:
                self.met_at[(ref, duty)] = now
                watch = Watch(
                    ref=ref, duty=duty, at=at, quiet=quiet, since=max(since, now), known_since=now
                )
                self.watches[(ref, duty)] = watch
                before = self.dropped.get((ref, duty))
                if before is not None and (before.at, before.quiet) == (at, quiet):
                    # A return that was not one: the asking that had begun goes on.
                    watch.since, watch.told_at = before.since, before.told_at
                    watch.level = before.level
                    if before.told_at < before.since:
                        watch.since = max(before.since, now)
            elif at != watch.at or quiet != watch.quiet or since > max(now, watch.since):
                # (The last: whoever logged a return has the card in hand for a while.)
                # Due before and after a correction: the asking that goes on need not begin anew.
                if quiet != watch.quiet or max(since, watch.since) > now:
                    watch.since = max(since, now)
                    watch.told = set()
                if quiet is not None and quiet != watch.quiet:
                    self._ended_unrecorded(watch, quiet)
                if at != watch.at:
                    watch.known_since = now
                watch.at, watch.quiet = at, quiet
            else:
                continue
            self._arm(watch, watch.since + FIRST_SECONDS - now)

    def _ended_unrecorded(self, watch: Watch, ended: datetime) -> None:
        """That nobody has it any more came on record late, as the disk was full: what was asked
        since then goes on."""
        since = self.world.loop_time(ended)
        asked = {person: at for person, at in watch.rang.items() if at >= since}
        if asked:
            watch.since, watch.told_at = since, max(asked.values())
            watch.told = set(asked)

    @staticmethod
    def _grace(facts: Sequence[f.Fact], duty: str, opened: datetime) -> datetime:
        written: dict[str, datetime] = {}
        back: list[datetime] = []
        for x in facts:  # what is added to an entry later gives no time anew
            written[x.id] = written.get(x.corrects, x.recorded_at)
            if isinstance(x, (f.Located, f.Returned)):
                back.append(written[x.id])
        logged = back[-1] if back and duty in needs.AFTER_RETURN else opened
        return logged.astimezone(UTC) + GRACE

    def _drop(self, key: tuple[str, str]) -> None:
        watch = self.dropped[key] = self.watches.pop(key)
        if watch.timer is not None:
            watch.timer.cancel()
        if key[1] != "REV-WEEKLY":
            self.met_at[key] = self._time()
        else:
            self.met_at.pop(key, None)

    def _arm(self, watch: Watch, seconds: float) -> None:
        if watch.timer is not None:
            watch.timer.cancel()
        watch.timer = self.world.later(max(1.0, seconds), self._silent, watch)

    def _silent(self, watch: Watch) -> None:
        now = self._time()
        told = watch.told_at >= watch.since - APART_SECONDS
        base = watch.told_at if told else watch.since
        gap = 60.0 * GAP_MINUTES[watch.level] if watch.duty not in needs.BY_DAY else 86400.0 + 3600
        bound = FIRST_SECONDS + (gap + SLACK_SECONDS if told else 0.0)
        left = bound - self.world.fair(base, now, self._asked(watch))
        if left <= 0 and now - watch.known_since < FIRST_SECONDS:
            left = FIRST_SECONDS - (now - watch.known_since)  # unmet once more a moment ago
        if left <= 0:
            what = "nobody was asked again" if told else "nobody was told of what is due"
            self.broken(what, f"{watch.ref} {watch.duty}, due {watch.at:%d %b %H:%M}")
            return
        self._managers(watch, now)
        self._arm(watch, left + 1.0)

    def _asked(self, watch: Watch) -> set[str]:
        """Who may be asked about it: while the chat of one of them rests, the asking may wait."""
        home = self.episodes[watch.ref].home
        return {s.id for s in self.world.provider.staff if s.covers(home)}

    def _managers(self, watch: Watch, now: float) -> None:
        allowed = 60.0 * MANAGERS_MINUTES[watch.level] + SLACK_SECONDS
        since = max(watch.since, self.world.managers_same_since)
        if now - watch.known_since < FIRST_SECONDS:
            return  # unmet once more a moment ago
        if self.world.fair(since, now) <= allowed or now - since > allowed * 3:
            return
        home = self.episodes[watch.ref].home
        service = self.world.provider
        managers = {s.id for s in service.managers(home, self.world.clock.now())}
        untold = managers - watch.told - self._unreachable()
        untold = {one for one in untold if not self.world.telegram.by_person[one].blocked}
        untold = {one for one in untold if not self.world.rested(since, one)}
        if untold:
            self.broken("a manager was never asked", f"{watch.ref} {watch.duty}: {sorted(untold)}")
