"""A wrong configuration stops the start with lines that name file, key, value and remedy."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import checking, start
from bot.cli.maintenance import key_new
from bot.config import ConfigError, token
from bot.config_file import load
from bot.resources import open_alone
from protocol.facts import Child, Opened
from reminders.policy import Policy
from reminders.policy_file import unknown_duties
from storage.store import Change

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """The example with a token, and with these changes."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace('token = ""', 'token = "123456:invented-token-of-a-test"')
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value.problems


def test_the_example_is_complete_but_for_the_token(tmp_path: Path) -> None:
    config, policy = load(written(tmp_path))
    assert [h.name for h in config.homes] == ["Rowan House", "Alder Lodge"]
    assert policy.digest.weekday == "monday"
    [line] = complaints(EXAMPLE)
    assert line.startswith("config.example.toml:50: telegram.token: no usable token")


def test_what_the_example_shows_in_comments_can_be_used_as_it_stands(tmp_path: Path) -> None:
    """Every table of the reminders, with the comment signs taken off: no mistake, and what is said
    to be a default is one."""
    path = written(tmp_path)
    before, _, after = path.read_text(encoding="utf-8").partition("# ---- Reminders.")
    lines = [
        line.removeprefix("# ") if re.match(r"# (\[|[a-z_]+ = |\"|\]$|  \{)", line) else line
        for line in after.splitlines()[1:]
    ]
    path.write_text("\n".join([before, *lines]), encoding="utf-8")
    config, policy = load(path)
    assert config.service.person("robin")
    assert [p.when for p in policy.rota] == ["", "out_of_hours"]
    assert policy.exceptions[0].reason == "Christmas Day"
    plain = Policy()
    assert policy.ladders.level_2 == plain.ladders.level_2
    for table in ("acknowledgement", "hand_over", "night_check", "digest", "second_channel"):
        assert getattr(policy, table) == getattr(plain, table), table
    assert unknown_duties(policy, {"N-POLICE", "RI-72H"}) == []


def test_check_names_what_is_wrong_in_the_rota(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dated exception for somebody of another home, and a duty that is misspelt."""
    key = tmp_path / "book.key"
    assert key_new(key) == 0
    wrong = """
[[exceptions]]
homes = ["alder"]
start = 2026-12-26T08:00:00
end = 2026-12-25T08:00:00
staff = ["morgan", "nobody"]
"""
    path = written(tmp_path, ("[health]", f"{wrong}\n[health]"))
    assert checking.run(path) == 2
    shown = capsys.readouterr().out
    for line in (
        "exceptions[1].staff[2]: 'nobody' is not on the staff list",
        "exceptions[1].staff[1]: 'morgan' does not cover alder",
        "exceptions[1].end: 2026-12-25T08:00:00 is not allowed. Allowed: later than start",
    ):
        assert line in shown
    misspelt = '[lead_minutes]\n"CP-24" = 60'
    assert checking.run(written(tmp_path, ("[health]", f"{misspelt}\n[health]"))) == 2
    assert (
        "lead_minutes.CP-24: 'CP-24' is no duty. Did you mean 'CP-24H'? Allowed: "
        in capsys.readouterr().out
    )


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
def test_check_names_a_second_channel_that_cannot_be_used_and_no_password(tmp_path: Path) -> None:
    """A misspelt kind of address; the good one beside it is not mentioned."""
    shown = '# second_channel = ["mailto://user:password@mail.example"]'
    wrong = 'second_channel = ["mailto://user:password@mail.example", "smss://secret@gateway"]'
    found = checking.problems(written(tmp_path, (shown, wrong)))
    [line] = [line for line in found if "second_channel" in line]
    assert "staff[2].second_channel[2]: smss://… cannot be used" in line
    assert "secret" not in line


def test_a_heartbeat_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    """As the book's folder does; an absolute path stays."""
    near = '[watching]\nheartbeat_file = "heartbeat"\n\n[health]'
    _, policy = load(written(tmp_path, ("[health]", near)))
    assert policy.watching.heartbeat_file == str(tmp_path / "heartbeat")
    far = near.replace('"heartbeat"', '"/run/nightlight/heartbeat"')
    _, policy = load(written(tmp_path, ("[health]", far)))
    assert policy.watching.heartbeat_file == "/run/nightlight/heartbeat"


@pytest.mark.parametrize(
    ("change", "key", "allowed"),
    [
        (('role = "manager"', 'role = "boss"'), "staff[2].role: 'boss'", "administrator"),
        (('prefix = "RH"', 'prefix = "rowan"'), "homes[1].prefix: 'rowan'", "capital letters"),
        (('id = "rowan"', 'id = "Rowan House"'), "homes[1].id: 'Rowan House'", "small letters"),
        (
            ("[health]", '[watching]\nalive_url = "monitoring.example"\n[health]'),
            "watching.alive_url: 'monitoring.example'",
            "https://",
        ),
        (('homes = ["rowan"]', 'homes = ["elm"]'), "staff[1].homes[1]: 'elm'", "alder, rowan"),
        (
            ("telegram_id = 7003", "telegram_id = 7001"),
            "staff[2].telegram_id: '7001' is used twice",
            "its own",
        ),
        (("telegram_id = 7003", 'telegram_id = "x"'), "staff[2].telegram_id: 'x'", "whole number"),
        (
            ('id = "robin"', 'nick = "robin"'),
            "staff[2].nick: is an unknown key",
            "Allowed: id, name",
        ),
        (('key_file = "book.key"', ""), "book: names no key", "key_file"),
        (('identifiers = "reference"', 'identifiers = "name"'), "privacy.identifiers", "initials"),
        (("[health]", "[healt]"), "healt: is an unknown key", "health"),
    ],
)
def test_a_mistake_is_named_with_key_value_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], key: str, allowed: str
) -> None:
    found = "\n".join(complaints(written(tmp_path, change)))
    assert key in found
    assert allowed in found
    assert re.match(r"config\.toml:\d+: ", found)


