"""Worlds in which one kind of mischief is dense: what needs a coincidence in the usual world is met
there within a day or two of simulated time. Everything else goes on as usual beside it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How one world differs from the usual one."""

    rate: float = 1.0
    """Absences and restlessness, times the usual."""
    often: Mapping[str, float] = {}
    """What the world does by itself (the name of its function), times as often as usual."""
    slow_disk: float = 0.02
    """Share of writes that take long."""
    slow_network: float = 0.02
    """Share of requests that are long on their way."""
    wrong_clock: float = 0.12
    """How often the machine comes up with a wrong clock."""
    full_at_the_end: float = 0.1
    """How often the disk is full when somebody's time on the staff list ends."""
    away_seconds: float = 400.0
    """Half of the times Telegram is away for so long at most."""
    lost_answer: float = 0.002
    """Share of messages that arrive and whose answer is lost, in fair weather."""
    spoilt: float = 0.003
    """Share of answers of Telegram that cannot be read, in fair weather."""
    clock_change: float = 0.3
    """How often the run begins some days before the clocks of London change."""
    days_before: range = range(1, 4)
    """How many."""
    long_absences: float = 0.05
    """Share of absences of many days."""
    long_hours: range = range(120, 500)
    """How long these are."""
    gone_at_first: int = 0
    """So many absences begin with the run."""
    mistaken: float = 1.0
    """How often a return is recorded of somebody who is not back, times the usual."""
    recorded_early: float = 1.0
    """How often a review or a meeting is recorded from the card, mostly days before it is due,
    times the usual."""
    twice: float = 0.01
    """How often somebody taps a button twice within a moment."""
    closes_twice: float = 0.01
    """The same of the button that closes a case, which is seldom there."""
    meanwhile: float = 0.01
    """How often somebody says that they have it while another person is being asked about it, and
    the asking fails once."""
    comes_back_at_once: float = 0.35
    """How often a process that died is started again within three seconds."""


PROFILES: Mapping[str, Profile] = {
    "": Profile(),
    "cover": Profile(rate=8, often={"a_home_is_deserted": 24, "a_holder_blocks": 60}),
    "clock": Profile(rate=6, often={"clock_is_wrong": 24}, wrong_clock=0.5),
    "deaths": Profile(rate=6, often={"crashes": 20, "worst_moment": 20}),
    "digests": Profile(
        rate=3, often={"digests_of_one_hour": 60, "crashes": 8}, lost_answer=0.02, slow_network=0.1
    ),
    "away": Profile(rate=12, often={"telegram_away": 12}, away_seconds=2400.0, slow_disk=0.4),
    "down": Profile(rate=8, often={"away_as_something_falls_due": 200}),
    "races": Profile(rate=6, often={"two_answer_at_once": 150}),
    "lost": Profile(rate=8, often={"crashes": 4}, lost_answer=0.08),
    "hand-overs": Profile(rate=2, often={"all_homes_are_handed_over": 40}),
    "list": Profile(rate=6, often={"disk_full": 12}, full_at_the_end=1.0),
    "nodes": Profile(
        rate=6, wrong_clock=0.0, often={"clock_is_wrong": 1e-9, "crashes": 6, "worst_moment": 0.1}
    ),
    "commits": Profile(
        rate=80,
        gone_at_first=6,
        wrong_clock=0.0,
        often={
            "clock_is_wrong": 1e-9,
            "crashes": 6,
            "worst_moment": 0.1,
            "take_aim": 120,
            "primary_fails": 2,
        },
    ),
    "disk": Profile(rate=8, often={"full_as_something_falls_due": 30}, slow_disk=0.1),
    "long": Profile(
        rate=0.1,
        wrong_clock=0.0,
        gone_at_first=4,
        mistaken=0.0,
        clock_change=1.0,
        days_before=range(7, 10),
        recorded_early=0.0,
        long_absences=0.95,
        long_hours=range(320, 500),
        often={
            "clock_is_wrong": 1e-9,
            "flood": 0.1,
            "strangers": 0.1,
            "crashes": 0.3,
            "worst_moment": 0.3,
        },
    ),
    "haste": Profile(rate=4, often={"in_haste": 120}, comes_back_at_once=0.9),
    "unreadable": Profile(
        rate=6,
        often={"polls_cannot_be_read": 60, "flood": 40, "strangers": 60},
        spoilt=0.05,
    ),
    "twice": Profile(rate=8, twice=0.4, closes_twice=1.0),
    "meanwhile": Profile(rate=10, slow_disk=0.05, meanwhile=0.9),
    "histories": Profile(
        rate=6,
        often={
            "somebody_fidgets": 0.1,
            "unasked": 0.1,
            "flood": 0.05,
            "strangers": 0.05,
            "in_haste": 0.1,
            "a_chat_has_to_rest": 0.3,
            "crashes": 0.3,
            "worst_moment": 0.2,
        },
    ),
}
"""By name; "" is the usual world."""
