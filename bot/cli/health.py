"""`health`: asks the page of the running bot, for a container or a script. What counts is whether
Telegram was heard of lately, not whether there is a process."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx

from bot.config import ConfigError
from bot.config_file import read_file
from bot.health import HOST

SECONDS = 5.0


def run(config_path: Path) -> int:
    """Exit status 0: well. 1: not, or it does not answer. 2: there is no page to ask."""
    try:
        port = read_file(config_path, token_needed=False).config.health.port
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if not port:
        print("health.port is 0: there is no page to ask.", file=sys.stderr)
        return 2
    try:
        answer = httpx.get(f"http://{HOST}:{port}/health", timeout=SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        print(f"the bot does not answer ({type(error).__name__})", file=sys.stderr)
        return 1
    print(answer.text)
    return 0 if answer.status_code == httpx.codes.OK else 1
