"""Packs: the shipped ones, the one that the guide writes, and the mistakes that are refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from protocol import document
from protocol.command import DryRun, pack_mistakes, review_due
from protocol.pack import load_pack, shipped
from protocol.packfile import PackError
from protocol.packread import SHIPPED
from protocol.settings import KEYS, MEANING, SettingError, Settings
from protocol.vocabulary import ALLOWED
from tests.protocol.cases import after, earlier, missing

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "writing-a-pack.md").read_text("utf-8")
EXAMPLE = ROOT / "tests" / "data" / "protocol" / "exampleshire.toml"


def test_the_shipped_packs_are_well_formed():
    assert shipped() == ["guidance-2009", "haringey-2011"]
    assert pack_mistakes() == []


def test_the_page_of_the_protocol_is_up_to_date():
    assert document.main(["--check"]) == 0, "run python -m protocol.document"


def test_the_guide_and_the_example_pack_are_the_same():
    block = re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert block is not None
    assert block[1] == EXAMPLE.read_text("utf-8")


@pytest.mark.parametrize("word", ALLOWED)
def test_the_guide_names_every_condition(word):
    assert f"`{word}`" in GUIDE


def test_every_setting_says_what_it_decides():
    assert set(MEANING) == set(KEYS)


def test_the_presets_are_those_of_the_decision_table():
    literal = load_pack("haringey-2011", "literal").settings
    assert (literal.older_band_min_age, literal.ua_over_4h_level) == (11, 1)
    assert (literal.unknown_concerns_as, literal.under11_missing_open_level) == (False, 1)
    assert (literal.police_report_makes_missing, literal.cp_72h_open) == (False, False)
    assert (literal.review_categories, literal.review_office_hours) == (("missing",), False)
    assert (literal.told_before_missing, literal.crime_victim_as_harm) == ("counts", False)
    assert (literal.unknown_priority_as, literal.settle_recommendations) == (False, False)
    assert load_pack("haringey-2011", "current").settings.profile == "current"
    assert load_pack("haringey-2011", "overnight").settings.level3_overnight


def test_recommendations_are_labelled_as_such():
    pack = load_pack()
    for rule in pack.book.rules:
        if rule.id.startswith("APPG-"):
            assert rule.label == "recommendation"
    assert {a.label for a in pack.book.actions if a.id.startswith("APPG-")} == {"recommendation"}


def test_every_ambiguity_of_the_decision_table_is_there_with_its_choice():
    names = [ambiguity.id for ambiguity in load_pack().book.ambiguities]
    assert names == [f"A-{n:02}" for n in range(1, 27)] + [f"S-{n:02}" for n in range(1, 17)]


def test_a_pack_says_when_it_is_to_be_reviewed():
    pack = load_pack()
    by = pack.book.review_by
    assert by is not None
    assert review_due(pack, by - timedelta(days=1)) == []
    (warning,) = review_due(pack, by)
    assert warning.severity == "warning"
    assert by.isoformat() in warning.what


def test_lancashire_is_off_until_it_is_wanted():
    assert not load_pack().settings.lancs_enabled


class TestExampleshire:
    """The guide's protocol does what the guide says."""

    def ask(self, now, **episode):
        case = json.loads(re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)[1])
        case |= {"now": now, "pack": str(EXAMPLE)}
        case["episode"] |= episode
        return DryRun().answer(json.dumps(case).encode())

    def test_twelve_hours_with_a_night_are_level_3(self):
        answer = self.ask("2026-03-08T06:30:00+00:00")
        assert (answer["level"], answer["level_reasons"]) == (3, ("EX-L3-NIGHT",))
        assert self.ask("2026-03-08T06:29:59+00:00")["level"] == 2

    def test_twelve_hours_of_a_day_are_not(self):
        day = {"last_seen_at": "2026-03-08T07:00:00+00:00", "aware_at": "2026-03-08T08:00:00Z"}
        assert self.ask("2026-03-08T21:00:00+00:00", **day)["level"] == 2

    def test_police_at_once_and_the_authority_in_thirty_minutes(self):
        due = self.ask("2026-03-07T19:05:00+00:00")["due"]
        assert due["N-POLICE"] == {"at": "2026-03-07T19:00:00+00:00", "status": "due"}
        assert due["N-RA"] == {"at": "2026-03-07T19:30:00+00:00", "status": "pending"}

    def test_a_meeting_at_the_third_episode_in_thirty_days(self):
        pack = load_pack(EXAMPLE)
        from protocol.assess import assess
        from protocol.episode_json import read_episode, read_history

        case = json.loads(re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)[1])
        episode = read_episode(case["episode"], [])
        earlier = [
            {"category": "missing", "start": "2026-02-20T18:00:00Z"},
            {"category": "unauthorised_absence", "start": "2026-02-05T18:30:00Z"},
        ]
        now = datetime(2026, 3, 7, 20, tzinfo=UTC)
        with_both = assess(episode, read_history(earlier, []), pack, now)
        assert "EX-3IN30" in with_both.reasons
        assert [a.title for a in with_both.actions if a.id == "EX-MEETING"]
        with_one = assess(episode, read_history(earlier[:1], []), pack, now)
        assert "EX-3IN30" not in with_one.reasons


