"""Files beside a case: attached, opened and removed on the pages; and what attacks meet."""

import asyncio
import hashlib
import io
import zipfile

import pytest

from protocol import facts as f
from reminders.assessment_cache import substance
from reminders.duties import read
from storage.store import Change, NotFound, NotSaved, StoreError
from tests.web.pages_world import ADDRESS, PagesWorld
from web import attachment_pages, guard
from web.file_types import KINDS, for_download, media_of, shown_name

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF a coat"
PDF = b"%PDF-1.7\n1 0 obj\n"
HTML = b"<!doctype html><script>alert(document.domain)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def container(*names: str, first: tuple[str, bytes] | None = None, size: int = 10) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if first is not None:
            archive.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            archive.writestr(name, bytes(size))
    return made.getvalue()


DOCX = container("[Content_Types].xml", "word/document.xml")
ODF = b"application/vnd.oasis.opendocument."
ODT = container("content.xml", first=("mimetype", ODF + b"text"))


async def attaches(one, ref, name="coat.jpg", content=JPEG, **more):
    """From the page of the case."""
    await one.get(f"/cases/{ref}")
    return await one.sends_file(f"/cases/{ref}/attachments", name, content, **more)


def link(ref, name):
    return f"/cases/{ref}/attachments/{name}"


async def only(world, ref):
    [fact] = await world.facts(ref, f.Attached)
    return fact


# What people do -------------------------------------------------------------------------------


async def test_a_file_is_attached_opened_by_another_and_every_opening_is_on_record():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, eve = await world.visitor("amy"), await world.visitor("eve")
        await attaches(amy, ref)
        assert "Saved." in amy.text and "coat.jpg" in amy.text
        fact = await only(world, ref)
        assert (fact.by, fact.name, fact.media, fact.size) == ("amy", "coat.jpg", "jpeg", len(JPEG))
        assert fact.digest == hashlib.sha256(JPEG).hexdigest()
        await eve.get(f"/cases/{ref}")
        assert "picture, 17 bytes" in eve.text
        assert 'name="file"' not in eve.page.text, "an auditor changes nothing"
        answer = await eve.get(link(ref, fact.id))
        assert answer.content == JPEG
        read = (await world.facts(ref, f.CaseRead))[-1]
        assert (read.by, read.what, read.attachment) == ("eve", "attachment", fact.id)
        await eve.get(f"/cases/{ref}")
        assert "Eve Example, attachment coat.jpg" in eve.text


async def test_it_is_handed_out_to_be_saved_and_nothing_in_it_runs():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, "Brief für Müller.txt", "Grüße\n".encode())
        answer = await amy.get(link(ref, (await only(world, ref)).id))
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert (
            "filename*=UTF-8''Brief%20f%C3%BCr%20M%C3%BCller.txt"
            in (answer.headers["content-disposition"])
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        policies = answer.headers.get_list("content-security-policy")
        assert attachment_pages.SANDBOX in policies
        assert any("frame-ancestors" in one for one in policies), "that of all pages stays"


async def test_a_manager_removes_a_wrong_file_with_a_reason_and_the_bytes_go():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, mia = await world.visitor("amy"), await world.visitor("mia")
        await attaches(amy, ref)
        fact = await only(world, ref)
        where = f"{link(ref, fact.id)}/remove"
        assert where not in amy.page.text
        await amy.post(where, amy.hidden("/out") | {"reason": "wrong"})
        assert amy.page.status_code == 403
        await mia.get(f"/cases/{ref}")
        await mia.post(where, {"reason": "  "})
        assert "Please say why the file goes" in mia.text
        assert await world.store.attachment(ref, fact.id) == JPEG
        await mia.get(f"/cases/{ref}")
        await mia.post(where, {"reason": "of another young person"})
        assert "Saved." in mia.text and "coat.jpg" not in mia.text
        [removed] = await world.facts(ref, f.AttachmentRemoved)
        assert (removed.by, removed.attachment) == ("mia", fact.id)
        with pytest.raises(NotFound):
            await world.store.attachment(ref, fact.id)
        assert (await mia.get(link(ref, fact.id))).status_code == 404
        await mia.get(f"/cases/{ref}")
        assert "of another young person" in mia.text, "that it went, and why, stays"


async def test_a_closed_case_takes_a_file_from_a_manager_alone():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, mia = await world.visitor("amy"), await world.visitor("mia")
        now = world.clock.now()
        closed = f.Closed(id="f900", by="mia", recorded_at=now, at=now)
        await amy.get(f"/cases/{ref}")
        stale = amy.page
        episode = await world.store.episode(ref)
        await world.store.commit(ref, episode.version, Change(facts=[closed], close=True))
        amy.page = stale
        await amy.sends_file(f"/cases/{ref}/attachments", "coat.jpg", JPEG)
        assert "This case is closed" in amy.text
        assert await world.facts(ref, f.Attached) == []
        await attaches(mia, ref)
        assert (await only(world, ref)).by == "mia"


async def test_the_same_form_or_the_same_file_twice_is_on_record_once():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}")
        form = amy.page
        for _ in range(2):
            amy.page = form
            await amy.sends_file(f"/cases/{ref}/attachments", "coat.jpg", JPEG)
            assert "Saved." in amy.text
        await attaches(amy, ref, "again.jpg")
        assert "attached already, as coat.jpg" in amy.text
        assert len(await world.facts(ref, f.Attached)) == 1


