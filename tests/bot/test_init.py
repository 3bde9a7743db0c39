"""A service that begins: what `init` writes can be used, and what it cannot write it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot import checking
from bot.cli import init
from bot.cli.init import Answers
from bot.config import token
from bot.config_file import load

GIVEN = Answers(
    homes=("Rowan House", "Alder Lodge"),
    authority="Haringey",
    out_of_hours="07700 900102",
    administrator="Quinn Specimen",
    telegram_id=7004,
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    monkeypatch.delenv("NIGHTLIGHT_TOKEN", raising=False)


def begun(folder: Path, **more: object) -> Path:
    path = folder / "config.toml"
    fields = {name: getattr(GIVEN, name) for name in GIVEN.__struct_fields__}
    assert init.run(path, Answers(**{**fields, **more})) == 0
    return path


def test_what_it_writes_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Key and configuration are for their owner alone; `check` has no error to name, only that
    nobody was invited yet; the next steps are said."""
    monkeypatch.setenv("NIGHTLIGHT_TOKEN", "1000001:token-of-a-test")
    path = begun(tmp_path)
    config, _ = load(path)
    assert [(h.id, h.prefix) for h in config.homes] == [("rowan", "RH"), ("alder", "AL")]
    assert config.staff[0].id == "quinn"
    for name in ("config.toml", "book.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    found = checking.examine(path)
    assert [str(one) for one in found if one.severity == "error"] == []
    assert sum("/people" in str(one) for one in found) == 2
    said = capsys.readouterr().out
    assert "Keep a copy of book.key" in said
    assert "/people" in said


def test_its_keys_are_those_of_the_example(tmp_path: Path) -> None:
    """No key in what `init` writes, comments included, that the example does not explain."""
    text = begun(
        tmp_path, backups="copies", phone="07700 900204", api="http://127.0.0.1:1"
    ).read_text()
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    for table, keys in tomllib.loads(text).items():
        assert table in example
        for entry in keys if isinstance(keys, list) else [keys]:
            assert [key for key in entry if key not in example and key != "api"] == []


@pytest.mark.parametrize("name", ['Say "Hi" House', "O'Neill\\House", "Ñandú 47", "House", "h"])
def test_any_name_is_written_so_that_it_is_read_again(tmp_path: Path, name: str) -> None:
    path = begun(tmp_path, homes=(name, "Harbour", "Harbour of Oak"), administrator=name)
    config, _ = load(path, token_needed=False)
    assert [home.name for home in config.homes] == [name, "Harbour", "Harbour of Oak"]
    assert len({home.prefix for home in config.homes}) == 3


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = begun(tmp_path)
    before = path.read_bytes(), (tmp_path / "book.key").read_bytes()
    assert init.run(path, GIVEN) == 2
    assert "exists already" in capsys.readouterr().err
    assert (path.read_bytes(), (tmp_path / "book.key").read_bytes()) == before


def test_without_a_terminal_what_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init.run(tmp_path / "config.toml", Answers(homes=("Rowan House",))) == 2
    said = capsys.readouterr().err
    for option in ("--authority", "--administrator", "--telegram-id"):
        assert option in said
    assert list(tmp_path.iterdir()) == []


def test_what_makes_no_configuration_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Answers(
        homes=("Rowan House", "Rowan House"),
        authority="Haringey",
        administrator="Quinn Specimen",
        telegram_id=-1,
        out_of_hours="ring Sam",
    )
    assert init.run(tmp_path / "config.toml", wrong) == 2
    said = capsys.readouterr().err
    for word in ("homes[2].name", "telegram_id", "phone", "Nothing was set up"):
        assert word in said
    assert list(tmp_path.iterdir()) == []


def test_at_a_terminal_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong answer is asked again; the token is typed unseen and kept in a file of its own."""
    answers = iter(
        ["Rowan House", "", "Haringey", "ask Sam", "07700 900102", "Quinn Specimen", "@quinn",
         "7004", "", ""]
    )  # fmt: skip
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda _: "1000001:token-of-a-test")
    path = tmp_path / "config.toml"
    assert init.run(path, Answers()) == 0
    assert "token-of-a-test" not in path.read_text()
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    monkeypatch.chdir("/")
    config, _ = load(path)
    assert token(config) == "1000001:token-of-a-test"
