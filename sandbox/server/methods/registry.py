"""The table of Bot API methods: what the server offers, what it refuses, and calling one."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.server.errors import ApiError, refused
from sandbox.server.methods.refused import REFUSED
from sandbox.server.model import Chat, Message, User
from sandbox.server.params import Params
from sandbox.server.world import Bot, World


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a bot; ``gone`` waits until the bot has hung up."""

    world: World
    bot: Bot
    params: Params
    gone: Callable[[], Awaitable[None]] | None = None

    def chat(self, name: str = "chat_id") -> Chat:
        """The chat named by a parameter.

        Raises:
            ApiError: 400 when it is empty or unknown.
        """
        return self.world.chat_of(self.bot, self.params.text(name))

    def message(self, chat: Chat, name: str = "message_id") -> Message | None:
        """The message named by a parameter, if the chat still has it."""
        return chat.messages.get(self.params.number(name))

    @property
    def me(self) -> User:
        """The bot's own account."""
        return self.bot.user


@dataclass(frozen=True, slots=True)
class Method:
    """An offered method: Telegram's name, what it does here, the parameters it understands."""

    name: str
    summary: str
    parameters: tuple[str, ...]
    run: Callable[[Call], Any]


METHODS: dict[str, Method] = {}

# Parameters of Telegram that change what a method does and that the server does not understand.
# Ignoring them would be a false success, so a request that has one is refused.
REFUSED_PARAMETERS = frozenset({
    "message_thread_id", "direct_messages_topic_id", "business_connection_id",
    "message_effect_id", "allow_paid_broadcast", "suggested_post_parameters",
    "inline_message_id", "thumbnail", "has_spoiler", "show_caption_above_media",
    "video_start_timestamp",
})  # fmt: skip


def offers(
    name: str, summary: str, parameters: str = ""
) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Put a function into the table under Telegram's name."""

    def register(run: Callable[[Call], Any]) -> Callable[[Call], Any]:
        METHODS[name.lower()] = Method(name, summary, tuple(parameters.split()), run)
        return run

    return register


async def call(name: str, request: Call) -> Any:
    """Carry out a method; its name is read in any case, as Telegram does.

    Raises:
        ApiError: whatever Telegram would answer; 404 for a method there is not; 400 for one that
            the sandbox does not offer.
    """
    method = METHODS.get(name.lower())
    if method is None:
        if name.lower() in REFUSED:
            raise refused(f"the method {REFUSED[name.lower()]}")
        raise ApiError(404, "Not Found: method not found")
    for parameter in sorted(request.params.names() & REFUSED_PARAMETERS):
        if request.params.text(parameter) not in ("", "false", "False", "0"):
            raise refused(f"the parameter {parameter} of {method.name}")
    result = method.run(request)
    return await result if inspect.isawaitable(result) else result
