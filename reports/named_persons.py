"""Whether typed text for a printed report names somebody.

What is known to name somebody (the register, the staff list, references, numbers of the return) and
what leads to one person (telephone, e-mail, postcode, date of birth) is refused. What only looks
like a name is a warning, because "Rowan House" looks like one too. Nothing of it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from protocol.mistakes import Mistake

REMEDY = "Allowed: measures and circumstances in words that name nobody."
LOOK = "Look again before it is printed."
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MONTHS = (
    "january february march april may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday"
)
_SHORT_MONTHS = [month[:3] for month in _MONTHS.split()[:12]]
_COMMON = frozenset(_MONTHS.split())
"""Parts of names that are words of their own; alone they say nothing."""
_NUMBER_OF_CASE = re.compile(r"\b[A-Z]{2,4}-[0-9A-HJKMNP-TV-Z]{4,}\b")
_DAY = re.compile(
    r"\b(\d{1,2})[./ -](\d{1,2}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[./ -]"
    r"(\d{4}|\d{2})\b|\b(\d{4})-(\d{2})-(\d{2})\b",
    re.IGNORECASE,
)
_LEADS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an e-mail address", re.compile(r"\S@\S+\.\S")),
    ("a telephone number", re.compile(r"(?<![\w.])(?:\+44|0)[ ()-]*(?:\d[ ()-]*){9,10}(?!\d)")),
    ("a postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")),
    ("an NHS number", re.compile(r"(?<!\d)\d{3} ?\d{3} ?\d{4}(?!\d)")),
    ("a number of a case", _NUMBER_OF_CASE),
    ("a date of birth", re.compile(r"\b(?:born|d\.?o\.?b\.?|date of birth)\b[^\n]{0,12}\d", re.I)),
)
_SHORT = "A|I|LA|UK|EU|ID|OK|AM|PM|MP|TV|IT|HR|GP|NI|QA|RI|DfE|Y|N|NA"
"""Not somebody's initials."""
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("initials", re.compile(r"\b[A-Z]\. ?[A-Z]\b")),
    ("initials", re.compile(rf"(?<![\w.-])(?!(?:{_SHORT})\b)[A-Z]{{1,2}}(?![\w-])")),
    ("a title with a name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|PC|DC|DS)\.? [A-Z]\w+")),
    ("a name", re.compile(r"\b(?:called|named|names? (?:is|was)|alias) [A-Z]\w+")),
    ("a first and a last name", re.compile(r"(?<=[a-z,;:] )[A-Z][a-z'’]+ [A-Z][a-z'’]+")),
)  # fmt: skip


class Known(NamedTuple):
    """Who is known: names of young people and staff, references of young people and numbers of the
    return, dates of birth. harmless: words that are also names of homes and authorities."""

    names: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    born: frozenset[date] = frozenset()
    harmless: frozenset[str] = frozenset()


def known(
    names: Iterable[str], references: Iterable[str], born: Iterable[date], harmless: Iterable[str]
) -> Known:
    """As `Known`, from texts as people write them."""
    words = {word.casefold() for text in harmless for word in _WORD.findall(text)}
    return Known(
        frozenset(" ".join(name.casefold().split()) for name in names if name.strip()),
        frozenset(reference.casefold() for reference in references if reference),
        frozenset(born),
        frozenset(words) | _COMMON,
    )


def mistakes(file: str, text: str, who: Known) -> list[Mistake]:
    """Everything in a text that names somebody, line by line; warnings for what may."""
    parts = {
        word for name in who.names for word in _WORD.findall(name) if len(word) > 1
    } - who.harmless
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        told: set[str] = set()
        for what, severe in _of_line(line, who, parts):
            if what in told:
                continue
            told.add(what)
            found.append(
                Mistake(
                    file=file,
                    line=number,
                    what=f"holds {what}" if severe else f"may hold {what}",
                    remedy=REMEDY if severe else LOOK,
                    severity="error" if severe else "warning",
                )
            )
    return found


def _of_line(line: str, who: Known, parts: set[str]) -> Iterator[tuple[str, bool]]:
    """What a line holds, and whether that is certain."""
    plain = " ".join(line.casefold().split())
    if any(_stands_in(name, plain) for name in who.names):
        yield "a name of the register or the staff list", True
    words = _WORD.findall(line)
    named = {
        word for word in words if word.removesuffix("'s").removesuffix("’s").casefold() in parts
    }
    if any(word[0].isupper() for word in named):
        yield "a part of a name of the register or the staff list", True
    elif named:
        yield "a part of a name of the register or the staff list", False
    if any(_stands_in(reference, plain) for reference in who.references):
        yield "a reference of a young person", True
    if any(day in who.born for day in _days(line)):
        yield "a date of birth of the register", True
    for what, pattern in _LEADS:
        if pattern.search(line):
            yield what, True
    for what, pattern in _LOOKS:
        if any(not _harmless(match.group(), who) for match in pattern.finditer(line)):
            yield what, False


def _stands_in(what: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(what)}(?!\w)", text) is not None


def _harmless(text: str, who: Known) -> bool:
    """Whether all of it are words of homes, authorities and the calendar."""
    words = _WORD.findall(text)
    return bool(words) and all(word.casefold() in who.harmless for word in words)


_SHORT_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]


def _days(line: str) -> Iterator[date]:
    for day, month, year, *iso in _DAY.findall(line):
        parts = iso if iso[0] else [year, month, day]
        if not parts[1].isdigit():
            parts[1] = str(_SHORT_MONTHS.index(parts[1].casefold()) + 1)
        years = (
            [int(parts[0])] if len(parts[0]) == 4 else [1900 + int(parts[0]), 2000 + int(parts[0])]
        )
        for one in years:
            try:
                yield date(one, int(parts[1]), int(parts[2]))
            except ValueError:
                continue
