"""What an operator runs: container, unit, example and documents agree; drills and upgrades."""

from __future__ import annotations

import asyncio
import configparser
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bot import __version__, upgrade
from bot.cli import drill, health
from bot.cli.commands import app
from bot.cli.maintenance import key_new
from bot.config import Config
from bot.config_file import load
from bot.health import HealthPage
from bot.resources import keys_of, open_alone
from reminders.watch import Figures
from storage.backup import backup
from storage.store import StoreError
from tests.bot.test_config import written
from tests.storage.people import spoilt

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
SERVICE = COMPOSE["services"]["nightlight"]
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")
UNIT_FILE = ROOT / "docs" / "nightlight.service"
OPERATIONS = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNIT_FILE, encoding="utf-8")
    return parser["Service"]


def linted(tool: str, *words: str) -> None:
    if not (BIN / tool).exists():
        pytest.skip(f"{tool} is not there on this platform")
    done = subprocess.run(
        [BIN / tool, *words], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_s_file_has_nothing_to_complain_of() -> None:
    linted("hadolint", "Dockerfile")


def test_the_compose_file_is_one() -> None:
    linted("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")


def test_the_unit_is_one(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not there")
    text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT_FILE.read_text())
    copy = tmp_path / "nightlight.service"
    copy.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", copy], check=False, capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "nightlight.service" in line]
    assert ours == []


def test_no_root_and_a_root_that_is_read_only() -> None:
    assert SERVICE["user"] == "10001:10001"
    assert "USER 10001:10001" in DOCKERFILE
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert unit()["NoNewPrivileges"] == "true"
    assert unit()["CapabilityBoundingSet"] == ""


def test_unit_container_and_example_agree() -> None:
    """Folders, configuration, command, credentials and how long a stop may take."""
    config = "/etc/nightlight/config.toml"
    mounted = [v if isinstance(v, str) else f"x:{v['target']}" for v in SERVICE["volumes"]]
    places = [one.split(":")[1] for one in mounted]
    assert places == ["/var/lib/nightlight", "/var/backups/nightlight", config]
    for place in places[:2]:
        assert place in unit()["ReadWritePaths"].split()
        assert place in DOCKERFILE
        assert place in EXAMPLE
        assert place in OPERATIONS
    assert f"/var/lib/{unit()['StateDirectory']}" == places[0]
    assert unit()["ExecStart"].endswith(f"nightlight run --config {config}")
    assert f'CMD ["run", "--config", "{config}"]' in DOCKERFILE
    test = SERVICE["healthcheck"]["test"]
    assert test == ["CMD", "nightlight", "health", "--config", config]
    assert f"CMD {json.dumps(test[1:])}" in DOCKERFILE
    for name in SERVICE["secrets"]:
        assert f"/run/secrets/{name}" in EXAMPLE
        assert f"/run/secrets/{name}" in OPERATIONS
    credential = unit()["LoadCredentialEncrypted"].split(":")[0]
    assert f'key_credential = "{credential}"' in EXAMPLE
    assert SERVICE["stop_grace_period"] == f"{unit()['TimeoutStopSec']}s"
    assert "HUP" in unit()["ExecReload"]
    port = re.search(r"a container needs it: (\d+)", EXAMPLE)
    assert port
    assert f"health.port = {port[1]}" in OPERATIONS


def test_a_configuration_for_a_container_is_taken(tmp_path: Path) -> None:
    """The example with the lines that it gives for a container."""
    path = written(
        tmp_path,
        ('folder = "data"', 'folder = "/var/lib/nightlight"'),
        ('key_file = "book.key"', 'key_file = "/run/secrets/book-key"'),
        ("port = 0", "port = 8041"),
        ("# backup_folder", "backup_folder"),
    )
    config, _ = load(path)
    assert config.health.port == 8041
    assert config.book.backup_folder == "/var/backups/nightlight"


# Alerts and board -------------------------------------------------------------------------------


def figures() -> set[str]:
    """The names of everything that /metrics gives out."""
    watch = SimpleNamespace(figures=Figures())
    engine: Any = SimpleNamespace(
        watch=watch,
        planner=SimpleNamespace(open_refs=list),
        health=lambda: {
            "ok": True,
            "waiting_messages": 0,
            "unsaved_records": 0,
            "telegram_down_since": None,
            "seconds_since_tick": 1,
            "reminders_stopped_since": None,
        },
    )
    page = HealthPage(engine, 0, SimpleNamespace(silence=1.0, oldest=0.0), 180)
    watch.figures.sent["reminder"] = 1
    return set(re.findall(r"(?m)^(nightlight_\w+)", page.metrics()))


def test_alerts_and_board_ask_for_figures_that_there_are() -> None:
    alerts = yaml.safe_load((ROOT / "docs/monitoring/alerts.yaml").read_text(encoding="utf-8"))
    board = json.loads((ROOT / "docs/monitoring/grafana.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    wanted = {name for text in asked for name in re.findall(r"nightlight_\w+", text)}
    assert wanted
    assert wanted <= figures()


def test_every_alert_has_a_place_in_the_runbook() -> None:
    alerts = yaml.safe_load((ROOT / "docs/monitoring/alerts.yaml").read_text(encoding="utf-8"))
    for group in alerts["groups"]:
        for rule in group["rules"]:
            file, _, heading = rule["annotations"]["runbook"].partition(", ")
            assert file == "docs/OPERATIONS.md"
            assert f"### {json.loads(heading)}\n" in OPERATIONS


def test_the_commands_of_the_runbook_exist() -> None:
    from typer.main import get_command

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"nightlight ([a-z]+)", OPERATIONS)) - {"hub"}
    assert {name for name in named if f"`nightlight {name}" in OPERATIONS} <= known


# Drill ------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> tuple[Path, Config]:
    """Records with a register, and a folder for backups."""
    assert key_new(tmp_path / "book.key") == 0
    path = written(
        tmp_path, ('# backup_folder = "/var/backups/nightlight"', 'backup_folder = "copies"')
    )
    config, _ = load(path)

    async def begin() -> None:
        store = await open_alone(config, tmp_path)
        await store.update_office(log=[{"what": "begun"}])
        await store.close()

    asyncio.run(begin())
    return path, config


def copy(path: Path, config: Config) -> Path:
    keys = keys_of(config, path.parent)
    return backup(path.parent / "data", path.parent / "copies", keys, now=datetime.now(UTC)).path


def test_a_backup_is_verified_without_being_restored(service: tuple[Path, Config]) -> None:
    path, config = service
    made = copy(path, config)
    words = ["verify", "--backup", str(made.parent), "--config", str(path)]
    good = CliRunner().invoke(app, words)
    assert (good.exit_code, good.output) == (0, f"The backup {made} is in order.\n")
    office = made / "office.nlb"
    office.write_bytes(spoilt(office.read_bytes()))
    bad = CliRunner().invoke(app, words)
    assert bad.exit_code == 1 and "office" in bad.output


def test_a_drill_leaves_its_evidence_and_nothing_else(service: tuple[Path, Config]) -> None:
    path, config = service
    made = copy(path, config)
    before = sorted(p.name for p in path.parent.iterdir())
    report = path.parent / "evidence.json"
    assert drill.run("", report, path) == 0
    evidence = json.loads(report.read_text())
    assert evidence["passed"] is True
    assert evidence["backup"] == made.name
    assert evidence["by_version"] == __version__
    assert evidence["restored"] == evidence["now"]
    assert len(evidence["manifest"]) == 64
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([*before, "evidence.json"])


def test_a_drill_with_a_damaged_backup_is_not_passed(
    service: tuple[Path, Config], capsys: pytest.CaptureFixture[str]
) -> None:
    path, config = service
    office = copy(path, config) / "office.nlb"
    office.write_bytes(spoilt(office.read_bytes()))
    report = path.parent / "evidence.json"
    assert drill.run("", report, path) == 1
    assert json.loads(report.read_text())["passed"] is False
    assert "NOT passed" in capsys.readouterr().out


def test_a_drill_that_cannot_be_held_says_why(
    service: tuple[Path, Config], capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = service
    assert drill.run("nowhere", None, path) == 2
    assert "was not held" in capsys.readouterr().err


# Upgrades ---------------------------------------------------------------------------------------


def copies(path: Path, folder: str = "copies") -> list[Path]:
    return list((path.parent / folder).glob("nightlight-*"))


def had_by(path: Path, config: Config, version: str) -> None:
    async def sign() -> None:
        store = await open_alone(config, path.parent)
        await store.update_office(state={upgrade.PROGRAM: version})
        await store.close()

    asyncio.run(sign())


def test_another_version_copies_the_records_first(service: tuple[Path, Config]) -> None:
    path, config = service
    had_by(path, config, "0.0.1")
    assert upgrade.backup_before(config, path.parent) == "0.0.1"
    assert len(copies(path)) == 1
    had_by(path, config, __version__)
    assert upgrade.backup_before(config, path.parent) == ""
    assert len(copies(path)) == 1


def test_without_a_folder_for_backups_the_copy_lies_beside(tmp_path: Path) -> None:
    assert key_new(tmp_path / "book.key") == 0
    path = written(tmp_path)
    config, _ = load(path)
    had_by(path, config, "0.0.1")
    upgrade.backup_before(config, tmp_path)
    assert len(copies(path, "data-before-upgrades")) == 1


def test_records_that_cannot_be_copied_are_not_touched(service: tuple[Path, Config]) -> None:
    path, config = service
    had_by(path, config, "0.0.1")
    (path.parent / "copies").write_text("a file where the folder should be")
    with pytest.raises(StoreError):
        upgrade.backup_before(config, path.parent)


def test_a_new_service_has_nothing_to_copy(tmp_path: Path) -> None:
    assert key_new(tmp_path / "book.key") == 0
    config, _ = load(written(tmp_path))
    assert upgrade.backup_before(config, tmp_path) == ""


def test_the_health_command_needs_a_page_and_a_bot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health.run(written(tmp_path)) == 2
    path = written(tmp_path, ("port = 0", "port = 8999"))
    assert health.run(path) == 1
    assert "does not answer" in capsys.readouterr().err
