"""Properties of the plan: nothing doubled, nothing forgotten, nobody asked who should not be."""

from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import facts as f
from protocol.standing import standing
from reminders import rota
from reminders.all_clear import ASKING
from reminders.duties import AFTER_RETURN, read
from reminders.plan import Plan, plan
from reminders.policy import Policy
from reminders.rota import RotaState
from reminders.situation import Situation
from storage.model import Message
from tests.reminders.virtual import utc
from tests.reminders.world import PACK, SERVICE

START = utc("2026-03-27 20:00")
POLICY = Policy()
MINUTE = timedelta(minutes=1)
MOMENTS = st.integers(0, 20 * 24 * 60).map(lambda minutes: START + minutes * MINUTE)
SOON = st.integers(0, 3 * 24 * 60).map(lambda minutes: START + minutes * MINUTE)
DUTIES = ("CP-4H", "CP-24H", "N-RA", "N-POLICE", "N-PARENTS", "RI-72H", "REV-WEEKLY", "SIGN-OFF")


@st.composite
def records(draw):
    """The facts of an episode, in order of recording: an ordinary one with anything added."""
    child = f.Child(
        age=draw(st.sampled_from([9, 15])),
        looked_after=draw(st.booleans()),
        historical_concerns=draw(st.sampled_from([True, False, "unknown"])),
    )
    found = [
        f.Opened(
            id="f0",
            by="amy",
            recorded_at=START,
            category=draw(st.sampled_from(["missing", "unauthorised_absence"])),
            child=child,
            aware_at=START,
            last_seen_at=START - draw(st.integers(0, 600)) * MINUTE,
        )
    ]
    makers = [
        lambda at: f.PoliceTold(at=at, **common(at)),
        lambda at: f.AuthorityTold(at=at, role="edt_duty_manager", **common(at)),
        lambda at: f.AuthorityTold(at=at, role="social_worker", **common(at)),
        lambda at: f.ParentsTold(at=at, **common(at)),
        lambda at: f.Returned(at=at, **common(at)),
        lambda at: f.Located(at=at, **common(at)),
        lambda at: f.InterviewHeld(at=at, **common(at)),
        lambda at: f.SafeAndWell(at=at, done=True, **common(at)),
        lambda at: f.SignedOff(at=at, **common(at)),
        lambda at: f.LevelRaised(at=at, level=3, reason="x", **common(at)),
        lambda at: f.DutyDone(at=at, duty=draw(st.sampled_from(DUTIES)), **common(at)),
        lambda at: f.Acknowledged(
            at=at,
            duty=draw(st.sampled_from(DUTIES)),
            until=at + draw(st.integers(1, 300)) * MINUTE,
            **common(at),
        ),
        lambda at: f.Snoozed(
            at=at,
            duty=draw(st.sampled_from(DUTIES)),
            until=at + draw(st.integers(1, 300)) * MINUTE,
            **common(at),
        ),
    ]

    def common(at):
        return {
            "id": f"f{len(found)}",
            "by": draw(st.sampled_from(["amy", "ben", "mia"])),
            "recorded_at": at,
        }

    for at in sorted(draw(st.lists(SOON, max_size=8))):
        found.append(draw(st.sampled_from(makers))(at))
    return tuple(found)


def situation(facts, messages, now, *, unreachable=(), closed=False) -> Situation:
    known = tuple(fact for fact in facts if fact.recorded_at <= now)
    where = standing(known, (), PACK, now)
    return Situation(
        now=now,
        messages=tuple(messages),
        reading=read(known),
        assessment=where.computed,
        level=where.shown,
        crew=rota.crew(
            "rowan",
            now,
            policy=POLICY,
            service=SERVICE,
            state=RotaState(),
            unreachable=unreachable,
        ),
        policy=POLICY,
        accepting_roles=PACK.settings.ra_accepting_roles,
        is_closed=closed,
    )


def after(messages: list[Message], found: Plan, *, sent: bool = True) -> list[Message]:
    """The outbox once the plan is on record (and, if it is, sent)."""
    by_id = {m.id: m for m in messages}
    for message in (*found.cancel, *found.send):
        if message.state == "waiting" and sent:
            message = msgspec.structs.replace(message, state="sent", sent_at=message.created_at)
        by_id[message.id] = message
    return list(by_id.values())


