"""The packs that a configuration names: of the service, of homes and of placing authorities."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copy

import msgspec
import pytest

from bot import checking
from bot.config_file import load
from bot.resources import WrongPack, pack_of
from protocol.recorded import Child
from tests.bot.test_config import written

EXAMPLE = Path(__file__).parents[1] / "data" / "protocol" / "exampleshire.toml"
CHANGES = (
    ('name = "Alder Lodge"', 'name = "Alder Lodge", pack = "guidance-2009"'),
    ('name = "Kent"', 'name = "Kent", pack = "exampleshire.toml"'),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration with a home and an authority of their own packs."""
    copy(EXAMPLE, tmp_path)
    return written(tmp_path, *CHANGES)


def test_a_home_and_a_placing_authority_have_packs_of_their_own(path: Path) -> None:
    config, policy = load(path, token_needed=False)
    pack = pack_of(config, path.parent, policy.holidays)
    home = next(home for home in config.homes if home.pack)
    assert pack.of("rowan").book.id == "haringey-2011"
    assert pack.of(home.id).book.id == "guidance-2009"
    assert pack.of(home.id).settings.protocol_la == home.authority
    placed = Child(looked_after=True, responsible_la="Kent", placement_la="Haringey")
    for one in (pack, pack.of(home.id)):
        beside = one.placing_for(placed)
        assert beside is not None
        assert (beside.book.id, beside.settings.protocol_la) == ("exampleshire", "Kent")
    at_home = msgspec.structs.replace(placed, placement_la="Kent")
    assert pack.placing_for(at_home) is None
    assert pack.placing_for(msgspec.structs.replace(placed, looked_after=False)) is None
    item = pack.item("EX-MEETING")
    assert item is not None, "what is shown has its words, whoever's protocol it is"


def test_bank_holidays_are_known_for_any_year_and_closed_days_come_on_top(path: Path) -> None:
    """The pack was given three years around the start of the process, and no more."""
    config, _ = load(path, token_needed=False)
    pack = pack_of(config, path.parent, [date(2031, 12, 24)])
    assert date(2031, 12, 25) in pack.holidays
    assert date(2031, 12, 24) in pack.holidays
    assert date(2031, 12, 23) not in pack.holidays
    assert pack.settings.bank_holidays == "england"


def test_the_review_date_of_every_pack_in_use_is_warned_of(path: Path) -> None:
    due = datetime(2029, 1, 2, 12, tzinfo=UTC)
    warned = [str(m) for m in checking.examine(path, due) if "review" in m.what]
    for name in ("haringey-2011", "guidance-2009", "exampleshire"):
        assert any(f"review of the pack {name} was due" in one for one in warned), warned


def test_a_pack_that_cannot_be_used_is_named_by_its_place(path: Path) -> None:
    config, _ = load(path, token_needed=False)
    (path.parent / "exampleshire.toml").write_text("[pack]\n", "utf-8")
    with pytest.raises(WrongPack) as caught:
        pack_of(config, path.parent, ())
    assert caught.value.place[::2] == ("authorities", "pack")
