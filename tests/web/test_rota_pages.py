"""The rota on the pages: gaps seen and taken, swaps asked, by the rules of the chat."""

from datetime import datetime, time

from reminders.policy import Exception_, Pattern, Policy
from tests.web.pages_world import PagesWorld

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
NO_SUNDAYS = Policy(
    rota=(
        Pattern(days=DAYS, start=time(8), end=time(20), staff=("amy",), homes=("rowan",)),
        Pattern(days=(), when="out_of_hours", staff=("cay",), homes=("cedar",)),
        Pattern(days=DAYS, start=time(20), end=time(8), staff=("ben",), homes=("rowan",)),
    ),
    exceptions=(
        Exception_(
            start=datetime.fromisoformat("2026-11-25T08:00"),
            end=datetime.fromisoformat("2026-11-25T20:00"),
            staff=("dot",),
            homes=("rowan",),
            reason="training",
        ),
    ),
)


async def test_a_gap_is_seen_taken_and_gone_and_the_managers_hear_it():
    """Saturday night in November: nobody is named from Sunday 08:00 to Monday 08:00."""
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        amy = await world.visitor("amy")
        await amy.get("/rota")
        assert "Gap" in amy.text and "Sun 22 Nov" in amy.text
        assert "Dot Example (exception)" in " ".join(amy.text.split())
        assert "Gaps: 2." in amy.text  # each from Sunday morning to Monday morning
        assert "Cedar House" not in amy.text
        token = amy.hidden("/rota/take", 1)  # the first form is taking over now
        assert token["start"].startswith("2026-11-22T08:00")
        for _ in range(2):  # a second tap on the same form
            await amy.post("/rota/take", token)
        sunday = datetime.fromisoformat("2026-11-22T21:00+00:00")
        assert world.engine.service_state.on_duty("rowan", sunday) == ("amy",)
        assert await world.told("gap_taken") == {"mia"}
        ben = await world.visitor("ben")
        await ben.get("/rota")
        await ben.post(
            "/rota/take", ben.hidden("/out") | {"home": "rowan", "start": token["start"]}
        )
        assert "Somebody is named for this time by now." in ben.text
        await ben.post(
            "/rota/take", ben.hidden("/out") | {"home": "cedar", "start": token["start"]}
        )
        assert "You are not on the list for that home." in ben.text


async def test_somebody_who_cannot_be_written_to_is_marked_where_they_are_on_duty():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        await world.context.shifts.staff_blocked("ben")
        mia = await world.visitor("mia")
        await mia.get("/rota")
        assert "Cannot be written to: Ben Example" in mia.text


async def test_a_shift_is_swapped_from_page_to_page():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        amy, dot = await world.visitor("amy"), await world.visitor("dot")
        await amy.get("/rota")
        path = next(x for x in amy.page.text.split('"') if x.startswith("/rota/swap/"))
        await amy.get(path)
        assert "Dot Example" in amy.text and "Cay Example" not in amy.text
        await amy.post(path, {"with": "dot "})
        assert "Until they agree, the shift is yours." in amy.text
        await dot.get("/rota")
        [question] = [x for x in dot.page.text.split('"') if x.endswith("/answer")]
        await dot.post(question, {"answer": "yes"})
        assert "Swapped." in dot.text
        monday = datetime.fromisoformat("2026-11-23T09:00+00:00")
        assert world.engine.service_state.on_duty("rowan", monday) == ("dot",)
        eve = await world.visitor("eve")
        await eve.get("/rota")
        await eve.post(question, eve.hidden("/out") | {"answer": "yes"})
        assert eve.page.status_code == 403


async def test_whoever_takes_over_is_asked_first():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        amy = await world.visitor("amy")
        await amy.get("/rota")
        await amy.post("/rota/take", amy.hidden("/rota/take", 0), number=0)
        assert "You have taken over." in amy.text
        assert world.context.shifts.on_duty("rowan")[0] == "amy"
