"""Damage costs one episode: the file is set aside, the rest of the book goes on."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from storage import files
from storage.layout import SUFFIX, Layout, Place


def set_aside(layout: Layout, place: Place, why: str, now: datetime) -> str:
    """Moves a damaged file out of the way, under a name that says what it was, when it was found
    and why it could not be used. Returns one line for the administrator; it also says so if the
    file could not be moved (it is left where it is then, and not used)."""
    reason = re.sub(r"[^a-z0-9]+", "-", why.lower()).strip("-")[:60]
    stem = f"{place.kind}.{place.path.name.removesuffix(SUFFIX)}.{now:%Y-%m-%dT%H-%M-%SZ}.{reason}"
    target = _free(layout.aside, stem)
    try:
        files.move(place.path, target)
    except OSError as error:
        return f"{place.label} cannot be used ({why}), nor set aside ({error.strerror})"
    what = place.name if place.kind == "episode" else place.kind
    return (
        f"{place.label} cannot be used ({why}); set aside as {target.name}. "
        f"Bring it back from a backup: nightlight restore BACKUP --episode {what}"
    )


def refs_aside(layout: Layout) -> set[str]:
    """References of the episodes that were set aside."""
    found = (name.split(".") for name in files.names(layout.aside))
    return {parts[1] for parts in found if parts[0] == "episode" and len(parts) > 1}


def _free(folder: Path, stem: str) -> Path:
    target, count = folder / f"{stem}{SUFFIX}", 1
    while target.exists():
        count += 1
        target = folder / f"{stem}.{count}{SUFFIX}"
    return target
