"""What stands on a phone at three in the morning: short, clear, true for the one who reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers.wording import card, digest, messages, second, service
from handlers.wording.messages import Words
from protocol.pack import load_pack
from protocol.provider import Authority, Contact, Home, Provider, Role, Staff
from reminders.acknowledge import Answer
from storage.model import Message

NOW = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)
PACK = load_pack("haringey-2011")
SERVICE = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH"),),
    authorities=(
        Authority(
            name="Haringey",
            duty_team=Contact(label="Day team", phone="07700 900101"),
            emergency_duty_team=Contact(label="Out of hours", phone="07700 900102"),
        ),
    ),
    staff=tuple(
        Staff(
            id=name.casefold(),
            name=f"{name} Example",
            telegram_id=7000 + n,
            role=Role.DUTY_MANAGER,
            phone=f"07700 90020{n}",
        )
        for n, name in enumerate(("Morgan", "Sasha", "Robin"), 1)
    ),
)
WORDS = Words(SERVICE, PACK, NOW)


def at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat()


def message(kind: str, about: str = "", to: str = "morgan", **data: Any) -> Message:
    return Message(id="x", to=to, kind=kind, created_at=NOW, due_at=NOW, about=about, data=data)


def week(data: dict[str, Any]) -> Message:
    return msgspec.structs.replace(message("digest"), data=data)


def asking(kind: str, about: str, **data: Any) -> str:
    data = {"duty_at": at(minutes=20), "level": 2, **data}
    made = message(kind, about, **data)
    return plain(messages.reminder(made, "RH-7K2D", "Rowan House", 2, "Haringey", WORDS).text)


def told(kind: str, to: str = "morgan", **data: Any) -> str:
    return plain(service.screen(message(kind, to=to, **data), WORDS).text)


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def test_a_reminder_says_that_it_is_still_to_do() -> None:
    """ "Police told" alone could be read as done."""
    text = asking("reminder", "N-POLICE")
    assert text.startswith("⏰ To do: Police told\nDue since 02:45, 20 min overdue")
    early = asking("reminder", "RI-72H", duty_at=at(hours=-22))
    assert early.startswith(
        "⏰ Coming up: Return interview held\nDue by Mon 23 Nov 01:05 (in 22 h)"
    )


def test_what_has_no_time_in_the_protocol_is_never_called_overdue() -> None:
    text = asking("reminder", "SAFE-WELL", in_protocol=False)
    assert "Asked since 02:45; no time in protocol" in text
    assert "overdue" not in text


def test_lateness_is_said_in_hours_where_it_is_hours() -> None:
    assert "LATE by 35 min:" in asking("reminder", "CP-4H", late_minutes=35)
    assert "LATE by 4 h 05 min:" in asking("reminder", "CP-4H", late_minutes=245)


def test_the_card_telephone_them_has_everybody_but_the_reader() -> None:
    people = ["morgan", "sasha", "robin"]
    text = asking("telephone", "CP-4H", people=people, asked=people[1:], since=at(minutes=70))
    assert "Please telephone them now:\n• Sasha Example: 07700 900202\n• Robin Example:" in text
    assert "Morgan" not in text
    alone = asking("telephone", "CP-4H", people=["morgan"])
    assert "Nobody has answered. Please telephone your manager now." in alone


def test_the_route_of_the_hour_comes_with_its_number() -> None:
    text = asking("escalation", "N-RA", route="EDT")
    assert "Now: Haringey, emergency duty team: 07700 900102" in text


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("Forbidden: bot was blocked by the user", "they blocked the bot"),
        ("Forbidden: user is deactivated", "their Telegram account is gone"),
        ("Bad Request: chat not found", "they have never opened the bot"),
        ("something new", "Telegram does not reach them"),
    ],
)
def test_why_somebody_cannot_be_reached_is_said_in_words(why: str, said: str) -> None:
    text = told("unreachable", person="sasha", why=why)
    assert text.startswith(f"📵 I cannot reach Sasha Example: {said}.")
    assert text.endswith("Please telephone them: 07700 900202")


def test_a_hand_over_that_came_to_nothing_says_whose_it_is() -> None:
    data = {"why": "unanswered", "giver": "morgan", "taker": "sasha", "homes": ["rowan"]}
    data["keeper"] = "morgan"
    assert "Rowan House stays with you." in told("handover_kept", **data)
    assert told("handover_kept", to="robin", **data).endswith("stays with Morgan Example.")
    data["keeper"] = "sasha"
    assert told("handover_kept", **data).endswith("Rowan House is with Sasha Example now.")


def test_the_second_channel_is_one_text_message_without_anything_about_the_child() -> None:
    text = second.second_channel(message("telephone", "N-RA"), "RH-7K2D")
    assert text.startswith("Nightlight: URGENT, nobody has answered. Case RH-7K2D needs an answer.")
    assert len(text) <= 160


def test_i_have_it_names_who_and_until_when() -> None:
    answer = Answer(
        outcome="held_by_other", duty="CP-4H", owner="sasha", until=NOW + timedelta(minutes=30)
    )
    text = plain(card.outcome(answer, "End of a short absence", SERVICE, NOW))
    assert text == "Sasha Example has this until 03:35: End of a short absence."


def test_a_digest_of_a_quiet_week_fits_one_screen_and_says_every_heading() -> None:
    data = {
        "from": at(days=7),
        "to": at(),
        "open": [],
        "unmet": [],
        "interviews": {
            "ended": 0,
            "held": 0,
            "declined": 0,
            "on_time": 0,
            "on_time_percent": None,
            "waiting": [],
        },
        "by_level": {level: {"week": 0, "before_mean": 0.5} for level in "123"},
        "by_home": {"rowan": {"week": 0, "before_mean": 0.5}},
        "repeats": [{"person": "YP-03", "episodes": 6, "tier": 5}],
        "unanswered": [],
        "out_of_hours_referrals": {"week": 0, "weeks": 3},
    }
    text = plain(digest.weekly(week(data), WORDS).text)
    assert text.startswith("Your week: Sun 15 Nov to Sun 22 Nov\n")
    assert "Return interviews: none was due" in text
    assert "YP-03: 6 times (reached 5)" in text
    assert "Out-of-hours referrals: 0\nIn 12 weeks: 3" in text
    assert "Every reminder was answered." in text
    assert len(text.splitlines()) <= 25
    data["interviews"] = {**data["interviews"], "ended": 4, "held": 2, "declined": 1}
    data["interviews"] |= {"on_time": 1, "on_time_percent": 33}
    text = plain(digest.weekly(week({**data, "late_minutes": 150}), WORDS).text)
    assert "(sent 2 h 30 min late)" in text
    assert "Return interviews: 33 % within 72 h\nDue: 4, held: 2, in time: 1, declined: 1" in text
