"""`web unlock`: the way back in for somebody whose PIN nobody else may reset."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.config import Config, ConfigError
from bot.config_file import load
from bot.resources import open_alone
from reminders.clock import SystemClock
from storage.lock import StoreInUse
from storage.store import StoreError
from web.second_factor import hasher, new_code, reset_of

MACHINE = "machine"
"""Who did it, in the service's log: whoever works at the service's own machine."""


def unlock(staff_id: str, config_path: Path) -> int:
    """Exit status 0, or 2 with the reason in a line. The person chooses a new PIN at their next
    visit, with the activation code that is printed. The bot must not run meanwhile: it holds the
    records."""
    try:
        config, _ = load(config_path, token_needed=False)
        if config.service.person(staff_id) is None:
            ids = ", ".join(sorted(one.id for one in config.service.staff))
            print(f"{staff_id!r} is nobody on the staff list. Known: {ids}", file=sys.stderr)
            return 2
        code = asyncio.run(_reset(staff_id, config, config_path.resolve().parent))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except StoreInUse:
        print("Nothing was changed: the bot is running. Stop it first.", file=sys.stderr)
        return 2
    except (StoreError, OSError) as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 2
    print(f"The PIN of {staff_id} is reset: they choose a new one at their next visit.")
    print(f"Activation code, for one use within seven days: {code[:4]} {code[4:]}")
    return 0


async def _reset(staff_id: str, config: Config, folder: Path) -> str:
    store = await open_alone(config, folder)
    try:
        office = await store.office()
        code = new_code()
        now, hashed = SystemClock().now(), hasher().hash(code)
        change = reset_of(office, staff_id, MACHINE, now, hashed)
        await store.update_office(state=change.state, messages=change.messages, log=change.log)
        return code
    finally:
        await store.close()
