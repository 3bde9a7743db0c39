"""The staff list in chat: a colleague joins, changes, moves to another phone, leaves; and nothing
stays with somebody who is gone."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from handlers import joining, leaving
from handlers.wording import people as say
from protocol import facts as f
from protocol.provider import Role
from reminders.policy import Pattern, Policy
from storage.store import Change, NotSaved
from tests.handlers.chat_world import PROVIDER, ChatWorld, staff

NEW, OTHER = 900, 901
LINK = re.compile(r"start=([A-Za-z0-9_-]+)")
ALONE = msgspec.structs.replace(PROVIDER, staff=(staff("ada", 5, Role.ADMINISTRATOR),))


class PeopleWorld(ChatWorld):
    """With accounts that are on no list."""

    async def visits(self, number: int, text: str = "", data: str = "") -> bool:
        self._update += 1
        return await joining.received(
            self.context,
            joining.Visitor(
                update_id=self._update,
                telegram_id=number,
                chat_id=number,
                sent_at=self.clock.now(),
                text=text,
                data=data,
                message_id=max(self.phone.chats.get(number, {0: None})) if data else 1,
            ),
        )

    def seen(self, number: int) -> str:
        chat = self.phone.chats.get(number, {})
        return "\n".join(screen.text for screen in chat.values())

    def tap_of(self, number: int, label: str) -> str:
        buttons = [b for s in self.phone.chats[number].values() for row in s.rows for b in row]
        return next(b.data for b in buttons if b.label == label)

    async def invites(
        self,
        who: str = "mia",
        name: str = "Sam Sample",
        role: str = "Duty manager",
        home: str = "Rowan",
    ) -> str:
        """The secret of the link."""
        await self.sends(who, "/people")
        await self.taps(who, say.INVITE)
        await self.sends(who, name)
        await self.taps(who, role)
        if role != "Administrator":
            await self.taps(who, home, "That's all")
        await self.taps(who, say.NO_LAST_DAY, say.MAKE_LINK)
        found = LINK.search(self.last(who))
        assert found, self.last(who)
        return found[1]

    async def joins(self, number: int = NEW, **invitation: str) -> str:
        """The staff id of the new colleague."""
        secret = await self.invites(**invitation)
        assert await self.visits(number, f"/start {secret}")
        assert await self.visits(number, data=self.tap_of(number, say.YES))
        person = self.context.service.by_telegram(number)
        assert person is not None
        return person.id

    async def ends(self, who: str, whom: str, to: str = say.TO_THE_ROTA) -> None:
        await self.forges(who, f"p:end:{whom}")
        await self.taps(who, to, say.END_IT)
        await leaving.hand_on(self.context)

    async def messages(self, who: str, kind: str) -> list[dict[str, object]]:
        office = await self.store.office()
        return [m.data for m in office.messages if m.to == who and m.kind == kind]


async def test_a_colleague_is_on_with_a_link_and_one_tap() -> None:
    """No number is typed, by nobody; the secret is kept nowhere; the inviter is told."""
    async with PeopleWorld() as world:
        secret = await world.invites()
        office = await world.store.office()
        assert secret not in str(msgspec.to_builtins(office))
        assert await world.visits(NEW, f"/start {secret}")
        assert "Mia Example" in world.seen(NEW)
        assert "Rowan House" in world.seen(NEW)
        assert world.context.service.by_telegram(NEW) is None
        await world.visits(NEW, data=world.tap_of(NEW, say.YES))
        sam = world.context.service.by_telegram(NEW)
        assert sam is not None
        assert (sam.id, sam.name, sam.homes) == ("sam", "Sam Sample", ("rowan",))
        assert "telephone you" in world.last("sam")
        await world.sends("sam", "07700 900321")
        assert world.context.service.person("sam").phone == "07700 900321"  # type: ignore[union-attr]
        assert await world.messages("mia", "joined")
        ref = await world.reports("sam")
        assert ref.startswith("RH")
        assert "sam" in world.engine.service_state.crew("rowan", world.clock.now()).everyone


async def test_the_list_is_there_after_a_restart() -> None:
    async with PeopleWorld() as world:
        await world.joins()
        await world.restarts(PROVIDER)
        assert world.context.service.by_telegram(NEW) is not None


async def test_a_service_begins_with_one_administrator() -> None:
    """The configuration names only her; she invites a manager, who invites the others."""
    async with PeopleWorld(ALONE) as world:
        pat = await world.joins(who="ada", name="Pat Placeholder", role="Manager", home="All homes")
        assert await world.joins(OTHER, who=pat, name="Kim Sample", home="Cedar") == "kim"
        assert "sees no cases" in [world.text("ada"), await _list(world, "ada")][1]


async def _list(world: ChatWorld, who: str) -> str:
    await world.sends(who, "/people")
    return world.last(who)


async def test_an_invitation_is_used_once() -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        await world.visits(NEW, f"/start {secret}")
        await world.visits(NEW, data=world.tap_of(NEW, say.YES))
        assert await world.visits(OTHER, f"/start {secret}")
        assert world.seen(OTHER) == say.OPENINGS["others"]
        assert world.context.service.by_telegram(OTHER) is None
        assert await world.messages("mia", "invitation_twice")


async def test_an_invitation_runs_out_after_a_day() -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        world.clock.go(hours=24)
        await world.visits(NEW, f"/start {secret}")
        assert world.seen(NEW) == say.OPENINGS["late"]
        assert world.context.service.by_telegram(NEW) is None


async def test_one_that_was_opened_in_time_is_not_confirmed_late() -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        world.clock.go(hours=23, minutes=59)
        await world.visits(NEW, f"/start {secret}")
        world.clock.go(minutes=1)
        await world.visits(NEW, data=world.tap_of(NEW, say.YES))
        assert say.NO_LONGER in world.seen(NEW)
        assert world.context.service.by_telegram(NEW) is None


async def test_the_wrong_person_says_so_and_the_link_is_worth_nothing() -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        await world.visits(NEW, f"/start {secret}")
        await world.visits(NEW, data=world.tap_of(NEW, say.NO))
        assert say.NOT_ME in world.seen(NEW)
        assert await world.messages("mia", "invitation_declined")
        await world.visits(NEW, f"/start {secret}")
        await world.visits(OTHER, f"/start {secret}")
        assert world.context.service.by_telegram(NEW) is None
        assert world.context.service.by_telegram(OTHER) is None


async def test_whoever_did_not_open_the_link_cannot_confirm_it() -> None:
    """A modified app can send any button's data; of what is not theirs nothing is told."""
    async with PeopleWorld() as world:
        secret = await world.invites()
        await world.visits(NEW, f"/start {secret}")
        yes = world.tap_of(NEW, say.YES)
        assert not await world.visits(OTHER, data=yes)
        assert world.seen(OTHER) == ""
        assert not await world.visits(OTHER, "/start nonsense")
        assert world.context.service.by_telegram(OTHER) is None


