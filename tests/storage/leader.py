"""A process that leads one service when it can, and says each fact that is confirmed.

    python -m tests.storage.leader ADDRESS SERVICE NAME LEASE_SECONDS

Prints a line for each: `leads TERM`, `saved TEXT`, `lost`. The tests start two of them.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from storage import lease as leases
from storage.lease import Lease
from storage.postgres import PostgresStore, new_mark
from storage.store import Change, NotFound, NotSaved
from tests.storage import people
from tests.storage.people import NIGHT, summarise

REF = "ROWAN-7K3F"
PAUSE_SECONDS = 0.01


def say(*words: object) -> None:
    print(*words, f"{time.monotonic():.4f}", flush=True)


def say_where() -> None:
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)
    sys.stderr.flush()


async def main(address: str, service: str, name: str, lease_seconds: float) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, say_where)
    leases.LEASE_SECONDS = lease_seconds
    leases.MARGIN_SECONDS = lease_seconds / 5
    leases.RENEW_SECONDS = lease_seconds / 5
    lease = Lease(address, service, new_mark(None, service))
    await lease.take()
    store = PostgresStore(
        address, service, keys=None, summarise=summarise, now=lambda: NIGHT, lease=lease
    )
    await store.open()
    say("leads", lease.term)
    try:
        episode = await store.episode(REF)
    except NotFound:
        episode = await store.create(REF, "rowan", "RE-01", Change(facts=[people.opened()]))
    n = 0
    while await lease.may_act():
        n += 1
        text = f"{name}-{lease.term}-{n}"
        try:
            episode = await store.commit(
                REF, episode.version, Change(facts=[people.note(text, text)])
            )
        except NotSaved as error:
            say("refused", text, error)
        else:
            say("saved", text)
        await asyncio.sleep(PAUSE_SECONDS)
    say("lost")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
