"""Whoever has two forms half finished goes on with the one that was shown last."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from handlers.draft_state import drafts_of
from storage.model import Draft
from tests.reminders.virtual import run, utc

NOW = utc("2026-03-02 21:30")


def _draft(owner: str, update: int, minutes: int) -> Draft:
    touched = NOW - timedelta(minutes=minutes)
    return Draft(
        id=owner, owner=owner, kind="report", started_at=touched, answers={}, seen=(update,)
    )


def _order(*drafts: Draft) -> list[str]:
    kept = {one.owner: one for one in drafts}

    async def draft(owner: str) -> Draft | None:
        return kept.get(owner)

    context: Any = SimpleNamespace(
        store=SimpleNamespace(draft=draft), clock=SimpleNamespace(now=lambda: NOW)
    )
    return [one.id for one in run(drafts_of(context, "sasha"))]


def test_of_two_in_hand_the_later_update_decides():
    assert _order(_draft("sasha", 5, 9), _draft("sasha.case", 6, 8)) == ["sasha.case", "sasha"]
    assert _order(_draft("sasha", 7, 9), _draft("sasha.case", 6, 8)) == ["sasha", "sasha.case"]


def test_one_that_is_not_in_hand_any_more_comes_last():
    assert _order(_draft("sasha", 9, 31), _draft("sasha.case", 6, 8)) == ["sasha.case", "sasha"]


def test_one_or_none():
    assert _order(_draft("sasha.case", 6, 8)) == ["sasha.case"]
    assert _order() == []
