"""A practice session: the stand-in for Telegram, the real bot beside it, and the night played."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import Any, TypeAlias

import msgspec

from sandbox import judge, timeline
from sandbox.bot_process import BotProcess
from sandbox.moving import LONDON, Mover
from sandbox.night import Night, in_utc
from sandbox.practice_service import BOT_NAME, BOT_USERNAME, TOKEN, PracticeService
from sandbox.server import people
from sandbox.server.followers import Followers
from sandbox.server.world import World
from sandbox.weather import SWITCHES, Weather

Json: TypeAlias = dict[str, Any]

BEGINS = time(22, 30)
"""London time at which free practice begins."""
BOT_STARTS_WITHIN = 30.0
LOOK_AGAIN = 0.5
FRESH_WITHIN = 3.0
"""Real seconds to wait for the bot to have told all it knows."""
EMPTY: Json = {"now": None, "next_at": None, "episodes": [], "waiting": [], "drafts": []}


class Practice:
    """Everything the page controls. Lives on the server's event loop.

    Attributes:
        knows: what the bot said last that it knows.
        night: the guided night that is on; None in free practice.
        ready: the bot is up, and has had time to follow the clock.
    """

    def __init__(
        self, world: World, service: PracticeService, bot: BotProcess, nights: dict[str, Night]
    ) -> None:
        self.world = world
        self.bot = bot
        self.weather = Weather(world)
        self.nights = nights
        self.knows: Json = EMPTY
        self.night: Night | None = None
        self.ready = False
        self.mover: Mover
        self._followers: Followers
        self._service = service
        self._members = service.members()
        self._homes = service.homes()
        self._turn = asyncio.Lock()

    def attach(self, followers: Followers) -> None:
        """Before anything else, on the server's loop: who follows its clock."""
        loop = asyncio.get_running_loop()

        def ended() -> None:
            with suppress(RuntimeError):  # the loop is closed: the sandbox is ending as well
                loop.call_soon_threadsafe(self._changed)

        self.bot.on_end = ended
        self._followers = followers
        self.mover = Mover(self.world, followers)

    # Beginning ------------------------------------------------------------------------------

    async def begin(self, night: str = "") -> None:
        """Everything anew: an empty book but for the register, empty phones, a fresh bot.

        Raises:
            KeyError: there is no such night.
        """
        chosen = self.nights[night] if night else None
        async with self._turn:
            self.ready = False
            await self.mover.stop()
            await asyncio.to_thread(self.bot.kill)
            if self.bot.disk_full:
                self.bot.fill_disk(full=False)
            await asyncio.to_thread(self._service.renew)
            self.night = chosen
            self.knows = EMPTY
            self._people(chosen.begins if chosen else _tonight())
            await self._start_bot()

    def _people(self, now: datetime) -> None:
        self.world.reset()
        self._followers.forget_absent()
        self.world.clock.set_mode("running")
        self.world.clock.set(now)
        self._followers.clock_changed()
        if TOKEN not in self.world.bots:
            self.world.add_bot(TOKEN, BOT_USERNAME, BOT_NAME, configured=True)
        for member in self._members:
            first, _, last = member.name.partition(" ")
            values = {"first_name": first, "last_name": last, "language_code": "en"}
            people.person(self.world, values, member.user, started=member.id != "stranger")

    async def _start_bot(self) -> None:
        await asyncio.to_thread(self.bot.start)
        self._changed()
        deadline = asyncio.get_running_loop().time() + BOT_STARTS_WITHIN
        while self.bot.pid and asyncio.get_running_loop().time() < deadline:
            if (await self._followers.settle(LOOK_AGAIN, (self.bot.follower,)))["settled"]:
                break
        self.ready = self.bot.pid is not None
        self._changed()

    # Bot and weather ------------------------------------------------------------------------

    async def kill_bot(self) -> None:
        """SIGKILL, as a power cut would."""
        async with self._turn:
            await asyncio.to_thread(self.bot.kill)
            self._followers.forget_absent()
            self._changed()

    async def start_bot(self) -> None:
        """Start it again with the book as it lies there; answers once it follows the clock."""
        async with self._turn:
            await self._start_bot()

    def turn(self, switch: str, *, on: bool) -> None:
        """Weather; "disk" fills the disk for the bot.

        Raises:
            ValueError: there is no such switch.
            OSError: not available on this system.
        """
        if switch == "disk":
            self.bot.fill_disk(full=on)
        else:
            self.weather.turn(switch, on=on)
        self._changed()

    def learn(self, knows: Json) -> None:
        """What the bot told of what it knows."""
        self.knows = EMPTY | knows
        self.world.note("knows", ())

    def _changed(self) -> None:
        self.world.note("practice", ())

    # What the page shows --------------------------------------------------------------------

    def document(self) -> Json:
        """Everything about the session but the chats and what the bot knows."""
        states = self.weather.states()
        switches = [
            {"name": s.name, "label": s.label, "help": s.help, "on": states[s.name]}
            for s in SWITCHES
        ]
        switches.append({
            "name": "disk",
            "label": "The bot's disk is full",
            "help": "Every write of the bot fails." if self.bot.disk_can_fill
            else "Not available here: this system cannot limit another process.",
            "on": self.bot.disk_full,
            "available": self.bot.disk_can_fill,
        })  # fmt: skip
        return {
            "people": [msgspec.to_builtins(member) for member in self._members],
            "homes": self._homes,
            "bot": {"running": self.bot.pid is not None, "ready": self.ready},
            "switches": switches,
            "clock": self.world.clock.document(),
            "moving_to": self.mover.to.isoformat() if self.mover.to else None,
            "nights": [_offer(night) for night in self.nights.values()],
            "night": self._night(),
        }

    def _night(self) -> Json | None:
        if self.night is None:
            return None
        done = judge.steps_done(self.night, self.knows, self.world.now())
        return _offer(self.night) | {
            "steps": [
                {
                    "do": step.do,
                    "notice": step.notice,
                    "done": was_done,
                    "go_to": in_utc(step.go_to).isoformat() if step.go_to else None,
                }
                for step, was_done in zip(self.night.steps, done, strict=True)
            ]
        }

    async def debrief(self) -> Json:
        """How the night went: checks, a picture of each case, and every duty with its source."""
        names = (self.bot.follower,) if self.bot.pid else ()
        await self._followers.settle(FRESH_WITHIN, names)
        now = self.world.now()
        knows = judge.at(self.knows, now)
        episodes = self._episodes(knows)
        findings = judge.findings(self.night, knows, now) if self.night else []
        return {
            "title": self.night.title if self.night else "Free practice",
            "teaches": self.night.teaches if self.night else "",
            "as_of": self.knows["now"],
            "findings": msgspec.to_builtins(findings),
            "cases": [
                {
                    "ref": episode["ref"],
                    "person": episode["person"],
                    "level": episode["level"],
                    "picture": timeline.draw(episode, now),
                    "duties": [d for d in episode["duties"] if d["state"] != "not_needed"],
                    "closed": bool(episode["closed_at"]),
                    "unrecorded": episode["unrecorded"],
                }
                for episode in episodes
            ],
        }

    def picture(self, ref: str) -> str:
        """The timeline of one case as a file of its own.

        Raises:
            KeyError: the bot knows of no such case.
        """
        now = self.world.now()
        found = {episode["ref"]: episode for episode in judge.at(self.knows, now)["episodes"]}
        return timeline.draw(found[ref], now, alone=True)

    def _episodes(self, knows: Json) -> list[Json]:
        if self.night is not None:
            return judge.episodes_of(self.night, knows)
        return sorted(knows["episodes"], key=lambda episode: str(episode["start"]))


def _offer(night: Night) -> Json:
    return {
        "id": night.id,
        "title": night.title,
        "situation": night.situation,
        "teaches": night.teaches,
        "begins": night.begins.isoformat(),
        "phones": list(night.phones),
        "young_person": night.young_person,
    }


def _tonight() -> datetime:
    return datetime.combine(datetime.now(LONDON).date(), BEGINS, LONDON).astimezone(UTC)