MISTAKES = [
    ("unknown key", "young = true", "youngish = true", "rule[0].when[0].youngish", "state"),
    ("unknown table", "[[route]]", "[[rout]]", "rout", "settings"),
    ("unknown key of a rule", "[[route]]", "[[route]]\nwhom = 1", "route[0].whom", "source"),
    ("unknown setting", "notify_ra_min", "notify_ra_mins", "settings.notify_ra_mins", "tz"),
    ("wrong value", "notify_ra_min = 30", 'notify_ra_min = "x"', "settings.notify_ra_min", "0 to"),
    ("twice the same id", 'id = "EX-L1"', 'id = "EX-3IN30"', "rule[3].id", "twice"),
    ("an id with a colon", 'id = "EX-L1"', 'id = "EX:L1"', "rule[2].id", "at most 24"),
    ("an id too long", 'id = "EX-L1"', f'id = "{"E" * 25}"', "rule[2].id", "at most 24"),
    ("missing source", 'source = "Exampleshire protocol, page 4"\n', "", "rule[3]", "source"),
    ("impossible time", '"level3_min_hours"\ntext', "99999\ntext", "duty[0].after_hours", "8784"),
    (
        "time before the start",
        '"level3_min_hours"\ntext',
        "-1\ntext",
        "duty[0].after_hours",
        "0 to",
    ),
    ("closes before it opens", '"08:00"', '"18:00"', "presets.summer.office_close", "opens"),
    ("not TOML", 'title = "Ring', "title = Ring", "", "TOML"),
    ("no way to a level", "{ otherwise = true }", "{ state = 'open' }", "rule", "otherwise"),
    ("unknown rule", '["EX-3IN30"]', '["EX-4IN30"]', "action[1].on[0]", "no rule"),
    ("unknown duty", 'by = "EX-NIGHT"', 'by = "EX-NIGTH"', "action[0].by", "EX-NIGHT"),
    ("unknown count", '"month"', '"moon"', "rule[3].when.episodes.counted", "month"),
    ("level twice", "number = 2", "number = 1", "level[1].number", "twice"),
    (
        "setting of an ambiguity",
        "[[route]]",
        '[[ambiguity]]\nid = "1"\ntext = "t"\nchoice = "c"\nwhy = "w"\nsettings = ["x"]\n[[route]]',
        "ambiguity[0].settings[0]",
        "no setting",
    ),
    ("no such level", "level = 3", "level = 4", "rule[1].level", "0 to 3"),
    ("unknown file", "dcsf-2009.toml", "dcsf.toml", "pack.include[0]", "dcsf-2009.toml"),
]


