"""The configuration read again while the bot runs: taken over at one moment, or refused whole."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.bootstrap import bootstrap
from bot.config_file import load
from protocol import facts as f
from storage.store import Change
from tests.bot.night import BotNight
from tests.reminders.virtual import LoopAlarm, in_virtual_time

AMY, MIA, ADA = 1, 4, 5
OWN_PACK = Path(__file__).parents[1] / "data" / "protocol" / "exampleshire.toml"
FILE = """
homes = [
  { id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" },
  { id = "cedar", name = "Cedar House", prefix = "CH", authority = "Haringey" },
]
authorities = [
  { name = "Haringey", emergency_duty_team = { label = "Out", phone = "07700 900102" } },
]

[[staff]]
id = "amy"
name = "Amy Example"
telegram_id = 1
role = "duty_manager"

[[staff]]
id = "mia"
name = "Mia Example"
telegram_id = 4
role = "manager"

[[staff]]
id = "ada"
name = "Ada Example"
telegram_id = 5
role = "administrator"

[telegram]
token = "1000001:token-of-a-test"

[book]
folder = "data"
unencrypted = "yes, plain files"

[protocol]
pack = "haringey-2011"
"""


class FileNight(BotNight):
    """With a configuration file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "config.toml"
        self.path.write_text(FILE, encoding="utf-8")

    async def start(self) -> None:
        config, policy = load(self.path)
        self.bot = await bootstrap(
            config,
            policy,
            self.path.parent,
            path=self.path,
            clock=self.clock,
            store=self.store,
            client=self.telegram,  # type: ignore[arg-type]
            alarm=LoopAlarm(self.clock),
        )
        self.app = App(self.bot)
        self.task = asyncio.create_task(self.app.run())
        await asyncio.sleep(0.5)

    def writes(self, *changes: tuple[str, str]) -> None:
        text = self.path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.path.write_text(text, encoding="utf-8")

    async def reload(self, who: int = ADA) -> str:
        before = len(self.telegram.texts(who))
        self.telegram.types(who, "/reload")
        async with asyncio.timeout(30):
            while len(self.telegram.texts(who)) == before:
                await asyncio.sleep(0.01)
        return self.telegram.texts(who)[before]

    async def case(self, ref: str = "RH-2345", home: str = "rowan") -> None:
        now = self.clock.now()
        opened = f.Opened(
            id="f1",
            by="amy",
            recorded_at=now,
            aware_at=now,
            last_seen_at=now - timedelta(minutes=10),
            category="missing",
            child=f.Child(age=15, looked_after=True, historical_concerns=False),
        )
        await self.store.create(ref, home, "YP-1", Change(facts=[opened]))
        await self.bot.engine.planner.changed(ref)

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.bot.context.service.staff]


NEW_STAFF = (
    "[telegram]",
    '[[staff]]\nid = "bo"\nname = "Bo Example"\ntelegram_id = 9\nrole = "duty_manager"\n[telegram]',
)


def night(tell: Callable[[FileNight], object]) -> Callable[[Path], None]:
    """A story: one night with a file."""

    @in_virtual_time
    async def story(tmp_path: Path) -> None:
        async with FileNight(tmp_path) as one:
            await tell(one)  # type: ignore[misc]

    story.__name__ = tell.__name__
    story.__doc__ = tell.__doc__
    return story


@night
async def test_what_is_right_holds_at_once(one: FileNight) -> None:
    one.writes(('name = "Rowan House"', 'name = "Rowan Lodge"'), NEW_STAFF)
    said = await one.reload()
    assert "holds from now on" in said
    assert "Bo Example is new" in said
    assert "Bo Example" in one.names
    assert "Rowan Lodge" in str(one.bot.context.service.homes)
    assert await one.answered(9, "/open") < 2