def live(facts, moments) -> tuple[list[Message], Plan]:
    """Plans at each of these moments in turn."""
    messages: list[Message] = []
    found = Plan()
    for now in sorted(moments):
        found = plan(situation(facts, messages, now))
        messages = after(messages, found)
    return messages, found


@settings(max_examples=150, deadline=None)
@given(records(), st.lists(MOMENTS, min_size=1, max_size=5), st.booleans())
def test_planning_twice_never_doubles(facts, moments, sent):
    messages, _ = live(facts, moments)
    now = max(moments) + MINUTE
    found = plan(situation(facts, messages, now))
    again = plan(situation(facts, after(messages, found, sent=sent), now))
    assert again.send == ()
    assert again.cancel == ()
    assert plan(situation(facts, messages, now)) == found


@settings(max_examples=150, deadline=None)
@given(records(), st.lists(MOMENTS, min_size=1, max_size=5))
def test_nobody_outside_the_home_is_told_and_no_message_has_a_twin(facts, moments):
    messages, _ = live(facts, moments)
    assert {m.to for m in messages} <= {"amy", "ben", "mia"}
    assert len({m.id for m in messages}) == len(messages)
    for now in moments:
        at_once = [(m.about, m.to) for m in messages if m.created_at == now and m.kind in ASKING]
        assert len(at_once) == len(set(at_once))


@settings(max_examples=200, deadline=None)
@given(records(), st.lists(MOMENTS, min_size=1, max_size=5))
def test_nothing_about_the_absence_after_the_return_and_nothing_at_all_after_closing(
    facts, moments
):
    messages, found = live(facts, moments)
    now = max(moments)
    where = standing([x for x in facts if x.recorded_at <= now], (), PACK, now)
    if where.computed.returned:
        assert {m.about for m in found.send if m.kind in ASKING} <= AFTER_RETURN
    waiting = [
        msgspec.structs.replace(m, state="waiting") if m.created_at == now else m for m in messages
    ]
    closing = plan(situation(facts, waiting, now, closed=True))
    assert closing.send == ()
    assert closing.look_again_at is None
    assert {m.id for m in closing.cancel} == {m.id for m in waiting if m.state == "waiting"}


@settings(max_examples=200, deadline=None)
@given(records(), MOMENTS)
def test_every_duty_has_somebody_asked_or_a_moment_to_look_again(facts, now):
    """Whatever is to be done is being asked of somebody, or there is a later moment for it; and a
    duty that is being asked about has a next asking, without end."""
    found = plan(situation(facts, [], now))
    asked = {m.about for m in found.send}
    for duty in found.duties:
        if duty.id not in asked:
            assert found.look_again_at is not None
            assert duty.round_start(now) > now or found.look_again_at > now
        if duty.id in asked or duty.at <= now:
            assert found.look_again_at is not None


@settings(max_examples=150, deadline=None)
@given(records(), MOMENTS, st.sampled_from(DUTIES), st.sampled_from(["amy", "ben", "mia"]))
def test_i_have_it_silences_everybody_until_it_expires(facts, now, duty, who):
    messages, _ = live(facts, [now])
    until = now + timedelta(hours=1)
    have = f.Acknowledged(
        id="have", by=who, recorded_at=now, at=now, duty=duty, until=until, next_step=""
    )
    known = (*(x for x in facts if x.recorded_at <= now), have)
    for minutes in (0, 20, 59):
        later = now + minutes * MINUTE
        found = plan(situation(known, messages, later))
        assert duty not in {m.about for m in found.send if m.kind in ASKING}
        messages = after(messages, found)
    found = plan(situation(known, messages, until))
    wanted = {d.id: d for d in found.duties}
    if duty in wanted and wanted[duty].at <= until:
        looks = {m.about for m in found.send} | (
            {duty} if found.look_again_at and found.look_again_at > until else set()
        )
        assert duty in looks


@settings(max_examples=100, deadline=None)
@given(records(), st.lists(MOMENTS, min_size=1, max_size=4), st.sampled_from(["amy", "ben", "mia"]))
def test_whoever_cannot_be_reached_is_not_asked_while_others_can(facts, moments, away):
    messages, _ = live(facts, moments)
    found = plan(situation(facts, messages, max(moments) + MINUTE, unreachable=(away,)))
    assert away not in {m.to for m in found.send}


