"""The staff list on the pages: invited, changed, ended, with what they had handed on."""

import re

import pytest

from tests.web.pages_world import PagesWorld


async def invited(world, manager, **more):
    await manager.get("/people/invite")
    fields = {"name": "Sam Sample", "role": "duty_manager", "home_rowan": "on", "until": ""}
    await manager.post("/people/invite", fields | more)
    return re.search(r"start=([\w-]+)", manager.text)


async def joins(world, secret, account=77):
    people = world.context.staff_list
    _, invitation = await people.opened(account, secret)
    return await people.answered(account, invitation.id, yes=True)


async def test_a_colleague_is_invited_joins_changes_and_leaves():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        secret = (await invited(world, mia))[1]
        await mia.get("/people")
        assert "Invited, not joined yet" in mia.text
        assert secret not in mia.page.text, "the link is shown once"
        sam = await joins(world, secret)
        assert (sam.name, sam.homes) == ("Sam Sample", ("rowan",))
        where = f"/people/one/{sam.id}"
        await mia.get(where)
        change = {"name": "Sam Sample", "role": "duty_manager", "home_cedar": "on"}
        await mia.post(where, change | {"phone": "07700 900123", "until": "2027-03-31"})
        assert "Changed." in mia.text
        changed = world.staff(sam.id)
        assert (changed.homes, changed.phone) == (("cedar",), "07700 900123")
        await mia.get(where)
        await mia.post(f"{where}/end", {"successor": "cay"})
        assert "Sam Sample is off the list" in mia.text
        record = world.engine.service_state.staff_record
        assert record.successors[sam.id] == "cay"


async def test_what_a_leaver_had_in_hand_is_said_before_and_told_after():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        sam = await joins(world, (await invited(world, mia))[1])
        await world.reports(sam.id)
        world.clock.go(minutes=20)
        await world.engine.tick()
        duty = (await world.engine.planner.open_duties())[0]
        ref, first = duty[0].ref, duty[2][0]
        await world.context.acts.acknowledge(ref, [first.id], sam)
        await mia.get(f"/people/one/{sam.id}")
        assert "They have 1 open case in hand." in mia.text
        await mia.post(f"/people/one/{sam.id}/end", {"successor": "amy"})
        assert await world.told("takes_over") == {"amy"}


async def test_a_link_can_be_withdrawn():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        secret = (await invited(world, mia))[1]
        await mia.get("/people")
        path = re.search(r'action="(/people/invitations/\w+/withdraw)"', mia.page.text)[1]
        await mia.post(path)
        assert "Withdrawn." in mia.text
        assert (await world.context.staff_list.opened(77, secret))[0] == "over"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "X"}, "A name has 2 to 60 characters"),
        ({"home_rowan": ""}, ""),
        ({"role": "administrator"}, "You may not do that"),
    ],
)
async def test_what_the_chat_refuses_the_page_refuses(more, said):
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        found = await invited(world, mia, **more)
        assert (found is None) == bool(said)
        assert said in mia.text


async def test_who_is_not_theirs_to_manage_is_not_there_and_who_does_not_manage_gets_nothing():
    async with PagesWorld() as world:
        max_, amy = await world.visitor("max"), await world.visitor("amy")
        await max_.get("/people")
        token = max_.hidden("/out")
        assert (await max_.get("/people/one/amy")).status_code == 404
        for rest in ("", "/end", "/account"):
            await max_.post(f"/people/one/amy{rest}", token | {"successor": ""})
            assert max_.page.status_code == 404
        await amy.get("/rota")
        assert (await amy.get("/people/invite")).status_code == 403
        token = amy.hidden("/out") or {"csrf": "none"}
        await amy.post("/people/invite", token)
        assert amy.page.status_code == 403


async def test_an_entry_of_the_configuration_is_governed_there():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        await mia.get("/people/one/amy")
        assert "listed in the configuration file" in mia.text
        await mia.post("/people/one/amy/end", mia.hidden("/out"))
        assert mia.page.status_code == 422
        assert world.staff("amy").active(world.clock.now())
