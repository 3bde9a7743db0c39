"""Sixty mistakes in a configuration: each is named with file, line and remedy in at most two lines.

A row: what is changed in the example, a piece of text that stands on the line that is named, and
words of the message: what is wrong, and what to do.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import checking
from bot.cli.maintenance import key_new
from protocol.mistakes import Mistake
from tests.bot.test_config import EXAMPLE, written

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEALTH = "[health]"


def table(text: str) -> tuple[str, str]:
    """Puts a table of its own before [health]."""
    return (HEALTH, f"{text}\n\n{HEALTH}")


Row = tuple[tuple[tuple[str, str], ...], str, tuple[str, ...]]
MORGAN = 'id = "morgan"'
ROTA = 'days = ["monday"]\nstart = "08:00"\nend = "20:00"\n'

READING: list[Row] = [
    # The text itself.
    (((MORGAN, "id = “morgan”"),), "“morgan”", ("curly quotes", "straight quotes")),
    (((MORGAN, "id = ‘morgan’"),), "‘morgan’", ("curly quotes", "straight quotes")),
    (((MORGAN, "id = morgan"),), "id = morgan", ("not in quotes", 'key = "value"')),
    (((MORGAN, 'id: "morgan"'),), 'id: "morgan"', ("colon", 'key = "value"')),
    (((MORGAN, 'id = "morgan'),), 'id = "morgan', ("not closed", "Close it")),
    (
        (('{ id = "alder"', '{ id = "alder'),),
        '{ id = "alder,',
        ("not closed", "Close it"),
    ),
    (
        (('homes = ["rowan"]', 'homes = ["rowan"'),),
        'homes = ["rowan"\n',
        ("not closed", "Close it"),
    ),
    (((MORGAN, f"{MORGAN}\n{MORGAN}"),), MORGAN, ("second time", "Keep one")),
    (((HEALTH, "[book]\n[health]"),), "[book]\n[health]", ("second time", "two brackets")),
    ((('folder = "data"', r'folder = "C:\new\data"'),), r"C:\new", ("backslash", "single quotes")),
    # Types and unknown keys.
    (
        (('role = "manager"', 'role = "boss"'),),
        '"boss"',
        ("staff[2].role", "boss", "administrator"),
    ),
    ((('role = "manager"', 'role = "Manager"'),), '"Manager"', ("Did you mean 'manager'?",)),
    (
        (("telegram_id = 7003", 'telegram_id = "7003"'),),
        '"7003"',
        ("whole number", "without quotes"),
    ),
    ((("telegram_id = 7003", "telegram_id = 70.03"),), "70.03", ("whole number",)),
    (
        (("telegram_id = 7003\n", ""),),
        '[[staff]]\nid = "robin"',
        ("telegram_id", "missing", "whole number"),
    ),
    ((('id = "robin"', 'nick = "robin"'),), "nick", ("unknown key", "id, name")),
    ((('id = "robin"\n', ""),), '[[staff]]\nname = "Robin', ("staff[2].id", "is missing")),
    ((("expires = 2027-03-31", 'expires = "31/03/2027"'),), "31/03", ("2026-12-25", "quotes")),
    ((("expires = 2027-03-31", "expires = true"),), "true", ("staff[1].expires", "a day")),
    ((('homes = ["rowan"]', 'homes = "rowan"'),), 'homes = "rowan"', ("a list", "staff[1].homes")),
    (((HEALTH, "[healt]"),), "[healt]", ("unknown key", "Did you mean 'health'?")),
    ((('token = "', 'tokn = "'),), "tokn", ("unknown key", "Did you mean 'token'?")),
    ((('identifiers = "reference"', 'identifiers = "name"'),), '"name"', ("initials, reference",)),
    ((("port = 0 ", 'port = "8041" '),), "8041", ("whole number", "without quotes")),
    (
        (
            ("[[staff]]\n" + MORGAN, "[staff]\n" + MORGAN),
            ('[[staff]]\nid = "robin"', '[x]\nid = "robin"'),
            ('[[staff]]\nid = "quinn"', '[y]\nid = "quinn"'),
        ),
        "[staff]",
        ("[[staff]]", "two brackets"),
    ),
    # Values that cannot work.
    ((("port = 0 ", "port = 99999 "),), "99999", ("health.port", "0 to 65535")),
    ((("port = 0 ", "port = -1 "),), "port = -1", ("health.port", "0 to 65535")),
    (
        (("polling_silence_seconds = 180", "polling_silence_seconds = 0"),),
        "seconds = 0",
        ("1 to 86400",),
    ),
    ((("# backups_kept = 14", "backups_kept = 0"),), "backups_kept", ("from 1",)),
    ((('token = "123456:', 'token = "123456 '),), "token = ", ("no usable token", "@BotFather")),
    ((('token = "', 'api = "api.telegram.org"\ntoken = "'),), "api = ", ("https://",)),
    ((('token = "', 'api = "https://h:70000"\ntoken = "'),), "api = ", ("port", "1 to 65535")),
    ((('prefix = "RH"', 'prefix = "rowan"'),), '"rowan", author', ("capital letters",)),
    ((('prefix = "AL"', 'prefix = "RH"'),), '"alder"', ("used twice", "its own")),
    ((('id = "alder"', 'id = "Alder Lodge"'),), "Alder Lodge", ("small letters",)),
    ((('id = "alder"', 'id = "rowan"'),), "Alder Lodge", ("used twice", "its own")),
    (
        (("telegram_id = 7003", "telegram_id = 7001"),),
        'telegram_id = 7001\nrole = "manager',
        ("used twice", "Robin Model"),
    ),
    ((("telegram_id = 7003", "telegram_id = -7003"),), "-7003", ("above 0",)),
    ((("telegram_id = 7003", "telegram_id = 123456"),), "= 123456", ("the bot's own id",)),
    ((('homes = ["rowan"]', 'homes = ["rowen"]'),), "rowen", ("no home", "Did you mean 'rowan'?")),
    ((('id = "robin"', 'id = "next"'),), '"next"', ("not nightlight", "on_duty")),
    ((('name = "Robin Model"', 'name = " "'),), 'name = " "', ("1 to 60 characters",)),
    ((('phone = "07700 900203"', 'phone = "ask Sam"'),), "ask Sam", ("telephone number",)),
    (
        (
            ('role = "manager"', 'role = "duty_manager"'),
            ('role = "administrator"', 'role = "duty_manager"'),
        ),
        "[[staff]]",
        ("'administrator' or 'manager'", "invite"),
    ),
    ((('key_file = "book.key"', ""),), "[book]", ("no key", "key_file")),
    (
        (('key_file = "book.key"', 'key_file = "book.key"\nkey_variable = "KEY"'),),
        "[book]",
        ("more than one way", "exactly one"),
    ),
    (
        (('# backup_folder = "/var/backups/nightlight"', 'backup_folder = "data/copies"'),),
        "data/copies",
        ("outside book.folder",),
    ),
    (
        (("[privacy]", '[practice]\nclock = "http://clock.example:1"\n\n[privacy]'),),
        "clock.example",
        ("127.0.0.1",),
    ),
    # Reminders.
    ((table('[digest]\nweekday = "mon"'),), '"mon"', ("Did you mean 'monday'?",)),
    ((table("[digest]\nhour = 24"),), "hour = 24", ("0 or more, at most 23",)),
    ((table("[limits]\nchat_per_second = nan"),), "nan", ("0.01 or more",)),
    ((table("[hand_over]\naccept_minutes = 999999999999"),), "9999", ("at most",)),
    ((table('[watching]\nalive_url = "monitoring.example"'),), "monitoring.example", ("https://",)),
    ((table('[night_check]\nat = "25:00"'),), "25:00", ('"20:00"',)),
    ((table("[ladders.level_2]\nsteps = []"),), "steps = []", ("At least one step",)),
    (
        (table('[ladders.level_2]\nsteps = [{ who = "manager" }]'),),
        'who = "manager"',
        ("Did you mean 'managers'?", "steps[1].who"),
    ),
    ((table(f'[[rota]]\n{ROTA}staff = ["robyn"]'),), "robyn", ("Did you mean 'robin'?",)),
    (
        (table(f'[[rota]]\n{ROTA}homes = ["alder"]\nstaff = ["morgan"]'),),
        'staff = ["morgan"]',
        ("does not cover alder",),
    ),
    (
        (table('[[rota]]\ndays = ["mon"]\nstart = "8:00"\nend = "20:00"\nstaff = ["robin"]'),),
        '"8:00"',
        ("a time of day",),
    ),
    (
        (
            table(
                "[[exceptions]]\nstart = 2026-12-26T08:00:00\nend = 2026-12-25T08:00:00\n"
                'staff = ["robin"]'
            ),
        ),
        "end = 2026",
        ("later than start",),
    ),
    (
        (
            table(
                "[[exceptions]]\nstart = 2026-12-24T08:00:00Z\nend = 2026-12-25T08:00:00\n"
                'staff = ["robin"]'
            ),
        ),
        "24T08:00:00Z",
        ("without an offset",),
    ),
    ((table('[lead_minutes]\n"CP-24" = 60'),), "CP-24", ("no duty", "Did you mean")),
    (
        (table('[web]\nchat_second_factor = "page"'),),
        'chat_second_factor = "page',
        ("web.chat_second_factor", "there are no pages", 'without web.address: "off"'),
    ),
    (
        (table('[web]\naddress = "https://pages.example.org"\nchat_second_factor = "pin"'),),
        'chat_second_factor = "pin',
        ("web.chat_second_factor", "'pin' is not allowed", "buttons, off, page"),
    ),
    (
        (table('[web]\naddress = "https://pages.example.org"\nchat_second_factor_hours = 0'),),
        "chat_second_factor_hours = 0",
        ("web.chat_second_factor_hours", "0 is not allowed", "1 to 24"),
    ),
    (
        (("# [protocol.settings]", "[protocol.settings]\nnotify_ra_mins = 30"),),
        "ra_mins",
        ("unknown setting", "notify_ra_min"),
    ),
    (
        (('pack = "haringey-2011"', 'pack = "harringey"'),),
        "harringey",
        ("no such pack", "haringey"),
    ),
    (
        (('name = "Alder Lodge"', 'name = "Alder Lodge", pack = "harringey"'),),
        "harringey",
        ("homes[2].pack", "no such pack", "haringey"),
    ),
    (
        (('name = "Kent"', 'name = "Kent", pack = "kent"'),),
        '"kent"',
        ("authorities[2].pack", "no such pack", "haringey"),
    ),
]

LOOKING_AHEAD: list[Row] = [
    # It can be read, but somebody would not be asked, or could not be.
    (
        (("expires = 2027-03-31", "expires = 2026-10-31"),),
        "2026-10-31",
        ("31 October 2026", "Morgan Example", "later day"),
    ),
    (
        (('role = "manager"', 'role = "manager"\nhomes = ["rowan"]'),),
        'id = "alder"',
        ("nobody covers Alder Lodge now", "staff list"),
    ),
    (
        (('role = "manager"', 'role = "manager"\nexpires = 2026-12-05'),),
        'id = "alder"',
        ("nobody covers Alder Lodge from Sun 6 Dec 2026", "Robin Model"),
    ),
    (
        (('role = "manager"', 'role = "manager"\nexpires = 2026-12-05'),),
        'id = "rowan"',
        ("no manager covers Rowan House from Sun 6 Dec", "sign off"),
    ),
    ((('phone = "07700 900203"', ""),), 'id = "alder"', ("no", "telephone number", "whom to ring")),
    ((('role = "administrator"', 'role = "duty_manager"'),), "[[staff]]", ("'administrator' now",)),
    (
        (('prefix = "AL", authority = "Kent"', 'prefix = "AL", authority = "Kant"'),),
        '"Kant"',
        ("not among the authorities", "Did you mean 'Kent'?"),
    ),
    ((table(f'[[rota]]\n{ROTA}staff = ["robin"]'),), 'id = "alder"', ("rota has nobody", "Add a")),
    (
        (table(
            f'[[rota]]\n{ROTA}staff = ["robin"]\n[[rota]]\ndays = ["monday"]\nstart = "19:00"\n'
            'end = "08:00"\nstaff = ["robin"]'
        ),),
        '[[rota]]\ndays = ["monday"]\nstart = "19:00"',
        ("two shifts at once", "rota[1] and rota[2]", "Mon 23 Nov 2026 19:00 to"),
    ),
    (
        (table("[[exceptions]]\nstart = 2025-12-25T08:00:00\nend = 2025-12-26T08:00:00\n"
               'staff = ["robin"]'),),
        "end = 2025",
        ("in the past", "Take it out"),
    ),
    (
        (table("[[exceptions]]\nstart = 2026-12-25T08:00:00\nend = 2026-12-26T08:00:00\n"
               "staff = []"),),
        "staff = []",
        ("names nobody", "Name who"),
    ),
    (
        (("# second_channel = [\"mailto://user:password@mail.example\"]",
          'second_channel = ["tgram://1234:secretsecret/12"]'),),
        "tgram",
        ("through Telegram", "e-mail"),
    ),
    (
        (("# second_channel = [\"mailto://user:password@mail.example\"]",
          'second_channel = ["mailto://user:se@cr/et@mail.example"]'),),
        "mailto",
        ("cannot be used", "%40"),
    ),
    ((("port = 0 ", "port = 80 "),), "port = 80", ("system's own services", "1024")),
]  # fmt: skip


def line_of(path: Path, text: str) -> int:
    whole = path.read_text(encoding="utf-8")
    return whole.count("\n", 0, whole.index(text)) + 1


def found_in(path: Path) -> list[Mistake]:
    return checking.examine(path, NOW)


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert key_new(tmp_path / "book.key") == 0
    capsys.readouterr()
    return tmp_path


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
@pytest.mark.parametrize("row", [*READING, *LOOKING_AHEAD], ids=lambda row: " / ".join(row[2]))
def test_a_mistake_is_named_with_file_line_and_remedy(
    folder: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    changes, stands, words = row
    path = written(folder, *changes)
    messages = [str(mistake) for mistake in found_in(path)]
    fitting = [m for m in messages if all(word in m for word in words)]
    assert fitting, messages
    lines = {line_of(path, stands) + n for n in range(2 if "second time" in words else 1)}
    assert any(re.match(rf"config\.toml:({'|'.join(map(str, lines))}): ", m) for m in fitting), (
        lines,
        fitting,
    )
    for message in messages:
        assert len(message) <= 320, message
        assert "\n" not in message
        assert "Traceback" not in message
        assert "secret" not in message
        assert not re.search(r"codec|utf-8'|Expected `|msgspec|\$\.|invented-token", message)


def test_there_are_enough_of_them() -> None:
    assert len(READING) + len(LOOKING_AHEAD) >= 60


def test_everything_is_named_at_once_and_nothing_twice(folder: Path) -> None:
    """Ten mistakes of all kinds in one file: ten lines, in the order of the file."""
    path = written(
        folder,
        ('prefix = "RH"', 'prefix = "rh"'),
        ('id = "morgan"', 'id = "Morgan"'),
        ('role = "manager"', 'role = "boss"'),
        ("telegram_id = 7003", 'telegram_id = "x"'),
        ('phone = "07700 900204"', "phone = 7"),
        ('key_file = "book.key"', ""),
        ('identifiers = "reference"', 'identifiers = "name"'),
        ("port = 0 ", "port = 99999 "),
        table('[digest]\nhour = 25\nweekday = "mon"'),
    )
    found = [m for m in found_in(path) if m.severity == "error"]
    assert len(found) == 10, [str(m) for m in found]
    assert [m.line for m in found] == sorted(m.line for m in found)


def test_the_example_has_nothing_wrong_but_what_its_file_s_rights_say(folder: Path) -> None:
    path = written(folder)
    path.chmod(0o600)
    assert [str(m) for m in found_in(path)] == []


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (lambda text: text.encode("utf-8-sig"), None),
        (lambda text: text.replace("\n", "\r\n").encode(), None),
        (lambda text: text.replace("\n", "\r").encode(), None),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (lambda text: text.replace("Robin", "Zoé").encode("cp1252"), "is not saved as UTF-8"),
        (lambda text: b"\0\0\0" + text.encode(), "is no text"),
    ],
)
def test_what_an_editor_leaves_is_taken_or_explained(folder: Path, raw, what) -> None:  # type: ignore[no-untyped-def]
    path = written(folder)
    path.write_bytes(raw(path.read_text(encoding="utf-8")))
    path.chmod(0o600)
    messages = [str(m) for m in found_in(path)]
    if what is None:
        assert messages == []
    else:
        assert any(what in m and "Save" in m for m in messages)
        assert not any("codec" in m for m in messages)


def test_exit_status_by_severity_and_a_list_for_machines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(folder)
    path.chmod(0o600)
    assert checking.run(path, offline=True) == 0
    assert "nothing wrong" in capsys.readouterr().out
    path.chmod(0o644)
    assert checking.run(path, offline=True) == 1
    shown = capsys.readouterr().out
    assert "warning: config.toml:" in shown
    assert "1 warning." in shown
    path = written(folder, ('role = "manager"', 'role = "boss"'))
    assert checking.run(path, as_json=True, offline=True) == 2
    rows = json.loads(capsys.readouterr().out)
    [row] = [row for row in rows if row["severity"] == "error"]
    assert row["file"] == "config.toml"
    assert row["line"] == line_of(path, '"boss"')
    assert (row["key"], row["about"]) == ("staff[2].role", "Robin Model")
    assert row["what"]
    assert row["remedy"]


def test_key_files_that_others_can_read_and_keys_that_are_not_there(folder: Path) -> None:
    path = written(folder)
    (folder / "book.key").chmod(0o644)
    [line] = [str(m) for m in found_in(path) if m.severity == "error"]
    assert "config.toml:" in line
    assert "others can read the key file" in line
    assert "Run: chmod 600" in line
    (folder / "book.key").chmod(0o600)
    (folder / "book.key").write_bytes(b"\xff\xfe no key")
    [line] = [str(m) for m in found_in(path) if m.severity == "error"]
    assert "is not a key" in line
    assert "Make one with: nightlight key new" in line
    assert "codec" not in line
    (folder / "book.key").unlink()
    [line] = [str(m) for m in found_in(path) if m.severity == "error"]
    assert "does not exist" in line
    assert "Make one with: nightlight key new" in line


def test_it_is_quick_with_many_homes(folder: Path) -> None:
    homes = ",\n".join(
        f'  {{ id = "h{n}", name = "House {n}", prefix = "{chr(65 + n // 26)}{chr(65 + n % 26)}" }}'
        for n in range(55)
    )
    path = written(folder, table(f'[[rota]]\n{ROTA}staff = ["robin"]'))
    text = path.read_text(encoding="utf-8").replace('homes = ["rowan"]', "")
    path.write_text(re.sub(r"homes = \[\n.*?\n\]", f"homes = [\n{homes}\n]", text, flags=re.DOTALL))
    began = time.monotonic()
    assert len(found_in(path)) > 55
    assert time.monotonic() - began < 10


def test_the_example_file_is_found(tmp_path: Path) -> None:
    assert EXAMPLE.is_file()
