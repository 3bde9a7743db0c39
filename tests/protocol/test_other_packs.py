"""What the shipped pack does not use of the vocabulary, another authority's pack may."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from protocol import facts as f
from protocol.assess import assess
from protocol.episode import Decision, Notification
from protocol.facts import Child
from protocol.pack import load_pack
from protocol.standing import standing
from tests.protocol.cases import HOUR, OLDER, SIX, Record, after, away, earlier, missing
from tests.protocol.test_pack import EXAMPLE

MORE = """
[[rule]]
id = "OWN-EARLY"
when = { state = "open", away_under = 3 }
text = "In the first three hours: phone the friends."
source = "made up"

[[rule]]
id = "OWN-OFTEN"
level = 3
when = { episodes = { counted = "month", at_least = 3 }, away_at_least = 0.5 }
text = "The third time in a month, half an hour after it began."
source = "made up"

[[duty]]
id = "OWN-CALL"
title = "Phone the authority again"
act = "Ring the authority again."
who = "Duty manager"
kind = "notification"
when = { state = "open" }
from = "authority_told"
after_hours = 6
text = "Six hours after the first call."
source = "made up"

[[action]]
id = "OWN-HIGH"
title = "Only at level 3"
who = "Head of service"
on = ["EX-ROUTE"]
when = { level_at_least = 3 }
source = "made up"

[[action]]
id = "OWN-LOW"
title = "At level 2 and below"
who = "Duty manager"
on = ["EX-ROUTE"]
when = { level_at_most = 2 }
source = "made up"
"""
ASKED_FOR = """
[[action]]
id = "OWN-VISIT"
title = "Visit the address"
who = "Duty manager"
on = ["EX-ROUTE"]
when = { state = "returned" }
settle = "always"
source = "made up"

[[action]]
id = "OWN-CALL-HOME"
title = "Call the address"
who = "Duty manager"
on = ["EX-ROUTE"]
when = { state = "open", undecided = "OWN-VISIT" }
settle = "always"
source = "made up"
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "own.toml"
    text = EXAMPLE.read_text("utf-8").replace('include = ["dcsf-2009.toml"]', "")
    path.write_text(text + MORE, "utf-8")
    return load_pack(path)


def test_a_reason_may_end_with_a_limit(pack):
    """Nothing else happens at three hours, and yet the answer changes then."""
    early = after(1, away(), pack=pack)
    assert "OWN-EARLY" in early.reasons
    assert early.changes_at == SIX + 3 * HOUR
    assert "OWN-EARLY" not in after(3, away(), pack=pack).reasons


def test_repeat_episodes_may_set_the_level(pack):
    history = (earlier(3), earlier(5))
    assert after(1, away(), *history, pack=pack).level_reasons == ("OWN-OFTEN",)
    record = Record()
    told = {"category": "unauthorised_absence", "child": OLDER, "aware_at": SIX}
    record.write(f.Opened, SIX, **told)
    assert standing(record.facts, history, pack, SIX + HOUR).computed.level == 3
    alone = standing(record.facts, (), pack, SIX + HOUR)
    assert (alone.computed.level, alone.peak) == (1, 1)


def test_the_peak_counts_the_same_history_as_the_level(pack):
    """A correction puts the start a month later: no repeat any more, but the peak stays."""
    history = (earlier(3), earlier(29))
    record = Record()
    told = {"category": "unauthorised_absence", "child": OLDER, "aware_at": SIX}
    record.write(f.Opened, SIX, **told)
    record.write(f.LastSeen, SIX + 60 * HOUR, at=SIX + 48 * HOUR)
    later = standing(record.facts, history, pack, SIX + 61 * HOUR)
    assert (later.computed.level, later.peak) == (1, 3)


def test_a_duty_counted_from_a_call_has_no_time_before_the_call(pack):
    call = Notification(
        type="responsible_authority", at=SIX + HOUR, recipient_role="accountable_manager"
    )
    assert "OWN-CALL" not in after(2, away(), pack=pack).due
    told = after(2, away(notifications=(call,)), pack=pack)
    assert told.due["OWN-CALL"].at == SIX + 7 * HOUR


