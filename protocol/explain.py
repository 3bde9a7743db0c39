"""Why: for every level, reason, action and due time the rule, the facts, the source, what is next.

The parts are plain words from the pack and the facts of the case, without names;
handlers/wording/explained.py puts them on a phone screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from protocol.assess import Assessment, assess
from protocol.conditions import resolve
from protocol.earlier_episodes import History
from protocol.endings import ends, settled_by
from protocol.episode import Earlier, Episode, utc
from protocol.on_record import OnRecord
from protocol.outcome import Action
from protocol.pack import Pack
from protocol.rules import CONTACT, Alternative, Duty, Route, Rule, Tier
from protocol.view import View
from protocol.vocabulary import CHOICES, LIMITS, WORDS, YES_NO

NO_TIME = "no time in protocol"
SET_BY_SERVICE = "set by this service"
TIER_NOT_RISK = "A level is a response tier of the local protocol, not a police grade of risk."
_LOOK_AHEAD = 12
"""Changes looked at to find the next level: more than the limits and checkpoints of any pack."""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an assessment, with everything that stands behind it."""

    id: str
    kind: Literal["level", "reason", "action", "duty", "prompt"]
    rule: str
    """The rule in plain words."""
    facts: tuple[str, ...]
    """What is on record that made it fire, in plain words."""
    source: str
    label: str
    """ "gap", "recommendation", "current practice" …; "" for the text of the protocol itself."""
    who: str
    at: datetime | None
    """When it is due (London); None is "no time in protocol" for an action."""
    ends: str
    """What ends it, in plain words; "" where only a changed fact does."""
    act: str = ""
    """What to do, in the imperative, where the rule does not say it itself."""
    set_by_service: bool = False
    """The time is this service's own; the protocol has none."""


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The next change of the level if no fact is added."""

    at: datetime
    level: int
    rule: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of an assessment in plain words. Times are aware, in London."""

    level: int
    level_name: str
    level_means: str
    level_source: str
    because: tuple[Explained, ...]
    """The rules at the winning level."""
    reasons: tuple[Explained, ...]
    """Everything else that fired."""
    actions: tuple[Explained, ...]
    duties: tuple[Explained, ...]
    """Soonest first."""
    to_settle: tuple[Explained, ...]
    """What stands in the way of signing off."""
    prompts: tuple[Explained, ...]
    """Questions to ask again."""
    route: str
    next_level: Next | None
    returned: bool


def explain(episode: Episode, history: Sequence[Earlier], pack: Pack, now: datetime) -> Explanation:
    """Explains what `assess` says of the same episode at `now` (aware); last what the placing
    authority's own pack asks beyond it, where there is one."""
    placing = pack.placing_for(episode.child)
    found = assess(episode, history, pack, now, placing)
    case = _Case(episode, history, pack, now, found)
    duties = [case.duty(name) for name in sorted(found.due, key=lambda name: found.due[name].at)]
    to_settle = [case.item(name) for name in found.to_settle]
    if placing is not None and found.placing is not None:
        alone = assess(episode, history, placing, now)
        beside = _Case(episode, history, placing, now, alone)
        label = f"{found.placing.authority}'s own protocol"
        duties += [replace(beside.duty(name), label=label) for name in found.placing.due]
        to_settle += [replace(beside.item(name), label=label) for name in found.placing.to_settle]
    rules = [case.reason(name) for name in found.reasons]
    level = pack.level(found.level)
    return Explanation(
        level=found.level,
        level_name=level.name,
        level_means=level.text,
        level_source=level.source,
        because=tuple(item for item in rules if item.id in found.level_reasons),
        reasons=tuple(item for item in rules if item.id not in found.level_reasons),
        actions=tuple(case.action(action) for action in found.actions),
        duties=tuple(duties),
        to_settle=tuple(to_settle),
        prompts=tuple(case.prompt(name) for name in found.prompts),
        route=next((r.text for r in pack.book.routes if r.id == found.routing), ""),
        next_level=_next_level(episode, history, pack, found),
        returned=found.returned,
    )