async def test_a_disk_that_refuses_is_said_and_nothing_is_half_there(monkeypatch):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        real = world.store.commit

        async def refuses(ref_, version, change):
            if change.contents:
                raise NotSaved("NOT saved: No space left on device")
            return await real(ref_, version, change)

        await amy.get(f"/cases/{ref}")
        monkeypatch.setattr(world.store, "commit", refuses)
        await amy.sends_file(f"/cases/{ref}/attachments", "coat.jpg", JPEG)
        assert amy.page.status_code == 503 and "NOT saved" in amy.text
        assert await world.facts(ref, f.Attached) == []
        assert world.engine.write_behind.unsaved == 0, "no file is kept waiting in memory"


async def test_a_file_that_cannot_be_read_says_so(monkeypatch):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref)
        name = (await only(world, ref)).id

        async def damaged(*_):
            raise StoreError("attachment cannot be read")

        monkeypatch.setattr(world.store, "attachment", damaged)
        await amy.get(link(ref, name))
        assert amy.page.status_code == 503 and "cannot be read just now" in amy.text


# What a file is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (JPEG, "jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "heic"),
        (PDF, "pdf"),
        (DOCX, "docx"),
        (container("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (ODT, "odt"),
        (
            container(
                "content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
            ),
            "ods",
        ),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00", "mp3"),
        (b"\xff\xfb\x90\x00" + bytes(20), "mp3"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42isom", "m4a"),
        (b"OggS\x00\x02" + bytes(22) + b"OpusHead", "ogg"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "wav"),
        ("\ufeffSaid at nine: back by ten. Grüße".encode(), "text"),
    ],
)
def test_each_kind_that_is_taken_is_known_by_its_content(content, media):
    assert media_of(content) == media


@pytest.mark.parametrize(
    "content",
    [
        HTML,
        SVG,
        b"\xef\xbb\xbf  \n<html>",
        b"{\\rtf1 words}",
        b"GIF89a\x01\x00",
        b"MZ\x90\x00" + bytes(60),
        b"\x7fELF" + bytes(60),
        b"",
        b" \n ",
        b"words\x00words",
        b"caf\xe9",
        container("a.txt"),
        container("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        container(
            "Basic/script.xml", first=("mimetype", b"application/vnd.oasis.opendocument.text")
        ),
        container(first=("mimetype", b"application/vnd.oasis.opendocument.text-template")),
        b"PK\x03\x04 no container",
        b"PK\x05\x06" + bytes(18),
        DOCX[:-8],
        b"OggS\x00\x02" + bytes(22) + b"\x80theora",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
    ],
)
def test_nothing_else_is_taken(content):
    assert media_of(content) is None


def test_a_container_is_never_unpacked(monkeypatch):
    """A gigabyte packed into a megabyte costs nothing; nor does a list of names without end."""

    def unpacked(*_, **__):
        raise AssertionError("something was unpacked")

    bomb = container("[Content_Types].xml", "word/document.xml", size=50_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", unpacked)
    assert len(bomb) < 200_000
    assert media_of(bomb) == "docx"
    monkeypatch.undo()
    many = container("[Content_Types].xml", "word/document.xml", *(f"{n}" for n in range(3000)))
    assert media_of(many) is None


@pytest.mark.parametrize(
    ("name", "media", "said"),
    [
        ("coat.jpg", "jpeg", "coat.jpg"),
        ("coat.JPEG", "jpeg", "coat.jpg"),
        ("coat.jpg", "webp", "coat.webp"),
        ("letter.pdf.exe", "pdf", "letter.pdf.pdf"),
        ("../../etc/passwd", "text", "passwd.txt"),
        ("C:\\Users\\sam\\coat.png", "png", "coat.png"),
        ("\u202egpj.exe", "jpeg", "gpj.jpg"),
        ("a\r\nSet-Cookie: x=1.txt", "text", "aSet-Cookie: x=1.txt"),
        ("", "pdf", "file.pdf"),
        ("...", "pdf", "file.pdf"),
        (".htaccess", "text", "htaccess.txt"),
        ("x" * 300 + ".pdf", "pdf", "x" * 60 + ".pdf"),
    ],
)
def test_a_name_is_for_reading_and_its_ending_says_what_the_file_is(name, media, said):
    assert shown_name(name, media) == said


def test_no_name_gets_out_of_the_header():
    header = for_download('a"; filename="b\r\nX: 1é.txt')
    assert header.count('"') == 2 and "\r" not in header and "\n" not in header
    assert header.isascii()


def test_every_kind_has_an_ending_and_a_type_of_its_own():
    from typing import get_args

    from handlers.wording import attachments as say
    from protocol.attachment_facts import Media

    assert set(KINDS) == set(say.KINDS) == set(get_args(Media))
    assert len({kind.ending for kind in KINDS.values()}) == len(KINDS)
    assert not any("html" in kind.mime or "svg" in kind.mime for kind in KINDS.values())


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", HTML, "application/pdf"),
        ("picture.svg", SVG, "image/svg+xml"),
        ("coat.jpg", b"MZ\x90\x00" + bytes(60), "image/jpeg"),
        ("a.docx", container("a.txt"), "application/zip"),
    ],
)
async def test_a_lying_file_is_refused_with_what_is_taken(name, content, kind):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, name, content, kind=kind)
        assert amy.page.status_code == 422
        assert "By its content this is no file that is taken here" in amy.text
        assert "PDF, plain text" in amy.text
        last = (await world.facts(ref, f.CaseRead))[-1]
        assert (last.by, last.what) == ("amy", "attachments"), "the list was read with the refusal"
        assert await world.facts(ref, f.Attached) == []


