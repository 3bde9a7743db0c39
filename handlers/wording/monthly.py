"""The month's figures for a manager: numbers, never who."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, Protocol

from handlers.chat import Screen, plain
from handlers.wording.messages import Words

FOR_MANAGERS = "Figures go to managers. Ask one of them, or the service's administrator."
ON_ITS_WAY = "Your figures for this month are on their way."


class Days(Protocol):
    """First and last London day."""

    @property
    def first(self) -> date:
        """The first day."""

    @property
    def last(self) -> date:
        """The last day."""


class Month(NamedTuple):
    """Figures of one month. levels: episodes by highest level 1, 2, 3."""

    period: Days
    episodes: int
    children: int
    missing: int
    over_24h: int
    children_3_or_more: int
    levels: tuple[int, int, int]
    interviews_due: int
    interviews_in_time: int


class MonthlyFigures(NamedTuple):
    """What is said of a month. so_far: it is not over. year: of each month to it
    the episodes by level."""

    homes: list[str]
    now: Month
    before: Month
    still_missing: int
    so_far: bool
    year: list[tuple[str, list[int]]]


def screen(figures: MonthlyFigures, words: Words) -> Screen:
    """The month beside the one before."""
    now, before = figures.now, figures.before
    homes = [home for home_id in figures.homes if (home := words.home(home_id))]
    names = ", ".join(plain(home.name) for home in homes[:6])
    if len(homes) > 6:
        names += f" and {len(homes) - 6} more"
    so_far = ", so far" if figures.so_far else ""
    lines = [
        f"<b>{now.period.first:%B %Y}{so_far}</b>",
        names,
        "",
        f"Episodes: {_beside(now.episodes, before.episodes, before)}",
        f"Young people: {_beside(now.children, before.children, before)}",
        f"Missing: {_beside(now.missing, before.missing, before)}",
        f"Missing over 24 hours: {_beside(now.over_24h, before.over_24h, before)}",
        f"Away 3 times or more: {now.children_3_or_more}",
        f"Highest level 1: {now.levels[0]}, 2: {now.levels[1]}, 3: {now.levels[2]}",
        f"Return interviews held within 72 hours: {now.interviews_in_time}"
        f" of {now.interviews_due} due",
        f"Missing now: {figures.still_missing}",
        "",
        "Levels are response tiers, not risk. Tables and pages: python main.py report list, on the"
        " service's machine.",
    ]
    return Screen("\n".join(lines))


def _beside(now: int, before: int, month: Month) -> str:
    return f"{now} ({month.period.first:%B}: {before})"
