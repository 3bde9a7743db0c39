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
import base64
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import httpx

from sandbox.screen import Seen, labels, matching_button, normal, render, says

Json = dict[str, Any]


class NotSeen(AssertionError):
    """An expectation that did not come true; the text shows the chat as the person sees it."""


class Refused(AssertionError):
    """Something a person could not do, in the server's words."""


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
    ) -> None:
        """Go forward by elapsed time, stopping at every moment a follower has planned.

        Raises:
            NotSeen: the bot did not come to rest on the way.
        """
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        await self._move({"advance_seconds": span.total_seconds(), "stepwise": stepwise})

    async def go_to(self, moment: datetime, *, stepwise: bool = True) -> None:
        """Go to a moment (aware); see ``advance``."""
        await self._move({"set": moment.astimezone(UTC).isoformat(), "stepwise": stepwise})

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

    async def _move(self, body: Json) -> None:
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


class Person:
    """Somebody with a phone.

    Attributes:
        id: Telegram id.
        unseen: messages and edits that reached them and that no expectation has taken.
        toasts: answers to their taps with a text, newest last.
    """

    def __init__(
        self, stage: Stage, user_id: int, name: str, chat: int | str | None = None
    ) -> None:
        self.id = user_id
        self.name = name
        self.unseen: list[Seen] = []
        self.toasts: list[str] = []
        self._seen: list[Seen] = []
        self._stage = stage
        self._chat = chat

    # What they do

    async def sends(self, text: str, *, reply_to: int | None = None, settle: bool = True) -> Json:
        """Write a text; ``settle=False`` when the bot is down and no rest can be had."""
        return await self._act("/human/send", settle, text=text, reply_to=reply_to)

    async def sends_photo(self, data: bytes, *, caption: str = "") -> Json:
        """Send a picture."""
        return await self._act(
            "/human/send", True, photo=base64.b64encode(data).decode(), caption=caption
        )

    async def sends_document(
        self, data: bytes, *, name: str = "document", caption: str = ""
    ) -> Json:
        """Send a file."""
        encoded = base64.b64encode(data).decode()
        return await self._act("/human/send", True, document=encoded, name=name, caption=caption)

    async def sends_location(self, latitude: float, longitude: float) -> Json:
        """Send a place."""
        place = {"latitude": latitude, "longitude": longitude}
        return await self._act("/human/send", True, location=place)

    async def sends_contact(self, phone: str, first_name: str) -> Json:
        """Send somebody's number."""
        return await self._act(
            "/human/send", True, contact={"phone_number": phone, "first_name": first_name}
        )

    async def taps(
        self, text: str, *, message_id: int | None = None, settle: bool = True
    ) -> str | None:
        """Tap the button that says ``text``, on the newest message that has one.

        An exact label wins over one that begins with the text, that over one that contains it;
        case, emoji and spacing do not matter. Where no inline button fits, a key of the reply
        keyboard is pressed.

        Returns:
            The bot's short answer (toast or alert), if it gave one with a text.

        Raises:
            Refused: no such button; lists those there are.
        """
        if settle:
            await self._stage.settle()
        chat = await self.chat()
        messages = [m for m in chat["messages"] if message_id in (None, m["message_id"])]
        found = None
        for message in reversed(messages):
            found = matching_button(message, text)
            if found:
                break
        else:
            key = matching_button({"keyboard": chat["reply_keyboard"]}, text)
            if key and message_id is None:
                await self._press(key["text"], settle)
                return None
            raise Refused(
                f"{self.name} has no button {text!r}; there are: {labels(chat)}\n"
                + render(self.name, chat)
            )
        if "callback_data" not in found:
            return str(found.get("url") or found.get("copy_text"))
        before = len(self.toasts)
        await self._act(
            "/human/tap",
            settle,
            data=found["callback_data"],
            text=found["text"],
            message_id=message["message_id"],
        )
        return self.toasts[-1] if len(self.toasts) > before else None

    async def presses(self, text: str) -> None:
        """Press a key of the reply keyboard.

        Raises:
            Refused: no such key; lists those there are.
        """
        await self._stage.settle()
        chat = await self.chat()
        key = matching_button({"keyboard": chat["reply_keyboard"]}, text)
        if not key:
            raise Refused(f"{self.name} has no key {text!r}; there are: {labels(chat)}")
        await self._press(key["text"], True)

    async def _press(self, text: str, settle: bool) -> None:
        await self._act("/human/press", settle, text=text)

    async def edits(self, message_id: int, text: str) -> Json:
        """Change a text of their own."""
        return await self._act("/human/edit", True, message_id=message_id, text=text)

    async def reads(self) -> Json:
        """Read the chat to its end."""
        return await self._act("/human/read", False)

    async def types(self) -> Json:
        """Type without sending."""
        return await self._act("/human/typing", False)

    async def blocks(self) -> Json:
        """Block the bot."""
        return await self._act("/human/block", True)

    async def unblocks(self) -> Json:
        """Unblock the bot."""
        return await self._act("/human/unblock", True)

    async def deletes_chat(self) -> Json:
        """Delete the chat on their phone."""
        return await self._act("/human/delete_chat", True)

    async def deactivates(self) -> None:
        """Delete their account."""
        await self._stage.post("/human/deactivate", {"user": self.id})

    async def _act(self, path: str, settle: bool, **body: Any) -> Json:
        if settle:
            await self._stage.settle()
        self._stage.checkpoint()
        given = {key: value for key, value in body.items() if value is not None}
        answer: Json = await self._stage.post(path, {"user": self.id, "chat": self._chat, **given})
        if settle:
            await self._stage.settle()
        return answer

    # What they see

    async def sees(self, *texts: str) -> Seen:
        """A message that is new or edited says all of these texts; it is taken by this.

        Messages taken since the last action can be looked at again. Case counts, white space does
        not; buttons and the short answers to taps are part of what is seen.

        Returns:
            The message, for a closer look.

        Raises:
            NotSeen: none does; shows the chat.
        """
        await self._stage.settle()
        for among in (self.unseen, self._seen):
            for seen in among:
                if all(says(seen.message, text) for text in texts):
                    if among is self.unseen:
                        self.unseen.remove(seen)
                        self._seen.append(seen)
                    return seen
        for toast in self.toasts:
            if all(normal(text) in normal(toast) for text in texts):
                return Seen("toast", {"text": toast, "message_id": 0})
        new = "\n".join(f"  {seen}" for seen in self.unseen) or "  nothing"
        raise NotSeen(
            f"{self.name} does not see {' + '.join(map(repr, texts))}. New for them:\n{new}\n"
            + await self.screen()
        )

    async def sees_nothing(self) -> None:
        """Nothing is new for this person.

        Raises:
            NotSeen: something is.
        """
        await self._stage.settle()
        if self.unseen:
            new = "\n".join(f"  {seen}" for seen in self.unseen)
            raise NotSeen(f"{self.name} got something:\n{new}\n{await self.screen()}")

    async def has_on_screen(self, *texts: str) -> Json:
        """The newest message that says all of these texts, new or old; nothing is taken.

        Raises:
            NotSeen: none does; shows the chat.
        """
        await self._stage.settle()
        chat = await self.chat()
        for message in reversed(chat["messages"]):
            if all(says(message, text) for text in texts):
                found: Json = message
                return found
        raise NotSeen(f"not on {self.name}'s screen: {texts}\n{render(self.name, chat)}")

    async def chat(self) -> Json:
        """The chat with its messages, as the human side gives it."""
        where = "chat" if self._chat is None else f"chats/{self._chat}"
        document: Json = await self._stage.get(f"/human/users/{self.id}/{where}")
        return document

    async def screen(self) -> str:
        """The chat as this person sees it, as text."""
        try:
            return render(self.name, await self.chat())
        except Refused as error:
            return f"({self.name}: {error})"

    # What the server tells

    def notice(self, event: Json) -> None:
        """Take in one event of the server."""
        kind = event["kind"]
        if kind == "callback_answer":
            if event["text"]:
                self.toasts.append(event["text"])
        elif kind in ("message", "edited"):
            message = event["message"]
            if message["from"]["is_bot"] and "pinned_message" not in message:
                self._drop(event["chat"], message["message_id"])
                self.unseen.append(Seen(kind, message))
        elif kind == "deleted":
            self._drop(event["chat"], event["message_id"])

    def forget_seen(self) -> None:
        """What was taken before an action can't be looked at again after it."""
        self._seen.clear()
        self.toasts.clear()

    def _drop(self, chat: int, message_id: int) -> None:
        """A later state of a message takes the place of an earlier one."""
        for among in (self.unseen, self._seen):
            among[:] = [
                seen
                for seen in among
                if (seen.message["chat"]["id"], seen.message["message_id"]) != (chat, message_id)
            ]


async def at_once(*actions: Any) -> list[Any]:
    """Several people act at the same time: ``await at_once(a.taps("x", settle=False), ...)``."""
    return list(await asyncio.gather(*actions))