def test_a_stand_down_of_a_repeat_holds_as_long_as_nothing_rises(pack):
    """The manager saw the level that repeats have set, so it does not count as risen since."""
    history = (earlier(3), earlier(5))
    record = Record()
    told = {"category": "unauthorised_absence", "child": OLDER, "aware_at": SIX}
    record.write(f.Opened, SIX, **told)
    record.write(f.LevelStoodDown, SIX + HOUR, level=1, reason="at the grandmother's")
    stood = standing(record.facts, history, pack, SIX + 2 * HOUR)
    assert (stood.computed.level, stood.shown, stood.why) == (3, 1, "stood_down")


def test_a_report_at_the_very_moment_of_a_limit_may_move_the_limit(pack):
    """Where absences count from the report to the police, it starts the three hours anew."""
    pack = pack.with_settings({"clock_start": "reported", "police_report_makes_missing": False})
    report = SIX + 4 * HOUR
    case = away(aware_at=SIX + HOUR, police_reported_at=report)
    before = after(2, case, pack=pack)
    assert "OWN-EARLY" in before.reasons
    assert before.changes_at == report + 3 * HOUR


def test_actions_may_ask_for_a_level(pack):
    def own(found):
        return [a.id for a in found.actions if a.id.startswith("OWN")]

    assert own(after(1, missing(), earlier(3), earlier(5), pack=pack)) == ["OWN-HIGH"]
    assert own(after(5, missing(), pack=pack)) == ["OWN-LOW"]
    assert own(after(1, missing(), pack=pack)) == ["OWN-LOW"]


def test_a_condition_may_ask_for_a_decision_on_what_is_not_listed(tmp_path):
    """Nobody has to settle the visit now; that it was made an hour later ends the call all the
    same, at that time."""
    visit, call = "OWN-VISIT", "OWN-CALL-HOME"
    file = tmp_path / "own.toml"
    text = EXAMPLE.read_text("utf-8").replace('include = ["dcsf-2009.toml"]', "")
    file.write_text(text + ASKED_FOR, "utf-8")
    case = missing(decisions=(Decision(id=visit, outcome="done", at=SIX + 2 * HOUR),))
    pack = load_pack(file)
    before = after(1, case, pack=pack)
    assert [a.id for a in before.actions if a.id in (visit, call)] == [call]
    assert before.changes_at == SIX + 2 * HOUR
    assert call not in [a.id for a in after(2, case, pack=pack).actions]


def test_an_absence_may_have_no_route(pack):
    assert after(1, away(), pack=pack).routing == ""


def test_checkpoints_and_category_are_told_apart():
    found = after(5, away(police_reported_at=SIX + HOUR))
    assert found.checkpoints == ("CP-4H", "CP-24H", "CP-72H-OPEN")
    assert "STRAT-14D" in found.due
    assert found.category == "missing"
    assert after(5, away()).category == "unauthorised_absence"


def test_every_time_in_an_answer_is_on_the_clock_of_the_pack():
    pack = load_pack("haringey-2011", overrides={"tz": "Europe/Helsinki"})
    found = after(1, missing(returned_at=SIX + 0.5 * HOUR), pack=pack)
    times = (found.start, found.end, found.changes_at, *(due.at for due in found.due.values()))
    assert [moment.utcoffset() / HOUR for moment in times] == [2, 2, 2, 2]


def test_a_birthday_begins_at_midnight_on_the_clock_of_the_pack():
    choices = {"tz": "Europe/Helsinki", "age_evaluated_at": "now", "short_return_hours": 9}
    pack = load_pack("haringey-2011", overrides=choices)
    turning = missing(Child(dob=date(2014, 3, 3), historical_concerns=False))
    found = after(3, turning, pack=pack)
    assert found.changes_at == datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert assess(turning, [], pack, found.changes_at).age == 12