def test_a_missing_file_and_broken_toml_are_one_line(tmp_path: Path) -> None:
    assert complaints(tmp_path / "config.toml")[0].startswith("config.toml: there is no such file")
    broken = tmp_path / "config.toml"
    broken.write_text("homes = [", encoding="utf-8")
    assert complaints(broken)[0].startswith("config.toml:1: a bracket")


def test_a_practice_clock_goes_only_with_addresses_on_this_machine(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8") + '\n[practice]\nclock = "http://127.0.0.1:8040"\n',
        encoding="utf-8",
    )
    assert any("practice.clock" in line for line in complaints(path))


def test_the_token_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, ('token = "123456:invented-token-of-a-test"', 'token = ""'))
    monkeypatch.setenv("NIGHTLIGHT_TOKEN", "123456:invented-token-from-outside")
    config, _ = load(path)
    assert token(config) == "123456:invented-token-from-outside"


def test_the_start_stops_with_a_message_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.run(written(tmp_path, ('role = "manager"', 'role = "boss"'))) == 2
    shown = capsys.readouterr()
    assert "staff[2].role" in shown.err
    assert "Traceback" not in shown.err


def test_check_names_the_pack_and_the_key_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, ('pack = "haringey-2011"', 'pack = "nowhere"'))
    assert checking.run(path) == 2
    shown = capsys.readouterr().out
    assert "protocol.pack: there is no such pack" in shown
    assert "book.key" in shown


def test_a_wrong_setting_of_the_protocol_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path, ("# [protocol.settings]", "[protocol.settings]\nnotify_ra_mins = 30\n#")
    )
    assert any("notify_ra_mins" in line for line in checking.problems(path))


PLAIN = ('key_file = "book.key"', 'unencrypted = "yes, plain files"')


def test_check_names_a_home_whose_people_all_blocked_the_bot_and_one_removed_with_a_case(
    tmp_path: Path,
) -> None:
    robin = ('role = "manager"', 'role = "manager"\nhomes = ["alder"]')
    path = written(tmp_path, PLAIN, robin)
    config, _ = load(path)

    async def a_case_and_a_blocked_chat() -> None:
        store = await open_alone(config, tmp_path)
        at = datetime(2026, 3, 6, 21, tzinfo=UTC)
        opened = Opened(
            id="f1",
            by="robin",
            recorded_at=at,
            category="missing",
            child=Child(age=15),
            aware_at=at,
            last_seen_at=at,
        )
        await store.create("CH-2345", "cedar", "YP-1", Change(facts=[opened]))
        await store.update_office(
            state={"staff": {"robin": {"unreachable_at": at.isoformat(), "why": "blocked"}}}
        )
        await store.close()

    asyncio.run(a_case_and_a_blocked_chat())
    found = checking.problems(path)
    assert any("the bot cannot reach anybody who covers Alder Lodge" in line for line in found)
    assert any("CH-2345 is open, and its home 'cedar' is not configured" in line for line in found)
