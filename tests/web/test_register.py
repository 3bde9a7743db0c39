"""The register on the pages: who keeps it, by the checks of an import, and what an import shows."""

import io
import zipfile
from datetime import date

import msgspec
import pytest

from protocol.recorded import Child
from storage.model import Person, Profile
from tests.web.pages_world import PagesWorld
from web.register_rules import mark_of

TABLE = (
    "ref;home;dob;name;la;flags\n"
    "YP-01;Rowan House;14/05/2011;;Camden;cse_risk\n"
    "YP-30;rowan;02/03/2012;Kit Example;Camden;\n"
)


async def test_a_manager_imports_a_table_after_seeing_what_it_changes():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "young people.csv", TABLE.encode())
        assert "1 new, 1 changed, 0 as they are" in mia.text
        assert "What is weighed: empty → cse_risk" in mia.text
        assert await world.store.person("YP-30") is None, "saved unseen"
        await mia.post("/register/import")
        assert "2 young people imported." in mia.text
        assert (await world.store.person("YP-30")).name == "Kit Example"
        assert (await world.store.person("YP-01")).child.cse_risk


async def test_a_workbook_is_taken_and_a_mistake_stops_all_of_it():
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["reference", "home", "date_of_birth"])
    book.active.append(["YP-31", "rowan", date(2012, 3, 2)])
    book.active.append(["YP-32", "nowhere", date(2012, 3, 2)])
    content = io.BytesIO()
    book.save(content)
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "a.xlsx", content.getvalue())
        assert mia.page.status_code == 422
        assert "3: Home: 'nowhere' is no home." in mia.text
        assert await world.store.person("YP-31") is None


async def test_an_import_keeps_the_profile_that_no_table_has():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/young/YP-01")
        where = "/register/young/YP-01/profile"
        await mia.post(where, {"description": "tall", "philomena": "yes", "review_by": ""})
        assert "Saved." in mia.text
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "a.csv", TABLE.encode())
        await mia.post("/register/import")
        person = await world.store.person("YP-01")
        assert (person.profile.description, person.profile.philomena) == ("tall", "yes")


async def test_somebody_is_added_moved_and_leaves():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/new")
        row = {
            "reference": "YP-40",
            "home": "rowan",
            "date_of_birth": "2012-03-02",
            "flag_uasc": "on",
        }
        await mia.post("/register/new", row)
        assert "Saved." in mia.text
        await mia.post("/register/young/YP-40", {"home": "cedar"}, number=0)
        person = await world.store.person("YP-40")
        assert (person.home, person.child.placement_la, person.child.uasc) == (
            "cedar",
            "Kent",
            True,
        )
        await mia.post("/register/young/YP-40", {"left_on": "2011-01-01"}, number=1)
        assert "is before the date of birth" in mia.text
        await mia.get("/register/young/YP-40")
        await mia.post("/register/young/YP-40", {"left_on": "2026-11-20"}, number=1)
        assert (await world.store.person("YP-40")).left_on == date(2026, 11, 20)
        await mia.get("/register")
        assert "left 2026-11-20" in mia.text


async def test_a_form_made_before_another_s_change_is_not_saved_over_it():
    async with PagesWorld() as world:
        mia, again = await world.visitor("mia"), await world.visitor("mia")
        await mia.get("/register/young/YP-01")
        await again.get("/register/young/YP-01")
        where = "/register/young/YP-01/profile"
        await again.post(where, {"medication": "insulin"})
        await mia.post(where, {"medication": "none"})
        assert "Somebody else changed this meanwhile" in mia.text
        assert (await world.store.person("YP-01")).profile.medication == "insulin"


async def test_a_review_that_is_overdue_is_seen_in_the_list():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/young/YP-01")
        fields = {"description": "tall", "review_by": "2026-11-01"}
        await mia.post("/register/young/YP-01/profile", fields)
        await mia.get("/register")
        assert "Review overdue since 1 Nov 2026." in mia.text
        await mia.get("/register/young/YP-01")
        fields = {"description": "tall", "reviewed_on": "2027-01-01"}
        await mia.post("/register/young/YP-01/profile", fields)
        assert "that day is still to come" in mia.text


