"""The district in which somebody was found, or is placed: as code, or one of those known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, FormState, Option
from handlers.recording.answers import said
from handlers.recording.questions import child, text
from handlers.wording import after_return as say
from handlers.wording.form import answer

DISTRICT_CODE = re.compile(r"[EWSN]\d{8}", re.IGNORECASE)
IS_DISTRICT = re.compile(r"E0[6-9]|W06|S12|N09")
"""Authorities whose own area is a district: their code names it."""


def district(c: FormState) -> tuple[str, str]:
    """The code of the district that was given, and what is noted where only a name was."""
    told = text(c, "dist").strip()
    if DISTRICT_CODE.fullmatch(told):
        return told.upper(), ""
    return "", f"{say.NOT_A_CODE}{told}" if told else ""


def _districts(c: FormState) -> list[Option]:
    """Districts that have a code on record: of the placement, and of the authorities' own areas."""
    found = [Option(say.PLACEMENT_DISTRICT, child(c).district)] if child(c).district else []
    return found + [
        Option(authority.name, authority.code)
        for authority in c.service.authorities
        if IS_DISTRICT.match(authority.code) and authority.code != child(c).district
    ]


def district_step(applies: Callable[[FormState], bool]) -> Any:
    """The question for the district, asked where `applies` holds."""
    asked = said("dist", say.DISTRICT, skip=say.SKIP, unknown=True, applies=applies)
    return msgspec.structs.replace(asked, options=_districts, tell=_tell_district)


def _tell_district(value: Any, c: FormState) -> str:
    named = next((o.label for o in _districts(c) if o.value == value), "")
    return plain(named) or answer(value) if named or value == UNKNOWN else say.GIVEN
