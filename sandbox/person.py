"""Somebody with a phone, in a story: what they do and what they see. See ``driver``."""

import base64
from typing import Any, Protocol

from sandbox.screen import Seen, labels, matching_button, normal, render, says

Json = dict[str, Any]


class HumanSide(Protocol):
    """What a person needs of the story they are in; ``driver.Stage`` is one."""

    async def settle(self) -> None:
        """Wait until the bot has come to rest."""

    def checkpoint(self) -> None:
        """Everything seen so far is old from here on."""

    async def post(self, path: str, body: Json) -> Any:
        """POST to the human side."""

    async def get(self, path: str, **query: Any) -> Any:
        """GET from the human side."""


class NotSeen(AssertionError):
    """An expectation that did not come true; the text shows the chat as the person sees it."""


class Refused(AssertionError):
    """Something a person could not do, in the server's words."""


class Person:
    """Somebody with a phone.

    Attributes:
        id: Telegram id.
        unseen: messages and edits that reached them and that no expectation has taken.
        toasts: answers to their taps with a text, newest last.
    """

    def __init__(
        self, stage: HumanSide, user_id: int, name: str, chat: int | str | None = None
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

    async def sends_other(self, **content: Any) -> Json:
        """Send content of another kind, as the Bot API has it: ``location={…}``, ``dice={…}``."""
        return await self._act("/human/send", True, other=content)

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
            return str(found.get("url") or found["web_app"]["url"])
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