async def test_a_withdrawn_link_and_that_of_an_inviter_who_left_are_worth_nothing() -> None:
    async with PeopleWorld() as world:
        first = await world.invites()
        await world.sends("mia", "/people")
        await world.taps("mia", f"{say.WITHDRAW}: Sam")
        await world.visits(NEW, f"/start {first}")
        assert world.seen(NEW) == say.OPENINGS["over"]
        kim = await world.joins(OTHER, name="Kim Sample", role="Manager")
        second = await world.invites(who=kim, name="Lou Sample")
        await world.ends("mia", kim)
        await world.visits(NEW, f"/start {second}")
        assert world.context.service.by_telegram(NEW) is None


async def test_what_cannot_be_saved_is_said_and_can_be_done_again() -> None:
    async with PeopleWorld() as world:
        secret = await world.invites()
        await world.visits(NEW, f"/start {secret}")
        yes = world.tap_of(NEW, say.YES)

        async def full(**_: object) -> None:
            raise NotSaved("disk full")

        update_office, world.store.update_office = world.store.update_office, full
        await world.visits(NEW, data=yes)
        assert say.TRY_AGAIN in world.seen(NEW)
        assert world.context.service.by_telegram(NEW) is None
        world.store.update_office = update_office
        await world.visits(NEW, data=yes)
        assert world.context.service.by_telegram(NEW) is not None


