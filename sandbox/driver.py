"""Stories on a bot: what people do, what they see, and that nobody got anything else.

    async with Stage(server.url) as stage:
        manager = await stage.person("Morgan Example", user_id=7001)
        await manager.sends("/missing")
        await manager.taps("Rowan House")
        await manager.sees("Level 1")
        await stage.clock.advance(hours=4)
        await manager.sees("4 hours")
        await stage.nobody_got_anything_else()

Every action waits before and after until the bot has come to rest (``POST /settle``). Every message
and every edit of a message that reaches a person is *unseen* until an expectation takes it.
"""

import asyncio
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import httpx

from sandbox.person import NotSeen, Person, Refused
from sandbox.screen import says

__all__ = ["NotSeen", "Person", "Refused", "Stage", "at_once"]

Json = dict[str, Any]


class Stage:
    """The server, the people on it, and its clock.

    Args:
        url: address of the server.
        wait: real seconds an action may take to come to rest.
        followers: names of processes that must follow the clock before anything counts as at rest;
            the attribute of this name can be set anew when a process is started or killed.
        flood: whether flood control stays on; off by default, because a story under a frozen clock
            happens within one second of server time.
    """

    def __init__(
        self,
        url: str,
        *,
        wait: float = 10.0,
        followers: Iterable[str] = (),
        flood: bool = False,
    ) -> None:
        self.people: dict[int, Person] = {}
        self.clock = StageClock(self)
        self.faults = Weather(self)
        self._wait = wait
        self.followers = list(followers)
        self._flood = flood
        self._since = 0
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(wait + 30.0),
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # plain HTTP: no authorities to load
        )

    async def __aenter__(self) -> "Stage":
        await self.post("/settings", {"flood": self._flood})
        self._since = (await self.get("/human/events", since=1_000_000_000))["last"]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    # HTTP

    async def post(self, path: str, body: Json) -> Any:
        """POST to the human side or the controls.

        Raises:
            Refused: the server says no.
        """
        return self._read(path, await self._client.post(path, json=body))

    async def get(self, path: str, **query: Any) -> Any:
        """GET from the human side or the controls; see ``post``."""
        return self._read(path, await self._client.get(path, params=query))

    async def delete(self, path: str) -> Any:
        """DELETE at the controls; see ``post``."""
        return self._read(path, await self._client.delete(path))

    def _read(self, path: str, response: httpx.Response) -> Any:
        if not response.is_success:
            try:
                reason = response.json()["error"]
            except (ValueError, KeyError):
                reason = f"{response.status_code} {response.text[:200]}"
            raise Refused(f"{path}: {reason}")
        return response.json()

    # Rest

    async def settle(self, wait: float | None = None) -> None:
        """Wait until the bot has nothing left to do, and take in what people got meanwhile.

        Raises:
            NotSeen: it did not come to rest; the text says what it was still busy with.
        """
        rest = await self.post(
            "/settle",
            {"wait": self._wait if wait is None else wait, "followers": self.followers},
        )
        await self.catch_up()
        if not rest["settled"]:
            raise NotSeen(f"not at rest: {rest['why']}")

    async def catch_up(self) -> None:
        """Take in what people got, without waiting for rest."""
        found = await self.get("/human/events", since=self._since)
        self._since = found["last"]
        for event in found["events"]:
            for user in event["users"]:
                if user not in self.people:
                    self.people[user] = Person(self, user, f"user {user}")
                self.people[user].notice(event)

    def checkpoint(self) -> None:
        """Everything seen so far is old from here on; every action begins with this."""
        for person in self.people.values():
            person.forget_seen()

    # People

    async def person(
        self,
        name: str,
        user_id: int | None = None,
        *,
        username: str | None = None,
        started: bool = False,
        chat: int | str | None = None,
    ) -> "Person":
        """Bring a person on.

        Args:
            name: first and last name.
            user_id: Telegram id; None for the next free one.
            username: without ``@``.
            started: whether they pressed Start before the story begins.
            chat: the chat they use when none is named; None for the one with the only bot.
        """
        first, _, last = name.partition(" ")
        document = await self.post(
            "/human/users",
            {
                "first_name": first,
                "last_name": last or None,
                "username": username,
                "id": user_id,
                "started": started,
            },
        )
        person = Person(self, document["id"], name, chat)
        self.people[person.id] = person
        return person

    async def nobody_got_anything_else(self, *, ignoring: Iterable[str] = ()) -> None:
        """Everything that reached anybody has been expected.

        Args:
            ignoring: words; a message that contains one of them does not count.

        Raises:
            NotSeen: lists every message that nobody expected, by person.
        """
        await self.settle()
        words = list(ignoring)
        extra = [
            (person, seen)
            for person in self.people.values()
            for seen in person.unseen
            if not any(says(seen.message, word) for word in words)
        ]
        if extra:
            lines = [f"  {person.name}: {seen}" for person, seen in extra]
            screens = [await person.screen() for person in {p.id: p for p, _ in extra}.values()]
            raise NotSeen("\n".join(["somebody got something else:", *lines, *screens]))


