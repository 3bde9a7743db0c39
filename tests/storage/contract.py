"""What any store has to keep. Subclass `StoreContract` and give it a `store` fixture, opened,
whose `now` is `people.NIGHT` and whose rows are made by `people.summarise`."""

import re
from unittest.mock import ANY

import msgspec
import pytest

from storage.audit import AUDIT_DELETED, PAGE, Anchor, broken_at
from storage.model import Person, Plain
from storage.store import Change, Conflict, NotFound, Store
from tests.storage import people
from tests.storage.people import NIGHT, later


async def report(store: Store, ref: str = "ROWAN-7K3F", person: str = "RE-01", **opened):
    """A report is logged in the ordinary way."""
    return await store.create(ref, "rowan", person, Change(facts=[people.opened(**opened)]))


def line(n: int) -> dict[str, object]:
    """What was done in that minute of the night."""
    return {"at": later(minutes=n).isoformat(), "what": "hand-over", "by": "sam", "n": n}


async def close(store: Store, ref: str, at=NIGHT):
    """The young person came back and the episode is closed."""
    episode = await store.episode(ref)
    facts = [people.returned(at=at), people.closed(at=at)]
    return await store.commit(ref, episode.version, Change(facts=facts, close=True))


class StoreContract:
    # Episodes

    async def test_a_report_is_there_once_it_is_confirmed(self, store):
        made = await report(store)
        assert made.version == 1
        assert await store.episode("ROWAN-7K3F") == made
        assert await store.open_episodes() == (made,)
        assert made.facts == (people.opened(),)

    async def test_a_reference_names_one_episode_only(self, store):
        await report(store)
        with pytest.raises(Conflict):
            await report(store, person="RE-02")
        await close(store, "ROWAN-7K3F")
        with pytest.raises(Conflict):
            await report(store, person="RE-02")

    @pytest.mark.parametrize("ref", ["", "../etc", "a/b", ".hidden", "A" * 41, "ROWAN 7K3F"])
    async def test_a_reference_that_cannot_be_a_name_is_refused(self, store, ref):
        with pytest.raises(ValueError, match="not a case reference"):
            await report(store, ref=ref)

    async def test_a_closed_case_goes_for_good_and_its_reference_stays_taken(self, store):
        photo = people.attached("f8", b"%PDF- a plan", "a plan.pdf")
        first = await report(store)
        change = Change(facts=photo.facts, contents=photo.contents)
        await store.commit(first.ref, first.version, change)
        await store.create("ROWAN-2222", "rowan", "RE-01", Change(facts=[people.opened()]))
        with pytest.raises(NotFound):
            await store.forget(first.ref)
        await close(store, first.ref)
        await store.forget(first.ref)
        for gone in (store.episode(first.ref), store.attachment(first.ref, "f8")):
            with pytest.raises(NotFound):
                await gone
        with pytest.raises(NotFound):
            await store.forget(first.ref)
        assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-2222"]
        assert [row.ref for row in await store.past(later(hours=-48))] == ["ROWAN-2222"]
        with pytest.raises(Conflict):
            await report(store)

    async def test_an_unknown_reference_is_not_found(self, store):
        with pytest.raises(NotFound):
            await store.episode("ROWAN-ZZZZ")
        with pytest.raises(NotFound):
            await store.commit("ROWAN-ZZZZ", 1, Change(facts=[people.note("f1")]))

    async def test_facts_are_appended_in_order_and_chained(self, store):
        first = await report(store)
        facts = [people.note("f2", "rang the friend"), people.note("f3", "rang the school")]
        second = await store.commit("ROWAN-7K3F", first.version, Change(facts=facts))
        assert people.texts(second.facts) == ["rang the friend", "rang the school"]
        assert second.entries[0] == first.entries[0]
        assert len({entry.digest for entry in second.entries}) == 3

    async def test_the_same_fact_after_another_past_has_another_digest(self, store):
        one = await report(store, ref="ROWAN-2222")
        other = await report(store, ref="ROWAN-3333")
        assert one.facts == other.facts
        assert one.entries[0].digest != other.entries[0].digest

    async def test_two_managers_act_on_one_case_at_once(self, store):
        """The second one decided on what is no longer so, and is told."""
        made = await report(store)
        await store.commit("ROWAN-7K3F", made.version, Change(facts=[people.police()]))
        with pytest.raises(Conflict):
            await store.commit("ROWAN-7K3F", made.version, Change(facts=[people.returned()]))
        assert len((await store.episode("ROWAN-7K3F")).facts) == 2

    async def test_an_id_names_one_fact_only(self, store):
        made = await report(store)
        with pytest.raises(ValueError, match="already has a fact"):
            await store.commit("ROWAN-7K3F", made.version, Change(facts=[people.note("f1")]))
        assert await store.episode("ROWAN-7K3F") == made

    async def test_an_old_copy_stays_as_it_was(self, store):
        before = await report(store)
        kept = before.facts
        await store.commit("ROWAN-7K3F", before.version, Change(facts=[people.police()]))
        assert before.facts == kept
        assert before.version == 1

    async def test_messages_are_added_and_replaced_by_id(self, store):
        made = await report(store)
        change = Change(messages=[people.reminder("m1"), people.reminder("m2")])
        made = await store.commit("ROWAN-7K3F", made.version, change)
        sent = people.reminder("m1", state="sent", sent_at=later(minutes=1), message_id=77)
        made = await store.commit("ROWAN-7K3F", made.version, Change(messages=[sent]))
        assert made.messages == (sent, people.reminder("m2"))
        assert len(made.facts) == 1

    async def test_open_episodes_come_oldest_first(self, store):
        await report(store, ref="ROWAN-BBBB", at=later(minutes=5))
        await report(store, ref="ROWAN-CCCC", at=later(minutes=9))
        await report(store, ref="ROWAN-DDDD", at=later(minutes=1))
        refs = [episode.ref for episode in await store.open_episodes()]
        assert refs == ["ROWAN-DDDD", "ROWAN-BBBB", "ROWAN-CCCC"]

    # Attachments

    async def test_a_file_beside_the_record_is_read_back_and_goes_with_its_removal(self, store):
        made = await report(store)
        made = await store.commit(made.ref, made.version, people.attached("f2"))
        assert await store.attachment(made.ref, "f2") == people.PHOTO
        for name in ("f1", "f3", "../f2", ""):
            with pytest.raises(NotFound):
                await store.attachment(made.ref, name)
        with pytest.raises(NotFound):
            await store.attachment("ROWAN-ZZZZ", "f2")
        made = await store.commit(
            made.ref, made.version, Change(facts=[people.removed("f3", "f2")])
        )
        with pytest.raises(NotFound):
            await store.attachment(made.ref, "f2")
        assert [fact.id for fact in made.facts] == ["f1", "f2", "f3"]

    async def test_a_closed_case_takes_a_file_that_comes_late(self, store):
        await report(store)
        done = await close(store, "ROWAN-7K3F")
        await store.commit(done.ref, done.version, people.attached("f20"))
        assert await store.attachment(done.ref, "f20") == people.PHOTO

    async def test_a_file_and_its_fact_are_one_change_or_none(self, store):
        made = await report(store)
        good = people.attached("f2")
        for bad in (
            Change(facts=good.facts),
            Change(contents=good.contents),
            Change(facts=good.facts, contents={"f2": b"other bytes"}),
        ):
            with pytest.raises(ValueError, match="bytes"):
                await store.commit(made.ref, made.version, bad)
        with pytest.raises(Conflict):
            await store.commit(made.ref, made.version + 1, good)
        with pytest.raises(NotFound):
            await store.attachment(made.ref, "f2")
        assert await store.episode(made.ref) == made

    # Closing

    async def test_a_closed_episode_leaves_the_open_ones_and_can_still_be_read(self, store):
        await report(store)
        done = await close(store, "ROWAN-7K3F", at=later(hours=3))
        assert done.closed_at == later(hours=3)
        assert await store.open_episodes() == ()
        assert await store.episode("ROWAN-7K3F") == done

    async def test_closing_needs_the_fact(self, store):
        made = await report(store)
        with pytest.raises(ValueError, match="Closed fact"):
            await store.commit("ROWAN-7K3F", made.version, Change(close=True))
        assert await store.open_episodes() == (made,)

    async def test_a_closed_episode_can_be_corrected(self, store):
        await report(store)
        done = await close(store, "ROWAN-7K3F")
        late = Change(facts=[people.note("f20", "interview notes arrived")])
        after = await store.commit("ROWAN-7K3F", done.version, late)
        assert after.closed_at == done.closed_at
        assert await store.episode("ROWAN-7K3F") == after
        assert await store.open_episodes() == ()

    async def test_an_episode_can_be_closed_as_it_is_made(self, store):
        change = Change(facts=[people.opened(), people.returned(), people.closed()], close=True)
        made = await store.create("ROWAN-7K3F", "rowan", "RE-01", change)
        assert made.closed_at == NIGHT
        assert await store.open_episodes() == ()
        assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-7K3F"]

    # Counts

    async def test_history_is_one_young_persons_open_and_closed(self, store):
        await report(store, ref="ROWAN-3333", at=later(days=2))
        await report(store, ref="ROWAN-2222", at=later(days=1))
        await report(store, ref="ROWAN-4444", person="RE-02")
        await close(store, "ROWAN-3333", at=later(days=3))
        rows = await store.history("RE-01")
        assert [row.ref for row in rows] == ["ROWAN-2222", "ROWAN-3333"]
        assert [row.closed_at for row in rows] == [None, later(days=3)]
        assert await store.history("RE-99") == ()

    async def test_history_follows_a_correction_of_a_closed_episode(self, store):
        await report(store)
        done = await close(store, "ROWAN-7K3F")
        back = Change(facts=[people.returned("f30", at=later(hours=7))])
        await store.commit("ROWAN-7K3F", done.version, back)
        assert [row.end for row in await store.history("RE-01")] == [later(hours=7)]

    async def test_the_past_of_the_service_since_a_moment(self, store):
        await report(store, ref="ROWAN-2222", at=later(days=-10))
        await report(store, ref="ROWAN-3333", person="RE-02", at=later(days=-1))
        await report(store, ref="ROWAN-4444", person="RE-03")
        await close(store, "ROWAN-3333")
        rows = await store.past(later(days=-5))
        assert [row.ref for row in rows] == ["ROWAN-3333", "ROWAN-4444"]

    # References

    async def test_references_are_short_sayable_and_never_given_twice(self, store):
        given = [await store.new_reference("rowan-house") for _ in range(200)]
        assert len(set(given)) == 200
        for ref in given:
            assert re.fullmatch(r"ROWANH-[2-9BCDFGHJKMNPQRSTVWXYZ]{4}", ref)

    # Drafts

    async def test_a_half_finished_report_waits_for_its_owner(self, store):
        assert await store.draft("robin") is None
        saved = await store.save_draft(people.draft(home="rowan"))
        assert saved.version == 1
        saved = await store.save_draft(people.draft(home="rowan", person="RE-01"))
        assert saved.version == 2
        assert await store.draft("robin") == saved
        assert await store.draft("sam") is None

    async def test_everything_half_finished_by_owner(self, store):
        assert await store.drafts() == ()
        for draft_id, owner in (("d3", "sam"), ("d2", "sam.case"), ("d1", "robin")):
            await store.save_draft(people.draft(draft_id=draft_id, owner=owner))
        assert [(one.owner, one.id) for one in await store.drafts()] == [
            ("robin", "d1"), ("sam", "d3"), ("sam.case", "d2"),
        ]  # fmt: skip
        shown = msgspec.structs.replace(await store.draft("sam"), touched_at=later(minutes=5))
        await store.save_draft(shown)
        await store.drop_draft("sam.case", update_id=502)
        change = Change(facts=[people.opened()], ends_draft="d1")
        await store.create("ROWAN-7K3F", "rowan", "RE-01", change)
        [left] = await store.drafts()
        assert (left.owner, left.kind, left.chat_id) == ("sam", shown.kind, shown.chat_id)
        assert left.at == later(minutes=5)

    async def test_a_draft_ends_with_the_report_that_it_became(self, store):
        await store.save_draft(people.draft(), update_id=500)
        change = Change(facts=[people.opened()], update_id=501, ends_draft="d1")
        made = await store.create("ROWAN-7K3F", "rowan", "RE-01", change)
        assert await store.draft("robin") is None
        assert made.drafts == ("d1",)
        assert set(made.seen) == {500, 501}

    async def test_a_dropped_draft_is_gone(self, store):
        await store.save_draft(people.draft())
        await store.drop_draft("robin", update_id=502)
        assert await store.draft("robin") is None
        assert await store.seen(502)
        await store.drop_draft("robin")
        assert (await store.save_draft(people.draft(draft_id="d2"))).version == 1

    async def test_what_a_caller_does_with_a_draft_stays_with_the_caller(self, store):
        answers = {"notes": ["one"]}
        await store.save_draft(people.draft(**answers))
        answers["notes"].append("two")
        (await store.draft("robin")).answers["notes"].append("three")
        assert (await store.draft("robin")).answers == {"notes": ["one"]}

    @pytest.mark.parametrize("owner", ["../../etc/passwd", "a b", "Zoë", "..", "x" * 60])
    async def test_any_staff_id_can_own_a_draft(self, store, owner):
        saved = await store.save_draft(people.draft(owner=owner))
        assert await store.draft(owner) == saved

    # Register

    async def test_the_register_by_home(self, store):
        child = people.opened().child
        some = [
            Person(ref="RE-02", home="rowan", child=child, name="Robin Example"),
            Person(ref="RE-01", home="rowan", child=child),
            Person(ref="AL-01", home="alder", child=child),
        ]
        await store.put_people(some)
        assert [p.ref for p in await store.people()] == ["AL-01", "RE-01", "RE-02"]
        assert [p.ref for p in await store.people("rowan")] == ["RE-01", "RE-02"]
        assert await store.person("RE-02") == some[0]
        assert await store.person("RE-99") is None

    async def test_a_young_person_moves_to_another_home(self, store):
        child = people.opened().child
        await store.put_people([Person(ref="RE-01", home="rowan", child=child)])
        await store.put_people([Person(ref="RE-01", home="alder", child=child)])
        assert await store.people("rowan") == ()
        assert [p.ref for p in await store.people("alder")] == ["RE-01"]

    async def test_a_young_person_who_left_long_ago_goes_from_the_register(self, store):
        child = people.opened().child
        both = [Person(ref=ref, home="rowan", child=child) for ref in ("RE-01", "RE-02")]
        await store.put_people(both)
        await store.forget_person("RE-01")
        await store.forget_person("RE-99")
        assert await store.people() == (both[1],)
        assert await store.person("RE-01") is None

    # The service's own file

    async def test_the_office_keeps_state_by_subject(self, store):
        first = await store.update_office(state={"rota": {"tonight": "robin"}, "digest": 1})
        assert first.version == 1
        await store.update_office(state={"rota": {"tonight": "sam"}})
        office = await store.office()
        assert office.version == 2
        assert office.state == {"rota": {"tonight": "sam"}, "digest": 1}

    async def test_the_office_drops_what_was_sent_long_ago(self, store):
        old = people.reminder("m1", at=later(days=-40), state="sent", sent_at=later(days=-32))
        recent = people.reminder("m2", at=later(days=-40), state="sent", sent_at=later(days=-30))
        waiting = people.reminder("m3", at=later(days=-40))
        await store.update_office(messages=[old, recent, waiting])
        office = await store.update_office(log=[{"what": "hand-over", "by": "sam"}])
        assert [message.id for message in office.messages] == ["m2", "m3"]
        assert office.lines == ({"what": "hand-over", "by": "sam"},)

    # Audit

    async def test_the_audit_is_one_chain_however_long_it_is(self, store):
        for n in range(1, 6):
            await store.update_office(log=[line(n * 100 + one) for one in range(40)])
        assert len((await store.office()).lines) < 2 * PAGE + 40
        records = await store.audit()
        assert [one.line["n"] for one in records] == [
            n * 100 + one for n in range(1, 6) for one in range(40)
        ]
        assert [one.number for one in records] == list(range(1, 201))
        assert broken_at(records, Anchor()) is None
        assert [one.number for one in await store.audit(after=70)] == list(range(71, 201))
        assert [one.number for one in await store.audit(after=199)] == [200]

    async def test_the_chain_outlives_its_oldest_part(self, store):
        for n in range(5):
            await store.update_office(log=[line(n * 50 + one) for one in range(50)])
        assert await store.forget_audit(NIGHT) == 0
        assert await store.forget_audit(later(minutes=PAGE + 10)) == PAGE
        records = await store.audit()
        assert records[0].number == PAGE + 1
        assert records[-1].line["what"] == AUDIT_DELETED
        office = await store.office()
        assert office.audit_from.number == PAGE
        assert broken_at(records, office.audit_from) is None
        assert broken_at(records, Anchor()) == (1, "", ANY)

    async def test_what_a_caller_does_with_the_office_stays_with_the_caller(self, store):
        given = {"names": ["robin"]}
        await store.update_office(state={"rota": given})
        given["names"].append("sam")
        (await store.office()).state["rota"]["names"].append("alex")
        assert (await store.office()).state == {"rota": {"names": ["robin"]}}

    async def test_what_is_plain_already_is_kept_as_it_is(self, store):
        given = Plain(slots={"7": {"numbers": [1, 2]}})
        await store.update_office(state={"chats": given, "rota": 1})
        assert (await store.update_office(state={"rota": 2})).state["chats"] == given
        (await store.office()).state["chats"]["slots"].clear()
        assert (await store.office()).state == {"chats": given, "rota": 2}

    async def test_what_cannot_be_kept_is_refused_and_changes_nothing(self, store):
        await store.update_office(state={"rota": 1})
        with pytest.raises(TypeError):
            await store.update_office(state={"rota": object()})
        assert (await store.office()).state == {"rota": 1}
        await store.update_office(state={"rota": 2})
        assert (await store.office()).state == {"rota": 2}

    # Updates

    async def test_an_update_is_recognised_wherever_it_was_recorded(self, store):
        made = await report(store)
        assert not await store.seen(7)
        await store.commit("ROWAN-7K3F", made.version, Change(update_id=7))
        await store.save_draft(people.draft(), update_id=8)
        await store.update_office(update_id=9)
        assert [await store.seen(n) for n in (7, 8, 9, 10)] == [True, True, True, False]

    async def test_a_refused_change_leaves_its_update_unseen(self, store):
        made = await report(store)
        with pytest.raises(Conflict):
            await store.commit("ROWAN-7K3F", made.version + 1, Change(update_id=7))
        assert not await store.seen(7)
