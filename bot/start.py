"""`run`: logging, configuration, then the bot; what is wrong is said in lines, not tracebacks."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.audit_line import start_refused
from bot.config import ConfigError
from bot.config_file import load
from bot.logs import configure_logging


def run(path: Path) -> int:
    """The exit status: 0 wanted stop, 2 configuration, 3 token refused, 75 silent Telegram."""
    configure_logging()
    try:
        config, policy = load(path)
    except ConfigError as error:
        for line in error.problems:
            print(line, file=sys.stderr)
        start_refused(path, len(error.problems))
        return 2
    from bot import app
    from bot.bootstrap import CannotStart, WrongConfiguration

    try:
        return app.main(config, policy, path)
    except CannotStart as error:
        print(error, file=sys.stderr)
        if isinstance(error, WrongConfiguration):
            start_refused(path, len(str(error).splitlines()))
        return 2
