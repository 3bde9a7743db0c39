"""What a record does not have is listed in words: for the debrief and the page of the practice."""

import msgspec

from handlers.report_facts import NAMES
from handlers.wording import unrecorded
from protocol import facts as f
from tests.handlers.test_reminder_words import NOW, case


def test_what_was_never_recorded_is_listed_each_once() -> None:
    """No reference, no word on the report, an answer that nobody knew, a duty undone."""
    told = f.PoliceTold(id="f2", by="morgan", recorded_at=NOW, at=NOW)
    authority = f.AuthorityTold(id="f3", by="morgan", recorded_at=NOW, at=NOW, role="duty_worker")
    view = case(NOW, told, authority)
    [opened, *rest] = view.episode.entries
    fact = msgspec.structs.replace(opened.fact, not_known=("concerns", "due_back"))
    episode = msgspec.structs.replace(
        view.episode, entries=(msgspec.structs.replace(opened, fact=fact), *rest)
    )
    view = msgspec.structs.replace(view, episode=episode)
    found = unrecorded.lines(view, ["N-PARENTS", "N-PARENTS"])
    assert found[0] == "Tell the parents, or agree who does"
    assert {
        "the police reference",
        "whether police took the report on",
        "whether somebody accountable at the authority acts on it",
        "don't know: whether there were earlier concerns",
        "don't know: when they were due back",
    } < set(found)
    assert len(found) == len(set(found))


def test_what_is_on_record_is_not_listed() -> None:
    told = f.PoliceTold(id="f2", by="morgan", recorded_at=NOW, at=NOW, reference="CAD 1")
    said = f.PoliceAnswered(id="f3", by="morgan", recorded_at=NOW, at=NOW, accepted=True)
    found = unrecorded.lines(case(NOW, told, said), [])
    assert not [line for line in found if "police reference" in line or "took the report" in line]


def test_every_answer_that_can_be_unknown_has_words() -> None:
    """The names under which the report keeps "don't know"."""
    assert set(NAMES.values()) == set(unrecorded.ANSWERS)
