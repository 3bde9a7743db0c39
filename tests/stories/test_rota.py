"""Stories of who is on duty. By day Morgan, by night Sasha; Robin is the manager.
Saturday 21 November 2026, 21:30, at Rowan House."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.night import Night, london

ROTA = """
[[rota]]
homes = ["rowan"]
days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
start = "08:00"
end = "20:00"
staff = ["morgan"]

[[rota]]
homes = ["rowan"]
days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
start = "20:00"
end = "08:00"
staff = ["sasha"]

[[exceptions]]
homes = ["rowan"]
start = 2026-12-25T08:00:00
end = 2026-12-26T08:00:00
staff = ["robin"]
reason = "Christmas Day"
"""


@pytest.fixture
async def shifts(tmp_path: Path) -> AsyncIterator[Night]:
    one = Night(tmp_path, ROTA)
    try:
        yield await one.begin()
    finally:
        await one.end()


async def test_a_shift_is_swapped_in_four_taps_and_the_rota_names_the_right_person(
    shifts: Night,
) -> None:
    """Sasha gives Morgan tomorrow's night for Monday's day shift; the manager sees it, and when
    the night comes it is Morgan who is asked."""
    night = shifts
    await night.sasha.sends("/duty")
    await night.sasha.taps("Swap a shift")
    await night.sasha.sees("Which of your shifts")
    await night.sasha.taps("Sun 22 Nov 20:00–08:00")
    await night.sasha.taps("Morgan Example")
    await night.sasha.sees("Morgan Example works Sun 22 Nov 20:00–08:00 for you")
    await night.sasha.taps("Tue 24 Nov 08:00–20:00")
    await night.sasha.sees("Morgan Example is asked", "Until they agree, the shift is yours")
    await night.morgan.sees(
        "Sasha Sample asks you to swap",
        "You work Sun 22 Nov 20:00–08:00, Rowan House",
        "Sasha Sample works Tue 24 Nov 08:00–20:00, Rowan House",
        "Please answer by",
    )
    await night.morgan.taps("I agree")
    await night.morgan.sees("Swapped. You work Sun 22 Nov 20:00", "You are free Tue 24 Nov")
    for person in (night.sasha, night.robin):
        await person.sees(
            "Swapped",
            "Sun 22 Nov 20:00–08:00, Rowan House: Morgan Example, not Sasha Sample",
            "Tue 24 Nov 08:00–20:00, Rowan House: Sasha Sample, not Morgan Example",
        )
    await night.stage.nobody_got_anything_else()
    night.kill()
    await night.start()
    await night.forget()
    await night.clock.go_to(london("2026-11-22 21:00"))
    await night.forget()
    await night.robin.sends("/duty")
    await night.robin.sees("Rowan House: Morgan Example")
    await night.reports(night.robin, home="Rowan House")
    await night.clock.advance(minutes=10)
    await night.morgan.sees("Ring the police")
    await night.sasha.sees_nothing()
    await night.clock.go_to(london("2026-11-24 09:00"), stepwise=False)
    await night.robin.sends("/duty")
    await night.robin.sees("Rowan House: Sasha Sample")


async def test_a_colleague_who_cannot_swap_leaves_it_as_it_was(shifts: Night) -> None:
    """Declined, and once more unanswered: it stays Sasha's, who learns of it, as the manager does.
    An old button afterwards says how things stand."""
    night = shifts
    for _ in range(2):
        await night.sasha.sends("/duty")
        for tap in ("Swap a shift", "Sun 22 Nov 20:00", "Robin Model", "Nothing in return"):
            await night.sasha.taps(tap)
        await night.robin.sees("Sasha Sample asks you to swap", "Nothing in return")
        await night.forget()
        if not _:
            await night.robin.taps("I can't")
            await night.sasha.sees("No swap: Robin Model cannot", "Rowan House: Sasha Sample")
    await night.clock.go_to(london("2026-11-22 20:00"))
    await night.sasha.sees("No swap: Robin Model did not answer", "Rowan House: Sasha Sample")
    await night.robin.taps("I agree")
    await night.robin.sees("This question is closed", "You have no coming shift on the rota")
    await night.robin.sends("/duty")
    await night.robin.sees("Rowan House: Sasha Sample")


async def test_a_swap_can_be_taken_back_and_a_second_tap_does_no_harm(shifts: Night) -> None:
    night = shifts
    await night.sasha.sends("/duty")
    for tap in ("Swap a shift", "Mon 23 Nov 20:00", "Morgan Example", "Nothing in return"):
        await night.sasha.taps(tap)
    await night.sasha.taps("Take it back")
    await night.sasha.sees("Taken back. The shift stays yours.")
    await night.morgan.taps("I agree")
    await night.morgan.sees("This question is closed", "Your next shifts", "Sun 22 Nov 08:00–20:00")
    await night.robin.sees_nothing()


async def test_on_christmas_day_the_exception_of_the_configuration_holds(shifts: Night) -> None:
    night = shifts
    await night.clock.go_to(london("2026-12-25 08:00"), stepwise=False)
    await night.morgan.sends("/duty")
    await night.morgan.sees("Rowan House: Robin Model")
    await night.morgan.taps("Swap a shift")
    screen = str(await night.morgan.sees("Which of your shifts"))
    assert "Fri 25 Dec" not in screen
    await night.clock.go_to(london("2026-12-26 08:00"), stepwise=False)
    await night.morgan.sends("/duty")
    await night.morgan.sees("Rowan House: Morgan Example")


async def test_i_am_taking_over(shifts: Night) -> None:
    """Robin comes in at night: asked first from now on, Sasha is told and stays next in line; in
    the morning the rota holds again."""
    night = shifts
    await night.reports(night.sasha, home="Rowan House", police="Just now")
    await night.robin.sends("/duty")
    await night.robin.taps("I am taking over")
    await night.robin.taps("Rowan House")
    await night.robin.sees("You have taken over", "Rowan House: Robin Model, then Sasha Sample")
    await night.sasha.sees("Robin Model has taken over Rowan House and is asked first")
    await night.robin.sees("On your shift: Rowan House", "Ring the placing authority")
    await night.forget()
    await night.clock.advance(hours=1)
    await night.robin.sees("Ring Haringey's")
    await night.sasha.sees_nothing()
    await night.clock.go_to(london("2026-11-22 08:00"))
    await night.forget()
    await night.robin.sends("/duty")
    await night.robin.sees("Rowan House: Morgan Example")


async def test_the_short_list_comes_by_itself_at_the_start_of_a_shift(shifts: Night) -> None:
    """Morgan asks for it once. It comes in the morning, at the start of a shift that was swapped
    in too, and no more when Morgan does not want it."""
    night = shifts
    ref = await night.reports(night.sasha, home="Rowan House", police="Just now")
    await night.morgan.sends("/today")
    await night.morgan.sees("Your shift", ref)
    await night.morgan.taps("Send it when my shift starts")
    await night.morgan.sees("at the start of each of your shifts", "Next: Sun 22 Nov 08:00")
    await night.forget()
    await night.clock.go_to(london("2026-11-22 07:59"))
    await night.forget()
    await night.clock.go_to(london("2026-11-22 08:00"))
    await night.morgan.sees("On your shift: Rowan House", ref, "Ring the placing authority")
    await night.sasha.sends("/duty")
    for tap in ("Swap a shift", "Sun 22 Nov 20:00", "Morgan Example", "Nothing in return"):
        await night.sasha.taps(tap)
    await night.morgan.taps("I agree")
    await night.clock.go_to(london("2026-11-22 20:00"))
    await night.morgan.sees("On your shift: Rowan House", ref)
    await night.morgan.sends("/today")
    await night.morgan.taps("Stop sending it by itself")
    await night.morgan.sees("It no longer comes by itself")
    await night.forget()
    await night.clock.go_to(london("2026-11-23 08:01"))
    seen = [str(one) for one in night.morgan.unseen]
    assert not any("On your shift" in one for one in seen)


async def test_without_a_rota_the_list_comes_every_day_at_an_hour_of_choice(night: Night) -> None:
    await night.morgan.sends("/today")
    await night.morgan.sees("No open cases")
    await night.morgan.taps("Send it when my shift starts")
    await night.morgan.sees("The rota does not name you")
    await night.morgan.taps("07:00")
    await night.morgan.sees("The list comes every day. Next: Sun 22 Nov 07:00")
    await night.clock.go_to(london("2026-11-22 07:00"))
    await night.morgan.sees("On your shift: Rowan House", "No open cases")
    night.kill()
    await night.clock.go_to(london("2026-11-23 09:30"), settle=False)
    await night.start()
    await night.morgan.sees("On your shift: Rowan House", "No open cases")
    await night.clock.go_to(london("2026-11-23 20:00"))
    await night.morgan.sees_nothing()
