"""The simulated service: 12 homes in four clusters, 30 invented people, 48 young people.

Everything follows from the seed. The names of young people exist in the register only; that no
text ever holds one of them is one of the invariants.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from bot.config import Book, Config, Health
from protocol.facts import Child
from protocol.provider import Authority, Contact, Home, Role, Staff
from reminders.policy import Exception_, Limits, Pattern, Policy, SecondChannelPolicy
from storage.model import Person

LONDON = ZoneInfo("Europe/London")
HOMES = (
    "Rowan", "Alder", "Birch", "Cedar", "Elder", "Hazel",
    "Juniper", "Larch", "Maple", "Oak", "Poplar", "Willow",
)  # fmt: skip
PREFIXES = ("RW", "LD", "BR", "CD", "LR", "HZ", "JN", "LC", "MP", "KK", "PP", "WW")
AUTHORITIES = ("Haringey", "Kent", "Exampleshire")
ALL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST = ("Zebedee", "Quorra", "Ysolde", "Peregrin", "Thessaly", "Isambard", "Xanthe", "Ottoline")
LAST = ("Notreal", "Madeup", "Pretend", "Imagined", "Fictional", "Supposed")


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration and the register of one simulated service say."""

    config: Config
    policy: Policy
    people: tuple[Person, ...]

    def staff(self, name: str) -> Staff:
        return next(s for s in self.config.staff if s.id == name)


def make(rng: Random, start: datetime, days: int) -> World:
    homes = tuple(
        Home(
            id=name.lower(),
            name=f"{name} House",
            prefix=prefix,
            authority=rng.choice(AUTHORITIES[:2]),
        )
        for name, prefix in zip(HOMES, PREFIXES, strict=True)
    )
    staff = tuple(_staff(rng, start, days))
    authorities = tuple(
        Authority(
            name=name,
            duty_team=Contact(label="Day team", phone="07700 900101"),
            emergency_duty_team=Contact(label="Out of hours", phone="07700 900102"),
        )
        for name in AUTHORITIES
    )
    config = Config(
        homes=homes,
        staff=staff,
        authorities=authorities,
        book=Book(unencrypted="yes, plain files"),
        health=Health(polling_silence_seconds=10**9),
    )
    return World(config=config, policy=_policy(rng, start), people=_people(rng, homes, start))


def cluster(number: int) -> tuple[str, ...]:
    return tuple(name.lower() for name in HOMES[3 * number : 3 * number + 3])


def _staff(rng: Random, start: datetime, days: int) -> list[Staff]:
    """Five duty managers for each cluster, one manager each, one for half of them, two for all, two
    administrators, and some whose time on the list is over or ends during the run."""
    found: list[Staff] = []

    def add(name: str, role: Role, homes: tuple[str, ...] = (), expires: date | None = None):
        number = len(found) + 1
        found.append(
            Staff(
                id=name,
                name=f"{name.title()} Example",
                telegram_id=7000 + number,
                role=role,
                homes=homes,
                expires=expires,
                phone=f"07700 900{number:03}",
                second_channel=(f"text://{name}",),
            )
        )

    for group in range(4):
        for place in "abcde":
            add(f"duty{group}{place}", Role.DUTY_MANAGER, cluster(group))
        add(f"lead{group}", Role.MANAGER, cluster(group))
    for place in "ab":
        add(f"head{place}", Role.MANAGER)
    add("headc", Role.MANAGER, (*cluster(0), *cluster(1)))
    add("admina", Role.ADMINISTRATOR)
    add("adminb", Role.ADMINISTRATOR)
    ends = start.date() + timedelta(days=rng.randrange(1, max(2, days)))
    add("leaver", Role.DUTY_MANAGER, cluster(rng.randrange(4)), ends)
    add("former", Role.DUTY_MANAGER, cluster(rng.randrange(4)), start.date() - timedelta(days=9))
    return found


def _policy(rng: Random, start: datetime) -> Policy:
    """Clusters 0 and 1: day and night shifts in turns of two weeks. Cluster 2: nights only, so
    that the days are a gap. Cluster 3: no rota, the simple list."""
    rota: list[Pattern] = []
    first = start.date()
    for group in (0, 1):
        homes = cluster(group)
        for week, (day, night) in enumerate((("ab", "cd"), ("cd", "ab"))):
            for hours, places in (((8, 20), day), ((20, 8), night)):
                rota.append(
                    Pattern(
                        days=ALL_DAYS,
                        start=time(hours[0]),
                        end=time(hours[1]),
                        staff=tuple(f"duty{group}{p}" for p in places),
                        homes=homes,
                        every_weeks=2,
                        first_week=first + timedelta(weeks=week),
                    )
                )
    rota.append(
        Pattern(
            days=ALL_DAYS,
            start=time(18),
            end=time(9),
            staff=("duty2a", "duty2b", "leaver"),
            homes=cluster(2),
        )
    )
    away = datetime.combine(first + timedelta(days=rng.randrange(20)), time(20))
    exceptions = (
        Exception_(
            start=away,
            end=away + timedelta(hours=12),
            staff=("duty0e",),
            homes=cluster(0)[:1],
            reason="sickness",
        ),
    )
    return Policy(
        rota=tuple(rota),
        exceptions=exceptions,
        second_channel=SecondChannelPolicy(after_minutes_down=10),
        # Telegram's limits are settings: narrow ones are met more often.
        limits=Limits(per_second=rng.choice((4, 30)), chat_burst=rng.choice((1, 3))),
    )


def _people(rng: Random, homes: tuple[Home, ...], start: datetime) -> tuple[Person, ...]:
    found: list[Person] = []
    for number in range(48):
        home = homes[number // 4]
        age_days = rng.randrange(8 * 365, 18 * 365)
        found.append(
            Person(
                ref=f"YP-{number + 1:03}",
                home=home.id,
                name=f"{rng.choice(FIRST)} {rng.choice(LAST)}",
                child=Child(
                    dob=start.date() - timedelta(days=age_days),
                    looked_after=rng.random() < 0.9,
                    responsible_la=rng.choice(AUTHORITIES),
                    placement_la=home.authority,
                    historical_concerns=rng.choice((True, False, False, "unknown")),
                    in_childrens_home=True,
                    cse_risk=rng.random() < 0.1,
                    uasc=rng.random() < 0.05,
                ),
            )
        )
    return tuple(found)
