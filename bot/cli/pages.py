"""`web unlock`: the way back in for somebody whose PIN nobody else may reset."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.config import Config, ConfigError
from bot.config_file import load
from bot.database import hand_over
from bot.record_reading import open_for_reading
from bot.resources import keys_of, open_alone
from reminders.clock import SystemClock
from reminders.stopped import MACHINE
from storage.incoming import NotTaken, Unlock, sealed_unlock
from storage.lock import StoreInUse
from storage.store import StoreError
from web.second_factor import factor_of, hasher, new_code, reset_of


def unlock(staff_id: str, config_path: Path) -> int:
    """Exit status 0, or 2 with the reason in a line. The person chooses a new PIN at their next
    visit, with the activation code that is printed. A bot that runs does it itself."""
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
    except (StoreError, NotTaken, OSError) as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 2
    print(f"The PIN of {staff_id} is reset: they choose a new one at their next visit.")
    print(f"Activation code, for one use within seven days: {code[:4]} {code[4:]}")
    return 0


async def _reset(staff_id: str, config: Config, folder: Path) -> str:
    code = new_code()
    now, hashed = SystemClock().now(), hasher().hash(code)
    try:
        store = await open_alone(config, folder)
    except StoreInUse:  # by the running bot, which has the second factors in memory
        unlock = Unlock(staff=staff_id, activation=hashed, at=now)
        sealed = sealed_unlock(keys_of(config, folder), unlock)
        await hand_over(config, folder, "unlock", sealed)
        office = await (await open_for_reading(config, folder)).office()
        if factor_of(office, staff_id).activation != hashed:
            raise NotTaken("the bot runs and did not take it; its log says why") from None
        return code
    try:
        change = reset_of(await store.office(), staff_id, MACHINE, now, hashed)
        await store.update_office(state=change.state, messages=change.messages, log=change.log)
        return code
    finally:
        await store.close()
