"""An episode as it is on record, read once for all the moments at which it is looked at: every
time in UTC, and the words that hold whenever they are looked for."""

from __future__ import annotations

from datetime import datetime
from itertools import compress
from operator import attrgetter

from protocol.episode import Decision, Episode, Notification, utc
from protocol.settings import FLAGS

_DATED = (
    "police_reported_at", "located_at", "returned_at", "reported_to_csc_at", "s47_started_at",
    "referred_at", "safe_well_at", "ri_completed_at", "ri_declined_at",
)  # fmt: skip
"""Facts that do not exist yet before their time."""
_ANSWERS = (
    "return_unsafe", "contact_blocked", "crime_suspected", "crime_victim", "harmed_while_away",
)  # fmt: skip


_flags = attrgetter(*FLAGS)


class OnRecord:
    """What is on record of an episode, whatever the moment.

    Attributes:
        times: when each fact on record that has a time of its own came to be, by its name.
        told: who was told, with the time.
        decisions: what was decided, in order of time.
        decided_at: the time of each decision.
        dated: every moment at which a fact comes to be, in order; without the decisions, which
            close questions and make no fact.
        flags: what is flagged of the young person.
        words: the flags, and the answers that have no time of their own.
    """

    __slots__ = (
        "aware", "dated", "decided_at", "decisions", "due_back", "episode", "flags",
        "missing_since", "seen", "times", "told", "words",
    )  # fmt: skip

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.seen = _utc(episode.last_seen_at)
        self.due_back = _utc(episode.due_back_at)
        self.aware = _utc(episode.aware_at)
        self.missing_since = _utc(episode.missing_since)
        self.times = {name: utc(at) for name in _DATED if (at := getattr(episode, name))}
        self.told: list[tuple[datetime, Notification]] = [
            (utc(one.at), one) for one in episode.notifications
        ]
        self.decisions = sorted(episode.decisions, key=_taken)
        self.decided_at = [utc(decision.at) for decision in self.decisions]
        dated = [*self.times.values(), *[at for at, _ in self.told]]
        if self.missing_since is not None and episode.category == "missing":
            dated.append(self.missing_since)
        dated.sort()
        self.dated = dated
        self.flags = list(compress(FLAGS, _flags(episode.child)))
        self.words = self.flags + _words(episode)


def _words(episode: Episode) -> list[str]:
    """The answers that may be unknown, who reported, and why the parents are not told."""
    words = [
        f"{name}_unknown" if answer == "unknown" else name
        for name in _ANSWERS
        if (answer := getattr(episode, name))
    ]
    if episode.abducted:
        words.append("abducted")
    if episode.reported_by_other_agency:
        words.append("other_agency_reported")
    if episode.parents_reported:
        words.append("parents_reported")
    if episode.parents_withheld_reason:
        words.append("parents_withheld")
    if episode.child.responsible_la != episode.child.placement_la:
        words.append("out_of_area")
    return words


def _taken(decision: Decision) -> datetime:
    return utc(decision.at)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)
