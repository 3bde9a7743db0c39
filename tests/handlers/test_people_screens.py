"""What the screens of the staff list show and ask, and what a colleague gets who takes over what
somebody had begun."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from handlers import leaving
from handlers.wording import menu
from handlers.wording import people as say
from protocol.pack import load_pack
from protocol.provider import Role
from tests.handlers.chat_world import PROVIDER
from tests.handlers.test_people import LINK, NEW, OTHER, PeopleWorld

HEAD = "<b>Sam Sample</b>"


def rows(world: PeopleWorld, who: str) -> list[list[str]]:
    return [[button.label for button in row] for row in world.screen(who).rows]


async def opened(world: PeopleWorld, who: str, whom: str) -> list[list[str]]:
    """The page of somebody on the list."""
    await world.sends(who, "/people")
    await world.forges(who, f"p:one:{whom}", max(world.chat(who)))
    return rows(world, who)


# The list and a person's page -----------------------------------------------------------------


async def test_the_list_names_everybody_once_and_the_links_that_wait() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins(name="Sam & Sample")
        await world.invites(name="Lou Sample", role="Manager", home="All homes")
        await world.forges("mia", f"p:set:until:{sam}")
        await world.taps("mia", "1 day")
        await world.sends("mia", "/people")
        lines = world.text("mia").splitlines()
        assert lines[0] == say.TITLE
        assert lines[-2:] == [
            "<b>Sam &amp; Sample</b> · duty manager · Rowan House · until Sun 22 Nov 2026",
            "🔗 <b>Lou Sample</b> · manager · invited, until Sun 22 Nov 21:30",
        ]
        names = [one.name for one in PROVIDER.staff if one.role is not Role.ADMINISTRATOR]
        last = [f"{say.WITHDRAW}: Lou Sample"], [say.INVITE]
        assert rows(world, "mia") == [*([name] for name in names), ["Sam & Sample"], *last]
        await world.taps("mia", say.WITHDRAW)
        assert "Lou" not in world.text("mia")
        assert await world.forges("mia", "p:off:nonsense") is None
        assert world.last("mia") == say.REASONS["gone"]
        world.clock.go(days=2)
        for data in ("p:list:0", "p:odd"):
            await world.forges("mia", data, max(world.chat("mia")))
            assert world.last("mia").startswith(say.TITLE)
            assert "Sam" not in world.last("mia"), "whose last day is over"


async def test_what_can_be_changed_of_whom() -> None:
    """A colleague's entry but for the number is changed by somebody else, never by themselves."""
    async with PeopleWorld() as world:
        kim = await world.joins(name="Kim Sample", role="Manager", home="Rowan")
        sam = await world.joins(OTHER)
        await world.sends(sam, "07700 900321")
        every = [
            [say.ROLE, say.HOMES],
            [say.UNTIL, say.PHONE],
            [say.NAME, say.ACCOUNT],
            [say.END],
            [say.BACK],
        ]
        assert await opened(world, "mia", sam) == every
        assert world.text("mia") == (
            "👤 <b>Sam Sample</b>\nRole: duty manager\nHomes: Rowan House\n"
            "Telephone: +44 7700 900321"
        )
        assert await opened(world, kim, kim) == [[say.PHONE], [say.BACK]]
        assert "This is you" in world.text(kim)
        assert await opened(world, "mia", "amy") == [[say.BACK]]
        assert "configuration file" in world.text("mia")
        await world.forges("mia", f"p:set:until:{sam}")
        await world.taps("mia", "1 day")
        assert world.last("mia") == say.CHANGED
        world.clock.go(days=1, hours=3)
        await world.forges("mia", f"p:one:{sam}")
        assert "Last day: Sun 22 Nov 2026 (over)" in world.text("mia")