# Who may do what --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["amy", "dot"])
async def test_duty_managers_see_no_list(who: str) -> None:
    async with PeopleWorld() as world:
        assert await _list(world, who) == say.FOR_THOSE_WHO_MANAGE
        await world.forges(who, "p:invite")
        await world.forges(who, "p:one:mia")
        assert "Mia" not in world.last(who)


async def test_a_manager_looks_after_their_own_homes_only() -> None:
    async with PeopleWorld() as world:
        kim = await world.joins(name="Kim Sample", role="Manager", home="Rowan")
        sam = await world.joins(OTHER, name="Sam Sample", home="Cedar")
        shown = await _list(world, kim)
        assert "Sam" not in shown
        assert "Ada" not in shown
        await world.forges(kim, f"p:end:{sam}")
        assert world.last(kim) == say.REASONS["gone"]
        await world.forges(kim, "p:invite")
        await world.sends(kim, "Lou Sample")
        assert not any("Administrator" in label for label in world.labels(kim))
        await world.taps(kim, "Duty manager")
        assert [x for x in world.labels(kim) if "House" in x] == ["Rowan House"]
        assert say.ALL_HOMES not in world.labels(kim)


async def test_nobody_raises_their_own_role_or_widens_their_homes() -> None:
    async with PeopleWorld() as world:
        kim = await world.joins(name="Kim Sample", role="Manager", home="Rowan")
        for what in ("role", "homes", "until", "name"):
            await world.forges(kim, f"p:set:{what}:{kim}")
            assert world.last(kim) == say.REASONS["not_allowed"]
        one = world.staff(kim)
        higher = msgspec.structs.replace(one, role=Role.ADMINISTRATOR, homes=())
        assert await world.context.staff_list.change(one, higher) == "not_allowed"


async def test_the_last_administrator_stays() -> None:
    one = staff("ada", 5, Role.ADMINISTRATOR)
    async with PeopleWorld(ALONE) as world:
        bea = await world.joins(who="ada", name="Bea Sample", role="Administrator")
        assert await world.context.staff_list.end(world.staff(bea), "ada") == "configuration"
        await world.restarts(msgspec.structs.replace(PROVIDER, staff=PROVIDER.staff[:5]))
        await world.context.staff_list.follow_configuration()
        boss = world.staff("mia")
        assert await world.context.staff_list.end(boss, bea) == "not_allowed"
        cat = await world.joins(OTHER, who=bea, name="Cat Sample", role="Administrator")
        assert await world.context.staff_list.end(world.staff(cat), bea) == ""
        assert await world.context.staff_list.end(one, cat) == "last_administrator"


async def test_what_the_configuration_lists_it_governs_and_says_so() -> None:
    async with PeopleWorld() as world:
        await world.sends("ada", "/people")
        await world.taps("ada", "Amy Example")
        assert "configuration file" in world.last("ada")
        assert say.END not in world.labels("ada")
        await world.forges("ada", "p:end:amy")
        assert world.last("ada") == say.REASONS["configuration"]


async def test_entries_are_changed_by_a_colleague() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.sends("mia", "/people")
        await world.taps("mia", "Sam Sample", say.HOMES, "Cedar", "That's all")
        assert world.staff(sam).homes == ("cedar",)
        await world.forges("mia", f"p:set:until:{sam}")
        await world.taps("mia", "1 week")
        world.clock.go(days=9)
        assert world.context.engine.service_state.chat_of(sam, None) is None
        await world.forges("mia", f"p:set:name:{sam}")
        await world.sends("mia", "Sam Sampleton")
        assert world.staff(sam).name == "Sam Sampleton"
        await world.forges("mia", f"p:set:phone:{sam}")
        await world.sends("mia", "ring me")
        assert say.NO_NUMBER in world.last("mia")
        await world.sends("mia", "+44 7700 900999")
        assert world.staff(sam).phone == "+44 7700 900999"