async def test_a_file_is_kept_as_what_it_is_whatever_it_was_called():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        name = "../../<script>alert(1)</script>.html"
        await attaches(amy, ref, name, PDF, kind="text/html")
        fact = await only(world, ref)
        assert (fact.media, fact.name) == ("pdf", "script>.pdf")
        assert "<script>alert" not in amy.page.text
        answer = await amy.get(link(ref, fact.id))
        assert answer.headers["content-type"] == "application/pdf"


# Who may --------------------------------------------------------------------------------------


async def test_another_home_s_files_are_not_there_by_any_path():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref)
        name = (await only(world, ref)).id
        for who in ("cay", "max", "ada"):  # of the other home; its manager; an administrator
            other = await world.visitor(who)
            await other.get("/cases")
            token = {"csrf": other.hidden("/out")["csrf"]}
            for path in (f"/cases/{ref}/attachments", link(ref, name)):
                there = await other.get(path)
                nowhere = await other.get(path.replace(ref, "RH-0000"))
                assert there.status_code == nowhere.status_code == 404
                assert there.text == nowhere.text
            await other.sends_file(f"/cases/{ref}/attachments", "a.jpg", JPEG, more=token)
            assert other.page.status_code == 404
            await other.post(f"{link(ref, name)}/remove", token | {"reason": "x"})
            assert other.page.status_code == 404
        assert len(await world.facts(ref, f.Attached)) == 1
        assert await world.facts(ref, f.AttachmentRemoved) == []
        reads = {x.by for x in await world.facts(ref, f.CaseRead)}
        assert reads == {"amy"}


