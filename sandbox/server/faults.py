"""Bad weather by rule: which requests go wrong, how, how often."""

import random
from fnmatch import fnmatchcase
from typing import Any

import msgspec

EFFECTS = ("drop", "lose_answer", "hang", "slow", "bad_gateway", "too_many_requests",
           "unauthorized")  # fmt: skip


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One rule. A field that is left out matches everything.

    Attributes:
        effect: ``drop`` closes the connection unanswered and does nothing; ``lose_answer`` does
            what was asked and then closes the connection; ``hang`` holds the request for
            ``seconds`` and then drops it; ``slow`` holds it and then does it; ``bad_gateway``
            answers 502, ``too_many_requests`` 429 with ``retry_after``, ``unauthorized`` 401.
        method: name of a Bot API method, with ``*`` as wild card, in any case; ``file`` for
            downloads.
        chat: ``chat_id`` of the request.
        bot: id of the bot.
        text: words the message must contain.
        probability: share of matching requests that are hit, by a seeded generator.
        count: how many requests are still to be hit; None for all, until the rule is taken away.
        seconds: real seconds of ``hang`` and ``slow``.
        retry_after: seconds told by ``too_many_requests``.
    """

    effect: str
    method: str = "*"
    chat: int | None = None
    bot: int | None = None
    text: str | None = None
    probability: float = 1.0
    count: int | None = None
    seconds: float = 1.0
    retry_after: int = 1
    id: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"effect must be one of {', '.join(EFFECTS)}, not {self.effect!r}")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must lie between 0 and 1")
        if self.seconds < 0 or self.retry_after < 0 or (self.count is not None and self.count < 1):
            raise ValueError("seconds and retry_after must not be negative, count at least 1")


class Faults:
    """The rules in force, asked in the order in which they were made."""

    def __init__(self, seed: int = 0) -> None:
        self._rules: dict[int, Fault] = {}
        self._next_id = 1
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the generator behind ``probability`` anew."""
        self._random = random.Random(seed)  # noqa: S311 - weather must be repeatable

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force; its id is set."""
        fault.id = self._next_id
        self._next_id += 1
        self._rules[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        """The rules in force, oldest first."""
        return list(self._rules.values())

    def remove(self, number: int) -> bool:
        """Take a rule away; False when there is none of this id."""
        return self._rules.pop(number, None) is not None

    def clear(self) -> None:
        """Take all rules away."""
        self._rules.clear()

    def hit(self, method: str, bot_id: int, values: dict[str, Any]) -> Fault | None:
        """The first rule that this request falls under, counted as used; None in fair weather."""
        for fault in list(self._rules.values()):
            if not fnmatchcase(method.lower(), fault.method.lower()):
                continue
            if fault.bot is not None and fault.bot != bot_id:
                continue
            if fault.chat is not None and str(values.get("chat_id")) != str(fault.chat):
                continue
            if fault.text is not None:
                said = f"{values.get('text', '')} {values.get('caption', '')}"
                if fault.text not in said:
                    continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    del self._rules[fault.id]
            return fault
        return None
