"""Posting updates to a bot's webhook, in order, again and again until it takes them."""

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx
import orjson

from sandbox.server.errors import ApiError
from sandbox.server.model import Bot, Json

if TYPE_CHECKING:
    from sandbox.server.world import World

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
ANSWER_WITHIN = 30.0

log = logging.getLogger(__name__)


class Webhook:
    """One webhook and the task that serves it.

    An update is confirmed when the bot answers it with a 2xx status; anything else is tried again
    after a growing pause (0.1 s to 5 s of real time). A body that names a method is carried out,
    as Telegram does.
    """

    def __init__(self, world: "World", bot: Bot, url: str, secret: str, connections: int) -> None:
        self._world = world
        self._bot = bot
        self._url = url
        self._secret = secret
        self._connections = connections
        self._more = asyncio.Event()
        self._last_error: tuple[int, str] | None = None
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def wake(self) -> None:
        """There is an update to post."""
        self._more.set()

    def stop(self) -> None:
        """Post nothing more."""
        self._task.cancel()

    def info(self) -> Json:
        """The fields that ``getWebhookInfo`` adds for a webhook that is set."""
        document: Json = {"url": self._url, "max_connections": self._connections}
        if self._last_error:
            document["last_error_date"], document["last_error_message"] = self._last_error
        return document

    async def _serve(self) -> None:
        pause = FIRST_PAUSE
        async with httpx.AsyncClient(
            timeout=ANSWER_WITHIN,
            verify=False,  # noqa: S501 - only this machine is posted to
            trust_env=False,
        ) as client:
            while True:
                update = self._bot.updates.first()
                if update is None:
                    self._more.clear()
                    await self._more.wait()
                    continue
                if await self._post(client, update):
                    self._bot.updates.confirm(update["update_id"] + 1)
                    pause = FIRST_PAUSE
                else:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)

    async def _post(self, client: httpx.AsyncClient, update: Json) -> bool:
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        try:
            answer = await client.post(self._url, content=orjson.dumps(update), headers=headers)
        except httpx.HTTPError as error:
            self._failed(f"Connection failed: {type(error).__name__}")
            return False
        if not answer.is_success:
            self._failed(
                f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            )
            return False
        await self._carry_out(answer)
        return True

    def _failed(self, message: str) -> None:
        self._last_error = (int(self._world.now().timestamp()), message)

    async def _carry_out(self, answer: httpx.Response) -> None:
        """Do what the body of the bot's answer asks for, if it names a method."""
        from sandbox.server.methods import Call, call
        from sandbox.server.params import Params

        try:
            values = orjson.loads(answer.content) if answer.content else None
        except orjson.JSONDecodeError:
            return
        if not isinstance(values, dict) or not isinstance(values.get("method"), str):
            return
        try:
            await call(values.pop("method"), Call(self._world, self._bot, Params(values)))
        except ApiError as error:
            log.warning("a method in the answer to an update was refused: %s", error.description)
        self._world.touch()
