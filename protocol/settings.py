"""The settings of a pack: the places where the text is silent and a local choice is made.

The keys and their defaults are those of the decision table (docs/PROTOCOL.md lists them with what
each one decides). A pack file sets them under `[settings]`, a preset changes some of them, and the
dry run may override them for one question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from protocol.facts import Category, Child

YEAR_OF_HOURS = 8784
Hours: TypeAlias = Annotated[float, Meta(ge=0, le=YEAR_OF_HOURS)]
Minutes: TypeAlias = Annotated[int, Meta(ge=0, le=YEAR_OF_HOURS * 60)]
Days: TypeAlias = Annotated[int, Meta(ge=1, le=3660)]
Level: TypeAlias = Annotated[int, Meta(ge=1, le=3)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=1000)]
Clock: TypeAlias = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

FLAGS: tuple[str, ...] = tuple(
    name for name, kind in Child.__annotations__.items() if kind == "bool"
)
"""The yes/no fields of a young person; any of them may be an additional factor."""


class SettingError(ValueError):
    """A setting is unknown or has a value that is not allowed. `key` names it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value per local choice. Hours are elapsed time, days calendar days in `tz`."""

    profile: Literal["seed", "current"] = "seed"
    tz: str = "Europe/London"
    protocol_la: Annotated[str, Meta(min_length=1)] = "Haringey"
    clock_start: Literal["later_of_last_seen_and_due_back", "last_seen", "aware", "reported"] = (
        "later_of_last_seen_and_due_back"
    )
    age_evaluated_at: Literal["clock_start", "now"] = "clock_start"
    older_band_min_age: Annotated[int, Meta(ge=1, le=26)] = 12
    short_return_hours: Hours = 4
    u11_concern_hours: Hours = 2
    level3_min_hours: Hours = 24
    level3_categories: tuple[Category, ...] = ("missing",)
    level3_overnight: bool = False
    under11_missing_open_level: Level = 2
    under11_short_ua_level: Level = 1
    ua_over_4h_level: Level = 2
    historical_concerns_scope: Literal["any_age", "under_11"] = "any_age"
    unknown_concerns_as: bool = True
    additional_factors: tuple[str, ...] = (
        "child_protection_plan",
        "s47_open",
        "privately_fostered",
        "victim_of_crime",
        "avoiding_contact",
        "criminal_activity",
        "forced_marriage_risk",
        "hbv_risk",
        "cse_risk",
        "gang_risk",
        "trafficking_indicators",
    )
    police_report_makes_missing: bool = True
    episode_categories: tuple[Category, ...] = ("missing", "unauthorised_absence")
    episode_window_days: Days = 90
    har_episode_count: Count = 3
    staffs_enabled: bool = True
    staffs_window_days: Days = 90
    staffs_tiers: tuple[Count, ...] = (3, 5, 9)
    lancs_enabled: bool = False
    lancs_window_days: Days = 365
    lancs_tiers: tuple[Count, ...] = (5, 9)
    repeat_ua_count: Count = 3
    marm_count: Count = 3
    ri_for_ua: bool = False
    ri_clock: Literal["located_or_returned", "returned"] = "located_or_returned"
    ri_repeat_window_days: Days = 365
    ri_independence: Literal["required", "noted"] = "required"
    cp_72h_open: bool = True
    strategy_days: Days = 14
    review_categories: tuple[Category, ...] = ("missing", "unauthorised_absence")
    review_office_hours: bool = True
    review_early_hours: Hours = 72
    level3_clock: Literal["away", "missing"] = "away"
    notify_police_min: Minutes = 0
    notify_ra_min: Minutes = 60
    ra_written_hours: Hours = 24
    notify_parents_min: Minutes = 120
    told_before_missing: Literal["again", "counts"] = "again"
    ra_accepting_roles: tuple[str, ...] = ("accountable_manager", "edt_duty_manager")
    notify_back_police_min: Minutes = 0
    notify_back_ra_min: Minutes = 60
    notify_back_parents_min: Minutes = 120
    ra_back_roles: tuple[str, ...] = ("team_manager", "accountable_manager", "edt_duty_manager")
    unknown_priority_as: bool = True
    crime_victim_as_harm: bool = True
    settle_recommendations: bool = True
    settle_also: tuple[str, ...] = ()
    office_open: Clock = "09:00"
    office_close: Clock = "17:00"
    bank_holidays: Literal["england"] | tuple[date, ...] = "england"
    cur_strategy_hours: Hours = 24


KEYS: tuple[str, ...] = Settings.__struct_fields__

MEANING: dict[str, str] = {
    "profile": "seed: the texts as written; current: today's practice on top",
    "tz": "time zone of office hours and calendar days",
    "protocol_la": "the authority whose protocol this is, as written in the register",
    "clock_start": "when the absence starts; reported: the police report, else when noticed",
    "age_evaluated_at": "age on the day the absence starts, or today",
    "older_band_min_age": "first age, in completed years, of the older band",
    "short_return_hours": "back within these hours (inclusive) is a short return",
    "u11_concern_hours": "longer than this is of concern for a younger child",
    "level3_min_hours": "back after more than this is level 3",
    "level3_categories": "categories to which level 3 applies",
    "level3_overnight": "back after a night away is level 3 as well",
    "under11_missing_open_level": "level while a younger child is missing, first hours",
    "under11_short_ua_level": "level of a younger child's short absence, no concerns",
    "ua_over_4h_level": "level of an unauthorised absence longer than a short return",
    "historical_concerns_scope": "at which age concerns count",
    "unknown_concerns_as": "whether unknown concerns count as yes",
    "additional_factors": "what counts like historical concerns",
    "police_report_makes_missing": "a police report turns an unauthorised absence into missing",
    "episode_categories": "categories counted as episodes",
    "episode_window_days": "days to look back for count_90",
    "har_episode_count": "episodes at which early intervention is discussed",
    "staffs_enabled": "Staffordshire tiers on or off",
    "staffs_window_days": "days to look back for the Staffordshire tiers",
    "staffs_tiers": "episodes at which each Staffordshire tier is reached",
    "lancs_enabled": "Lancashire tiers on or off",
    "lancs_window_days": "days to look back for the Lancashire tiers (the source has none)",
    "lancs_tiers": "episodes at which each Lancashire tier is reached",
    "repeat_ua_count": "unauthorised absences that count as a sign of high risk",
    "marm_count": "episodes at which a risk management meeting is convened",
    "ri_for_ua": "return interview after an unauthorised absence too",
    "ri_clock": "what starts the 72 hours: found or back, or only back",
    "ri_repeat_window_days": "days to look back for two or more occasions",
    "ri_independence": "looked after, interview held by the placement: another one, or only noted",
    "cp_72h_open": "a checkpoint after 72 hours away",
    "strategy_days": "calendar days until the strategy meeting has been held",
    "review_categories": "categories with weekly review and strategy meeting",
    "review_office_hours": "a review that falls out of hours waits for the next working morning",
    "review_early_hours": "how many hours ahead a review counts for the next week",
    "level3_clock": "level 3 by the time away (until back) or missing (until found)",
    "notify_police_min": "minutes to tell the police, from noticed missing",
    "notify_ra_min": "minutes to tell the placing authority by phone, from noticed missing",
    "ra_written_hours": "hours to confirm in writing, from the phone call",
    "notify_parents_min": "minutes to tell the parents, from noticed missing",
    "told_before_missing": "whoever was told only of the absence is told again when it is missing",
    "ra_accepting_roles": "roles whose receipt counts as the authority being told",
    "notify_back_police_min": "minutes to tell the police that it is over, from being found",
    "notify_back_ra_min": "minutes to tell the placing authority so, from the return",
    "notify_back_parents_min": "minutes to tell the parents so, from being found",
    "ra_back_roles": "roles whose receipt counts as the authority being told that it is over",
    "unknown_priority_as": "crime or harm not known: the interview is a priority as with a yes",
    "crime_victim_as_harm": "a victim of crime counts as hurt or harmed",
    "settle_recommendations": "the inquiry's meeting has to be settled before signing off",
    "settle_also": "further items that have to be settled before signing off",
    "office_open": "start of office hours (inclusive)",
    "office_close": "end of office hours (inclusive)",
    "bank_holidays": "days without office hours: england (any year), or a list in its place",
    "cur_strategy_hours": "hours missing until a strategy discussion (current practice)",
}
"""What each setting decides."""


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Checked settings from plain values; keys that are absent keep their default.

    Raises SettingError naming the key (with the place within a list) and what is allowed.
    """
    for key in values:
        if key not in KEYS:
            raise SettingError(str(key), f"unknown setting; allowed: {', '.join(KEYS)}")
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        key = place.rstrip("`").removeprefix(".")
        raise SettingError(key, f"{text}{_hint(key)}") from None
    _check_together(settings)
    return settings


