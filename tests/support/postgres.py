"""A PostgreSQL of the tests' own: real servers on free ports of this machine, in a folder that
goes with them. Debian's package `postgresql` is enough; nothing of the system is touched."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from storage.postgres_schema import migrate
from tests.support.machines import Machine

OWNER = "postgres"
"""The server refuses to run as root; then it runs as the user that the package made."""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, or None on a machine without a server."""
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def usable() -> bool:
    """Whether a server can be started here."""
    if programs() is None:
        return False
    if os.geteuid() != 0:
        return True
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(OWNER))
    return False


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Server:
    """One server: a primary, or with `primary` a synchronous standby of it."""

    def __init__(
        self,
        name: str = "primary",
        *,
        primary: Server | None = None,
        safe: bool = False,
        machines: Sequence[Machine] = (),
    ) -> None:
        """safe: with fsync, for measuring; tests do without, and lose no power.  machines: others
        that reach it, too."""
        self.name = name
        self.port = free_port()
        self.root: Path = (
            primary.root if primary else Path(tempfile.mkdtemp(prefix="nightlight-pg-"))
        )
        self.root.chmod(0o755)
        self.folder = self.root / name
        self._owner = OWNER if os.geteuid() == 0 else None
        if self._owner and primary is None:
            shutil.chown(self.root, self._owner)
        self._process: subprocess.Popen[bytes] | None = None
        if primary is None:
            self._program(
                "initdb", "-D", str(self.folder), "-A", "trust", "-U", "nightlight", "-E", "UTF8"
            )
            self._set(f"fsync = {'on' if safe else 'off'}")
            self._set("max_connections = 200", "unix_socket_directories = ''")
            hosts = ", ".join(("127.0.0.1", *(one.here for one in machines)))
            self._set(f"listen_addresses = '{hosts}'")
            with (self.folder / "pg_hba.conf").open("a") as file:
                file.writelines(f"host all all {one.network} trust\n" for one in machines)
        else:
            self._copy(primary)
        self.start()

    @property
    def address(self) -> str:
        """As libpq takes it."""
        return f"host=127.0.0.1 port={self.port} user=nightlight dbname=postgres"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        folder = programs()
        assert folder is not None
        self._process = subprocess.Popen(
            [folder / "postgres", "-D", str(self.folder), "-p", str(self.port)],
            user=self._owner,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
        for _ in range(200):
            if self._answers():
                return
            time.sleep(0.05)
        msg = f"PostgreSQL did not start in {self.folder}"
        raise RuntimeError(msg)

    def kill(self) -> None:
        """As a machine loses its power: kill -9 of the server and all that belongs to it."""
        if self._process is None:
            return
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        for pid in (self.pid, *pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """In an orderly way, at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Answers nothing any more, and closes no connection."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *map(int, children)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *map(int, children)):
            os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """A standby becomes the primary. It has no standby of its own yet, so no commit waits for
        one; what Patroni does with `synchronous_mode`."""
        self._set("synchronous_standby_names = ''")
        self._program("pg_ctl", "promote", "-D", str(self.folder))

    def wait_for(self, standby: str) -> None:
        """Commits wait from here on for this standby, which has caught up when this comes back.
        Before that nobody may promote it."""
        self._set(f"synchronous_standby_names = '{standby}'")
        self._program("pg_ctl", "reload", "-D", str(self.folder))
        with psycopg.connect(self.address, autocommit=True) as connection:
            for _ in range(600):
                found = connection.execute(
                    "SELECT 1 FROM pg_stat_replication WHERE application_name = %s "
                    "AND sync_state = 'sync' AND state = 'streaming'",
                    (standby,),
                )
                if found.fetchone() is not None:
                    return
                time.sleep(0.05)
        msg = f"{standby} did not catch up with {self.name}"
        raise RuntimeError(msg)

    def replace(self, primary: Server, port: int) -> None:
        """After `kill`: begins anew on this port as a standby of another server."""
        shutil.rmtree(self.folder)
        self.port = port
        self._copy(primary)
        self.start()

    def gone(self) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def _copy(self, primary: Server) -> None:
        self._program(
            "pg_basebackup", "-D", str(self.folder), "-R", "-c", "fast",
            "-d", f"{primary.address} application_name={self.name}",
        )  # fmt: skip
        self._set(f"primary_conninfo = '{primary.address} application_name={self.name}'")

    def _set(self, *lines: str) -> None:
        with (self.folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def _program(self, name: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        subprocess.run(
            [folder / name, *arguments],
            user=self._owner,
            check=True,
            capture_output=True,
            cwd=self.root,
            env={**os.environ, "LC_ALL": "C"},
        )

    def _answers(self) -> bool:
        folder = programs()
        assert folder is not None
        ready = folder / "pg_isready"
        asked = subprocess.run(
            [ready, "-h", "127.0.0.1", "-p", str(self.port)], capture_output=True
        )
        return asked.returncode == 0


async def prepared() -> Server:
    """A server with the tables."""
    server = Server()
    async with await psycopg.AsyncConnection.connect(server.address, autocommit=True) as made:
        await migrate(made)
    return server