async def test_each_button_asks_what_it_says_and_changes_that_alone() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        assert world.last(sam) == say.PHONE_LATER

        async def asked(button: str) -> str:
            await opened(world, "mia", sam)
            number = max(world.chat("mia"))
            await world.taps("mia", button)
            assert max(world.chat("mia")) == number, "the page becomes the question"
            head, _, question = world.text("mia").partition("\n\n")
            assert head == HEAD
            return question

        before = world.staff(sam)
        assert await asked(say.UNTIL) == say.ASK_UNTIL
        assert rows(world, "mia")[:-1] == [
            [say.NO_LAST_DAY],
            ["1 day: Sun 22 Nov 2026"],
            ["1 week: Sat 28 Nov 2026"],
            ["4 weeks: Sat 19 Dec 2026"],
            ["3 months: Sat 20 Feb 2027"],
            ["1 year: Sun 21 Nov 2027"],
        ]
        await world.taps("mia", "4 weeks")
        last = date(2026, 12, 19)
        assert world.staff(sam) == msgspec.structs.replace(before, expires=last)
        assert await asked(say.UNTIL) == say.ASK_UNTIL
        await world.taps("mia", say.NO_LAST_DAY)
        assert world.staff(sam) == before
        assert await asked(say.NAME) == say.ASK_NEW_NAME
        await world.sends("mia", "S")
        assert say.NO_NAME in world.last("mia")
        await world.sends("mia", "Sam Sample")
        assert await asked(say.PHONE) == say.ASK_THEIR_PHONE
        await world.sends("mia", "07700 900321")
        assert world.staff(sam) == msgspec.structs.replace(before, phone="07700 900321")
        assert await asked(say.HOMES) == say.ASK_HOMES
        await world.taps("mia", "None of these")
        assert say.ONE_HOME in world.last("mia")
        await world.taps("mia", say.ALL_HOMES, "That's all")
        assert world.staff(sam).homes == ()
        assert await asked(say.ROLE) == say.ASK_ROLE
        two = [say.role_button(Role.DUTY_MANAGER), say.role_button(Role.MANAGER)]
        assert [row[0] for row in rows(world, "mia")[:-1]] == two
        await world.taps("mia", "Manager")
        assert world.staff(sam).role is Role.MANAGER
        assert world.last("mia") == say.CHANGED


async def test_somebody_who_had_no_homes_is_asked_for_them_with_a_new_role() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins(who="ada", role="Administrator")
        assert world.staff(sam).homes == ()
        await world.forges("ada", f"p:set:role:{sam}")
        offered = [row[0] for row in rows(world, "ada")[:-1]]
        assert offered == [say.role_button(role) for role in Role]
        await world.taps("ada", "Duty manager")
        assert say.ASK_HOMES in world.text("ada")
        await world.taps("ada", "Cedar", "That's all")
        assert (world.staff(sam).role, world.staff(sam).homes) == (Role.DUTY_MANAGER, ("cedar",))
        await world.forges("ada", f"p:set:role:{sam}")
        await world.taps("ada", "Administrator")
        assert (world.staff(sam).role, world.staff(sam).homes) == (Role.ADMINISTRATOR, ())


async def test_an_invitation_is_read_back_whole_before_the_link_is_made() -> None:
    async with PeopleWorld() as world:
        await world.sends("mia", "/people")
        await world.taps("mia", say.INVITE)
        assert world.text("mia").startswith(f"<b>{say.INVITE_TITLE}</b>\n\n{say.ASK_NAME}")
        await world.sends("mia", "Sam <Sample>")
        await world.taps("mia", "Duty manager")
        assert [say.ALL_HOMES, "Rowan House"] in rows(world, "mia")
        await world.taps("mia", "Rowan", "Cedar", "That's all", "1 week")
        assert world.text("mia") == (
            f"<b>{say.INVITE_TITLE}</b>\nName: Sam &lt;Sample&gt;\nRole: duty manager\n"
            f"Homes: Rowan House and Cedar House\nLast day: Sat 28 Nov 2026\n\n{say.LINK_REVIEW}"
        )
        await world.taps("mia", say.MAKE_LINK)
        [waiting] = world.context.staff_list.invitations(world.staff("mia"))
        assert waiting.staff.expires == date(2026, 11, 28)
        assert waiting.staff.homes == ("rowan", "cedar")
        shown = world.last("mia")
        assert shown.startswith("🔗 For <b>Sam &lt;Sample&gt;</b>, duty manager, Rowan House and")
        await world.sends("ada", "/people")
        await world.taps("ada", say.INVITE)
        await world.sends("ada", "Lou Sample")
        await world.taps("ada", "Administrator", say.NO_LAST_DAY)
        assert "Homes" not in world.text("ada")
        assert f"Last day: {say.NO_LAST_DAY}" in world.text("ada")


async def test_who_may_take_over_and_what_ending_somebody_does() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.forges("mia", f"p:end:{sam}")
        assert world.text("mia") == f"{HEAD}\n\n{say.ASK_SUCCESSOR}"
        assert [row[0] for row in rows(world, "mia")] == [
            say.TO_THE_ROTA,
            *("Amy Example", "Ben Example", "Dot Example", "Mia Example"),
            "Cancel",
        ]
        await world.taps("mia", "Ben")
        one, ben = world.staff(sam), world.staff("ben")
        review = say.leave_review(one, ben)
        assert world.text("mia") == f"{HEAD}\nShifts go to: Ben Example\n\n{review}"
        await world.taps("mia", "Back", say.TO_THE_ROTA)
        nobody = say.leave_review(one, None)
        assert world.text("mia") == f"{HEAD}\nShifts go to: {say.TO_THE_ROTA}\n\n{nobody}"
        await world.taps("mia", say.END_IT)
        assert world.last("mia") == say.ended(one)
        assert world.engine.service_state.staff_record.replaced_by(sam) == ""