async def test_an_auditor_opens_and_changes_nothing():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, eve = await world.visitor("amy"), await world.visitor("eve")
        await attaches(amy, ref)
        name = (await only(world, ref)).id
        await eve.get(f"/cases/{ref}")
        token = {"csrf": eve.hidden("/out")["csrf"]}
        await eve.sends_file(f"/cases/{ref}/attachments", "b.pdf", PDF, more=token)
        assert eve.page.status_code == 422 and "You may read this" in eve.text
        await eve.post(f"{link(ref, name)}/remove", token | {"reason": "x"})
        assert eve.page.status_code == 403
        assert len(await world.facts(ref, f.Attached)) == 1


@pytest.mark.parametrize(
    ("headers", "more", "status"),
    [
        ({"origin": "https://evil.example"}, {}, 403),
        ({"origin": "null"}, {}, 403),
        ({"sec-fetch-site": "cross-site"}, {}, 403),
        ({}, {"csrf": "x"}, 403),
        ({"host": "evil.example"}, {}, 421),
    ],
)
async def test_a_form_from_elsewhere_attaches_nothing(headers, more, status):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, headers=headers, more=more)
        assert amy.page.status_code == status
        assert await world.facts(ref, f.Attached) == []


@pytest.mark.parametrize(
    "path",
    ["..%2f{}", "%2e%2e", "{}%00", "{};x", "f1", "f900", "{}/", "{}.jpg", "{} ", "{}%2f", "//{}"],
)
async def test_only_an_attachment_s_own_path_leads_to_it(path):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref)
        there = path.format((await only(world, ref)).id)
        answer = await amy.client.get(f"{ADDRESS}/cases/{ref}/attachments/{there}")
        assert answer.status_code == 404


async def test_whoever_is_signed_out_while_a_file_comes_in_attaches_nothing():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}")
        request = amy.client.build_request(
            "POST",
            f"/cases/{ref}/attachments",
            data={"csrf": amy.hidden("/out")["csrf"]},
            files={"file": ("a.jpg", JPEG)},
        )
        body = request.read()

        async def slowly():
            yield body[:-10]
            world.seconds.time += 16 * 60  # the session ends after 15 minutes without use
            yield body[-10:]

        headers = {
            "origin": ADDRESS,
            "content-type": request.headers["content-type"],
            "content-length": str(len(body)),
        }
        answer = await amy.client.post(
            f"/cases/{ref}/attachments", content=slowly(), headers=headers
        )
        assert answer.status_code == 403
        assert await world.facts(ref, f.Attached) == []


async def test_nobody_unknown_gets_a_byte_into_memory():
    async with PagesWorld() as world:
        ref = await world.reports()
        taken = 0

        async def body():
            nonlocal taken
            for _ in range(100):
                taken += 1
                yield bytes(100_000)

        stranger = world.browser()
        answer = await stranger.client.post(
            f"/cases/{ref}/attachments",
            content=body(),
            headers={
                "origin": ADDRESS,
                "content-type": "multipart/form-data; boundary=x",
                "content-length": "10000000",
            },
        )
        assert answer.status_code == 403
        assert taken <= 1


# How much, how slow ---------------------------------------------------------------------------


