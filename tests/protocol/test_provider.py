"""Who is looked up by their id."""

from __future__ import annotations

import msgspec

from protocol.provider import Provider, Role, Staff


def _staff(one: str, name: str, number: int) -> Staff:
    return Staff(id=one, name=name, telegram_id=number, role=Role.DUTY_MANAGER)


def test_a_person_is_found_on_the_list_then_among_those_who_left():
    now, then, left = (
        _staff("sasha", "Sasha", 1),
        _staff("sasha", "Before", 2),
        _staff("kim", "K", 3),
    )
    provider = Provider(homes=(), staff=(now,), former=(then, left))

    assert provider.person("sasha") is now
    assert provider.person("kim") is left
    assert provider.person("nobody") is None


def test_a_changed_list_is_looked_up_anew():
    before = Provider(homes=(), staff=(_staff("sasha", "Sasha", 1),))
    assert before.person("kim") is None

    after = msgspec.structs.replace(before, staff=(*before.staff, _staff("kim", "Kim", 2)))

    assert after.person("kim") == _staff("kim", "Kim", 2)
    assert before == Provider(homes=(), staff=before.staff)
    assert msgspec.to_builtins(before) == msgspec.to_builtins(
        Provider(homes=(), staff=before.staff)
    )