async def test_a_number_of_ones_own_is_asked_again_until_it_is_one() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        assert world.text(sam) == f"<b>{say.PHONE_TITLE}</b>\n\n{say.ASK_PHONE}"
        await world.sends(sam, "ring me")
        assert say.NO_NUMBER in world.last(sam)
        await world.sends(sam, "07700 900321")
        assert world.last(sam) == say.PHONE_SAVED
        kim = await world.joins(OTHER, name="Kim Sample", role="Manager")
        await opened(world, kim, kim)
        number = max(world.chat(kim))
        await world.taps(kim, say.PHONE)
        assert say.ASK_PHONE in world.chat(kim)[number].text


# What anybody may ask -------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [None, "problems", "changes", "nothing"])
async def test_reading_the_configuration_again(outcome: str | None) -> None:
    problems, changes = ["config.toml:3: odd"], ["amy: a new number"]
    by: list[str] = []
    shown = {
        None: say.NO_FILE,
        "problems": say.reload_refused(problems),
        "changes": say.reloaded(changes),
        "nothing": say.reloaded([]),
    }

    class Reloading(PeopleWorld):
        async def reload(self, who: str) -> Any:
            by.append(who)
            if outcome is None:
                return None
            return SimpleNamespace(
                problems=problems if outcome == "problems" else [],
                changes=changes if outcome == "changes" else [],
            )

    async with Reloading() as world:
        await world.sends("mia", "/reload")
        assert (world.last("mia"), by) == (say.RELOAD_FOR_ADMINISTRATORS, [])
        await world.sends("ada", "/reload")
        assert (world.last("ada"), by) == (shown[outcome], ["ada"])


async def test_who_one_is_and_what_is_kept_and_by_which_protocol() -> None:
    async with PeopleWorld() as world:
        await world.sends("amy", "/id")
        assert world.last("amy") == say.your_id(1, world.staff("amy"))
        await world.sends("amy", "/privacy")
        assert world.last("amy") == say.privacy(world.context.service)
        await world.sends("amy", "/version")
        book = world.pack.book.title
        assert world.last("amy") == say.version(world.context.version, f"{book}, cautious")
    async with PeopleWorld(pack=load_pack("guidance-2009")) as world:
        await world.sends("amy", "/version")
        assert world.last("amy") == say.version(world.context.version, world.pack.book.title)


# Joining --------------------------------------------------------------------------------------


async def test_what_somebody_sees_who_joins() -> None:
    """The secret of the link leaves their chat; the buttons below the text field come."""
    async with PeopleWorld() as world:
        keyboards: list[tuple[int, str]] = []
        says = world.phone.say

        async def saying(chat: int, text: str, *, keyboard: bool = False) -> int:
            keyboards.extend([(chat, text)] * keyboard)
            return await says(chat, text)

        world.phone.say = saying  # type: ignore[method-assign]
        secret = await world.invites()
        await world.visits(NEW, f"/start  {secret} ")
        assert (NEW, 1) in world.phone.removed
        [question] = world.phone.chats[NEW].values()
        [[no], [yes]] = [list(row) for row in question.rows]
        assert (no.label, yes.label) == (say.NO, say.YES)
        assert question.text == (
            "<b>Mia Example</b> invites <b>Sam Sample</b> to Nightlight as duty manager "
            "(Rowan House). I remind those on duty when a young person is missing.\n\n"
            "Is that you? /privacy says what is kept."
        )
        await world.visits(NEW, data=yes.data)
        sam = world.staff("sam")
        texts = [screen.text for screen in world.phone.chats[NEW].values()]
        assert texts[:2] == [say.joined(sam), menu.WELCOME]
        assert say.ASK_PHONE in texts[2]
        assert keyboards == [(NEW, menu.WELCOME)]
        await world.forges("sam", yes.data, min(world.chat("sam")))
        assert world.chat("sam")[min(world.chat("sam"))].text == say.joined(sam), "tapped twice"


