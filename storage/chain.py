"""The chain that binds each fact to the one before it, so that an edit of the past shows.

digest(n) = SHA-256(digest(n - 1), newline, canonical JSON of fact n), in hex; for the first fact
the episode's reference stands in for the digest before. Canonical: UTF-8 JSON without spaces,
fields sorted by name, fields at their default left out. So a field that is added to a kind of
fact later, with a default, does not change the digests of facts recorded before.

The chain shows edits by accident, by a tool, or by anyone who does not recompute all that
follows. Someone who holds the key *and* recomputes the chain is caught only by a backup.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from typing import get_type_hints

import msgspec

from protocol.facts import Fact
from storage.model import Entry, Episode

_canonical = msgspec.json.Encoder(order="sorted")
_read = msgspec.json.Decoder(Fact)


def link(before: str, fact: Fact) -> str:
    """The digest (hex) of `fact` recorded after the entry whose digest is `before`."""
    return hashlib.sha256(before.encode() + b"\n" + _canonical.encode(fact)).hexdigest()


def extend(ref: str, entries: tuple[Entry, ...], facts: Iterable[Fact]) -> tuple[Entry, ...]:
    """The entries of an episode with `facts` appended in order.

    A fact is appended as it will be read. msgspec leaves a field out if it *is* the default, not if
    it equals it: a word that was typed would count in the digest, and not when it is read again.
    """
    before = entries[-1].digest if entries else ref
    added = []
    for given in facts:
        fact = _read.decode(_canonical.encode(given))
        before = link(before, fact)
        added.append(Entry(fact=fact, digest=before))
    return (*entries, *added) if added else entries


def broken_at(episode: Episode) -> int | None:
    """Place of the first entry whose digest is wrong, counted from 1; None if the chain holds."""
    before = episode.ref
    for place, entry in enumerate(episode.entries, start=1):
        holds = link(before, entry.fact) == entry.digest
        if not holds and _link_of_0_1(before, entry.fact) != entry.digest:
            return place
        before = entry.digest
    return None


def _link_of_0_1(before: str, fact: Fact) -> str:
    """The digest that version 0.1 gave a fact for which the default of a closed list was tapped: it
    counted the word, which is left out when the fact is read."""
    whole = {**_closed_words(type(fact)), **msgspec.to_builtins(fact)}
    return hashlib.sha256(before.encode() + b"\n" + _canonical.encode(whole)).hexdigest()


@functools.cache
def _closed_words(kind: type[Fact]) -> dict[str, str]:
    """The defaults among its closed lists of words."""
    hints = get_type_hints(kind)
    return {
        field.name: field.default
        for field in msgspec.structs.fields(kind)
        if isinstance(field.default, str) and "Literal[" in str(hints[field.name])
    }
