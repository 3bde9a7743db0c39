"""The open episodes of one young person are found without looking through all."""

from __future__ import annotations

from storage.model import Episode
from storage.open_episodes import OpenEpisodes


def episode(ref: str, person: str, version: int = 1) -> Episode:
    return Episode(ref=ref, home="rowan", person=person, version=version)


def refs(found: list[Episode]) -> list[tuple[str, int]]:
    return [(one.ref, one.version) for one in found]


def test_a_second_absence_stands_beside_the_first_until_one_is_closed() -> None:
    first = OpenEpisodes({"RH-1": episode("RH-1", "YP-03"), "RH-2": episode("RH-2", "YP-07")})
    both = first.with_this(episode("RH-3", "YP-03")).with_this(episode("RH-1", "YP-03", 2))
    assert refs(both.of("YP-03")) == [("RH-1", 2), ("RH-3", 1)]
    closed = both.without("RH-1")
    assert refs(closed.of("YP-03")) == [("RH-3", 1)]
    assert refs(closed.without("RH-3").of("YP-03")) == []
    assert list(closed) == ["RH-2", "RH-3"]


def test_whoever_reads_meanwhile_keeps_what_they_had() -> None:
    before = OpenEpisodes({"RH-1": episode("RH-1", "YP-03")})
    before.with_this(episode("RH-1", "YP-03", 2))
    before.with_this(episode("RH-3", "YP-03"))
    before.without("RH-1")
    assert refs(before.of("YP-03")) == [("RH-1", 1)]
    assert len(before) == 1


def test_what_is_not_open_is_not_missed_when_it_goes() -> None:
    before = OpenEpisodes({"RH-1": episode("RH-1", "YP-03")})
    assert dict(before.without("RH-9")) == dict(before)
