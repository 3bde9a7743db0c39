"""Chromium for pictures and browser tests: where it is, how it starts without calling home."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = "There is no Chromium here: apt-get install chromium (or set it on the PATH)."
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """The browser's path; "" when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")
