"""Was it done, and in time? Conditions of a guided night held against what the bot knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from sandbox.night import Condition, Night, in_utc

Json: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Literal["yes", "no", "not yet"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A check with its answer, and the bot's own words for it."""

    text: str
    verdict: Verdict
    detail: str = ""
    source: str = ""


def episodes_of(night: Night, knows: Json) -> list[Json]:
    """The cases that the night is about: those of its young person, oldest first."""
    found = [e for e in knows["episodes"] if _is_about(night, e)]
    return sorted(found, key=lambda e: str(e["start"]))


def _is_about(night: Night, episode: Json) -> bool:
    # Somebody who is not on the list gets a reference of their own, and no name.
    return not night.young_person or episode["person"] == night.young_person


def at(knows: Json, now: datetime) -> Json:
    """What the bot knows, with the lateness of open duties as of `now`.

    The bot speaks when something changes, and not at all while it is down; time goes on.
    """
    return knows | {
        "episodes": [
            episode | {"duties": [_as_of(row, now) for row in episode["duties"]]}
            for episode in knows["episodes"]
        ]
    }


def _as_of(row: Json, now: datetime) -> Json:
    if row["state"] != "open":
        return row
    over = now - datetime.fromisoformat(row["due_at"])
    return row | {"late_minutes": max(0, int(over.total_seconds() // 60))}


def holds(condition: Condition, episodes: list[Json], now: datetime) -> bool:
    """Whether the condition is true now."""
    return verdict(condition, episodes, now)[0] == "yes"


def verdict(condition: Condition, episodes: list[Json], now: datetime) -> tuple[Verdict, str]:
    """The answer, and a few words on why."""
    if condition.clock is not None:
        return ("yes" if now >= in_utc(condition.clock) else "not yet"), ""
    if condition.closed:
        closed = bool(episodes) and all(e["closed_at"] for e in episodes)
        return ("yes" if closed else "not yet"), "" if closed else "the case is still open"
    if condition.level:
        peak = max((e["level"]["peak"] for e in episodes), default=0)
        return ("yes" if peak >= condition.level else "not yet"), f"highest level so far: {peak}"
    if condition.at_most:
        if not episodes:
            return "not yet", "nothing was logged"
        peak = max(e["level"]["peak"] for e in episodes)
        return ("yes" if peak <= condition.at_most else "no"), f"highest level: {peak}"
    if condition.fact:
        return _fact(condition, episodes)
    return _duty(condition, episodes)


def _fact(condition: Condition, episodes: list[Json]) -> tuple[Verdict, str]:
    of_kind = [
        fact for e in episodes for fact in standing(e["facts"]) if fact["kind"] == condition.fact
    ]
    if any(all(_value(fact, k) == v for k, v in condition.has.items()) for fact in of_kind):
        return "yes", ""
    return "not yet", "it is on record, but not so" if of_kind else "it is not on record"


def _value(fact: Json, key: str) -> Any:
    """`child.age` looks inside; a value that was left out is the plain one: no, nothing, none."""
    found: Any = fact
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return False if found is None else found


def standing(facts: list[Json]) -> list[Json]:
    """The facts that count: not withdrawn, not put right by a later one."""
    gone = {fact["fact"] for fact in facts if fact["kind"] == "withdrawn"}
    gone |= {fact["corrects"] for fact in facts if fact.get("corrects") and fact["id"] not in gone}
    return [fact for fact in facts if fact["id"] not in gone and fact["kind"] != "withdrawn"]


def _duty(condition: Condition, episodes: list[Json]) -> tuple[Verdict, str]:
    rows = [d for e in episodes for d in e["duties"] if d["id"] == condition.duty]
    if not rows:
        return "not yet", "it has not come up"
    row = rows[-1]
    if row["state"] == "not_needed":
        return "yes", "no longer needed before it was due"
    late = row["late_minutes"]
    if row["state"] == "met":
        if late > condition.within:
            return "no", f"done {span(late)} after it was due"
        return "yes", f"done {span(late)} after it was due" if late else "done in time"
    if row["state"] == "decided":
        return "yes", "decided against, with the reason on record"
    if row["state"] == "not_met":
        return "no", "it was due and was never recorded as done"
    if late > condition.within:
        return "no", f"still open, {span(late)} after it was due"
    return "not yet", "still open"


def findings(night: Night, knows: Json, now: datetime) -> list[Finding]:
    """Every check of the night with its answer as things stand."""
    episodes = episodes_of(night, knows)
    found = []
    for check in night.checks:
        answer, detail = verdict(check.when, episodes, now)
        source = check.source or _source(check.when, episodes)
        found.append(Finding(text=check.text, verdict=answer, detail=detail, source=source))
    return found


def _source(condition: Condition, episodes: list[Json]) -> str:
    rows = [d for e in episodes for d in e["duties"] if d["id"] == condition.duty]
    return str(rows[-1]["source"]) if rows else ""


def steps_done(night: Night, knows: Json, now: datetime) -> list[bool]:
    """Which steps are done, in order. One without a condition is done when a later one is."""
    episodes = episodes_of(night, knows)
    done = [step.done is not None and holds(step.done, episodes, now) for step in night.steps]
    for place, step in enumerate(night.steps):
        if step.done is None:
            done[place] = any(done[place + 1 :])
    return done


def span(minutes: int) -> str:
    """Whole minutes as people say them."""
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"
