"""Figures: each report with its chart, its numbers and its files."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from protocol.london import day_of
from protocol.provider import Role, Staff
from reports.about import about
from reports.arguments import Unusable
from reports.catalogue import REPORTS, Report
from reports.command import Asked, Records, make
from reports.result import Result
from reports.rows import Row
from reports.tables import as_csv, plain, tables, words
from storage.store import NotFound
from web.recording import on_record
from web.site import Site, Visitor, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

MADE_ELSEWHERE = ("annex_a", "ssda903")
"""Files about single children, for which more has to be brought: `nightlight report` makes them."""
HERE: dict[str, Report] = {k: v for k, v in REPORTS.items() if k not in MADE_ELSEWHERE}
FILES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "png": "image/png",
}
YEAR = timedelta(days=364)


def routes(site: Site) -> list[Route]:
    """/figures and what lies under it."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response as Answer
    from starlette.routing import Route

    async def _noted(staff: Staff, what: str, report: Report) -> None:
        line = {"what": f"pages: {what}", "by": staff.id, "report": report.name}
        await on_record(site.state, line)

    async def listed(_: Request, visitor: Visitor) -> Response:
        _allowed(visitor.staff)
        return site.draw("figures.html", visitor, reports=list(HERE.values()))

    async def one(request: Request, visitor: Visitor) -> Response:
        """With the days asked for; the last year without any."""
        _allowed(visitor.staff)
        report = _report(request)
        asked = _asked(request, report)
        problem, result = "", None
        try:
            rows = await site.rows(visitor.staff)
            result = await run_in_threadpool(_make, asked, rows)
            await _noted(visitor.staff, "figures read", report)
        except Unusable as error:
            problem = str(error).replace("--from: ", "").replace("--to: ", "")
        return site.draw(
            "figure.html",
            visitor,
            status=422 if problem else 200,
            report=report,
            first=asked.first,
            last=asked.last,
            authority=asked.authority or "",
            authorities=[a for a in site.provider.authorities if a.code],
            problem=problem,
            about=list(about(result)) if result else [],
            tables=list(tables(result.figures)) if result else [],
            words=words,
            plain=plain,
            query=f"first={asked.first}&last={asked.last}&authority={asked.authority or ''}",
            files=[x for x in FILES if x != "png"],
            chart=result is not None and _has_picture(result),
        )

    async def file(request: Request, visitor: Visitor) -> Response:
        _allowed(visitor.staff)
        report, kind = _report(request), str(request.path_params["kind"])
        if kind not in FILES:
            raise NotFound(kind)
        try:
            rows = await site.rows(visitor.staff)
            made = await run_in_threadpool(_file, _asked(request, report), rows, kind)
        except Unusable:
            raise NotFound(kind) from None
        if kind != "png":
            await _noted(visitor.staff, "figures saved", report)
        shown = "inline" if kind == "png" else "attachment"
        named = {"content-disposition": f"{shown}; filename={report.name}.{kind}"}
        return Answer(made, media_type=FILES[kind], headers=named)

    def _asked(request: Request, report: Report) -> Asked:
        today = day_of(site.now())
        query = request.query_params
        authority = query.get("authority", "")[:9]
        if report.needs_authority and not authority:
            authority = next((a.code for a in site.provider.authorities if a.code), "")
        return Asked(
            name=report.name,
            first=query.get("first", (today - YEAR).isoformat())[:10],
            last=query.get("last", today.isoformat())[:10],
            authority=authority or None,
            skip_bad=True,
        )

    return [
        Route("/figures", page(site, listed)),
        Route("/figures/{name}", page(site, one)),
        Route("/figures/{name}/file.{kind}", page(site, file)),
    ]


def _allowed(staff: Staff) -> None:
    """Managers for their homes, auditors for theirs."""
    if not (staff.manages or staff.role is Role.AUDITOR):
        raise NotFound("figures")


def _report(request: Request) -> Report:
    report = HERE.get(str(request.path_params["name"]))
    if report is None:
        raise NotFound("report")
    return report


def _make(asked: Asked, rows: list[Row]) -> Result:
    result = make(asked, Records(lambda: rows, lambda: None), io.StringIO())
    if result is None:
        raise Unusable("The rows cannot be used.")
    return result


def _has_picture(result: Result) -> bool:
    from reports.pictures import PICTURES

    return result.report.name in PICTURES


def _file(asked: Asked, rows: list[Row], kind: str) -> bytes:
    result = _make(asked, rows)
    if kind == "csv":
        return as_csv(result.figures).encode()
    if kind == "json":
        return json.dumps(result.top, ensure_ascii=False).encode()
    if kind == "xlsx":
        from reports.workbook import workbook

        return workbook(result)
    if kind == "pdf":
        from reports.page import page as printed

        return printed(result)
    from reports.pictures import picture

    found = picture(result)
    if found is None:
        raise Unusable("This report has no picture.")
    return found
