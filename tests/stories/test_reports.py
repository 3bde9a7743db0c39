"""Figures in the chat, on the real process: for managers, of their homes, without anybody's name.
The stories begin on Saturday 21 November 2026 at 21:30."""

from __future__ import annotations

import re

from tests.stories.night import Night, london

REFERENCES = re.compile(r"YP-\d+|[A-Z]{2}-[0-9A-Z]{4}|Ash|Bay|Cedar|Invented")


async def test_a_manager_asks_for_the_figures_and_gets_them_with_a_picture(night: Night) -> None:
    """/reports: the month so far, beside the one before; nobody is named."""
    robin, morgan = night.robin, night.morgan
    await night.reports(morgan, police="Just now")
    await morgan.taps("They're back")
    await morgan.taps("Just now")
    await morgan.taps("None")
    await night.reports(morgan, "YP-02", police="Just now")
    await night.forget()
    await robin.sends("/reports")
    text = await robin.sees("November 2026, so far")
    said = text.message.get("text") or text.message.get("caption") or ""
    assert "Episodes: 2 (October: 0)" in said
    assert "Young people: 2 (October: 0)" in said
    assert "Missing now: 1" in said
    assert not REFERENCES.search(said)
    chat = await robin.chat()
    assert any("photo" in message for message in chat["messages"])


async def test_whoever_manages_no_home_is_told_who_gets_figures(night: Night) -> None:
    await night.morgan.sends("/reports")
    await night.morgan.sees("Figures go to managers")


async def test_the_month_comes_by_itself_on_the_first_working_day_once(night: Night) -> None:
    """1 December 2026 is a Tuesday; at nine, with the month before beside it; not again later."""
    await night.reports(night.morgan, police="Just now")
    await night.morgan.taps("They're back")
    await night.morgan.taps("Just now")
    await night.morgan.taps("None")
    assert night.stop() == 0
    await night.stage.clock.go_to(london("2026-12-01 08:50"), settle=False)
    await night.start()
    await night.forget()
    await night.stage.clock.go_to(london("2026-12-01 09:01"))
    seen = await night.robin.sees("November 2026")
    said = seen.message.get("text") or seen.message.get("caption") or ""
    assert "so far" not in said
    assert "Episodes: 1 (October: 0)" in said
    assert not REFERENCES.search(said)
    for person in (night.morgan, night.sasha):
        assert not any("Episodes: 1" in str(x.message) for x in person.unseen)
    await night.forget()
    await night.stage.clock.go_to(london("2026-12-01 14:00"))
    assert not any("Episodes: 1" in str(x.message) for x in night.robin.unseen)