@pytest.mark.parametrize(
    ("wrong", "old", "new", "key", "says"), MISTAKES, ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path, wrong, old, new, key, says):
    text = EXAMPLE.read_text("utf-8").replace(old, new, 1)
    problem = refused(tmp_path, text)
    assert problem.file == "mine.toml"
    assert problem.key == key
    assert says in str(problem)
    shown = text.splitlines()[problem.line - 1]
    leaf = re.sub(r"\[\d+\]", "", key.rpartition(".")[2])
    assert leaf in shown or new.splitlines()[0] in shown or shown.startswith("[")


NEVER = [
    '{ category = "missing", away_at_least = 4, away_under = 3 }',
    '{ category = "missing", away_over = 4, away_at_most = 4 }',
    '{ state = "returned", located = false }',
    "{ located = false, located_out_of_hours = true }",
    '{ category_in = "level3_categories", rule = "NEVER-A", state = "returned" }',
    '[{ young = true }, { state = "returned", located = false }]',
]


@pytest.mark.parametrize("when", NEVER)
def test_a_rule_that_can_never_fire_is_refused(tmp_path, when):
    text = EXAMPLE.read_text("utf-8").replace(
        '[[rule]]\nid = "EX-3IN30"',
        '[[rule]]\nid = "NEVER-A"\nwhen = { state = "open" }\ntext = "a"\nsource = "b"\n\n'
        f'[[rule]]\nid = "NEVER-B"\nwhen = {when}\ntext = "a"\nsource = "b"\n\n'
        '[[rule]]\nid = "EX-3IN30"',
    )
    problem = refused(tmp_path, text)
    assert "can never fire" in str(problem)
    assert problem.key.startswith("rule[4].when")
    assert text.splitlines()[problem.line - 1] == f"when = {when}"


def test_exactly_at_the_limit_is_a_time_too(tmp_path):
    """At least 4 h and not over 4 h: exactly 4 h, so the rule can fire."""
    text = EXAMPLE.read_text("utf-8").replace(
        'when = { category = "missing", overnight = true',
        'when = { category = "missing", away_at_most = "level3_min_hours"',
    )
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    load_pack(tmp_path / "mine.toml")


ODD = [
    "3",
    "-1",
    "1.5",
    "nan",
    '"x"',
    '""',
    "true",
    "[]",
    "[1]",
    '["x"]',
    "{}",
    "1979-05-27",
    "{ a = 1 }",
]


@pytest.mark.parametrize("value", ODD)
def test_any_value_at_any_place_is_taken_or_refused(tmp_path, value):
    """Whatever somebody writes behind an equals sign: a pack, or a PackError with its line."""
    lines = EXAMPLE.read_text("utf-8").replace('"dcsf-2009.toml"', "").splitlines()
    path = tmp_path / "mine.toml"
    for number, line in enumerate(lines):
        key, equals, rest = line.partition(" = ")
        if not equals or rest == "[":
            continue
        changed = [*lines[:number], f"{key} = {value}", *lines[number + 1 :]]
        path.write_text("\n".join(changed), "utf-8")
        try:
            load_pack(path)
        except PackError as problem:
            assert problem.line > 0, line
            assert str(problem).startswith("mine.toml:")


@pytest.mark.parametrize(
    "table", ["pack", "settings", "presets", "counts", "level", "rule", "duty"]
)
def test_a_table_that_is_no_table_is_refused(tmp_path, table):
    for value in ("3", '"x"', "[3]", "[[]]"):
        text = re.sub(rf"(?ms)^\[+{table}[\].].*?(?=^\[)", "", EXAMPLE.read_text("utf-8"))
        refused(tmp_path, f"{table} = {value}\n{text}")


def test_steps_may_be_written_as_numbers(tmp_path):
    tier = '[[tier]]\nid = "EX"\ncounted = "month"\nsteps = [4, 2]\ntext = "t"\nsource = "s"\n\n'
    text = EXAMPLE.read_text("utf-8").replace("[[duty]]", tier + "[[duty]]", 1)
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    pack = load_pack(tmp_path / "mine.toml")
    assert "EX-2" in after(1, missing(), earlier(3), pack=pack).reasons
    assert "EX-4" in after(1, missing(), *map(earlier, (1, 2, 3, 4)), pack=pack).reasons
    assert "no step" in str(refused(tmp_path, text.replace("[4, 2]", "[]")))
    assert "staffs_tiers" in str(refused(tmp_path, text.replace("[4, 2]", '"bank_holidays"')))
    assert "whole numbers" in str(refused(tmp_path, text.replace("[4, 2]", "[0]")))


