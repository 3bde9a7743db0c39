"""Practice mode only: what the bot knows, shown beside the phones of the sandbox.

After every change the whole picture goes to the sandbox's page, so that a trainer sees cause and
effect: the facts as written, the level with its reasons, what is due and what was late. Names and
words that never appear in a chat are part of it, which is why it goes only to this machine
(`[practice]` is refused with any other address).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import structlog

from bot.practice.duty_account import Account, Told, account
from handlers import draft_state, show_card
from handlers.context import Context
from handlers.wording import unrecorded
from handlers.wording.duties import title
from protocol.pack import Pack
from protocol.standing import Standing
from reminders import assessment_cache
from storage.model import Draft, Episode
from storage.store import StoreError

log = structlog.get_logger(__name__)

RECENTLY = timedelta(days=21)
MOST_CLOSED = 10
AGAIN_SECONDS = 1.0
NOT_FOUND = 404
MARKS = re.compile(r"<[^>]+>")


class PracticePage:
    """Tells the page. `changed()` may be called as often as anybody likes; it costs nothing.

    Attributes:
        told: the page has the latest picture, or there is no page that wants it.

    Args:
        context: the running bot.
        url: the sandbox's address; without a page there (404) nothing is told.
        state_changed: called when `told`, or what the bot has in progress, may have changed.
    """

    def __init__(self, context: Context, url: str, state_changed: Callable[[], None]) -> None:
        self._context = context
        self._url = f"{url.rstrip('/')}/practice/knows"
        self._state_changed = state_changed
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)
        self._changed = asyncio.Event()
        self._wanted = True
        self.told = True

    def changed(self) -> None:
        """Something may be different now; whoever waits for rest is told so as well."""
        if self._wanted:
            self.told = False
            self._changed.set()
        self._state_changed()

    async def run(self) -> None:
        """Until cancelled, or until there turns out to be no page at that address."""
        self.changed()
        try:
            await self._look_for_a_page()
            while self._wanted:
                await self._changed.wait()
                self._changed.clear()
                await self._push()
                if not self._changed.is_set():
                    self.told = True
                    self._state_changed()
            await asyncio.Event().wait()
        finally:
            await self._client.aclose()

    async def _look_for_a_page(self) -> None:
        with suppress(httpx.HTTPError):
            answer = await self._client.get(self._url)
            self._wanted = answer.status_code != NOT_FOUND
        if not self._wanted:
            self.told = True
            self._state_changed()

    async def _push(self) -> None:
        try:
            body = msgspec.json.encode(await self.picture())
            (await self._client.post(self._url, content=body)).raise_for_status()
        except (httpx.HTTPError, StoreError) as error:
            log.warning("the practice page was not told", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
            self._changed.set()
        except Exception:
            # A fault of the practice panel must not end the practice.
            log.exception("the practice page was not told")

    # The picture --------------------------------------------------------------------------

    async def picture(self) -> dict[str, Any]:
        """Everything the panel shows; times in UTC."""
        context = self._context
        now = context.clock.now()
        open_ones = list(await context.records.open_episodes())
        rows = await context.store.past(now - RECENTLY)
        closed = [row.ref for row in rows if row.closed_at is not None][-MOST_CLOSED:]
        episodes = [*open_ones, *[await context.records.episode(ref) for ref in closed]]
        office = await context.engine.service_state.write_behind.office()
        waiting = [m for e in episodes for m in e.messages if m.state == "waiting"]
        waiting += [m for m in office.messages if m.state == "waiting"]
        return {
            "now": now,
            "next_at": context.engine.next_at,
            "episodes": [await self._episode(record, now) for record in episodes],
            "waiting": [{"to": m.to, "kind": m.kind, "about": m.about, "error": m.error}
                        for m in waiting],
            "drafts": [_draft(owner, draft) for owner, draft in await self._drafts()],
        }  # fmt: skip

    async def _drafts(self) -> list[tuple[str, Draft]]:
        return [
            (person.id, draft)
            for person in self._context.service.staff
            for draft in await draft_state.drafts_of(self._context, person.id)
        ]

    async def _episode(self, record: Episode, now: datetime) -> dict[str, Any]:
        context = self._context
        service_state = context.engine.service_state
        pack = service_state.pack.of(record.home)
        state = await context.engine.cases.standing_of(record.ref)
        history = assessment_cache.earlier(await context.store.history(record.person), record.ref)
        told = account(
            assessment_cache.substance(record),
            history,
            pack,
            service_state.policy,
            service_state.closed_days,
            now,
        )
        person = await context.store.person(record.person)
        owners = {
            duty.id: duty.owner
            for duty in context.engine.cases.duties_in(record)[1]
            if duty.held(now)
        }
        return {
            "ref": record.ref,
            "home": record.home,
            "person": record.person,
            "name": person.name if person else "",
            "closed_at": record.closed_at,
            "start": state.computed.start,
            "end": state.computed.end if state.computed.returned else None,
            "missing": "SG-POLICE" in state.computed.reasons,
            "level": {
                "shown": state.shown,
                "computed": state.computed.level,
                "peak": state.peak,
                "why": state.why,
                "name": pack.level(state.shown).name,
            },
            "levels": [{"at": at, "level": level} for at, level in told.levels],
            "reasons": self._reasons(state, pack),
            "duties": [self._duty(duty, owners, pack) for duty in told.duties],
            "unrecorded": unrecorded.lines(
                await show_card.view(context, record), _left_undone(told, now)
            ),
            "reminders": self._reminders(record, told, owners, now),
            "facts": [
                msgspec.to_builtins(e.fact) | {"digest": e.digest[:12]} for e in record.entries
            ],
        }

    def _reasons(self, state: Standing, pack: Pack) -> list[dict[str, Any]]:
        deciding = set(state.computed.level_reasons)
        found = []
        for reason in state.computed.reasons:
            rule = pack.rule(reason)
            found.append({
                "id": reason,
                "text": MARKS.sub("", rule.text) if rule else reason,
                "source": rule.source if rule else "",
                "decides": reason in deciding,
            })  # fmt: skip
        return sorted(found, key=lambda row: (not row["decides"], row["id"]))

    def _duty(self, told: Told, owners: Mapping[str, str], pack: Pack) -> dict[str, Any]:
        known = pack.duty(told.id)
        source = known.source if known and told.in_protocol else "no time in protocol"
        return {
            **msgspec.to_builtins(told),
            "title": title(told.id, pack),
            "source": source,
            "owner": owners.get(told.id, "") if told.state == "open" else "",
        }

    def _reminders(
        self, record: Episode, told: Account, owners: Mapping[str, str], now: datetime
    ) -> list[dict[str, Any]]:
        """What will be asked next, whom first: as things stand now, without another fact."""
        if record.closed_at is not None:
            return []
        service_state = self._context.engine.service_state
        coming = [duty for duty in told.duties if duty.state == "open" and duty.due_at > now]
        found = []
        for duty in coming[:5]:
            first = service_state.on_duty(record.home, duty.due_at)[:1]
            to = owners.get(duty.id) or (first[0] if first else "")
            found.append(
                {
                    "at": duty.due_at,
                    "about": title(duty.id, service_state.pack.of(record.home)),
                    "to": to,
                }
            )
        return found


def _left_undone(told: Account, now: datetime) -> list[str]:
    """Duties whose time came and that nobody recorded: still open, or ended by something else."""
    return [
        duty.id
        for duty in told.duties
        if duty.state == "not_met" or (duty.state == "open" and duty.due_at <= now)
    ]


def _draft(owner: str, draft: Draft) -> dict[str, Any]:
    return {
        "owner": owner,
        "kind": draft.kind,
        "episode": draft.episode,
        "started_at": draft.started_at,
        "answered": [key for key in draft.answers if not key.endswith("~")],
    }
