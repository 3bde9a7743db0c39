"""The second channel, for when Telegram is down or nobody answers: SMS gateway, e-mail, push.

Through Apprise, to the addresses in the staff list. It says the case reference and nothing about
the young person; `words` makes the sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from protocol.provider import Provider
from reminders.sending import NotSent, Refused
from storage.model import Message

TITLE = "Nightlight"
SECONDS = 30.0
"""After so long a gateway that does not answer counts as failed."""

log = structlog.get_logger(__name__)

Words = Callable[[Message, str], str]
"""(message, case reference) -> one short sentence."""


class SecondChannel:
    """Implements `reminders.delivery_needs.SecondSender`."""

    def __init__(self, service: Callable[[], Provider], words: Words) -> None:
        self._service = service
        self._words = words

    async def send(self, person: str, message: Message, ref: str) -> None:
        """To every address of this person; one that takes it is enough.

        Raises NotSent if none did (it is tried again), Refused without a usable address.
        """
        staff = self._service().person(person)
        addresses = staff.second_channel if staff is not None else ()
        if not addresses:
            raise Refused("no second channel for this person")
        text = self._words(message, ref)
        try:
            took = await asyncio.wait_for(
                asyncio.to_thread(_notify, addresses, text), timeout=SECONDS
            )
        except TimeoutError:
            raise NotSent("the second channel did not answer") from None
        if took == 0:
            raise NotSent("the second channel did not take it")
        if took is None:
            raise Refused("no address that can be used")


def _notify(addresses: tuple[str, ...], text: str) -> int | None:
    """How many addresses took it; None if none of them is an address at all.

    Runs in a thread: Apprise waits for the network. It is imported only here, as it is slow to
    load and seldom needed.
    """
    import apprise

    usable = [found for address in addresses if (found := apprise.Apprise.instantiate(address))]
    if not usable:
        return None
    took = 0
    for channel in usable:
        try:
            took += bool(channel.notify(body=text, title=TITLE))
        except Exception as error:  # one gateway's plugin must not keep the others from trying
            log.warning("second channel failed", why=type(error).__name__)
    return took