@settings(max_examples=50, deadline=None)
@given(records(), MOMENTS)
def test_living_from_moment_to_moment_misses_nothing(facts, now):
    """Waking only at `look_again_at` and at each new fact sends what waking every minute does."""
    stop = now + timedelta(hours=6)
    changes = {x.recorded_at for x in facts if now < x.recorded_at <= stop}
    woken: list[Message] = []
    at = now
    while at <= stop:
        found = plan(situation(facts, woken, at))
        woken = after(woken, found)
        coming = [m for m in changes if m > at]
        if found.look_again_at is not None:
            coming.append(found.look_again_at)
        if not coming:
            break
        at = min(coming)
    every: list[Message] = []
    for minutes in range(6 * 60 + 1):
        found = plan(situation(facts, every, now + minutes * MINUTE))
        every = after(every, found)
    wanted = {(m.to, m.about, m.step, m.data.get("repeat")) for m in every if m.kind in ASKING}
    had = {(m.to, m.about, m.step, m.data.get("repeat")) for m in woken if m.kind in ASKING}
    assert wanted <= had


def lived(facts, until) -> list[Message]:
    """What is asked when somebody plans at each moment and each new fact, and nothing else."""
    messages: list[Message] = []
    at = START
    while at <= until:
        found = plan(situation(facts, messages, at))
        messages = after(messages, found)
        coming = [x.recorded_at for x in facts if x.recorded_at > at]
        if found.look_again_at is not None:
            coming.append(found.look_again_at)
        if not coming:
            break
        at = min(coming)
    return [m for m in messages if m.kind in ASKING]


@settings(max_examples=150, deadline=None)
@given(records())
def test_nothing_is_called_late_that_was_sent_at_its_moment(facts):
    """Whoever is woken at every moment sends everything when it is due, joined or put off."""
    asked = lived(facts, START + timedelta(hours=14))
    assert [m for m in asked if m.due_at < m.created_at] == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600), st.sampled_from([9, 15]), st.booleans(), st.sampled_from([1, 3]))
def test_nobody_reads_the_same_words_twice_within_ten_minutes(minutes, age, cared_for, level):
    """But for the repeats of one rung: whatever else falls due just after."""
    opened = f.Opened(
        id="f0",
        by="amy",
        recorded_at=START,
        category="missing",
        child=f.Child(age=age, looked_after=cared_for, historical_concerns=False),
        aware_at=START,
        last_seen_at=START - minutes * MINUTE,
    )
    raised = f.LevelRaised(id="f1", by="amy", recorded_at=START, at=START, level=3, reason="x")
    asked = lived((opened, raised) if level == 3 else (opened,), START + timedelta(hours=8))
    read: dict[tuple[str, str], list[Message]] = {}
    for message in asked:
        read.setdefault((message.to, message.about), []).append(message)
    for mine in read.values():
        for before, later in pairwise(sorted(mine, key=lambda m: m.created_at)):
            if before.step != later.step:
                assert later.created_at - before.created_at >= timedelta(minutes=10)
            assert later.created_at - before.created_at >= timedelta(minutes=5)


def _night() -> list[Message]:
    """Reported missing, and then nobody touches a phone for twelve hours."""
    opened = f.Opened(
        id="f0",
        by="amy",
        recorded_at=START,
        category="missing",
        child=f.Child(age=15, looked_after=True, historical_concerns=False),
        aware_at=START,
        last_seen_at=START - 30 * MINUTE,
    )
    return lived((opened,), START + timedelta(hours=12))


def test_one_alarm_for_each_person_says_all_that_is_due_in_the_case():
    """Nobody answers: whoever rings is told everything that is due, not one thing at a time."""
    asked = _night()
    due: dict[str, object] = {}
    for m in asked:
        due.setdefault(m.about, m.created_at)
    for person in ("amy", "ben", "mia"):
        mine = [m for m in asked if m.to == person]
        moments = sorted({m.created_at for m in mine})
        for moment in moments:
            told = {m.about for m in mine if m.created_at == moment}
            assert told == {about for about, first in due.items() if first <= moment}
        gaps = [later - at for at, later in pairwise(moments)]
        assert all(gap >= timedelta(minutes=10) for gap in gaps)
        assert max(gaps) <= timedelta(minutes=30), "the police are not told: no longer silence"
        assert len(moments) <= 28


def test_what_falls_due_when_nobody_answers_is_told_to_everybody_at_once():
    """The ladder of the police ran out: there is no first and second any more."""
    asked = _night()
    first = [m for m in asked if m.about == "N-RA"]
    begun = min(m.created_at for m in first)
    assert {m.to for m in first if m.created_at == begun} == {"amy", "ben", "mia"}
