"""words = "pages": what would be typed into the chat is typed on a page, and nothing of it is in
the chat, in a log, in an address, in a title or on a page of an error."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
import structlog

from handlers.chat import Screen
from protocol import facts as f
from tests.handlers.chat_world import FakePhone
from tests.web.pages_world import ADDRESS, SETTINGS, Browser, PagesWorld

SECRET = "Jamie Penhaligon 14.05.2011 <b>with</b> Uncle Tobias"
WORDS = ("jamie", "penhaligon", "tobias", "14.05.2011")
ON_PAGES = msgspec.structs.replace(SETTINGS, words="pages")


class WatchedPhone(FakePhone):
    """Keeps everything that ever went to a chat, buttons and notices too."""

    def __init__(self) -> None:
        super().__init__()
        self.traffic: list[str] = []

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        labels = [part for row in screen.rows for b in row for part in (b.label, b.data, b.opens)]
        self.traffic.append("\n".join([screen.text, *labels]))
        return await super().show(chat_id, screen, message_id)

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        await super().answer(callback_id, text, alert=alert)
        self.traffic.append(text)


class WordsWorld(PagesWorld):
    """With words = "pages"; at its end everything that left the service is looked through."""

    def __init__(self, **more: Any) -> None:
        super().__init__(settings=ON_PAGES, **more)
        self.phone = WatchedPhone()
        self.build(self.provider)
        self.browsers: list[Browser] = []
        self.logs = structlog.testing.capture_logs()
        self.logged: list[Any] = []

    async def __aenter__(self) -> WordsWorld:
        self.logged = self.logs.__enter__()
        await super().__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await super().__aexit__(*error)
        self.logs.__exit__(None, None, None)
        if error[0] is None:
            assert self.leaks() == []

    def browser(self) -> Browser:
        browser = super().browser()
        self.browsers.append(browser)
        return browser

    def leaks(self) -> list[str]:
        """Whatever holds a word that somebody typed, outside the pages of the record."""
        sent = [*self.phone.traffic, *map(str, self.logged)]
        # Notices, reminders and digests have the same wording; what is waiting is looked at, too.
        for browser in self.browsers:
            sent += [str(answer.request.url) for answer in browser.answers]
            sent += [x for b in browser.answers for x in re.findall("<title>(.*?)</title>", b.text)]
            sent += [b.text for b in browser.answers if b.status_code >= 400]
            sent += [v for b in browser.answers for v in b.headers.values()]
        return [text for text in sent if any(word in text.casefold() for word in WORDS)]

    def opens(self, who: str) -> str:
        """The path of the lowest button that opens a page."""
        chat = self.chat(who)
        found = [b.opens for n in sorted(chat) for row in chat[n].rows for b in row if b.opens]
        assert found, self.text(who)
        return found[-1].removeprefix(ADDRESS)

    async def writes(self, browser: Browser, who: str, text: str) -> None:
        """Opens the page of the button in the chat and writes."""
        await browser.get(self.opens(who))
        await browser.post("/forms/words", {"text": text})
        assert browser.page.status_code == 200, browser.text


async def test_a_question_for_words_opens_the_page_and_the_chat_hears_that_it_is_kept():
    async with WordsWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await world.forges("amy", f"c:{ref}:note")
        assert "takes no words" in world.text("amy")
        await world.writes(amy, "amy", SECRET)
        if not await world.facts(ref, f.Note):
            await amy.post("/forms/tap", {"data": world.button("amy", "Save")[1]})
        [note] = await world.facts(ref, f.Note)
        assert note.text == SECRET and note.by == "amy"
        assert "Kept in the record" in world.last("amy")
        await amy.get(f"/cases/{ref}")
        assert SECRET in amy.text  # read back there
        assert "<b>with</b>" not in amy.page.text


async def test_what_is_typed_all_the_same_is_removed_and_not_recorded():
    async with WordsWorld() as world:
        ref = await world.reports()
        typed = len(world.phone.removed)
        await world.sends("amy", SECRET)
        await world.sends("amy", f"/case {ref} {SECRET}")
        await world.sends("amy", SECRET, edited=True)
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", SECRET)
        assert len(world.phone.removed) >= typed + 4
        assert any("not recorded" in text for text in world.phone.traffic)
        assert await world.facts(ref, f.Note) == []
        assert await world.store.draft("amy.words") is None
        draft = await world.store.draft("amy.case")
        assert draft is not None and "Jamie" not in str(draft.answers)
        assert "/forms/" in world.opens("amy")


async def test_a_whole_report_is_written_on_the_page():
    async with WordsWorld() as world:
        amy = await world.visitor("amy")
        await amy.get("/forms")
        await amy.post("/forms/tap", {"data": "m:new"})
        for _ in range(12):
            question = asked(amy)
            if "What happened" in question:
                await amy.post("/forms/words", {"text": SECRET})
            elif wanted := next((a for q, a in ANSWERS.items() if q in question), ""):
                await press(amy, wanted)
        case = await world.case()
        assert SECRET in str(case.facts)
        await amy.get(f"/cases/{case.ref}")
        assert SECRET in amy.text


ANSWERS = {
    "Nothing is saved yet": "Save the report",
    "Which young person?": "YP-01",
    "Does somebody know": "No, or not confirmed",
    "last seen": "Just now",
    "due back": "No set time",
    "police": "Not yet",
    "worse": "None of these",
    "earlier concerns": "No",
}


def asked(browser: Browser) -> str:
    """The question on the page."""
    found = re.search('<p class="asked">(.*?)</p>', browser.page.text, re.S)
    return found.group(1).rpartition("\n\n")[2] if found else ""


async def press(browser: Browser, label: str) -> None:
    """The button of this label on the page."""
    found = re.findall(r'name="data" value="([^"]+)">([^<]+)</button>', browser.page.text)
    fits = [data for data, text in found if label.casefold() in text.casefold()]
    if fits:
        await browser.post("/forms/tap", {"data": fits[0]})


async def test_words_for_a_question_of_before_are_not_put_into_the_next_one():
    async with WordsWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await world.forges("amy", f"c:{ref}:police")
        await amy.get("/forms")
        draft = await world.store.draft("amy.case")
        before = amy.page
        await amy.post(
            "/forms/words",
            amy.hidden("/forms/tap") | {"draft": draft.id, "step": "gone", "text": SECRET},
        )
        assert "answered already" in amy.text
        assert "Jamie" not in str((await world.store.draft("amy.case")).answers)
        amy.page = before


@pytest.mark.parametrize("who", ["ben", "cay", "eve", "ada"])
async def test_nobody_writes_into_somebody_else_s_form_or_case(who):
    async with WordsWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        draft = await world.store.draft("amy.case")
        other = await world.visitor(who)
        await other.get(f"/forms/{draft.id}")
        token = other.hidden("/out")
        fields = {"draft": draft.id, "step": "text", "text": "x"}
        await other.post("/forms/words", token | fields)
        assert (await world.store.draft("amy.case")).answers == draft.answers
        if who != "ben":
            await other.post("/forms/tap", token | {"data": f"c:{ref}:note"})
            assert await world.store.draft(f"{who}.case") is None
            await other.post("/forms/tap", token | {"data": f"c:{ref}:card"})
            assert "Level" not in other.text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/forms/tap", {"data": "x:y"}, 400),
        ("/forms/tap", {"data": "c:" + "x" * 90}, 400),
        ("/forms/words", {"draft": "a", "step": "b", "text": "x" * 12_001}, 413),
        ("/forms/words", {"text": "x"}, 404),
    ],
)
async def test_a_form_that_no_page_of_ours_made_is_refused(path, fields, status):
    async with WordsWorld() as world:
        amy = await world.visitor("amy")
        await amy.get("/forms")
        token = amy.hidden("/out")
        await amy.post(path, token | fields)
        assert amy.page.status_code == status


async def test_an_entry_is_put_right_a_decision_and_a_meeting_recorded_from_the_case_s_page():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, mia = await world.visitor("amy"), await world.visitor("mia")
        await amy.get(f"/cases/{ref}")
        await press(amy, "Put right")
        assert "Which" in amy.text or "What" in amy.text
        await press(amy, "Last seen")
        await press(amy, "30 min ago")
        await press(amy, "Save")
        case = await world.store.episode(ref)
        assert any(isinstance(x, f.LastSeen) and x.by == "amy" for x in case.facts)
        await world.comes_back("amy", ref)
        await mia.get(f"/cases/{ref}")
        await press(mia, "Settle")
        assert mia.page.status_code == 200 and ref in mia.text
        await mia.get(f"/cases/{ref}")
        await press(mia, "meeting")
        assert "takes" not in mia.text
        assert mia.page.status_code == 200


async def test_an_auditor_has_no_form_and_a_closed_case_only_what_may_be_added_late():
    async with PagesWorld() as world:
        ref = await world.reports()
        eve = await world.visitor("eve")
        await eve.get(f"/cases/{ref}")
        assert "/forms/tap" not in eve.page.text
        await eve.post("/forms/tap", eve.hidden("/out") | {"data": f"c:{ref}:note"})
        assert await world.store.draft("eve.case") is None
