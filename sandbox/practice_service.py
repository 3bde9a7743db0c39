"""The practice service in its folder: configuration, key, register; made new at every beginning."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

EXAMPLE = Path(__file__).parent / "example"
TOKEN = "1000001:practice-token-of-the-sandbox"  # noqa: S105 - works only with the stand-in
BOT_USERNAME, BOT_NAME = "nightlight_practice_bot", "Nightlight"
PAGES_PORT = "8443"
MARKER = "practice-only.txt"
MARKER_TEXT = (
    "Made by the sandbox. Everything in this folder is invented and is replaced at will.\n"
)
STRANGER = 7999
ROLES = {
    "duty_manager": "duty manager",
    "manager": "manager",
    "administrator": "administrator",
}


class NotOurs(Exception):
    """The folder holds something else; nothing in it is touched."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a phone: who they are to the service."""

    id: str
    name: str
    user: int
    role: str
    homes: str


class PracticeService:
    """The folder, and what the example configuration in it says."""

    def __init__(self, folder: Path, command: Sequence[str]) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self._command = list(command)
        self._fresh = folder / "fresh-book"

    def prepare(self, url: str) -> None:
        """Configuration, key and an imported register, for a server at `url`.

        Raises:
            NotOurs: the folder is there and was not made by the sandbox.
            SystemExit: the bot's own commands refuse; their words are the message.
        """
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / MARKER).is_file():
                raise NotOurs(
                    f"{self.folder} is not a folder of the sandbox: give another with --folder."
                )
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
        key = (self.folder / "practice.key").resolve()
        text = (EXAMPLE / "config.toml").read_text(encoding="utf-8")
        for name, value in (("TOKEN", TOKEN), ("URL", url), ("KEY", key.as_posix())):
            text = text.replace(f"@{name}@", value)
        # The file is read as it stands, too, so the port in it is one.
        text = text.replace(PAGES_PORT, str(_free_port()))
        self.config.write_text(text, encoding="utf-8")
        self._run("key", "new", str(key))
        people = str(EXAMPLE / "people.csv")
        self._run("people", "import", people, "--config", str(self.config))
        shutil.copytree(self.book, self._fresh)

    def renew(self) -> None:
        """The book as it was after the import. The bot must not be running."""
        shutil.rmtree(self.book, ignore_errors=True)
        shutil.copytree(self._fresh, self.book)

    @property
    def book(self) -> Path:
        """Where the bot keeps its book."""
        return self.folder / "book"

    def members(self) -> list[Member]:
        """Everybody with a phone: the staff, and one person who is not on the list."""
        document = _example()
        homes = self.homes()
        found = [_member(person, homes) for person in document["staff"]]
        nobody = Member(
            id="stranger", name="Riley Nobody", user=STRANGER, role="not on the list", homes=""
        )
        return [*found, nobody]

    def homes(self) -> dict[str, str]:
        """Home ids and their names."""
        return {home["id"]: home["name"] for home in _example()["homes"]}

    def _run(self, *words: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own command line
            [*self._command, *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr.strip() or f"{' '.join(words[:2])} failed")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _example() -> dict[str, Any]:
    return tomllib.loads((EXAMPLE / "config.toml").read_text(encoding="utf-8"))


def _member(person: dict[str, Any], homes: dict[str, str]) -> Member:
    mine = [homes[home] for home in person.get("homes", homes)]
    return Member(
        id=person["id"],
        name=person["name"],
        user=person["telegram_id"],
        role=ROLES[person["role"]],
        homes="" if person["role"] == "administrator" else ", ".join(mine),
    )