async def test_another_account_of_the_same_person() -> None:
    """The old phone is lost: from the confirmation on nothing is sent there."""
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.forges("mia", f"p:account:{sam}")
        secret = LINK.search(world.last("mia"))
        assert secret
        await world.visits(OTHER, f"/start {secret[1]}")
        await world.visits(OTHER, data=world.tap_of(OTHER, say.YES))
        assert world.context.service.by_telegram(NEW) is None
        assert world.context.service.by_telegram(OTHER).id == sam  # type: ignore[union-attr]
        assert world.engine.service_state.chat_of(sam, None) == OTHER


# Leaving ----------------------------------------------------------------------------------------

NIGHTS = Policy(
    rota=(
        Pattern(
            staff=("sam", "amy"),
            days=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
            start=Policy().after_return.sign_off_at,
            end=Policy().after_return.sign_off_at,
            homes=("rowan",),
        ),
    )
)


async def test_a_leaver_with_open_duties() -> None:
    """Sam has the police duty in hand and is on duty. Ben takes over: Ben is on duty, is told what
    Sam had, and is asked; Sam hears nothing more and gets no answer."""
    async with PeopleWorld(policy=NIGHTS) as world:
        sam = await world.joins()
        ref = await world.reports("ben")
        world.clock.go(minutes=20)
        await world.engine.tick()
        state = world.engine.service_state
        assert state.on_duty("rowan", world.clock.now())[0] == sam
        record = await world.store.episode(ref)
        waiting = [m for m in record.messages if m.to == sam]
        assert waiting, "Sam is on duty and asked"
        await world.ends("mia", sam, "Ben")
        assert state.on_duty("rowan", world.clock.now())[0] == "ben"
        assert state.chat_of(sam, "rowan") is None
        assert sam not in state.crew("rowan", world.clock.now()).everyone
        assert await world.messages("ben", "takes_over")
        ended_at = world.clock.now()
        world.clock.go(hours=3)
        await world.engine.tick()
        record = await world.store.episode(ref)
        assert not [m for m in record.messages if m.to == sam and m.state == "waiting"]
        assert not [m for m in record.messages if m.to == sam and m.created_at > ended_at]
        assert [m for m in record.messages if m.to == "ben" and m.state in ("waiting", "sent")]
        assert world.context.service.person(sam).name == "Sam Sample"  # type: ignore[union-attr]


async def test_what_a_leaver_had_in_hand_is_asked_anew() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        ref = await world.reports("amy")
        record = await world.store.episode(ref)
        now = world.clock.now()
        held = f.Acknowledged(
            id="h1",
            by=sam,
            recorded_at=now,
            at=now,
            duty="N-POLICE",
            until=now + timedelta(hours=8),
        )
        await world.store.commit(ref, record.version, Change(facts=[held]))
        await world.engine.planner.changed(ref)
        await world.ends("mia", sam)
        assert [x.why for x in await world.facts(ref, f.HoldEnded)] == ["off_list"]
        took = await world.messages("amy", "takes_over")
        assert [case["ref"] for one in took for case in one["episodes"]] == [ref]  # type: ignore[attr-defined]


async def test_offers_and_swaps_with_a_leaver_are_off() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        offer = await world.context.shifts.hand_over(
            world.staff("amy"), world.staff(sam), ["rowan"]
        )
        assert offer is not None
        await world.ends("mia", sam)
        assert world.engine.service_state.rota.offers == ()
        assert await world.messages("amy", "offer_off")
        office = await world.store.office()
        assert not [m for m in office.messages if m.to == sam and m.state == "waiting"]


async def test_a_half_finished_report_goes_to_a_colleague() -> None:
    """Nobody would be reminded of a young person in a report that its author never saves."""
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        await world.sends(sam, "/missing")
        await world.taps(sam, "YP-01")
        await world.ends("mia", sam, "Ben")
        assert "Sam Sample" in world.last("ben")
        assert await world.store.draft(sam) is None
        await world.taps("ben", "Go on")
        assert "YP-01" in world.last("ben")