def _hint(key: str) -> str:
    """What is allowed where the type's own message does not say it."""
    kind = str(Settings.__annotations__.get(re.sub(r"\[.*", "", key), ""))
    hints = {
        "Hours": f"; allowed: 0 to {YEAR_OF_HOURS} hours",
        "Minutes": f"; allowed: whole minutes, 0 to {YEAR_OF_HOURS * 60}",
        "Days": "; allowed: whole days, 1 to 3660",
        "Level": "; allowed: 1, 2 or 3",
        "Count": "; allowed: a whole number, 1 to 1000",
        "Clock": '; allowed: a time of day such as "09:00"',
        "bool": "; allowed: true or false",
    }
    if key.startswith("bank_holidays"):
        return '; allowed: "england", or a list of dates such as ["2027-12-27"]'
    if kind.startswith("Literal"):
        return f"; allowed: {kind.removeprefix('Literal[').rstrip(']')}"
    if "Category" in kind:
        return '; allowed: "missing", "unauthorised_absence"'
    return hints.get(kind, "")


def _check_together(settings: Settings) -> None:
    try:
        ZoneInfo(settings.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingError(
            "tz", f'"{settings.tz}" is not a time zone; allowed: a name such as "Europe/London"'
        ) from None
    for place, factor in enumerate(settings.additional_factors):
        if factor not in FLAGS:
            raise SettingError(
                f"additional_factors[{place}]",
                f'"{factor}" is not a known factor; allowed: {", ".join(FLAGS)}',
            )
    if time.fromisoformat(settings.office_close) <= time.fromisoformat(settings.office_open):
        raise SettingError("office_close", "the office closes before it opens")
