"""What passes between parts that do not know each other: who wants to hear of something listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, ParamSpec

from storage.model import Message

P = ParamSpec("P")


class Signal(Generic[P]):
    """Called by the part in which something happens; passes it on to everybody who listens."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def listen(self, hear: Callable[P, object]) -> None:
        """`hear` is called from now on, in the order of listening, and must not raise."""
        self._listeners.append(hear)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tells every listener, in the order in which they came."""
        for hear in self._listeners:
            hear(*args, **kwargs)


class Events:
    """All that is passed on.

    Attributes:
        case_message: a message of this episode waits to be sent.
        service_message: a message of the service's own file waits to be sent.
        look_soon: people or choices changed: every job of the service is looked at.
        moments_changed: something may come sooner or later than was known.
        moments_void: no moment that was worked out before holds.
        work_changed: something began to be planned or sent, or ended.
        idle_changed: there is something to do, or nothing any more.
        account_gone: this Telegram account is nobody's on the list any more.
        telegram_refused: Telegram does not accept the bot's token.
        told_not_saved: this member of staff was told that theirs was NOT saved.
        resumed: the service that was stopped on purpose works again.
        assessed: this case, of this home, has the level computed and the level shown.
        case_shown: this member of staff is shown this case, because they asked for it.
        beat: the engine has done its round at this moment (UTC).
    """

    def __init__(self) -> None:
        self.case_message: Signal[[str, Message]] = Signal()
        self.service_message: Signal[[Message]] = Signal()
        self.look_soon: Signal[[]] = Signal()
        self.moments_changed: Signal[[]] = Signal()
        self.moments_void: Signal[[]] = Signal()
        self.work_changed: Signal[[]] = Signal()
        self.idle_changed: Signal[[]] = Signal()
        self.account_gone: Signal[[int]] = Signal()
        self.telegram_refused: Signal[[]] = Signal()
        self.told_not_saved: Signal[[str]] = Signal()
        self.resumed: Signal[[]] = Signal()
        self.assessed: Signal[[str, str, int, int]] = Signal()
        self.case_shown: Signal[[str, str]] = Signal()
        self.beat: Signal[[datetime]] = Signal()