class StageClock:
    """The server's clock, moved in the language of a story."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def now(self) -> datetime:
        """Server time, UTC."""
        return datetime.fromisoformat((await self._stage.get("/clock"))["now"])

    async def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        stepwise: bool = True,
        settle: bool = True,
    ) -> None:
        """Go forward by elapsed time, stopping at every moment a follower has planned.

        ``settle=False`` jumps without waiting for anybody, for a bot that is down.

        Raises:
            NotSeen: the bot did not come to rest on the way.
        """
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        body = {"advance_seconds": span.total_seconds(), "stepwise": stepwise}
        await self._move(body, settle)

    async def go_to(self, moment: datetime, *, stepwise: bool = True, settle: bool = True) -> None:
        """Go to a moment (aware); see ``advance``."""
        await self._move({"set": moment.astimezone(UTC).isoformat(), "stepwise": stepwise}, settle)

    async def freeze(self) -> None:
        """Let time stand still until it is moved."""
        await self._move({"mode": "frozen"})

    async def to_next(self) -> datetime:
        """Go to the next moment a follower has planned; that moment (UTC).

        Raises:
            NotSeen: nothing is planned, or no rest was reached.
        """
        stage = self._stage
        await stage.settle()
        stage.checkpoint()
        answer = await stage.post("/clock/advance_to_next", {})
        await stage.catch_up()
        if not answer["moved"] or not answer["settled"]:
            raise NotSeen(f"could not go to the next moment: {answer['why']}")
        return datetime.fromisoformat(answer["now"])

    async def _move(self, body: Json, settle: bool = True) -> None:
        if not settle:
            self._stage.checkpoint()
            await self._stage.post("/clock", body | {"stepwise": False, "wait": 0})
            await self._stage.catch_up()
            return
        await self._stage.settle()
        self._stage.checkpoint()
        answer = await self._stage.post("/clock", body)
        await self._stage.catch_up()
        if not answer["settled"]:
            raise NotSeen(f"no rest after the clock was moved: {answer['why']}")


class Weather:
    """Faults of the server for a while."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def add(self, effect: str, **rule: Any) -> int:
        """Make a rule (see docs/SANDBOX_SERVER.md); its id."""
        document = await self._stage.post("/faults", {"effect": effect, **rule})
        return int(document["id"])

    async def remove(self, number: int) -> None:
        """Take one rule away."""
        await self._stage.delete(f"/faults/{number}")

    async def clear(self) -> None:
        """Fair weather."""
        await self._stage.delete("/faults")


async def at_once(*actions: Any) -> list[Any]:
    """Several people act at the same time: ``await at_once(a.taps("x", settle=False), ...)``."""
    return list(await asyncio.gather(*actions))