async def test_somebody_with_a_number_who_moves_is_asked_nothing_more() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.sends(sam, "07700 900321")
        await world.forges("mia", f"p:account:{sam}")
        assert "to move to another Telegram account" in world.last("mia")
        found = LINK.search(world.last("mia"))
        assert found
        await world.visits(OTHER, f"/start {found[1]}")
        assert "with a new Telegram account?" in world.seen(OTHER)
        await world.visits(OTHER, data=world.tap_of(OTHER, say.YES))
        assert world.seen(OTHER).splitlines()[0] == say.moved(world.staff(sam))
        assert say.ASK_PHONE not in world.seen(OTHER)
        assert world.staff(sam).phone == "07700 900321"


@pytest.mark.parametrize("at", ["link", "answer", "refusal"])
async def test_whoever_cannot_be_written_to_just_now_gets_it_later(at: str) -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        if at != "link":
            await world.visits(NEW, f"/start {secret}")
            yes = world.tap_of(NEW, say.YES)
        if at == "refusal":
            world.clock.go(hours=25)
        world.phone.away = True
        if at == "link":
            assert await world.visits(NEW, f"/start {secret}")
        else:
            assert await world.visits(NEW, data=yes)
        assert (NEW, 0) in world.phone.told_later


# Leaving --------------------------------------------------------------------------------------


async def test_a_form_on_a_case_goes_on_in_words_with_the_case_named() -> None:
    """Typed words whole, taps as they are read back, and those that were kept for more to come."""
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        ref = await world.reports("amy")
        await world.forges(sam, f"c:{ref}:police")
        await world.taps(sam, "Just now")
        await world.sends(sam, "CAD <12> of tonight")
        await world.ends("mia", sam, "Ben")
        kept = await world.store.draft("ben.words")
        assert kept is not None
        assert kept.answers["texts"] == [
            "police told\nWhen: Sat 21 Nov 21:30, just now\nReference: CAD <12> of tonight"
        ]
        assert kept.id and kept.started_at
        assert (kept.answers["ref"], kept.chat_id) == (ref, world.staff("ben").telegram_id)
        assert await world.store.draft(f"{sam}.case") is None
        assert world.last("ben").startswith(say.left_behind("Sam Sample") + "\n\n")
        kim = await world.joins(901, name="Kim Sample")
        await world.taps(kim, say.LATER)
        await world.sends(kim, "her coat is gone")
        await world.ends("mia", kim, "Ben")
        both = await world.store.draft("ben.words")
        assert both is not None
        assert (both.id, both.answers["ref"]) == (kept.id, ref)
        assert both.answers["texts"] == [*kept.answers["texts"], "her coat is gone"]
        await world.taps("ben", f"Note on {ref}")
        assert await world.store.draft("ben.words") is None


async def test_what_is_worth_nothing_to_a_colleague_ends() -> None:
    """A form of the staff list, and a form in which nothing was answered."""
    async with PeopleWorld() as world:
        kim = await world.joins(name="Kim Sample", role="Manager", home="All homes")
        await world.forges(kim, "p:invite")
        await world.sends(kim, "Lou Sample")
        await world.sends(kim, "/missing")
        before = len(world.phone.said)
        await world.ends("mia", kim, "Ben")
        assert [await world.store.draft(key) for key in (kim, f"{kim}.case")] == [None, None]
        assert await world.store.draft("ben") is None
        ben = world.staff("ben").telegram_id
        assert not [text for chat, text in world.phone.said[before:] if chat == ben]


@pytest.mark.parametrize("asked", ["who", "home"])
async def test_without_a_successor_it_goes_to_whoever_is_on_duty_for_that_home(asked: str) -> None:
    async with PeopleWorld() as world:
        sam = await world.joins(home="All homes")
        await world.taps(sam, say.LATER)
        await world.sends(sam, "/missing")
        await world.taps(sam, "Cedar", *(["YP-11"] if asked == "who" else []))
        await world.ends("mia", sam)
        [first, *_] = world.engine.service_state.on_duty("cedar", world.clock.now())
        draft = await world.store.draft(first)
        assert draft is not None
        assert (draft.chat_id, draft.touched_at) == (
            world.staff(first).telegram_id,
            world.clock.now(),
        )
        assert "cedar" in world.staff(first).homes
        assert world.last(first).startswith(say.left_behind("Sam Sample"))


async def test_a_colleague_who_cannot_be_told_just_now_has_it_all_the_same() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        await world.sends(sam, "/missing")
        await world.taps(sam, "YP-01")
        await world.forges("mia", f"p:end:{sam}")
        await world.taps("mia", "Ben", say.END_IT)
        world.phone.away = True
        await leaving.hand_on(world.context)
        assert (await world.store.draft("ben")).answers["who"] == "YP-01"
        assert (world.staff("ben").telegram_id, 0) in world.phone.told_later
