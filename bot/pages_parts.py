"""What the service's own pages are given of the bot: the register's checks, and its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date

from bot import register
from bot.register import CODED, FLAGS, BadRegister
from bot.table_file import NoTable, Row, table_of
from handlers.chat import Unreached
from handlers.wording.report import FACTOR_LABELS
from protocol.mistakes import Mistake
from protocol.provider import Provider
from storage.model import Person
from web.parts import Checked

CONCERNS = {True: "yes", False: "no", "unknown": "unknown"}
WORKER = {"allocated_worker": "Has an allocated social worker"}


class RegisterTables:
    """The checks of `nightlight people import`, for what comes from a page."""

    choices: Mapping[str, Sequence[str]] = {
        "historical_concerns": tuple(CONCERNS.values()),
        **CODED,
    }
    flags: Mapping[str, str] = {flag: (FACTOR_LABELS | WORKER)[flag] for flag in FLAGS}

    def of_file(self, name: str, content: bytes, provider: Provider, today: date) -> Checked:
        """See `web.parts.RegisterChecks`, which this is."""
        try:
            table = table_of(name, content)
        except NoTable as error:
            return Checked(mistakes=error.mistakes)
        return self._read(name, table, provider, today)

    def of_row(self, cells: Mapping[str, str], provider: Provider, today: date) -> Checked:
        """See `web.parts.RegisterChecks`."""
        # Cells are one line each, as in a table; a page sends what was typed.
        row = [" ".join(cell.split()) for cell in cells.values()]
        return self._read("", [Row(0, list(cells)), Row(0, row)], provider, today)

    def _read(self, name: str, table: Sequence[Row], provider: Provider, today: date) -> Checked:
        try:
            return Checked(people=register.of_table(name, table, provider, today))
        except BadRegister as error:
            return Checked(mistakes=error.mistakes)

    def cells(self, person: Person, provider: Provider) -> dict[str, str]:
        """See `web.parts.RegisterChecks`."""
        child, home = person.child, provider.home(person.home)
        placed_in = child.placement_la or ""
        found = {
            "reference": person.ref,
            "home": person.home,
            "date_of_birth": child.dob.isoformat() if child.dob else "",
            "name": person.name,
            "looked_after_by": child.responsible_la or "",
            # Empty means the home's own area, wherever somebody moves.
            "placed_in": "" if home and placed_in == home.authority else placed_in,
            "historical_concerns": CONCERNS[child.historical_concerns],
            "flags": " ".join(flag for flag in FLAGS if getattr(child, flag)),
            "district": child.district,
            "left_on": person.left_on.isoformat() if person.left_on else "",
            "care_ceased": person.care_ceased.isoformat() if person.care_ceased else "",
        }
        return found | {column: str(getattr(child, column)) for column in CODED}

    def taken(self, people: Sequence[Person], present: Mapping[str, Person]) -> Sequence[Mistake]:
        """See `web.parts.RegisterChecks`."""
        return register.taken(people, present)

    def questions(
        self, people: Sequence[Person], present: Mapping[str, Person]
    ) -> Sequence[Mistake]:
        """See `web.parts.RegisterChecks`."""
        return register.questions(people, present)

    def keeping(self, people: Sequence[Person], present: Mapping[str, Person]) -> Sequence[Person]:
        """See `web.parts.RegisterChecks`."""
        return register.keeping(people, present)


def address_of(link: Callable[[str], Awaitable[str]]) -> Callable[[str], Awaitable[str]]:
    """The address of an invitation, "" while Telegram does not say the bot's name."""

    async def made(secret: str) -> str:
        try:
            return await link(secret)
        except Unreached:
            return ""

    return made
