"""Somebody who plays a guided night on its phones, over HTTP, as the page would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sandbox.driver import Person, Stage

USERS = {"morgan": 7001, "sasha": 7002, "robin": 7003}
SETTLED = 20.0


class Player:
    """The phones, the clock and the weather of one practice session."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient) -> None:
        self.stage = stage
        self.client = client
        self.phones = {who: Person(stage, user, who, None) for who, user in USERS.items()}
        for person in self.phones.values():
            stage.people[person.id] = person

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator["Player"]:
        async with (
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client,
            Stage(url, wait=SETTLED) as stage,
        ):
            yield cls(stage, client)

    async def begins(self, night: str = "") -> None:
        await self.post("/practice/begin", {"night": night})
        await self.stage.catch_up()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def goes_to(self, moment: str) -> None:
        await self.post("/practice/clock", {"to": moment, "wait": True})
        await self.stage.catch_up()

    async def logs(self, who: str, person: str, *answers: str) -> None:
        """A report: taps what is a button; what looks like a time is typed and confirmed."""
        phone = self.phones[who]
        await phone.sends("/missing")
        for answer in (*([] if who == "morgan" else ["Alder Lodge"]), person, *answers):
            if answer[0].isdigit() and answer[-1].isdigit():
                await phone.sends(answer)
                await phone.taps("Yes")
            else:
                await phone.taps(answer)
        await phone.taps("Save the report")
        await phone.sees("Why")

    async def does(self, who: str, *taps: str) -> None:
        """One thing on the card after another; words after a colon are typed."""
        await self.phones[who].sends("/open")
        for tap in taps:
            if tap.startswith(":"):
                await self.phones[who].sends(tap[1:])
            else:
                await self.phones[who].taps(tap)

    async def last_event(self) -> int:
        """Number of the newest event."""
        found = await self.client.get("/human/events", params={"since": 10**9})
        return int(found.json()["last"])

    async def next_message(self, who: str, since: int) -> None:
        """Waits for it: what is put off in real seconds can't be reached by moving the clock."""
        query = {"since": since, "wait": SETTLED, "user": USERS[who]}
        assert (await self.client.get("/human/events", params=query)).json()["events"]
        await self.stage.catch_up()

    async def practice(self) -> Any:
        return (await self.client.get("/practice")).json()

    async def debrief(self) -> Any:
        return (await self.client.get("/practice/debrief")).json()

    async def knows(self) -> Any:
        await self.stage.settle()
        return (await self.client.get("/practice/knows")).json()
