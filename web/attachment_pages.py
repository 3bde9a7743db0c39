"""Files beside a case: attached, opened, and removed where one is wrong; each is on record.

They are handed out to be saved and never to be shown, as what they are by their content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from handlers.wording import attachments as say
from handlers.wording import pages
from protocol.attachment_facts import Attached, AttachmentRemoved, attachments_in
from protocol.provider import Staff
from reminders.case_records import new_ids
from reports.entries import time, who
from storage.apply import digest_of
from storage.model import Episode
from storage.store import Change, NotFound, NotSaved, StoreError
from web.case_paths import case_ref
from web.file_types import KINDS, for_download, media_of, shown_name
from web.guard import MOST_ATTACHMENT_BYTES
from web.recording import once_of
from web.site import LONGEST_TEXT, Refusal, Site, Visitor, page, post, see
from web.uploads import Sent, upload

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

MOST_BYTES = 10_000_000
"""Of one file."""
MOST_FILES = 40
MOST_TOTAL = 100_000_000
"""Bytes of all files of one case."""
AT_ONCE = 4
"""So many files are received at a time, of one person one: each is whole in memory."""
SANDBOX = "sandbox; default-src 'none'"
"""Beside the policy of all pages: whatever opens it in spite of all, it runs nothing."""


class File(NamedTuple):
    """An attachment as a page lists it. once: of the form that removes it."""

    id: str
    name: str
    kind: str
    size: str
    by: str
    at: str
    once: int


class Shown(NamedTuple):
    """The part of a page about attachments. once: of the form that adds one.  saved, problem: what
    became of it."""

    ref: str
    files: list[File]
    may_add: bool
    may_remove: bool
    once: int
    saved: bool
    problem: str
    taken: str
    accept: str
    most: int
    too_large: str


class _Wrong(Exception):
    """Why it cannot be recorded, for people."""


def shown(
    site: Site, staff: Staff, episode: Episode, *, problem: str = "", saved: bool = False
) -> Shown:
    """As this person sees them."""
    return Shown(
        ref=episode.ref,
        files=[
            File(
                id=fact.id,
                name=fact.name,
                kind=say.KINDS[fact.media],
                size=say.size(fact.size),
                by=who(fact.by, site.provider),
                at=time(fact.recorded_at),
                once=site.recording.new_once(),
            )
            for fact in attachments_in(episode.facts).values()
        ],
        may_add=_may_add(site, staff, episode),
        may_remove=_may_remove(site, staff, episode),
        once=site.recording.new_once(),
        saved=saved,
        problem=problem,
        taken=say.TAKEN,
        accept=",".join(f".{kind.ending}" for kind in KINDS.values()) + ",.jpeg",
        most=MOST_BYTES,
        too_large=say.TOO_LARGE,
    )


def routes(site: Site) -> list[Route]:
    """/cases/…/attachments."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response as Answer
    from starlette.routing import Route

    receiving: set[str] = set()

    async def _draw(visitor: Visitor, ref: str, problem: str, status: int) -> Response:
        """What went wrong, above the list: reading that is on record, too."""
        episode = await site.recording.read(visitor.staff, ref, "attachments")
        part = shown(site, visitor.staff, episode, problem=problem)
        return site.draw("attachments_page.html", visitor, status=status, attachments=part)

    async def listed(request: Request, visitor: Visitor) -> Response:
        episode = await site.recording.read(visitor.staff, case_ref(request), "attachments")
        part = shown(site, visitor.staff, episode, saved="saved" in request.query_params)
        return site.draw("attachments_page.html", visitor, attachments=part)

    async def opened(request: Request, visitor: Visitor) -> Response:
        ref, name = case_ref(request), str(request.path_params["name"])
        episode = await site.recording.episode(visitor.staff, ref)
        fact = attachments_in(episode.facts).get(name)
        if fact is None:
            raise NotFound(name)
        try:
            content = await site.store.attachment(ref, name)
        except NotFound:
            raise
        except StoreError:
            return await _draw(visitor, ref, say.UNREADABLE, 503)
        await site.recording.read(visitor.staff, ref, "attachment", name)
        headers = {
            "content-disposition": for_download(fact.name),
            "content-security-policy": SANDBOX,
        }
        return Answer(content, headers=headers | {"content-type": KINDS[fact.media].mime})

    async def add(request: Request) -> Response:
        visitor = site.visitor(request)
        if visitor is None:
            raise Refusal(403)
        ref = case_ref(request)
        episode = await site.recording.episode(visitor.staff, ref)
        # Before the file is received, so that nobody else's takes up memory.
        if not _may_add(site, visitor.staff, episode):
            return await _draw(visitor, ref, _why_not(episode), 422)
        if visitor.staff.id in receiving or len(receiving) >= AT_ONCE:
            return await _draw(visitor, ref, say.BUSY, 429)
        receiving.add(visitor.staff.id)
        try:
            sent = await upload(request, visitor.session, MOST_ATTACHMENT_BYTES)
            return await _take(request, ref, sent)
        finally:
            receiving.discard(visitor.staff.id)

    async def _take(request: Request, ref: str, sent: Sent) -> Response:
        # It may have taken a minute: who sends may have been signed out meanwhile.
        visitor = site.visitor(request)
        if visitor is None:
            raise Refusal(403)
        if not sent.content:
            return await _draw(visitor, ref, say.NO_FILE, 422)
        if len(sent.content) > MOST_BYTES:
            return await _draw(visitor, ref, say.TOO_LARGE, 413)
        media = await run_in_threadpool(media_of, sent.content)
        if media is None:
            return await _draw(visitor, ref, say.NOT_TAKEN, 422)
        digest = await run_in_threadpool(digest_of, sent.content)
        staff = visitor.staff

        def attached(now_on: Episode) -> Change:
            if not _may_add(site, staff, now_on):
                raise _Wrong(_why_not(now_on))
            _fits(attachments_in(now_on.facts), digest, len(sent.content))
            fact = Attached(
                id=new_ids(now_on)(),
                by=staff.id,
                recorded_at=site.now(),
                name=shown_name(sent.name, media),
                media=media,
                size=len(sent.content),
                digest=digest,
            )
            return Change(facts=[fact], contents={fact.id: sent.content})

        try:
            await site.recording.change(ref, once_of(sent.fields), attached)
        except _Wrong as why:
            return await _draw(visitor, ref, str(why), 422)
        except NotSaved:
            return await _draw(visitor, ref, pages.NOT_SAVED, 503)
        return see(f"/cases/{ref}/attachments?saved")

    async def remove(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        ref, name = case_ref(request), str(request.path_params["name"])
        if not _may_remove(site, visitor.staff, await site.recording.episode(visitor.staff, ref)):
            raise Refusal(403)
        reason = form.get("reason", "").strip()
        if not reason:
            return await _draw(visitor, ref, say.REASON_NEEDED, 422)
        if len(reason) > LONGEST_TEXT:
            return await _draw(visitor, ref, pages.TOO_LONG.format(most=LONGEST_TEXT), 422)

        def removed(now_on: Episode) -> Change:
            if not _may_remove(site, visitor.staff, now_on):
                raise _Wrong(pages.READ_ONLY)
            if name not in attachments_in(now_on.facts):
                raise _Wrong(say.GONE_ALREADY)
            fact = AttachmentRemoved(
                id=new_ids(now_on)(),
                by=visitor.staff.id,
                recorded_at=site.now(),
                attachment=name,
                reason=reason,
            )
            return Change(facts=[fact])

        try:
            await site.recording.change(ref, once_of(form), removed)
        except _Wrong as why:
            return await _draw(visitor, ref, str(why), 422)
        except NotSaved:
            return await _draw(visitor, ref, pages.NOT_SAVED, 503)
        return see(f"/cases/{ref}/attachments?saved")

    return [
        Route("/cases/{ref}/attachments", page(site, listed)),
        Route("/cases/{ref}/attachments", add, methods=["POST"]),
        Route("/cases/{ref}/attachments/{name}", page(site, opened)),
        Route("/cases/{ref}/attachments/{name}/remove", post(site, remove), methods=["POST"]),
    ]


def _may_add(site: Site, staff: Staff, episode: Episode) -> bool:
    """Whoever works on the case; once it is closed, a manager."""
    return site.state.sees(staff, episode.home) and (episode.closed_at is None or staff.manages)


def _may_remove(site: Site, staff: Staff, episode: Episode) -> bool:
    return staff.manages and site.state.sees(staff, episode.home)


def _why_not(episode: Episode) -> str:
    return pages.CLOSED if episode.closed_at is not None else pages.READ_ONLY


def _fits(there: Mapping[str, Attached], digest: str, size: int) -> None:
    """Raises _Wrong."""
    for fact in there.values():
        if fact.digest == digest:
            raise _Wrong(say.THERE_ALREADY.format(name=fact.name))
    if len(there) >= MOST_FILES:
        raise _Wrong(say.TOO_MANY.format(most=MOST_FILES))
    if sum(fact.size for fact in there.values()) + size > MOST_TOTAL:
        raise _Wrong(say.TOO_MUCH.format(most=MOST_TOTAL // 1_000_000))
