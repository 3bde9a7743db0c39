"""What comes over the wire and is no browser: slow, endless, crooked requests, and workbooks that
are traps. Sockets and the server are real, the clock of the service is moved."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.table_file import NoTable, table_of
from reports.tables import as_csv
from tests.web.pages_world import ADDRESS, PagesWorld
from web import server

HOST = ADDRESS.removeprefix("https://")
SLOW = 60
TRICKS = [
    "/cases/../people",
    "/..%2f..%2fetc/passwd",
    "/%2e%2e/people",
    "//evil.example/cases",
    "/cases;x=1",
    "/cases%00",
    "/cases\\..\\people",
    "/cases/%252e%252e",
    "/pages.js/../../web/site.py",
    "/" + "a" * 400,
    "/cases/\u0441ases",
    "http://evil.example/cases",
    "/<script>alert(1)</script>",
]
HEADERS = [
    ("Host: evil.example", 421),
    (f"Host: {HOST}\r\nHost: evil.example", 400),
    (f"Host: {HOST}\r\nX-Forwarded-Host: evil.example", 200),
    (f"Host: {HOST}\r\nX-Original-URL: /people\r\nX-Rewrite-URL: /people", 200),
    (f"Host: {HOST}\r\nX-HTTP-Method-Override: DELETE", 200),
    (f"Host: {HOST}\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", 400),
    (f"Host: {HOST}\r\nX-Long: " + "a" * 70_000, 400),
    (f"Host: {HOST}@evil.example", 421),
    (f"Host: {HOST}\r\n\tfolded: x", 0),
]


@asynccontextmanager
async def served(world: PagesWorld) -> AsyncIterator[int]:
    """The port on which the pages of this world are served."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    task = asyncio.create_task(
        server.serve(world.app, server.Listening(host="127.0.0.1", port=port))
    )
    try:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(OSError):
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                await asyncio.sleep(0.01)
        yield port
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def answer(port: int, request: bytes) -> tuple[int, bytes]:
    """Status and the whole answer; 0 if the connection was only closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(OSError):
        writer.write(request)
        await writer.drain()
    async with asyncio.timeout(10):
        try:
            found = await reader.read()
        except ConnectionError:
            found = b""
    writer.close()
    return int(found.split(b" ", 2)[1]) if found.startswith(b"HTTP/") else 0, found


def get(path: str, headers: str = f"Host: {HOST}") -> bytes:
    return f"GET {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n".encode()


async def test_a_path_that_says_one_thing_here_and_another_elsewhere_is_not_there():
    async with PagesWorld() as world, served(world) as port:
        for path in TRICKS:
            status, page = await answer(port, get(path))
            assert status in (0, 400, 404, 421), f"{path}: {status}"
            assert b"script>alert" not in page
            assert b"evil.example" not in page


async def test_headers_that_lie_are_refused_or_not_looked_at():
    async with PagesWorld() as world, served(world) as port:
        for headers, expected in HEADERS:
            status, page = await answer(port, get("/", headers))
            assert status == expected or (expected in (0, 400) and status in (0, 400, 421)), headers
            assert b"evil.example" not in page


async def test_slow_and_endless_requests_are_cut_off_and_reminders_go_on(monkeypatch):
    """Sixty at once of each kind: headers that never end, and bodies that never end. Somebody's
    page and the next reminder come all the same; then the slow ones are cut off."""
    monkeypatch.setattr(server, "REQUEST_SECONDS", 3.0)
    monkeypatch.setattr("web.guard.BODY_SECONDS", 3.0)
    async with PagesWorld() as world, served(world) as port:
        await world.reports()
        amy = await world.visitor("amy")
        head = f"Host: {HOST}\r\nOrigin: {ADDRESS}\r\nX-Forwarded-For: 203.0.113.%d\r\n"
        form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nl"
        slow = []
        for number in range(SLOW):
            for start in ("GET / HTTP/1.1\r\nX-A: b", f"POST /outside HTTP/1.1\r\n{head}{form}"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write((start % number if "%d" in start else start).encode())
                slow.append((reader, writer))
        before = len((await world.case()).messages)
        world.clock.go(minutes=20)
        await world.engine.tick()
        assert len((await world.case()).messages) > before, "the reminder is on its way"
        assert (await answer(port, get("/")))[0] == 200
        assert (await amy.get("/cases")).status_code == 200
        async with asyncio.timeout(20):
            ended = [await reader.read() for reader, _ in slow]
        assert all(one == b"" or b" 408 " in one.splitlines()[0] for one in ended)
        for _, writer in slow:
            writer.close()


async def test_a_body_larger_than_it_says_or_without_end_is_refused():
    async with PagesWorld() as world, served(world) as port:
        head = f"POST /outside HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ADDRESS}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n"
        said = f"{head}Content-Length: 70000\r\n\r\n".encode() + b"a"
        assert (await answer(port, said))[0] == 413
        chunk = b"2000\r\n" + b"a" * 0x2000 + b"\r\n"
        endless = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 20
        # It is closed while more comes in: the answer may not arrive.
        assert (await answer(port, endless))[0] in (0, 413)
        assert (await answer(port, get("/")))[0] == 200
        huge = f"{head}Content-Length: 99999999999999999999\r\n\r\n".encode()
        assert (await answer(port, huge))[0] in (0, 400, 413)


# Workbooks ----------------------------------------------------------------------------------------


def workbook(sheet: str, strings: str = "") -> bytes:
    """The least that a spreadsheet program takes for a workbook."""
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    office = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kinds}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship '
        f'Id="r1" Type="{office}/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{office}/spreadsheetml/2006/main" xmlns:r="{office}/'
        'officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{office}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{office}/officeDocument/2006/relationships/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{office}/spreadsheetml/2006/main"/>',
        "xl/worksheets/sheet1.xml": sheet.replace("@", f"{office}/spreadsheetml/2006/main"),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file.getvalue()


def sheet(cell: str, before: str = "") -> str:
    return (
        f'{before}<worksheet xmlns="@"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'
        f"{cell}</t></is></c></row></sheetData></worksheet>"
    )


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
TRAPS = {
    "a file of this machine": sheet(
        "&x;", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "an address": sheet("&x;", '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]>'),
    "a billion laughs": sheet("&l11;", f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]>'),
    "a bomb": sheet(" " * 150_000_000),
}


@pytest.mark.parametrize("trap", TRAPS)
async def test_a_workbook_that_is_a_trap_is_refused_and_the_pages_go_on(trap):
    content = workbook(TRAPS[trap])
    assert len(content) < 1_000_000
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "table.xlsx", content)
        assert mia.page.status_code == 422, mia.text
        assert "root:" not in mia.text and "lollol" not in mia.text
        assert len(await world.store.people()) == 3
        assert (await mia.get("/register")).status_code == 200


def test_the_workbook_that_the_traps_are_made_of_is_a_good_one():
    assert table_of("t.xlsx", workbook(sheet("reference")))[0].cells == ["reference"]
    with pytest.raises(NoTable):
        table_of("t.xlsx", workbook(TRAPS["a bomb"]))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n="])
def test_no_cell_of_a_file_of_figures_is_a_formula(start):
    evil = f"{start}HYPERLINK(1)"
    written = as_csv({evil: {"n": 1}, "name": evil, "below": -3})
    rows = list(csv.reader(io.StringIO(written, newline="")))
    cells = [cell for row in rows for cell in row]
    assert "-3" in cells, "numbers stay numbers"
    assert not [c for c in cells if c[:1] in ("=", "+", "@", "\t", "\r", "\n") or c[:2] == "-H"]
