"""Keys of the book: 32 random bytes each, newest first; the newest one seals, all of them open.

The text of a key file, environment variable or systemd credential is one key per line (or
separated by blanks) in base64; lines that begin with # are remarks. A key is known in file headers
by its id, the first eight bytes of a hash of it, which gives nothing away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from storage import files
from storage.store import StoreError

KEY_BYTES = 32
ID_BYTES = 8


class KeyProblem(StoreError):
    """The key is missing, wrong, or kept where others can read it. Nothing was touched."""


class Keys:
    """The keys at hand, newest first.

    source: where they come from, for messages.  file: the key file, if it is one, for rotation.
    """

    def __init__(self, keys: Sequence[bytes], *, source: str, file: Path | None = None) -> None:
        if not keys:
            msg = f"{source} holds no key; make one with: nightlight key new"
            raise KeyProblem(msg)
        self.by_id = {key_id(key): key for key in keys}
        self.current_id = key_id(keys[0])
        self.source = source
        self.file = file


def key_id(key: bytes) -> bytes:
    """Eight bytes that name the key in a file's header."""
    return hashlib.sha256(b"nightlight key id\0" + key).digest()[:ID_BYTES]


def load_keys(setting: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Keys:
    """The keys that a configuration names: {"file": path}, {"env": variable} or
    {"credential": name in systemd's $CREDENTIALS_DIRECTORY}. Raises KeyProblem."""
    match dict(setting):
        case {"file": path, **rest} if not rest:
            return _from_file(Path(path).expanduser())
        case {"env": variable, **rest} if not rest:
            return _from_environment(variable, environ)
        case {"credential": name, **rest} if not rest:
            return _from_credential(name, environ)
        case _:
            msg = "a key is named by exactly one of: file, env, credential"
            raise KeyProblem(msg)


def new_key_file(path: Path, now: datetime) -> None:
    """A file with one new key, readable by its owner only. Raises KeyProblem if it is there."""
    if path.exists():
        msg = f"{path} is there already and was left alone: a book may depend on it"
        raise KeyProblem(msg)
    text = f"# Key of a Nightlight book. Keep a copy, apart from the backups.\n{_line(now)}"
    try:
        files.make_folder(path.parent)
        files.write_whole(path, text.encode())
    except OSError as error:
        msg = f"{path} could not be written: {error.strerror}"
        raise KeyProblem(msg) from error


def add_key(path: Path, now: datetime) -> None:
    """Puts a new key in front of those in the file; the old ones stay, for older backups."""
    files.write_whole(path, _line(now).encode() + files.read(path))


def forget_old(path: Path, keys: Keys) -> None:
    """Leaves only the current key in the file. Backups sealed with older ones are lost then."""
    current = base64.b64encode(keys.by_id[keys.current_id]).decode()
    files.write_whole(path, f"# Older keys were removed.\n{current}\n".encode())


def _line(now: datetime) -> str:
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"# made {now:%Y-%m-%d %H:%M} UTC\n{key}\n"


def _from_file(path: Path) -> Keys:
    try:
        mode = path.stat().st_mode
        text = files.read(path).decode()
    except FileNotFoundError:
        msg = f"the key file {path} does not exist; make one with: nightlight key new {path}"
        raise KeyProblem(msg) from None
    except UnicodeDecodeError:
        raise _no_key(f"the key file {path}") from None
    except OSError as error:
        msg = f"the key file {path} cannot be read ({error.strerror}); look at its owner and rights"
        raise KeyProblem(msg) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"others can read the key file {path}; run: chmod 600 {path}"
        raise KeyProblem(msg)
    return Keys(_parse(text, str(path)), source=f"the key file {path}", file=path)


def _from_environment(variable: str, environ: Mapping[str, str]) -> Keys:
    if variable not in environ:
        what = f"the environment variable {variable}, which should hold the key, is not set"
        msg = f"{what}; set it where this runs"
        raise KeyProblem(msg)
    source = f"the environment variable {variable}"
    return Keys(_parse(environ[variable], source), source=source)


def _from_credential(name: str, environ: Mapping[str, str]) -> Keys:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        msg = f"no systemd credentials here, so no {name!r}; LoadCredential= in the unit makes them"
        raise KeyProblem(msg)
    source = f"the systemd credential {name}"
    try:
        text = files.read(Path(folder) / name).decode()
    except UnicodeDecodeError:
        raise _no_key(source) from None
    except OSError as error:
        msg = f"{source} cannot be read ({error.strerror}); look at LoadCredential= in the unit"
        raise KeyProblem(msg) from error
    return Keys(_parse(text, source), source=source)


def _no_key(source: str) -> KeyProblem:
    return KeyProblem(
        f"{source} holds something that is not a key (32 bytes in base64); "
        "make one with: nightlight key new"
    )


def _parse(text: str, source: str) -> list[bytes]:
    keys = []
    for line in text.splitlines():
        for word in line.partition("#")[0].split():
            try:
                key = base64.b64decode(word, validate=True)
            except binascii.Error:
                key = b""
            if len(key) != KEY_BYTES:
                raise _no_key(source)
            keys.append(key)
    return keys