async def test_too_large_is_refused_before_it_is_read_and_while_it_is():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, content=JPEG + bytes(10_200_000))
        assert amy.page.status_code == 413, "by its length"
        await attaches(amy, ref, content=JPEG + bytes(10_000_000))
        assert amy.page.status_code == 413 and "10 MB at most" in amy.text
        await amy.get(f"/cases/{ref}")

        async def endless():
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            while True:
                yield bytes(1_000_000)

        answer = await amy.client.post(
            f"/cases/{ref}/attachments",
            content=endless(),
            headers={"origin": ADDRESS, "content-type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code == 413
        assert await world.facts(ref, f.Attached) == []
        await attaches(amy, ref, content=JPEG + bytes(9_000_000))
        assert "9.0 MB" in amy.text


async def test_nothing_of_a_file_is_written_to_the_disk_in_the_clear(monkeypatch):
    import tempfile

    def on_disk(_):
        raise AssertionError("the upload was written to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", on_disk)
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, content=JPEG + bytes(9_000_000))
        assert "Saved." in amy.text


async def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(guard, "UPLOAD_SECONDS", 0.05)
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        waiting = asyncio.Event()

        async def stuck():
            yield b"--x\r\n"
            await waiting.wait()
            yield b""

        answer = await amy.client.post(
            f"/cases/{ref}/attachments",
            content=stuck(),
            headers={"origin": ADDRESS, "content-type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code == 408
        await attaches(amy, ref)
        assert "Saved." in amy.text, "their place is free again"


async def test_a_file_may_take_longer_on_its_way_out_than_a_page(monkeypatch):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref)
        monkeypatch.setattr(guard, "ANSWER_SECONDS", 0.3)
        path = link(ref, (await only(world, ref)).id)
        cookie = "; ".join(f"{one.name}={one.value}" for one in amy.client.cookies.jar)
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "query_string": b"", "client": ("127.0.0.1", 1), "scheme": "https",
            "headers": [(b"host", b"pages.example.org"), (b"cookie", cookie.encode())],
        }  # fmt: skip
        got = []

        async def receive():
            return {"type": "http.request", "body": b""}

        async def slow(message):
            await asyncio.sleep(0.35)
            got.append(message)

        await world.app(scope, receive, slow)
        assert [one.get("status") for one in got[:1]] == [200]
        assert b"".join(one.get("body", b"") for one in got) == JPEG


async def test_so_many_and_so_much_and_no_more(monkeypatch):
    monkeypatch.setattr(attachment_pages, "MOST_FILES", 2)
    monkeypatch.setattr(attachment_pages, "MOST_TOTAL", 100)
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await attaches(amy, ref, content=JPEG + bytes(100))
        assert "may have 0 MB at most" in amy.text
        for number in range(2):
            await attaches(amy, ref, content=JPEG + bytes([number]))
        await attaches(amy, ref, content=JPEG + b"third")
        assert "A case has 2 files at most" in amy.text
        assert len(await world.facts(ref, f.Attached)) == 2


async def test_one_person_sends_one_file_at_a_time():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow():
            yield b"--x\r\n"
            begun.set()
            await go_on.wait()
            yield b"--x--\r\n"

        first = asyncio.create_task(
            amy.client.post(
                f"/cases/{ref}/attachments",
                content=slow(),
                headers={"origin": ADDRESS, "content-type": "multipart/form-data; boundary=x"},
            )
        )
        await begun.wait()
        await attaches(amy, ref)
        assert amy.page.status_code == 429 and "once more in a minute" in amy.text
        go_on.set()
        assert (await first).status_code in (400, 403)
        await attaches(amy, ref)
        assert "Saved." in amy.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x--\r\n",
        b"\x00" * 1000,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--",
    ],
)
async def test_a_form_that_is_none_is_refused(body):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain"):
            answer = await amy.client.post(
                f"/cases/{ref}/attachments",
                content=body,
                headers={"origin": ADDRESS, "content-type": kind},
            )
            assert answer.status_code in (400, 403), kind
        assert await world.facts(ref, f.Attached) == []


async def test_attachments_move_no_duty_and_no_level():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        world.clock.go(minutes=5)
        before = await world.store.episode(ref)
        await attaches(amy, ref)
        after = await world.store.episode(ref)
        cases = world.engine.cases
        assert cases.duties_in(before) == cases.duties_in(after)
        assert substance(before) == substance(after)
        assert read(before.facts).changed_at == read(after.facts).changed_at
