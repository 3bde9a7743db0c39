"""The installed package: one command that works from anywhere, with all the files it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
QUESTION = (
    '{"now": "2026-11-21T23:40:00Z", "episode": {"category": "missing", "child": {"age": 15},'
    ' "last_seen_at": "2026-11-21T20:00:00Z"}}'
)


def listed_files() -> list[str]:
    """The files of the repository that are there, new ones included."""
    done = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        capture_output=True,
        text=True,
    )
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked away from the source."""
    pytest.importorskip("setuptools")
    made = tmp_path_factory.mktemp("wheel")
    source = made / "source"
    listed = listed_files()
    if not listed:
        pytest.skip("not in a repository")
    for name in listed:
        if not name.startswith(("tests/", "docs/", "bench/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = (
        "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", build, str(made)], cwd=source, check=True, capture_output=True
    )
    [wheel] = made.glob("*.whl")
    target = made / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def nightlight(
    site: Path, cwd: Path, *words: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """As the installed script calls it."""
    [(module, function)] = re.findall(r"([\w.]+):(\w+)", PROJECT["scripts"]["nightlight"])
    call = f"import sys; from {module} import {function}; sys.exit({function}())"
    return subprocess.run(
        [sys.executable, "-c", call, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        check=False,
        text=True,
        input=given,
        timeout=60,
    )


def test_the_command_answers_from_anywhere(installed: Path, tmp_path: Path) -> None:
    done = nightlight(installed, tmp_path, "--version")
    assert done.stdout == f"nightlight {bot.__version__}\n", done.stderr
    assert "people" in nightlight(installed, tmp_path, "--help").stdout
    answer = nightlight(installed, tmp_path, "assess", "-", given=QUESTION)
    assert '"level"' in answer.stdout, answer.stderr
    checked = nightlight(installed, tmp_path, "check")
    assert checked.returncode == 2
    assert "config.toml: there is no such file" in checked.stdout


def test_everything_that_is_no_code_is_in_the_package(installed: Path) -> None:
    """Packs, the sandbox's page, nights and example."""
    rooms = ("bot", "handlers", "protocol", "reminders", "reports", "sandbox", "storage", "web")
    for name in listed_files():
        if name.startswith(tuple(f"{room}/" for room in rooms)):
            assert (installed / name).is_file(), name


def test_main_imports_the_command_line_and_nothing_else() -> None:
    text = (ROOT / "main.py").read_text(encoding="utf-8")
    assert re.findall(r"^(?:from|import) .*", text, re.MULTILINE) == [
        "from bot.cli.commands import main"
    ]


def test_requirement_files_are_made_of_what_the_package_needs() -> None:
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").casefold()
    for need in PROJECT["dependencies"]:
        name = re.split(r"[=<>\[ ]", need)[0].casefold()
        assert re.search(rf"^{re.escape(name)}==", locked, re.MULTILINE), name
