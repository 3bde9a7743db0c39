"""The month's figures: on the first working day, late if missed, never twice, only to managers."""

from __future__ import annotations

import pytest

from bot import monthly as made
from handlers.wording import monthly as say
from handlers.wording.messages import Words
from reminders.monthly import Monthly, month_before
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import PACK, World


def sent(world):
    return [g for g in world.telegram.got if g.message.kind == "monthly"]


@in_virtual_time
async def test_the_first_working_day_at_nine():
    """1 March 2026 is a Sunday."""
    async with World(start=utc("2026-02-20 12:00")) as world:
        await world.until(utc("2026-03-02 08:59"))
        assert sent(world) == []
        await world.until(utc("2026-03-02 09:01"))
        assert [(g.to, g.message.data) for g in sent(world)] == [("mia", {"month": "2026-02"})]
        await world.until(utc("2026-03-20 12:00"))
        assert len(sent(world)) == 1


@in_virtual_time
async def test_bank_holidays_are_no_working_days_and_clocks_are_those_of_london():
    async with World(start=utc("2026-12-20 12:00")) as world:
        jobs = Monthly(world.engine.service_state)
        assert jobs.moment("2027-01") == utc("2027-01-04 09:00")
        assert jobs.moment("2026-05") == utc("2026-05-01 08:00")
        assert jobs.next_at(utc("2027-01-04 09:00")) == utc("2027-02-01 09:00")


@in_virtual_time
async def test_sent_late_if_missed_and_never_twice():
    async with World(start=utc("2026-02-20 12:00")) as world:
        await world.advance(minutes=1)
        await world.process_down(until=utc("2026-03-04 11:00"))
        await world.advance(minutes=1)
        assert len(sent(world)) == 1
        await world.process_down(until=utc("2026-03-04 12:00"))
        await world.advance(hours=5)
        assert len(sent(world)) == 1


@in_virtual_time
async def test_figures_of_a_manager_count_their_homes_and_name_nobody():
    async with World(start=utc("2026-03-06 12:00")) as world:
        ref = await world.report("missing", person="YP-01")
        await world.advance(hours=3)
        await world.returns(ref)
        mia = world.staff("mia")
        figures = await made.gather(world.engine.service_state, mia, "2026-03")
        assert (figures.now.episodes, figures.now.children, figures.now.missing) == (1, 1, 1)
        assert (figures.before.episodes, figures.still_missing, figures.so_far) == (0, 0, True)
        assert made.picture(figures).startswith(b"\x89PNG")
        words = Words(world.engine.service_state.service, PACK, utc("2026-03-06 16:00"))
        text = say.screen(figures, words).text
        assert text.startswith("<b>March 2026, so far</b>")
        assert "Episodes: 1 (February: 0)" in text
        assert "YP-01" not in text
        assert ref not in text


@pytest.mark.parametrize(("month", "before"), [("2026-03", "2026-02"), ("2026-01", "2025-12")])
def test_the_month_before(month, before):
    assert month_before(month) == before


@in_virtual_time
async def test_a_clock_that_was_a_year_ahead_silences_no_month():
    """A first setting that was wrong and put right: the months that are still to come, come."""
    async with World(start=utc("2027-03-01 08:00")) as world:
        await world.until(utc("2027-03-01 10:00"))
        world.clock.shift(utc("2026-02-27 12:00") - world.clock.now())
        await world.advance(minutes=1)
        await world.until(utc("2026-03-02 09:01"))
        assert {"month": "2026-02"} in [g.message.data for g in sent(world)]
