"""What a configuration would do to people on duty: it can be read, but is it what was meant?

Pure: everything follows from the configuration, the office hours of the protocol and the day. It
looks at today and the coming month, because a rota that is right today can end on Friday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from bot.config import Config
from protocol.london import LONDON, OfficeHours
from protocol.mistakes import Mistake, Severity, allowed, shown
from protocol.provider import Home, Role, Staff
from protocol.toml_places import Place
from reminders.policy import Policy
from reminders.rota import RotaState, gaps
from reminders.rota_patterns import exceptions, shifts, written

DAYS = 31
"""How far ahead is looked."""


def advice(config: Config, policy: Policy, office: OfficeHours, now: datetime) -> list[Mistake]:
    """Everything that would not work, or work otherwise than meant, within a month of `now`."""
    return [
        *_staff(config, now),
        *_cover(config, now),
        *_telephones(config, now),
        *_authorities(config),
        *_rota(config, policy, office, now),
        *_exceptions(config, policy, now),
        *_second_channel(config),
    ]


def _note(
    place: Place, what: str, remedy: str, severity: Severity = "warning", about: str = ""
) -> Mistake:
    return Mistake(place=place, what=what, remedy=remedy, severity=severity, about=about)


def _staff(config: Config, now: datetime) -> list[Mistake]:
    found = [
        _note(
            ("staff", n, "expires"),
            f"the time on the list ended on {_day(person.expires)}",
            "Give a later day, or take the person off the list, the rota and the ladders.",
        )
        for n, person in enumerate(config.staff)
        if person.expires is not None and not person.active(now)
    ]
    if not config.service.administrators(now):
        what = "nobody on the list has the role 'administrator' now"
        remedy = "Give one person the role: they are told when something does not work."
        found.append(_note(("staff",), what, remedy))
    return found


def _cover(config: Config, now: datetime) -> list[Mistake]:
    """Homes that nobody covers, or whose episodes nobody can sign off, now or within a month."""
    found = []
    for n, home in enumerate(config.homes):
        at: Place = ("homes", n, "id")
        covering = [s for s in config.service.staff if s.covers(home.id)]
        managers = [s for s in covering if s.manages]
        lost = _first_without(covering, now)
        if lost == now and all(s.role is Role.ADMINISTRATOR for s in config.service.staff):
            what = f"nobody covers {home.name} yet; the administrator would be asked"
            remedy = "Invite the people of the home in chat: /people."
            found.append(_note(at, what, remedy))
            continue
        if lost == now:
            what = f"nobody covers {home.name} now"
            remedy = "Put somebody on the staff list whose homes include it; in chat /people."
            found.append(_note(at, what, remedy, "error"))
            continue
        if lost is not None:
            what = f"nobody covers {home.name} from {_moment(lost)}: {_ended(covering)}"
            remedy = "Give a later day in expires, or put somebody else on the list."
            found.append(_note(at, what, remedy))
        unsigned = _first_without(managers, now)
        if unsigned is not None and unsigned != lost:
            when = "now" if unsigned == now else f"from {_moment(unsigned)}"
            what = f"no manager covers {home.name} {when}"
            remedy = "Give somebody who covers it the role 'manager': they sign off."
            found.append(_note(at, what, remedy))
    return found


def _first_without(people: Sequence[Staff], now: datetime) -> datetime | None:
    """The first moment of this month at which none of them is on the list; None: there is none."""
    for n in range(DAYS + 1):
        day = now.astimezone(LONDON) + timedelta(days=n)
        moment = now if n == 0 else day.replace(hour=0, minute=0, second=0, microsecond=0)
        if not any(person.active(moment) for person in people):
            return moment
    return None


def _ended(people: Iterable[Staff]) -> str:
    last = max((p for p in people if p.expires is not None), key=lambda p: p.expires or date.min)
    return f"the time of {last.name} ends"


def _telephones(config: Config, now: datetime) -> list[Mistake]:
    found = []
    for n, home in enumerate(config.homes):
        covering = [s for s in config.service.staff if s.covers(home.id) and s.active(now)]
        if covering and not any(person.phone for person in covering):
            what = f"nobody who covers {home.name} has a telephone number"
            remedy = 'Give phone = "…" in the staff list: reminders say whom to ring.'
            found.append(_note(("homes", n, "id"), what, remedy))
    return found


def _authorities(config: Config) -> list[Mistake]:
    found = []
    names = [a.name for a in config.authorities]
    for n, authority in enumerate(config.authorities):
        numbers = [t.phone for t in (authority.duty_team, authority.emergency_duty_team) if t]
        if not any(numbers):
            remedy = "Give duty_team and emergency_duty_team a phone: reminders show it."
            at: Place = ("authorities", n, "name")
            found.append(_note(at, f"{authority.name} has no telephone number", remedy))
    for n, home in enumerate(config.homes):
        if home.authority and home.authority not in names:
            what = f"{shown(home.authority)} is not among the authorities"
            remedy = allowed(names, home.authority)
            found.append(_note(("homes", n, "authority"), what, remedy))
    return found


def _rota(config: Config, policy: Policy, office: OfficeHours, now: datetime) -> list[Mistake]:
    until = now + timedelta(days=DAYS)
    found = []
    for n, pattern in enumerate(policy.rota):
        found += _no_longer(config, ("rota", n), pattern.staff, lambda s: not s.active(now))
    for n, home in enumerate(config.homes):
        found += _overlaps(home, policy, office, now, until)
        if not written(home.id, policy):
            continue
        empty = gaps(
            home.id,
            now,
            until,
            policy=policy,
            service=config.service,
            state=RotaState(),
            office=office,
        )
        if empty:
            begins, ends = empty[0]
            more = f", and {len(empty) - 1} more times within a month" if len(empty) > 1 else ""
            what = (
                f"the rota has nobody for {home.name} from {_moment(begins)} to "
                f"{_moment(ends)}{more}"
            )
            remedy = "Add a shift; until then the managers are asked first."
            found.append(_note(("homes", n, "id"), what, remedy))
    return found


def _overlaps(
    home: Home, policy: Policy, office: OfficeHours, now: datetime, until: datetime
) -> list[Mistake]:
    """Two shifts at once: whoever stands first in the file is asked first, which may not be
    what was meant. The first time for each pair."""
    spans = sorted(
        (shift.start, shift.end, n)
        for n, pattern in enumerate(policy.rota)
        for shift in shifts(home.id, now, until, Policy(rota=(pattern,)), office)
    )
    told: dict[tuple[int, int], Mistake] = {}
    for (_, ends, one), (begins, other_ends, other) in pairwise(spans):
        if begins < ends and one != other:
            first, second = sorted((one, other))
            what = (
                f"two shifts at once at {home.name}: rota[{first + 1}] and rota[{second + 1}], "
                f"from {_moment(begins)} to {_moment(min(ends, other_ends))}"
            )
            remedy = "Change the hours, or leave it: those of the first are asked first."
            told.setdefault((first, second), _note(("rota", second), what, remedy))
    return list(told.values())


def _exceptions(config: Config, policy: Policy, now: datetime) -> list[Mistake]:
    found = []
    past = now - timedelta(days=1)
    for n, other in enumerate(policy.exceptions):
        at: Place = ("exceptions", n)
        ends = other.end.replace(tzinfo=LONDON)
        if ends < past:
            found.append(_note((*at, "end"), f"is in the past ({_moment(ends)})", "Take it out."))
            continue
        if not other.staff:
            what = "names nobody, so nobody is on duty then"
            found.append(_note((*at, "staff"), what, "Name who is on duty then."))
        found += _no_longer(
            config,
            at,
            other.staff,
            lambda s, ends=ends: not s.active(ends),  # type: ignore[misc]
        )
    for home in config.homes:
        spans = sorted(
            (span.start, span.end, n)
            for n, other in enumerate(policy.exceptions)
            for span in exceptions(
                home.id, past, now + timedelta(days=3660), Policy(exceptions=(other,))
            )
        )
        for (_, ends_first, one), (begins, _, two) in pairwise(spans):
            if begins < ends_first:
                first, second = sorted((one, two))
                what = f"is at the same time as exceptions[{first + 1}] at {home.name}"
                remedy = "Change the times, or leave it: the later one in the file holds."
                found.append(_note(("exceptions", second), what, remedy))
    return found


def _no_longer(
    config: Config, place: Place, ids: Sequence[str], ended: Callable[[Staff], bool]
) -> list[Mistake]:
    people = [(n, config.service.person(one)) for n, one in enumerate(ids)]
    return [
        _note(
            (*place, "staff", n),
            f"the time of {person.name} on the staff list ended, or ends before this",
            "Name somebody else, or give a later day in expires.",
        )
        for n, person in people
        if person is not None and ended(person)
    ]


TELEGRAM = ("tgram://",)
RESERVED = "@ is %40, / is %2F, # is %23, ? is %3F, : is %3A"


def _second_channel(config: Config) -> list[Mistake]:
    """Addresses that cannot be used would be found out in the night in which they are needed.
    They hold passwords: only their place and how they begin is said."""
    import apprise

    found = []
    for i, person in enumerate(config.staff):
        for n, address in enumerate(person.second_channel):
            at: Place = ("staff", i, "second_channel", n)
            begins = f"{address.partition('://')[0]}://…" if "://" in address else "this address"
            if address.casefold().startswith(TELEGRAM):
                what = f"{begins} goes through Telegram, and it is for when Telegram is down"
                remedy = (
                    "Allowed: e-mail, SMS or push, such as mailto://user:password@mail.example."
                )
                found.append(_note(at, what, remedy, "error"))
            elif apprise.Apprise.instantiate(address) is None:
                what = f"{begins} cannot be used"
                remedy = (
                    "Allowed: addresses of Apprise, such as mailto://user:password@mail.example."
                )
                if _may_hold_reserved(address):
                    remedy += f" In a password {RESERVED}."
                found.append(_note(at, what, remedy, "error"))
    return found


def _may_hold_reserved(address: str) -> bool:
    rest = address.partition("://")[2]
    before_host = rest.rpartition("@")[0]
    return any(sign in before_host for sign in "@/#?") or before_host.count(":") > 1


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%a %-d %b %Y %H:%M}"
