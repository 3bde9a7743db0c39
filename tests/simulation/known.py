"""Where each deliberate fault is looked for, and what it breaks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A world in which a fault shows."""

    breaks: str = ""
    """The invariant; "" for any."""
    profile: str = ""
    days: int = 2
    rate: float = 1.0
    """Times what the profile has."""


USUAL = Where(days=14, rate=3)

WHERE: Mapping[str, Where] = {
    "nobody-stands-in": Where(profile="cover"),
    "gone-still-has-it": Where(profile="cover"),
    "clock-not-watched": Where(profile="clock"),
    "early-ring": Where(rate=8),
    "two-owners": Where(profile="races"),
    "parts-uncounted": Where(profile="digests"),
    "parts-in-their-own-way": Where(profile="digests"),
    "down-moment-missed": Where(
        profile="down", breaks="Telegram was away and nobody was told another way"
    ),
    "no-other-way": Where(
        profile="down", breaks="Telegram was away and nobody was told another way"
    ),
    "homes-of-others": Where(profile="hand-overs"),
    "told-after-the-list": Where(profile="list"),
    "expiry-ignored": Where(profile="list"),
    "offers-awaited": Where(profile="twice", days=1, breaks="somebody waited for another chat"),
    "one-after-another": Where(days=1, rate=3),
    "one-bad-update": Where(days=1, rate=3),
    "repeats-unmarked": Where(profile="lost"),
    "in-flight-dropped": Where(profile="deaths"),
    "updates-forgotten": Where(profile="deaths"),
    "burst-after-restart": Where(profile="haste", breaks="429 provoked"),
    "refused-forgotten": Where(profile="disk"),
    "not-looked-again": Where(profile="meanwhile", breaks="asked although somebody has it"),
    "days-of-24-hours": Where(profile="long", days=12, breaks="a wrong due time"),
    "asked-not-held": Where(
        profile="haste", days=1, breaks="an update was confirmed and not dealt with"
    ),
    "closed-again": Where(profile="twice", days=4, breaks="closed twice"),
    "debt-not-on-record": Where(profile="deaths", breaks="typed words stay in a chat"),
    "unreadable-is-refused": Where(profile="unreadable"),
    "asked-one-at-a-time": Where(profile="unreadable", breaks="somebody waited for another chat"),
}