async def test_words_and_a_second_report_are_kept_for_the_colleague() -> None:
    """Ben has a report of his own: Sam's becomes words that Ben decides about, none is lost."""
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        await world.sends(sam, "seen by the canal with two older boys")
        await world.sends(sam, "/missing")
        await world.taps(sam, "YP-01")
        await world.sends("ben", "/missing")
        await world.taps("ben", "YP-02")
        await world.ends("mia", sam, "Ben")
        kept = await world.store.draft("ben.words")
        assert kept is not None
        texts = "\n".join(kept.answers["texts"])
        assert "older boys" in texts
        assert "YP-01" in texts
        assert (await world.store.draft("ben")).answers["who"] == "YP-02"
        assert await world.store.draft(f"{sam}.words") is None
        await leaving.hand_on(world.context)
        again = await world.store.draft("ben.words")
        assert again is not None
        assert again.answers["texts"] == kept.answers["texts"]


async def test_whose_last_day_is_over_leaves_no_report_behind_either() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.taps(sam, say.LATER)
        await world.forges("mia", f"p:set:until:{sam}")
        await world.taps("mia", "1 day")
        await world.sends(sam, "/missing")
        await world.taps(sam, "YP-01")
        world.clock.go(days=2)
        await leaving.hand_on(world.context)
        assert await world.store.draft(sam) is None
        drafts = [await world.store.draft(one.id) for one in world.context.service.staff]
        assert [d.answers["who"] for d in drafts if d is not None] == ["YP-01"]


async def test_whoever_is_taken_out_of_the_configuration_leaves_in_the_same_way() -> None:
    async with PeopleWorld() as world:
        await world.context.staff_list.follow_configuration()
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        await world.restarts(msgspec.structs.replace(PROVIDER, staff=PROVIDER.staff[1:]))
        await world.context.staff_list.follow_configuration()
        await leaving.hand_on(world.context)
        assert world.context.service.person("amy").name == "Amy Example"  # type: ignore[union-attr]
        assert await world.store.draft("amy") is None
        assert "amy" not in [one.id for one in world.context.service.staff]


@pytest.mark.parametrize("text", ["/id", "/privacy", "/version"])
async def test_everybody_on_the_list_may_ask(text: str) -> None:
    async with PeopleWorld() as world:
        for who in ("amy", "ada"):
            await world.sends(who, text)
            assert "went wrong" not in world.last(who)
        expected = {"/id": "<code>5</code>", "/privacy": "controller", "/version": "Haringey"}
        assert expected[text] in world.last("ada")


async def test_a_large_provider_fits_the_screens() -> None:
    """150 homes and 300 people with long names: lists and ticks turn pages, none is refused."""
    homes = tuple(
        msgspec.structs.replace(
            PROVIDER.homes[0], id=f"home{n}", name=f"House number {n} {'x' * 40}", prefix=f"H{n}"
        )
        for n in range(150)
    )
    many = tuple(
        msgspec.structs.replace(
            staff(f"p{n}", 10_000 + n, Role.DUTY_MANAGER, f"home{n % 150}"), name=f"{n} {'y' * 55}"
        )
        for n in range(300)
    )
    large = msgspec.structs.replace(
        PROVIDER, homes=(*PROVIDER.homes, *homes), staff=(*PROVIDER.staff, *many)
    )
    async with PeopleWorld(large) as world:
        await world.sends("mia", "/people")
        for _ in range(25):
            await world.taps("mia", "Next page")
        await world.taps("mia", say.INVITE)
        await world.sends("mia", "Sam Sample")
        await world.taps("mia", "Duty manager", "Rowan")
        await world.taps("mia", "House number 70", "That's all")
        assert "Rowan House" in world.last("mia")
        await world.taps("mia", say.NO_LAST_DAY, say.MAKE_LINK)
        assert LINK.search(world.last("mia"))


async def test_two_managers_end_the_same_person() -> None:
    """The second is told that it is done already; nothing is settled twice."""
    async with PeopleWorld() as world:
        sam = await world.joins()
        lou = await world.joins(OTHER, name="Lou Sample", role="Manager", home="All homes")
        await world.forges("mia", f"p:end:{sam}")
        await world.forges(lou, f"p:end:{sam}")
        await world.taps("mia", say.TO_THE_ROTA, say.END_IT)
        await world.taps(lou, say.TO_THE_ROTA)
        await world.taps(lou, say.END_IT)
        assert world.last(lou) == say.REASONS["gone"]
        assert len(await world.messages("amy", "takes_over")) == 0
