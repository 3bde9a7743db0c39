"""By which protocol a level was computed, as the audit names it: worked out once for each pack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot import audit_trail
from bot.audit_trail import AuditTrail
from protocol.pack import Pack, load_pack
from reminders.events import Events

HOMES = ("rowan", "alder", "birch")


def _trail(pack: Pack) -> tuple[AuditTrail, Any]:
    state: Any = SimpleNamespace(
        events=Events(),
        pack=pack,
        service=SimpleNamespace(homes=[SimpleNamespace(id=one) for one in HOMES]),
    )
    none: Any = None
    return AuditTrail(none, state, none, None, none), state


def test_homes_that_share_a_pack_share_its_version_and_another_has_its_own(monkeypatch):
    made: list[Pack] = []
    version_of = audit_trail.version_of

    def counted(pack: Pack) -> str:
        made.append(pack)
        return version_of(pack)

    monkeypatch.setattr(audit_trail, "version_of", counted)
    usual, other = load_pack("haringey-2011"), load_pack("haringey-2011", "current")
    trail, state = _trail(usual.serving({"birch": other}, {}))

    first = [trail._pack_of(home) for home in ("", *HOMES, *HOMES)]

    assert first[0] == first[1] == first[2] != first[3]
    assert len(made) == 2

    state.pack = other
    assert {trail._pack_of(home) for home in HOMES} == {first[3]}
    assert len(trail._packs) == 1
