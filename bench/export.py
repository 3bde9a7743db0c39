"""Episode rows out of the records: `python -m bench.export [--closed 25000] [--open 50]`.

The command line's own command, as a process of its own, on encrypted records; beside it the time to
read the same files and do nothing with them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.storage import NOW, build
from bench.table import machine
from bot.config_file import load
from bot.summary import RULES
from storage.keys import new_key_file

ROOT = Path(__file__).resolve().parent.parent
EXPORT = '[export]\nservice = "NL01"\nkey_file = "export.key"\n'


def configured(folder: Path) -> Path:
    """The sandbox's example service on the records in this folder."""
    text = (ROOT / "sandbox/example/config.toml").read_text(encoding="utf-8")
    for name, value in (("TOKEN", "1:bench"), ("URL", "http://127.0.0.1:9"), ("KEY", "book.key")):
        text = text.replace(f"@{name}@", value)
    new_key_file(folder / "export.key", NOW)
    config = folder / "config.toml"
    config.write_text(f"{text}\n{EXPORT}", encoding="utf-8")
    return config


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--closed", type=int, default=25_000)
    parser.add_argument("--open", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = configured(folder)
        chosen = load(config, token_needed=False)[0].protocol
        made_by = f"{RULES}/{chosen.pack}/{chosen.preset}"
        build(folder, given.closed, given.open, made_by)
        command = [sys.executable, "main.py", "export", "rows", "--from", "2010-01-01"]
        command += ["--to", "2030-01-01", "--out", str(folder / "rows.jsonl"), "--config"]
        started = time.perf_counter()
        done = subprocess.run([*command, str(config)], cwd=ROOT, capture_output=True, text=True)
        took = time.perf_counter() - started
        if done.returncode:
            sys.exit(done.stderr)
        rows = (folder / "rows.jsonl").read_bytes().count(b"\n")
        started = time.perf_counter()
        for path in (folder / "book").rglob("*"):
            if path.is_file():
                path.read_bytes()
        plain = time.perf_counter() - started
    print(f"{machine()}\n")
    print(f"export of {rows:,} rows: {took:.1f} s; reading the same files alone: {plain:.1f} s")


if __name__ == "__main__":
    main()
