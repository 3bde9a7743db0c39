"""How a service wants to be reminded: ladders, rota, lead times, digests and limits.

Every setting has a default, so that the bot works with none of them configured. The tables are
those of the configuration file; reminders/policy_file.py reads and checks them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal, TypeAlias, get_args

import msgspec

from protocol.codes import MeetingKind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday: TypeAlias = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]
GROUPS = ("on_duty", "next", "managers", "everyone")
"""What a step's `who` may say beside a staff id."""


class Table(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A table of the configuration: unknown keys are mistakes."""


class Step(Table, frozen=True, kw_only=True):
    """One rung: who is asked, how often and how many times before the next rung."""

    who: str = "on_duty"
    """on_duty (the first on duty), next (the one after), managers, everyone, or a staff id."""
    repeat_minutes: int = 10
    times: int = 3
    second_channel: bool = False
    """Send by the second channel too, where the person has one."""


class Ladder(Table, frozen=True, kw_only=True):
    """Rungs from the first person to everybody; after the last the card "telephone them" goes to
    everyone on the ladder, and again after `then_every_minutes`, then rarer, until somebody
    answers."""

    steps: tuple[Step, ...] = (Step(),)
    then_every_minutes: int = 30
    rarest_minutes: int = 60
    """The time between two of these last askings doubles until it is this (never shorter than
    `then_every_minutes`)."""
    from_hour: time | None = None
    """Only between these London hours (both or neither), for work of the day; what falls due at
    night waits for the morning. Leave them out for level 2 and 3 and for the young."""
    to_hour: time | None = None


URGENT = Ladder(
    steps=(
        Step(who="on_duty", repeat_minutes=5, times=2),
        Step(who="next", repeat_minutes=5, times=2),
        Step(who="managers", repeat_minutes=5, times=2, second_channel=True),
        Step(who="everyone", repeat_minutes=5, times=2, second_channel=True),
    ),
    then_every_minutes=15,
    rarest_minutes=30,
)
FAST = Ladder(
    steps=(
        Step(who="on_duty", repeat_minutes=5, times=1),
        Step(who="next", repeat_minutes=5, times=1),
        Step(who="managers", repeat_minutes=10, times=2, second_channel=True),
        Step(who="everyone", repeat_minutes=10, times=1, second_channel=True),
    ),
    then_every_minutes=15,
    rarest_minutes=30,
)
PROMPT = Ladder(
    steps=(
        Step(who="on_duty", repeat_minutes=10, times=2),
        Step(who="next", repeat_minutes=10, times=2),
        Step(who="managers", repeat_minutes=10, times=2),
        Step(who="everyone", repeat_minutes=10, times=1, second_channel=True),
    ),
    then_every_minutes=30,
)
STEADY = Ladder(
    steps=(
        Step(who="on_duty", repeat_minutes=15, times=2),
        Step(who="next", repeat_minutes=15, times=2),
        Step(who="managers", repeat_minutes=15, times=2),
        Step(who="everyone", repeat_minutes=15, times=1),
    ),
    then_every_minutes=60,
)
BY_DAY = Ladder(
    steps=(
        Step(who="on_duty", repeat_minutes=240, times=2),
        Step(who="managers", repeat_minutes=240, times=2),
    ),
    then_every_minutes=480,
    from_hour=time(8),
    to_hour=time(20),
)
FOR_MANAGERS = Ladder(
    steps=(Step(who="managers", repeat_minutes=1440, times=3),),
    then_every_minutes=1440,
    from_hour=time(9),
    to_hour=time(17),
)


OWN_LADDERS = {
    "N-POLICE": FAST,
    "POLICE-CHALLENGE": FAST,
    "REV-WEEKLY": FOR_MANAGERS,
    "STRAT-14D": FOR_MANAGERS,
    "CUR-STRAT": FOR_MANAGERS,
    "SIGN-OFF": FOR_MANAGERS,
    "CLOSE": FOR_MANAGERS,
    "RI-ACTIONS": FOR_MANAGERS,
    "MEETING-ACTIONS": FOR_MANAGERS,
    **{f"MEETING-{kind.upper()}": FOR_MANAGERS for kind in get_args(MeetingKind)},
}
"""Duties that have a ladder of their own unless the configuration gives them another: telling the
police, and challenging their refusal, is faster; what managers do by day waits for the morning."""


class Ladders(Table, frozen=True, kw_only=True):
    """The ladder of each level, of what is not yet due, and of single duties by their id."""

    level_1: Ladder = STEADY
    level_2: Ladder = PROMPT
    level_3: Ladder = URGENT
    young: Ladder = FAST
    """In the place of the level's: the young person is in the younger band, or of unknown age."""
    early: Ladder = BY_DAY
    """Reminders before the due time (a lead time is set) and the work after a return."""
    duty: dict[str, Ladder] = {}
    """Of single duties by their id, in the place of OWN_LADDERS and of all others."""

    def of_level(self, level: int) -> Ladder:
        """The ladder of this level (1 to 3)."""
        return (self.level_1, self.level_2, self.level_3)[max(1, min(3, level)) - 1]


class Acknowledgement(Table, frozen=True, kw_only=True):
    """How long "I have it" holds, in minutes, before a duty that is not done is asked again."""

    level_1_minutes: int = 120
    level_2_minutes: int = 60
    level_3_minutes: int = 30
    early_minutes: int = 1440
    """For what is not due yet and for the work after a return."""
    duty_minutes: dict[str, int] = {}

    def minutes(self, duty: str, level: int, early: bool) -> int:
        """How long "I have it" holds for this duty."""
        if duty in self.duty_minutes:
            return self.duty_minutes[duty]
        if early:
            return self.early_minutes
        by_level = (self.level_1_minutes, self.level_2_minutes, self.level_3_minutes)
        return by_level[max(1, min(3, level)) - 1]


class AfterReturn(Table, frozen=True, kw_only=True):
    """The work after a return that the protocol gives no time for: when this service asks."""

    safe_and_well_minutes: int = 120
    offer_interview_at: time = time(10)
    """London time on the day after the return (the 72 hours run at the weekend too)."""
    sign_off_at: time = time(10)
    """London time on the next working day."""
    ask_concerns_at: time = time(10)
    """London time on the next working day, while historical concerns are unknown."""


class NightCheck(Table, frozen=True, kw_only=True):
    """Every day at `at` (London) the coming night's rota is looked over."""

    at: time = time(15)
    enabled: bool = True


class HandOver(Table, frozen=True, kw_only=True):
    """How long offers stand."""

    accept_minutes: int = 15
    """Not accepted by then: it stays with the first, and the manager is told."""
    swap_hours: int = 24
    """A swap that was not answered by then, or when the first of its shifts begins, is off."""


class DigestDefault(Table, frozen=True, kw_only=True):
    """When managers get the weekly digest unless they chose otherwise; London time."""

    weekday: Weekday = "monday"
    hour: int = 9
    enabled: bool = True


class SecondChannelPolicy(Table, frozen=True, kw_only=True):
    """The way round when Telegram is down."""

    after_minutes_down: int = 10


class Limits(Table, frozen=True, kw_only=True):
    """Telegram's limits, as this bot keeps to them (see reminders/limits.py)."""

    per_second: int = 30
    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    join_at_most: int = 8
    """Reminders for one person at one moment that are put into one message."""
    in_flight: int = 200


class Watching(Table, frozen=True, kw_only=True):
    """How it is noticed that the service itself does not run."""

    heartbeat_file: str = ""
    alive_url: str = ""
    alive_every_minutes: int = 5
    late_seconds: int = 60
    """A reminder later than this raises an alarm to the administrators."""


class Pattern(Table, frozen=True, kw_only=True):
    """One shift of the weekly rota. `staff` in the order in which they are asked."""

    staff: tuple[str, ...]
    days: tuple[Weekday, ...] = ()
    """The days on which the shift begins; empty (only with `when`): every day."""
    start: time | None = None
    end: time | None = None
    """London time; not after `start`: the shift ends on the next day."""
    when: Literal["", "office_hours", "out_of_hours"] = ""
    """In the place of `start` and `end`: office hours, or all that is out of hours, which begins
    when the office closes, on weekends and bank holidays when it would have opened, and ends when
    it would open on the next day."""
    homes: tuple[str, ...] = ()
    """Empty: all homes."""
    every_weeks: int = 1
    first_week: date | None = None
    """For a rolling rota: any day of a week in which this shift is worked."""


class Exception_(Table, frozen=True, kw_only=True):
    """A dated exception: these people and nobody else from `start` to `end` (London time)."""

    start: datetime
    end: datetime
    staff: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    reason: str = ""


def default_leads() -> dict[str, int]:
    """Minutes before its due time at which a duty is first mentioned, by id."""
    return {"RI-72H": 24 * 60, "STRAT-14D": 4 * 24 * 60, "REV-WEEKLY": 24 * 60, "S47-48H": 12 * 60}


class Policy(Table, frozen=True, kw_only=True):
    """All of it. Field names are the names of the tables in the configuration file."""

    rota: tuple[Pattern, ...] = ()
    exceptions: tuple[Exception_, ...] = ()
    ladders: Ladders = Ladders()
    acknowledgement: Acknowledgement = Acknowledgement()
    lead_minutes: dict[str, int] = msgspec.field(default_factory=default_leads)
    """How long before its due time a duty is first mentioned."""
    grace_minutes: int = 5
    """After a report (or a return) was logged its author has the card in hand: duties that are
    already due are first reminded of so much later."""
    after_return: AfterReturn = AfterReturn()
    night_check: NightCheck = NightCheck()
    hand_over: HandOver = HandOver()
    digest: DigestDefault = DigestDefault()
    second_channel: SecondChannelPolicy = SecondChannelPolicy()
    limits: Limits = Limits()
    watching: Watching = Watching()
    holidays: tuple[date, ...] = ()
    """Further days on which the office is closed, beside weekends and bank holidays."""

    def ladder(self, duty: str, level: int, early: bool, *, young: bool = False) -> Ladder:
        """The duty's own ladder, else that of early reminders, else that for the young, else that
        of the level."""
        own = self.ladders.duty.get(duty, OWN_LADDERS.get(duty))
        if own is not None:
            return own
        if early:
            return self.ladders.early
        return self.ladders.young if young else self.ladders.of_level(level)
