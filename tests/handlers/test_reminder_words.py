"""What stands on a phone at three in the morning: short, clear, true for the one who reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers import card as case_card
from handlers.case_view import CaseView, case_view
from handlers.wording import acts, card, case_answers, digest, messages, second, service
from handlers.wording.messages import Words
from protocol import facts as f
from protocol.pack import load_pack
from protocol.provider import Authority, Chat, Contact, Home, Provider, Role, Staff
from protocol.standing import standing
from reminders.acknowledge import Answer
from reminders.duties import Duty
from storage.model import Entry, Episode, Message, Person

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


def case(now: datetime = NOW, *more: f.Fact) -> CaseView:
    """YP-07, 13, placed by Haringey, missing from Rowan House since 22:40."""
    child = f.Child(age=13, looked_after=True, responsible_la="Haringey", placement_la="Haringey")
    opened = f.Opened(
        id="f1", by="morgan", recorded_at=now - timedelta(hours=4), category="missing",
        child=child, aware_at=now - timedelta(hours=4), last_seen_at=now - timedelta(minutes=265),
    )  # fmt: skip
    entries = tuple(Entry(fact=fact, digest="") for fact in (opened, *more))
    episode = Episode(ref="RH-7K2D", home="rowan", person="YP-07", entries=entries)
    state = standing(episode.facts, (), PACK, now)
    person = Person(ref="YP-07", home="rowan", child=child, name="Invented Person")
    return case_view(episode, state, (), person, SERVICE, PACK, now, "reference")


def asking(kind: str, about: str, **data: Any) -> str:
    data = {"duty_at": at(minutes=20), "level": 2, **data}
    return plain(messages.reminder(message(kind, about, **data), case()).text)


def told(kind: str, to: str = "morgan", **data: Any) -> str:
    return plain(service.screen(message(kind, to=to, **data), WORDS).text)


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def test_a_reminder_says_who_since_when_and_what_to_do() -> None:
    """Never the name of a state: whoever is woken reads an act, and about whom."""
    lines = asking("reminder", "N-POLICE").splitlines()
    assert lines[0] == "⏰ RH-7K2D · YP-07 · age 13 · MISSING since Sat 21 Nov 22:40"
    assert lines[2].startswith("Do now: Ring the police on 101")
    assert lines[3] == "Due since 02:45 (set by this service)."
    early = asking("reminder", "RI-72H", duty_at=at(hours=-22)).splitlines()
    assert early[2].startswith("Coming up: Make sure")
    assert early[3] == "Due by Mon 23 Nov 01:05."


def test_the_first_line_has_initials_only_where_the_controller_chose_them() -> None:
    view = msgspec.structs.replace(case(), identifiers="initials")
    made = message("reminder", "CP-4H", duty_at=at())
    assert "YP-07 · IP · age 13" in plain(messages.reminder(made, view).text)
    assert "IP" not in asking("reminder", "CP-4H")


@pytest.mark.parametrize("duty", [d.id for d in PACK.book.duties] + list(acts.OWN))
@pytest.mark.parametrize("kind", ["reminder", "escalation", "telephone"])
@pytest.mark.parametrize("when", [20, -300])
def test_every_reminder_can_be_acted_on_by_somebody_just_woken(
    duty: str, kind: str, when: int
) -> None:
    """Reference and age, an act in the imperative, 999, plain numbers, at most 600 characters."""
    people = ["morgan", "sasha", "robin"]
    data = {"duty_at": at(minutes=when), "people": people, "asked": people[1:], "gap": True}
    data |= {"since": at(minutes=70), "late_minutes": 95, "was_with": "robin"}
    data["in_protocol"] = PACK.duty(duty) is not None
    made = msgspec.structs.replace(message(kind, duty, **data), ambiguous=True)
    screen = messages.reminder(made, case())
    text = plain(screen.text)
    assert "RH-7K2D · YP-07 · age 13 · MISSING since" in text
    assert "Do now: " in text or "Coming up: " in text
    assert "{" not in text
    assert "Call 999" in text
    assert text.startswith("🔁 Sent again")
    assert len(text) <= 600
    assert "<code>" not in screen.text
    assert not re.search(r"#\d|\b07\d{3} ?\d", text), "an inner mark, or a number no phone dials"
    for private in ("ledger", "outbox", "duty_at", "N-RA", "RI-72H", "CP-", "ladder", "round"):
        assert private not in text
    own = PACK.duty(duty)
    if own is None or own.set_by == "service":
        assert "overdue" not in text
        assert "set by this service" in text or "no time in protocol" in text
    assert len(acts.act(duty, case())) <= 200


def test_several_acts_are_numbered_and_each_has_its_buttons() -> None:
    made = [message("escalation", d, duty_at=at(minutes=m)) for d, m in
            (("N-POLICE", 30), ("N-RA", 20), ("CP-4H", 5))]  # fmt: skip
    screen = messages.reminders(made, case())
    lines = plain(screen.text).splitlines()
    assert lines[0].startswith("‼️ RH-7K2D · YP-07 · age 13")
    assert [line[:2] for line in lines[3:5]] == ["1.", "2."]
    assert lines[5] == "Also: Look again: report missing to the police."
    labels = [button.label for row in screen.rows for button in row]
    assert labels[0] == "🙋 I have all of it"
    assert {
        "🚓 Police told",
        "🏛 Authority told",
        "🏠 They're back",
        "✅ Still missing, done",
    } < set(labels)
    assert len(plain(screen.text)) <= 600


def test_at_a_checkpoint_the_buttons_are_back_still_missing_and_i_have_it() -> None:
    screen = messages.reminder(message("reminder", "CP-4H", duty_at=at()), case())
    labels = [[button.label for button in row] for row in screen.rows]
    assert labels == [
        ["🙋 I have it"], ["🏠 They're back", "✅ Still missing, done"], ["📄 Case"]
    ]  # fmt: skip


def test_what_has_no_time_in_the_protocol_is_never_called_overdue() -> None:
    text = asking("reminder", "SAFE-WELL", in_protocol=False)
    assert "Asked since 02:45, no time in protocol." in text
    assert "overdue" not in text


def test_an_abduction_stands_above_everything() -> None:
    view = case(NOW, f.Abducted(id="f2", by="morgan", recorded_at=NOW, at=NOW))
    assert view.state.computed.emergency
    text = plain(messages.reminder(message("reminder", "CP-4H", duty_at=at()), view).text)
    assert text.splitlines()[2] == "🚨 Crime in action: ring 999 now."
    assert "🚨 Crime in action: ring 999 now." in plain(case_card.text(view))


TAKEN = f.Abducted(id="f2", by="morgan", recorded_at=NOW, at=NOW)
TOLD = f.PoliceTold(id="f3", by="morgan", recorded_at=NOW, at=NOW)
REFUSED = f.PoliceAnswered(id="f4", by="morgan", recorded_at=NOW, at=NOW, accepted=False)
FOUND = f.Located(id="f5", by="morgan", recorded_at=NOW, at=NOW, where="")


def asked_of(duty: str, *facts: f.Fact, duties: tuple[str, ...] = ()) -> str:
    """The act of a reminder about a case of which all this is on record."""
    view = case(NOW, *facts)
    due = tuple(Duty(id=one, at=NOW, starts=NOW) for one in duties)
    view = msgspec.structs.replace(view, duties=due)
    return plain(messages.reminder(message("reminder", duty, duty_at=at()), view).text)


def test_nobody_is_sent_to_101_while_a_crime_is_in_action() -> None:
    """Reminder, card and list say 999, and say it of somebody who was taken, not reported."""
    words = "Ring 999 and say that the young person was taken or forced away. "
    words += "Write down the reference and who took it."
    assert acts.act("N-POLICE", case(NOW, TAKEN)) == words
    for duty in ("N-POLICE", "CP-4H", "CP-2H-U11", "CP-24H", "CP-72H-OPEN", "POLICE-CHALLENGE"):
        assert "101" not in asked_of(duty, TAKEN)
    assert "Ring the police on 101" in asked_of("N-POLICE")
    refused = asked_of("POLICE-CHALLENGE", TAKEN, TOLD, REFUSED, duties=("POLICE-CHALLENGE",))
    assert "ring 999 again" in refused


def test_nobody_is_asked_for_a_report_that_was_made() -> None:
    """Told: ask for news. Refused, or never told: report. Found: agree how they come back."""
    told = asked_of("CP-4H", TOLD)
    assert "ask what they have found" in told and "Report missing" not in told
    assert "Report missing to the police" in asked_of("CP-4H")
    refused = asked_of("CP-4H", TOLD, REFUSED, duties=("POLICE-CHALLENGE",))
    assert "Report missing to the police" in refused
    for duty in ("CP-2H-U11", "CP-4H", "CP-24H"):
        found = asked_of(duty, TOLD, FOUND)
        assert "They are found and not back: agree with Haringey's emergency duty team" in found
        assert "missing" not in found.casefold().partition("do now")[2]
    assert "Report missing" in asked_of("CP-24H") and "Report missing" not in told


def test_a_referral_names_the_team_that_answers_now() -> None:
    """Found at night, still to be referred in the morning: the day team, in title and act."""
    monday = datetime(2026, 11, 23, 11, 5, tzinfo=UTC)
    back = f.Returned(id="f6", by="morgan", recorded_at=monday, at=monday)
    assert acts.title("REF-OOH", case(NOW, FOUND)) == "Refer now to the emergency duty team"
    assert acts.title("REF-OOH", case(monday, FOUND)) == "Refer now to the duty team"
    assert "They are back" in acts.act("REF-OOH", case(monday, FOUND, back))


def test_lateness_is_said_in_hours_where_it_is_hours() -> None:
    assert "LATE by 35 min:" in asking("reminder", "CP-4H", late_minutes=35)
    assert "LATE by 4 h 05 min:" in asking("reminder", "CP-4H", late_minutes=245)


def test_the_card_ring_them_has_everybody_but_the_reader() -> None:
    people = ["morgan", "sasha", "robin"]
    text = asking("telephone", "CP-4H", people=people, asked=people[1:], since=at(minutes=70))
    assert "Ring them now:\n• Sasha Example: +44 7700 900202\n• Robin Example:" in text
    assert "Morgan" not in text
    alone = asking("telephone", "CP-4H", people=["morgan"])
    assert "Nobody has answered. Ring your manager now." in alone


def test_the_team_of_the_hour_comes_with_a_number_that_a_phone_dials() -> None:
    """At five past three at night the emergency duty team, at eleven on a Monday the day team."""
    assert "Haringey's emergency duty team: +44 7700 900102" in asking("escalation", "N-RA")
    monday = datetime(2026, 11, 23, 11, 5, tzinfo=UTC)
    made = message("escalation", "N-RA", duty_at=at())
    assert "Haringey's duty team: +44 7700 900101" in plain(
        messages.reminder(made, case(monday)).text
    )


def test_a_level_says_what_it_was_only_if_that_was_ever_told() -> None:
    first = plain(messages.level(message("level", level=2, before=1), case()).text)
    assert "Now level 2.\n" in first
    assert "before" not in first
    told_before = message("level", level=3, before=2, announced=True)
    later = plain(messages.level(told_before, case()).text)
    assert "Now level 3 (before: 2)." in later
    assert "Call 999" in later


def test_the_card_begins_with_what_to_do_and_fits_a_phone() -> None:
    """One screen of 390 x 700: about 24 lines of 46 letters."""
    text = plain(case_card.text(case()))
    lines = text.splitlines()
    assert lines[0].startswith("RH-7K2D · YP-07 · MISSING since") and "Level 2" in lines[0]
    wrapped = sum(max(1, -(-len(line) // 46)) for line in lines)
    assert wrapped <= 24, text


def test_home_age_and_authority_stand_on_the_card_where_the_controller_wants_them() -> None:
    """Each is a setting of its own; without it the card has reference, level and what is due."""
    view = case()
    for shown, words in (("home", "Rowan House"), ("age", "age 13"), ("authority", "placed by")):
        bare = plain("\n".join(card.heading(view)))
        assert words not in bare and "Level 2" in bare
        chat = Chat(card_shows=(shown,))  # type: ignore[arg-type]
        service = msgspec.structs.replace(view.service, chat=chat)
        told = card.heading(msgspec.structs.replace(view, service=service))
        assert words in plain("\n".join(told)) and "Level 2" in plain("\n".join(told))


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
    assert text.endswith("Please telephone them: +44 7700 900202")


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
    text = plain(case_answers.outcome(answer, "Look again", SERVICE, NOW))
    assert text == "Sasha Example has this until 03:35: Look again."


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