def test_a_route_behind_a_wider_one_is_refused(tmp_path):
    text = EXAMPLE.read_text("utf-8").replace(
        "[[rule]]",
        '[[route]]\nid = "EX-ROUTE-2"\nwhen = { category = "missing", young = true }\n'
        'text = "a"\nsource = "b"\n\n[[rule]]',
        1,
    )
    assert "can never be reached: EX-ROUTE comes first" in str(refused(tmp_path, text))


def test_otherwise_behind_a_rule_that_always_applies_is_refused(tmp_path):
    text = EXAMPLE.read_text("utf-8").replace(
        'when = { category = "missing", overnight = true, away_at_least = "level3_min_hours" }',
        "when = {}",
    )
    assert "EX-L1 can never fire" in str(refused(tmp_path, text))


def test_a_duty_from_a_time_that_cannot_be_there_is_refused(tmp_path):
    text = EXAMPLE.read_text("utf-8").replace('from = "start"', 'from = "returned"')
    assert "EX-NIGHT can never fire" in str(refused(tmp_path, text))


def test_a_mistake_in_an_included_file_names_that_file(tmp_path):
    (tmp_path / "more.toml").write_text('[[rule]]\nid = "X"\nwhen = {}\ntext = "t"\n', "utf-8")
    text = EXAMPLE.read_text("utf-8").replace(
        '["dcsf-2009.toml"]', '["dcsf-2009.toml", "more.toml"]'
    )
    problem = refused(tmp_path, text)
    assert (problem.file, problem.line) == ("more.toml", 1)
    assert "source" in str(problem)


def test_an_included_file_has_no_settings(tmp_path):
    (tmp_path / "more.toml").write_text("[settings]\nstrategy_days = 3\n", "utf-8")
    text = EXAMPLE.read_text("utf-8").replace("dcsf-2009.toml", "more.toml", 1)
    assert "belongs in the pack itself" in str(refused(tmp_path, text))


def test_unknown_pack_and_preset_say_what_there_is(tmp_path):
    with pytest.raises(PackError, match="haringey-2011"):
        load_pack("haringay")
    with pytest.raises(PackError, match="cautious, literal, current"):
        load_pack("haringey-2011", "cautios")
    with pytest.raises(PackError, match="cannot be read"):
        load_pack(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackError, match="not UTF-8"):
        load_pack(tmp_path / "bytes.toml")
    (tmp_path / "empty.toml").write_text("", "utf-8")
    with pytest.raises(PackError, match="pack"):
        load_pack(tmp_path / "empty.toml")


def test_an_override_is_checked_like_a_setting():
    with pytest.raises(SettingError) as wrong:
        load_pack("haringey-2011", overrides={"strategy_dais": 3})
    assert wrong.value.key == "strategy_dais"
    assert load_pack("haringey-2011", overrides={"strategy_days": 3}).settings.strategy_days == 3


def test_what_a_pack_does_not_set_has_the_usual_value():
    assert load_pack(EXAMPLE).settings.notify_parents_min == Settings().notify_parents_min


def test_check_names_every_pack_that_is_refused(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[pack]\nid = 3\n", "utf-8")
    problems = [str(mistake) for mistake in pack_mistakes([bad, EXAMPLE])]
    assert len(problems) == 1
    assert problems[0].startswith("bad.toml:")


def test_every_shipped_file_can_be_included():
    """A file that belongs to no pack would be a rule that nobody sees."""
    included = set(load_text("haringey-2011.toml"))
    files = {file.name for file in SHIPPED.glob("*.toml")} - {f"{name}.toml" for name in shipped()}
    assert files == included


def load_text(name):
    import tomllib

    return tomllib.loads((SHIPPED / name).read_text("utf-8"))["pack"]["include"]


def refused(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(path)
    return caught.value
