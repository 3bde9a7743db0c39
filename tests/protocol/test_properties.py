"""What holds of every case, looked for by Hypothesis."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, timedelta
from pathlib import Path

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocol.assess import assess, levels_at
from protocol.earlier_episodes import History
from protocol.episode import Decision
from protocol.explain import explain
from protocol.fold import fold
from protocol.pack import load_pack
from protocol.packread import SHIPPED
from protocol.settings import Settings
from protocol.standing import standing
from tests.protocol.cases import HOUR, PACK, SIX, missing
from tests.protocol.strategies import (
    ANY_MOMENT,
    BACK,
    EARLY,
    EPISODES,
    HISTORIES,
    MOMENTS,
    OFFSETS,
    facts,
)
from tests.protocol.test_pack import EXAMPLE

PRESETS = ("cautious", "literal", "current", "overnight")
PACKS = [load_pack("haringey-2011", name) for name in PRESETS]


def nothing_but_rules():
    """The pack of the guide without its duties: no checkpoint gives away a limit."""
    text = EXAMPLE.read_text("utf-8").replace('include = ["dcsf-2009.toml"]', "")
    text = re.sub(r"\[\[duty\]\].*?\n\n", "", text, flags=re.DOTALL).replace('by = "EX-NIGHT"', "")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.toml").write_text(text, "utf-8")
        return load_pack(Path(folder) / "rules.toml")


BARE = nothing_but_rules()
PACKS += [load_pack(EXAMPLE), BARE, BARE.with_settings({"age_evaluated_at": "now"})]
ANY_PACK = st.sampled_from(PACKS)
ANSWERED = (
    "return_unsafe", "contact_blocked", "crime_suspected", "crime_victim", "harmed_while_away",
)  # fmt: skip
MOMENT = timedelta(microseconds=1)


def level_at(case, history, pack, moment):
    return levels_at(case, History(history, pack), pack, [moment])[0]


SECOND = timedelta(seconds=1)


def answer(found):
    """All whose change counts as a change."""
    further = found.to_settle, found.emergency, found.prompts, found.placing
    return found.level, found.reasons, found.due, *further


@given(EPISODES, HISTORIES, ANY_PACK, MOMENTS, st.floats(0, 1))
def test_between_now_and_changes_at_nothing_changes(case, history, pack, now, share):
    found = assess(case, history, pack, now)
    if found.changes_at is None:
        later = now + timedelta(days=share * 100)
        assert answer(assess(case, history, pack, later)) == answer(found)
        return
    assert found.changes_at > now
    between = min(now + (found.changes_at - now) * share, found.changes_at - MOMENT)
    assert answer(assess(case, history, pack, between)) == answer(found)


@given(EPISODES, HISTORIES, ANY_PACK, MOMENTS)
def test_one_second_after_changes_at_something_has_changed(case, history, pack, now):
    found = assess(case, history, pack, now)
    assume(found.changes_at is not None)
    assert answer(assess(case, history, pack, found.changes_at + SECOND)) != answer(found)


@given(EPISODES, HISTORIES, ANY_PACK, MOMENTS, OFFSETS.filter(lambda seconds: seconds >= 0))
def test_with_fixed_facts_the_level_never_falls(case, history, pack, now, seconds):
    """Facts dated later would be new facts, so only those of the first moment are kept."""
    assume(pack.preset != "literal" and pack.settings.age_evaluated_at == "clock_start")
    fixed = as_known(case, now)
    later = now + timedelta(seconds=seconds)
    assert level_at(fixed, history, pack, later) >= level_at(fixed, history, pack, now)


@given(EPISODES, HISTORIES, ANY_PACK, st.lists(MOMENTS, min_size=2, max_size=4))
def test_looking_back_gives_the_level_of_each_moment(case, history, pack, moments):
    """What is kept from one moment to the next is not kept past a fact that is dated between."""
    moments.sort()
    each = [level_at(case, history, pack, moment) for moment in moments]
    assert levels_at(case, History(history, pack), pack, moments) == each


def at_most(moment, now):
    return moment if moment is not None and moment <= now else None


def as_known(case, now):
    """The case without anything dated later. An absence that is still to become missing is none."""
    later = case.missing_since is not None and case.missing_since > now
    if later and case.category == "missing":
        case = msgspec.structs.replace(case, category="unauthorised_absence")
    times = [
        name
        for name in case.__struct_fields__
        if name.endswith("_at") and name not in ("last_seen_at", "due_back_at", "aware_at")
    ]
    known = {name: getattr(case, name) for name in times}
    return msgspec.structs.replace(
        case,
        notifications=tuple(n for n in case.notifications if n.at <= now),
        decisions=tuple(d for d in case.decisions if d.at <= now),
        missing_since=at_most(case.missing_since, now),
        **{name: at if at is not None and at <= now else None for name, at in known.items()},
    )


TO_TELL = {
    "N-POLICE", "N-RA", "N-RA-WRITTEN", "N-PARENTS", "N-BACK-POLICE", "N-BACK-RA",
    "N-BACK-PARENTS", "REF-OOH", "REF-DUTY",
}  # fmt: skip
LATER = OFFSETS.filter(lambda seconds: seconds >= 0)
AFTER = EPISODES | BACK
SOON = MOMENTS | EARLY.map(lambda moment: moment + HOUR)
"""Of MOMENTS most are days later."""


@settings(max_examples=250)
@given(AFTER, HISTORIES, ANY_PACK, SOON, LATER)
def test_time_alone_ends_no_duty_to_tell(case, history, pack, now, seconds):
    fixed = as_known(case, now)
    before = TO_TELL & assess(fixed, history, pack, now).due.keys()
    assert before <= assess(fixed, history, pack, now + timedelta(seconds=seconds)).due.keys()


@given(AFTER, HISTORIES, ANY_PACK, SOON, LATER)
def test_time_alone_settles_nothing(case, history, pack, now, seconds):
    """Unless it raises the level, whose actions take the place of those of the lower one."""
    fixed = as_known(case, now)
    one = assess(fixed, history, pack, now)
    other = assess(fixed, history, pack, now + timedelta(seconds=seconds))
    assume(one.level == other.level)
    assert set(one.to_settle) <= set(other.to_settle)


@given(AFTER, HISTORIES, ANY_PACK, SOON, st.sampled_from(ANSWERED))
def test_an_answer_that_is_not_known_any_more_settles_nothing(case, history, pack, now, name):
    no = msgspec.structs.replace(case, **{name: False})
    unknown = msgspec.structs.replace(case, **{name: "unknown"})
    one, other = (assess(c, history, pack, now) for c in (no, unknown))
    assert set(one.to_settle) <= set(other.to_settle)
    assert set(one.reasons) <= set(other.reasons)


@given(AFTER, HISTORIES, ANY_PACK, SOON)
def test_closing_never_hides_a_duty_to_tell(case, history, pack, now):
    """Whoever is listed stands in the way, unless it is the parents and somebody else tells them.
    Of the police it is POLICE-NOT-TOLD that does."""
    found = assess(case, history, pack, now)
    if not found.returned:
        return
    listed = {"POLICE-NOT-TOLD" if name == "N-POLICE" else name for name in TO_TELL & {*found.due}}
    put_off = {d.id for d in case.decisions if d.id in ("N-PARENTS", "N-BACK-PARENTS") and d.until}
    assert listed - put_off <= set(found.to_settle)
    assert found.closable == (not found.to_settle)


@given(AFTER, HISTORIES, ANY_PACK, SOON, st.sampled_from(["done", "booked", "handed_over"]))
def test_only_the_word_of_the_receiver_ends_a_duty_to_tell(case, history, pack, now, outcome):
    """Done, booked and handed over end none; neither does a reason before the return."""
    undecided = msgspec.structs.replace(case, decisions=())
    made = tuple(
        Decision(id=name, outcome=outcome, at=now, by_role="manager", note="why", until=now + HOUR)
        for name in sorted(TO_TELL)
    )
    decided = msgspec.structs.replace(case, decisions=made)
    assert assess(decided, history, pack, now).due == assess(undecided, history, pack, now).due


@given(EPISODES, HISTORIES, ANY_PACK, MOMENTS, st.sampled_from(Settings().additional_factors))
def test_more_concern_never_lowers_the_level(case, history, pack, now, factor):
    before = level_at(case, history, pack, now)
    worse = msgspec.structs.replace(case.child, **{factor: True})
    assert level_at(msgspec.structs.replace(case, child=worse), history, pack, now) >= before
    known = msgspec.structs.replace(case.child, historical_concerns=True)
    assert level_at(msgspec.structs.replace(case, child=known), history, pack, now) >= before


@given(EPISODES, HISTORIES, MOMENTS)
def test_the_overlay_of_current_practice_never_takes_anything_away(case, history, now):
    seed = assess(case, history, PACK, now)
    current = assess(case, history, PACKS[2], now)
    assert current.level == seed.level
    assert set(current.reasons) >= set(seed.reasons)
    assert current.due.items() >= seed.due.items()


@given(facts(), st.randoms(use_true_random=False), ANY_PACK, MOMENTS)
def test_the_order_of_facts_recorded_at_different_times_does_not_matter(record, rng, pack, now):
    distinct = {fact.recorded_at: fact for fact in record}
    one = list(distinct.values())
    other = list(one)
    rng.shuffle(other)
    assert fold(one) == fold(other)
    assert standing(one, (), pack, now) == standing(other, (), pack, now)


@settings(max_examples=200)
@given(facts(ANY_MOMENT), HISTORIES, ANY_PACK, ANY_MOMENT.filter(lambda now: now.tzinfo))
def test_nothing_that_a_store_accepts_makes_the_rules_fail(record, history, pack, now):
    case = fold(record)
    found = assess(case, history, pack, now)
    assert found.level in (1, 2, 3)
    assert found.level_reasons
    assert explain(case, history, pack, now).because
    stand = standing(record, history, pack, now)
    assert 1 <= stand.shown <= 3
    assert stand.peak >= stand.computed.level


@given(EPISODES, HISTORIES, MOMENTS)
def test_two_packs_that_differ_only_in_wording_give_the_same_levels(case, history, now):
    one, other = assess(case, history, PACK, now), assess(case, history, REWORDED, now)
    assert (one.level, one.level_reasons, one.due) == (other.level, other.level_reasons, other.due)
    assert one.changes_at == other.changes_at


def reworded():
    """The shipped pack with every text, title and name turned into other words."""
    with tempfile.TemporaryDirectory() as folder:
        for file in SHIPPED.glob("*.toml"):
            text = re.sub(
                r'^(text|title|who|name|about) = ".*"$',
                r'\1 = "other words"',
                file.read_text("utf-8"),
                flags=re.MULTILINE,
            )
            (Path(folder) / file.name).write_text(text, "utf-8")
        return load_pack(Path(folder) / "haringey-2011.toml", "cautious")


REWORDED = reworded()


def test_a_limit_without_a_checkpoint_is_a_change_too():
    """Level 3 of the guide's pack: twelve hours, and then the night, with no duty at either."""
    assert assess(missing(), [], BARE, SIX).changes_at == SIX + 4 * HOUR
    evening = assess(missing(), [], BARE, SIX + 5 * HOUR)
    assert (evening.level, evening.due, evening.changes_at) == (2, {}, SIX + 12 * HOUR)
    afternoon = SIX - 3 * HOUR
    early = missing(last_seen_at=afternoon)
    night = afternoon + 13 * HOUR
    assert assess(early, [], BARE, afternoon + 12.5 * HOUR).changes_at == night
    assert assess(early, [], BARE, night).level == 3
    assert assess(early, [], BARE, night).changes_at is None


def test_the_other_words_are_really_there():
    assert REWORDED.rule("HAR-L2-4H").text == "other words"
    assert PACK.rule("HAR-L2-4H").text != "other words"


@given(EPISODES, HISTORIES, MOMENTS)
def test_the_same_question_has_the_same_answer(case, history, now):
    """Also from a pack that has answered nothing before, and one that has answered a lot."""
    fresh = PACK.with_settings({})
    assert assess(case, history, fresh, now) == assess(case, history, PACK, now)


@given(EPISODES, MOMENTS)
def test_times_in_the_answer_are_instants_not_wall_clocks(case, now):
    """Subtracting and comparing them is right across both clock changes too."""
    found = assess(case, (), PACK, now)
    assert found.elapsed_minutes == (found.end - found.start) // timedelta(minutes=1)
    for due in found.due.values():
        assert due.at == due.at.astimezone(UTC)
        assert (due.status == "due") == (due.at <= now)
