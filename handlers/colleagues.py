"""Colleagues to choose from, as buttons; a page at a time where there are many."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.chat import Button, Screen
from handlers.paging import Item, code, label, named, paged
from protocol.provider import Provider, Staff

ON_A_PAGE = 8


def colleagues(
    text: str,
    found: Sequence[Staff],
    data: str,
    page: int = 0,
    *,
    tail: Sequence[tuple[Button, ...]] = (),
) -> Screen:
    """A button `data:ID` for each person of this page, and `data::PAGE` for the others."""
    items = [Item("", ((Button(label(one.name), f"{data}:{code(one.id)}"),),)) for one in found]
    return paged(
        text, items, page, lambda number: f"{data}::{number}", tail=tail, most_items=ON_A_PAGE
    )


def named_person(provider: Provider, wanted: str) -> Staff | None:
    """The colleague that a button stands for; None if they are not on the list any more."""
    found = named(wanted, [one.id for one in provider.staff])
    return provider.person(found) if found is not None else None