async def test_an_administrator_keeps_the_list_and_reads_nothing_of_the_child():
    async with PagesWorld() as world:
        mia, ada = await world.visitor("mia"), await world.visitor("ada")
        await mia.get("/register/young/YP-01")
        await mia.post(
            "/register/young/YP-01", {"name": "Kit Example", "date_of_birth": "2011-05-14"}
        )
        await mia.post("/register/young/YP-01/profile", {"medication": "insulin"})
        await ada.get("/register/young/YP-01")
        for secret in ("Kit Example", "2011-05-14", "insulin"):
            assert secret not in ada.page.text
        token = ada.hidden("/register/young/YP-01")
        await ada.post("/register/young/YP-01", token | {"name": "X"})
        assert ada.page.status_code == 403
        await ada.get("/register/young/YP-01")
        await ada.post("/register/young/YP-01", {"home": "cedar"})
        assert (await world.store.person("YP-01")).home == "cedar"
        assert "Kit Example" not in ada.page.text
        await ada.get("/register/import")
        table = "ref,home,dob,name\nYP-01,rowan,2011-05-14,Sam Other\n"
        await ada.sends_file("/register/import/file", "a.csv", table.encode())
        assert "Kit Example" not in ada.page.text


@pytest.mark.parametrize("who", ["amy", "eve"])
async def test_whoever_does_not_manage_reads_and_changes_nothing(who):
    async with PagesWorld() as world:
        one = await world.visitor(who)
        await one.get("/register/young/YP-01")
        assert "What police will ask" in one.text
        token = one.hidden("/out")
        for path in ("/register/young/YP-01", "/register/young/YP-01/profile", "/register/new"):
            await one.post(path, token | {"left_on": "2026-11-20"})
            assert one.page.status_code == 403, path
        assert (await one.get("/register/import")).status_code == 404
        assert (await world.store.person("YP-01")).left_on is None


async def test_another_home_s_young_people_are_not_there_by_any_path():
    async with PagesWorld() as world:
        max_ = await world.visitor("max")  # manages Cedar House
        await max_.get("/register")
        assert "YP-01" not in max_.text
        token = max_.hidden("/out")
        assert (await max_.get("/register/young/YP-01")).status_code == 404
        for path in ("/register/young/YP-01", "/register/young/YP-01/profile"):
            await max_.post(path, token | {"home": "cedar"})
            assert max_.page.status_code == 404
        await max_.get("/register/import")
        theirs = b"ref,home,dob\nYP-01,cedar,2011-05-14\n"
        await max_.sends_file("/register/import/file", "a.csv", theirs)
        assert "YP-01 is not of a home that you look after" in max_.text


async def test_a_lying_or_forged_upload_is_refused():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "a.csv", b"PK\x03\x04 no workbook")
        assert "is no workbook that can be read" in mia.text
        await mia.sends_file("/register/import/file", "<script>.csv", b"\x00\x01\x02")
        assert "<script>" not in mia.page.text
        await mia.sends_file("/register/import/file", "a.csv", b"x" * 1_100_000)
        assert mia.page.status_code == 413
        mia.page = type(mia.page)(200)  # no form, no token
        await mia.sends_file("/register/import/file", "a.csv", TABLE.encode())
        assert mia.page.status_code == 403


async def test_a_workbook_that_is_huge_when_unpacked_is_refused():
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        for _ in range(110):
            sheet.write(bytes(1024 * 1024))
    assert len(content.getvalue()) < 1_000_000
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/register/import")
        await mia.sends_file("/register/import/file", "a.xlsx", content.getvalue())
        assert mia.page.status_code == 422 and "is too large when unpacked" in mia.text


async def test_whoever_rings_police_has_the_profile_before_them_on_the_page_of_the_call():
    async with PagesWorld() as world:
        ref = await world.reports()
        mia, amy = await world.visitor("mia"), await world.visitor("amy")
        await amy.get(f"/cases/{ref}/police")
        assert "From the missing profile" not in amy.text
        await mia.get("/register/young/YP-01")
        await mia.post("/register/young/YP-01/profile", {"places": "the skate park"})
        await amy.get(f"/cases/{ref}/police")
        assert "From the missing profile" in amy.text and "the skate park" in amy.text
        await mia.get("/register/young/YP-01")
        await mia.post("/register/young/YP-01", {"home": "cedar"}, number=0)
        await amy.get(f"/cases/{ref}/police")
        assert "the skate park" not in amy.text


def test_the_mark_of_what_is_equal_is_the_same() -> None:
    """A word that was typed is not the object in the code; a form is not refused for that."""
    unknown = "".join(list("unknown"))
    typed, read = (
        Person(ref="YP-01", home="rowan", child=Child(age=15), profile=profile)
        for profile in (Profile(philomena=unknown), Profile())  # type: ignore[arg-type]
    )
    assert typed == read
    assert mark_of(typed) == mark_of(read)
    assert mark_of(typed) != mark_of(msgspec.structs.replace(read, name="Rowan Example"))
