"""The open episodes in memory, by reference and by young person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from storage.model import Episode


class OpenEpisodes(Mapping[str, Episode]):
    """Open episodes by reference; never changed, so that another thread may read while a commit
    makes the next one."""

    def __init__(self, episodes: Mapping[str, Episode] = MappingProxyType({})) -> None:
        self._episodes = dict(episodes)
        self._refs_of: dict[str, tuple[str, ...]] = {}
        for ref, episode in self._episodes.items():
            self._refs_of[episode.person] = (*self._refs_of.get(episode.person, ()), ref)

    def __getitem__(self, ref: str) -> Episode:
        return self._episodes[ref]

    def __iter__(self) -> Iterator[str]:
        return iter(self._episodes)

    def __len__(self) -> int:
        return len(self._episodes)

    def of(self, person: str) -> list[Episode]:
        """Those of this young person (by reference)."""
        return [self._episodes[ref] for ref in self._refs_of.get(person, ())]

    def with_this(self, episode: Episode) -> OpenEpisodes:
        """The same with this episode as it is now; whom it is about never changes."""
        refs_of = self._refs_of
        if episode.ref not in self._episodes:
            refs = (*refs_of.get(episode.person, ()), episode.ref)
            refs_of = {**refs_of, episode.person: refs}
        return self._made({**self._episodes, episode.ref: episode}, refs_of)

    def without(self, ref: str) -> OpenEpisodes:
        """The same without the episode of this reference."""
        left, refs_of = dict(self._episodes), dict(self._refs_of)
        if (gone := left.pop(ref, None)) is not None:
            refs = tuple(other for other in refs_of.pop(gone.person) if other != ref)
            if refs:
                refs_of[gone.person] = refs
        return self._made(left, refs_of)

    @staticmethod
    def _made(episodes: dict[str, Episode], refs_of: dict[str, tuple[str, ...]]) -> OpenEpisodes:
        made = OpenEpisodes()
        made._episodes, made._refs_of = episodes, refs_of
        return made
