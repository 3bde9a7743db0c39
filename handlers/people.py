"""Colleagues to choose from, as buttons; a page at a time where there are many."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.chat import Button
from handlers.wording.common import MORE_PEOPLE
from protocol.provider import Staff

ON_A_PAGE = 8


def people(found: Sequence[Staff], data: str, page: int = 0) -> list[Button]:
    """A button `data:ID` for each person of this page, and `data::PAGE` for the next."""
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page %= pages
    shown = found[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    buttons = [Button(one.name, f"{data}:{one.id}") for one in shown]
    if pages > 1:
        buttons.append(Button(MORE_PEOPLE, f"{data}::{(page + 1) % pages}"))
    return buttons