@night
async def test_everything_that_is_wrong_is_named_and_nothing_taken_over(one: FileNight) -> None:
    one.writes(
        ('role = "manager"', 'role = "boss"'),
        ("telegram_id = 1\n", "telegram_id = -1\n"),
        NEW_STAFF,
    )
    said = await one.reload()
    assert "nothing has changed" in said
    assert "boss" in said
    assert "telegram_id" in said
    assert "Bo Example" not in one.names
    one.path.write_text("homes = [", encoding="utf-8")
    assert "nothing has changed" in await one.reload()
    assert await one.answered(AMY, "/open") < 2


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('folder = "data"', 'folder = "elsewhere"', "book"),
        ("1000001:token-of-a-test", "1000002:token-of-a-test", "telegram"),
        ("[protocol]", "[health]\nport = 8041\n[protocol]", "health"),
        ("[protocol]", '[web]\naddress = "https://pages.example.org"\n[protocol]', "web"),
        ("[protocol]", "[limits]\nper_second = 5\n[protocol]", "limits"),
        ('pack = "haringey-2011"', 'pack = "nowhere-1900"', "pack"),
        ('pack = "haringey-2011"', 'pack = "haringey-2011"\n[protocol.settings]\nx = 1', "x"),
        ("[protocol]", '[lead_minutes]\n"N-POLCE" = 5\n[protocol]', "N-POLCE"),
    ],
)  # fmt: skip
@in_virtual_time
async def test_what_cannot_be_taken_over_is_refused(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    async with FileNight(tmp_path) as one:
        one.writes((old, new), NEW_STAFF)
        said = await one.reload()
        assert "nothing has changed" in said
        assert named in said
        assert "Bo Example" not in one.names


@night
async def test_a_home_is_closed_while_its_case_is_open(one: FileNight) -> None:
    """Refused, with the case named; when the case is closed the home goes."""
    await one.case("CH-2345", "cedar")
    cedar = '  { id = "cedar", name = "Cedar House", prefix = "CH", authority = "Haringey" },\n'
    one.writes((cedar, ""))
    said = await one.reload()
    assert "CH-2345" in said
    assert "nothing has changed" in said
    record = await one.store.episode("CH-2345")
    now = one.clock.now()
    by = {"by": "mia", "recorded_at": now}
    closing = [f.Returned(id="f8", at=now, **by), f.Closed(id="f9", at=now, **by)]  # type: ignore[arg-type]
    await one.store.commit("CH-2345", record.version, Change(facts=closing, close=True))
    await one.bot.engine.planner.changed("CH-2345")
    assert "Cedar House is out" in await one.reload()
    assert [home.id for home in one.bot.context.service.homes] == ["rowan"]


@night
async def test_a_prefix_stays_while_people_type_it(one: FileNight) -> None:
    await one.case()
    one.writes(('prefix = "RH"', 'prefix = "RW"'))
    said = await one.reload()
    assert "RH-2345" in said
    assert "prefix" in said


@night
async def test_a_pack_is_exchanged_during_a_case(one: FileNight) -> None:
    """The open case is assessed by the new protocol at once, from the facts on record; reminders
    go on; nothing on record is touched."""
    await one.case()
    before = (await one.store.episode("RH-2345")).facts
    level = (await one.bot.engine.cases.standing_of("RH-2345")).computed
    shutil.copy(OWN_PACK, one.path.parent / "own.toml")
    one.writes(('pack = "haringey-2011"', 'pack = "own.toml"\npreset = ""'))
    said = await one.reload()
    assert "assessed anew" in said, said
    after = (await one.bot.engine.cases.standing_of("RH-2345")).computed
    assert after != level
    assert one.bot.context.pack.book.id == "exampleshire"
    facts = (await one.store.episode("RH-2345")).facts
    assert facts[: len(before)] == before
    await asyncio.sleep(timedelta(hours=2).total_seconds())
    assert any("RH-2345" in text for text in one.telegram.texts(AMY))


@night
async def test_whoever_is_taken_out_hears_nothing_more(one: FileNight) -> None:
    """Amy was on duty for an open case; from the reload on it is others who are asked."""
    await one.case()
    await asyncio.sleep(timedelta(minutes=30).total_seconds())
    assert one.telegram.texts(AMY)
    amy = one.path.read_text().partition("[[staff]]")[2].partition("[[staff]]")[0]
    one.writes((f"[[staff]]{amy}", ""))
    assert "Amy Example is out" in await one.reload()
    heard = len(one.telegram.texts(AMY))
    await asyncio.sleep(timedelta(hours=6).total_seconds())
    assert len(one.telegram.texts(AMY)) == heard
    assert any("RH-2345" in text for text in one.telegram.texts(MIA))
    assert one.bot.context.service.person("amy").name == "Amy Example"  # type: ignore[union-attr]


@night
async def test_only_administrators_reload(one: FileNight) -> None:
    one.writes(NEW_STAFF)
    assert "administrators" in await one.reload(MIA)
    assert "Bo Example" not in one.names


@night
async def test_a_signal_reloads_and_administrators_are_told(one: FileNight) -> None:
    one.writes(NEW_STAFF)
    one.app.reload()
    await asyncio.sleep(5)
    assert "Bo Example" in one.names
    assert any("holds from now on" in text for text in one.telegram.texts(ADA))
    one.writes(('role = "manager"', 'role = "boss"'))
    one.app.reload()
    await asyncio.sleep(5)
    assert any("boss" in text for text in one.telegram.texts(ADA))