def _next_level(
    episode: Episode, history: Sequence[Earlier], pack: Pack, found: Assessment
) -> Next | None:
    """Follows `changes_at` until the level differs. A strict limit shows one step further on."""
    changes = found.changes_at
    for _ in range(_LOOK_AHEAD):
        if changes is None:
            return None
        later = assess(episode, history, pack, changes)
        if later.level != found.level:
            rule = pack.rule(later.level_reasons[0])
            at = changes.replace(microsecond=0)
            return Next(at=at, level=later.level, rule=rule.text if rule else "")
        changes = later.changes_at
    return None


class _Case:
    """One assessment with what is needed to say why."""

    def __init__(
        self,
        episode: Episode,
        history: Sequence[Earlier],
        pack: Pack,
        now: datetime,
        found: Assessment,
    ) -> None:
        self.episode = episode
        self.pack = pack
        self.found = found
        now = utc(now)
        self.view = View(OnRecord(episode), History(history, pack), pack, now)
        self.outcome = self.view.at(now).outcome()

    def reason(self, name: str) -> Explained:
        rule = self.pack.rule(name)
        assert rule is not None  # noqa: S101  # reasons come from this pack
        return Explained(
            id=name,
            kind="level" if name in self.found.level_reasons else "reason",
            rule=rule.text,
            facts=self._facts_of(rule),
            source=rule.source,
            label=rule.label,
            who="",
            at=None,
            ends="",
        )

    def action(self, action: Action) -> Explained:
        rule = next(a for a in self.pack.book.actions if a.id == action.id)
        fired = [name for name in self.found.reasons if _family(name, rule.on)]
        facts = _once(
            [
                *(fact for name in fired for fact in self._facts_of(self.pack.rule(name))),
                *(() if rule.on else self._facts(rule.when)),
            ]
        )
        return Explained(
            id=action.id,
            kind="action",
            rule=action.title,
            facts=facts,
            source=action.source,
            label=action.label,
            who=action.who,
            at=action.due_at,
            ends=" or ".join(filter(None, [ends(rule.when), settled_by(rule.settling)])),
            act="" if rule.act == rule.title else rule.act,
        )

    def item(self, name: str) -> Explained:
        """An id that is to settle: a duty that is listed, or an action."""
        if name in self.found.due:
            return self.duty(name)
        return next(self.action(action) for action in self.found.actions if action.id == name)

    def prompt(self, name: str) -> Explained:
        prompt = next(p for p in self.pack.book.prompts if p.id == name)
        return Explained(
            id=name,
            kind="prompt",
            rule=f"{prompt.text} Ask again: {prompt.again}.",
            facts=self._facts(prompt.when),
            source=prompt.source,
            label=prompt.label,
            who="Duty manager",
            at=None,
            ends="a yes or a no",
        )

    def duty(self, name: str) -> Explained:
        duty = next(due.duty for due in self.outcome.duties if due.duty.id == name)
        return Explained(
            id=name,
            kind="duty",
            rule=f"{duty.title}. {duty.text}",
            act=duty.act.replace(CONTACT, duty.contact),
            facts=(*self._facts(duty.when), self._clock(duty)),
            source=duty.source,
            label=duty.label,
            who=duty.who,
            at=self.found.due[name].at,
            ends=" or ".join(filter(None, [ends(duty.when), settled_by(duty.settling)])),
            set_by_service=duty.set_by == "service",
        )

    def _clock(self, duty: Duty) -> str:
        amount = resolve(duty.amount, self.pack.settings)
        spans = {
            "minutes": f"{amount:g} min",
            "hours": f"{amount:g} h",
            "days": f"{amount:g} calendar days",
            "every_days": f"every {amount:g} calendar days",
        }
        origins: dict[str, tuple[str, datetime | None]] = {
            "start": ("the start", self.view.start),
            "aware": ("being noticed", self.view.aware),
            "missing_from": ("being noticed missing", self.view.missing_from),
            "located": ("being found", self.view.located),
            "returned": ("the return", self.view.returned),
            "interview_clock": ("being found or back", self.view.interview_clock),
            "authority_told": ("the authority being told", self.view.authority_told),
            "referral": ("the referral", self.view.referral),
        }
        name, moment = origins[duty.origin]
        return f"{spans[duty.unit]} from {name}{f', {self._when(moment)}' if moment else ''}"

    def _facts_of(self, rule: Rule | Route | Tier | None) -> tuple[str, ...]:
        if rule is None:
            return ()
        if isinstance(rule, Tier):
            return (self._episodes(rule.counted),)
        return self._facts(rule.when)

    def _facts(self, when: Sequence[Alternative]) -> tuple[str, ...]:
        """The facts behind every alternative that holds, each once."""
        # "otherwise" was true when its rule was looked at; by now that rule itself has fired.
        known = self.outcome.known - {"some_level"}
        holding = [alternative for alternative in when if alternative.holds(known)]
        return _once(
            fact
            for alternative in holding
            for word, value in alternative.words.items()
            for fact in self._fact(word, value)
        )

    def _fact(self, word: str, value: Any) -> Iterable[str]:
        view, settings = self.view, self.pack.settings
        if word == "otherwise":
            return [*self._fact("state", "open"), self._category(), self._away()]
        if word == "state" and view.returned:
            return [f"back {self._when(view.returned)}"]
        if word in ("category", "category_in"):
            return [self._category()]
        if word == "young":
            return [self._age()]
        if word == "concerns" and value:
            return self._concerns()
        if word in CHOICES:
            name, holds = CHOICES[word][str(value).lower()]
            return [WORDS[name].yes if holds else WORDS[name].no]
        if word in YES_NO:
            return [WORDS[word].yes if value else WORDS[word].no]
        if word in LIMITS:
            hours = f"{resolve(value, settings):g} h"
            if LIMITS[word][0] == "found" and view.located:
                return [f"found {_span(view.located - view.start)} after the start (limit {hours})"]
            if LIMITS[word][0] == "missing":
                missing = (view.located or view.known_at) - view.missing_clock
                return [f"missing for {_span(missing)} (limit {hours})"]
            return [f"{self._away()} (limit {hours})"]
        if word == "episodes":
            return [self._episodes(value["counted"])]
        match word:
            case "rule":
                return self._facts_of(self.pack.rule(value))
            case "no_rule" | "undecided":
                return []
            case "decided":
                return [f"decided: {value}"]
            case "chosen":
                return [f"local choice: {key} = {wanted}" for key, wanted in value.items()]
            case _:
                return [f"local choice: {value}"]

    def _away(self) -> str:
        minutes = timedelta(minutes=self.found.elapsed_minutes)
        return f"away {_span(minutes)} since {self._when(self.view.start)}"

    def _category(self) -> str:
        if not self.view.missing:
            return WORDS["missing"].no
        if self.episode.category != "missing":
            return "missing, because it was reported to the police"
        return WORDS["missing"].yes

    def _age(self) -> str:
        limit = self.pack.settings.older_band_min_age
        if self.view.age is None:
            return f"age not known, treated as under {limit}"
        return f"age {self.view.age} ({'under' if self.view.age < limit else 'at least'} {limit})"

    def _concerns(self) -> list[str]:
        child = self.episode.child
        facts = []
        if child.historical_concerns == "unknown":
            facts.append("historical concerns not known, counted as yes")
        elif child.historical_concerns:
            facts.append("historical concerns")
        factors = self.pack.settings.additional_factors
        return facts + [WORDS[name].yes for name in factors if getattr(child, name)]

    def _episodes(self, counted: str) -> str:
        window = next(w for w in self.pack.windows if w.name == counted)
        count = self.view.counts[counted]
        noun = "episode" if count == 1 else "episodes"
        return f"{count} {noun} in {window.days} days, this one included"

    def _when(self, moment: datetime) -> str:
        return spoken(moment.astimezone(self.pack.zone))


def _family(name: str, on: Sequence[str]) -> bool:
    """Whether an action on these rules follows from this reason (STF-3 is of the family STF)."""
    return name in on or name.rpartition("-")[0] in on


def _once(facts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(facts))


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 0:
        return "0 min"
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 min"


def spoken(moment: datetime) -> str:
    """A London time as people write it: Sat 7 Mar 22:30."""
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"
