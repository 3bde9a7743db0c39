"""How fast the rules are.

    python -m bench.protocol [--episodes 10000]

Beside the evaluator stands the obvious alternative: reading the decision table top to bottom for
each question, as the second evaluator of the tests does (it also reads its times from JSON, and
does not say when the answer changes).
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from protocol import facts
from protocol.assess import assess
from protocol.episode import utc
from protocol.episode_json import TIMES, read_episode, read_history, read_time
from protocol.fold import fold
from protocol.pack import load_pack
from protocol.standing import standing
from tests.protocol import oracle
from tests.protocol.cases import HOUR, IN_CARE, SIX, Record, earlier
from tests.protocol.randomcases import question
from tests.protocol.test_scenarios import BOOK


def measure(call: Callable[[int], object], times: int) -> list[float]:
    """Seconds of each call."""
    spent = []
    for number in range(times):
        before = time.perf_counter()
        call(number)
        spent.append(time.perf_counter() - before)
    return spent


def cases(count: int, history: int, *, still_open: bool) -> list[dict[str, Any]]:
    """Random questions of the usual settings, each with a history of that many episodes."""
    rng = random.Random(42)
    made: list[dict[str, Any]] = []
    while len(made) < count:
        asked = question(rng)
        asked["config"] = {}
        if still_open:
            for ending in ("returned_at", "located_at"):
                asked["episode"].pop(ending, None)
        start = read_time(asked["episode"]["last_seen_at"], "")
        asked["history"] = [
            {"category": "missing", "start": (start - timedelta(days=17 * n)).isoformat()}
            for n in range(1, history + 1)
        ]
        made.append(asked)
    return made


def typed(asked: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Episode, history and now as the store gives them: typed, every time in UTC."""
    episode = read_episode(asked["episode"], [])
    history = read_history(asked["history"], [])
    times = [n for n in TIMES if getattr(episode, n)]
    told = tuple(replace(n, at=utc(n.at)) for n in episode.notifications)
    decided = tuple(
        replace(d, at=utc(d.at), until=d.until and utc(d.until)) for d in episode.decisions
    )
    in_utc = {name: utc(getattr(episode, name)) for name in times}
    return (
        replace(episode, notifications=told, decisions=decided, **in_utc),
        tuple(replace(earlier, start=utc(earlier.start)) for earlier in history),
        utc(read_time(asked["now"], "now")),
    )


def record() -> list[facts.Fact]:
    """25 facts, eight of which change what the rules say."""
    kept = Record()
    told = {"category": "missing", "child": IN_CARE, "aware_at": SIX, "last_seen_at": SIX}
    kept.write(facts.Opened, SIX, **told)
    kinds = [facts.PoliceTold, facts.ParentsTold, facts.LastSeen, facts.DueBack]
    kinds += [facts.AuthorityWritten, facts.Located, facts.InterviewOffered, facts.Abducted]
    for number, kind in enumerate(kinds):
        at = SIX + number * HOUR
        kept.write(facts.Note, at, text="telephoned")
        kept.write(facts.Told, at, message="m", to="x", about="CP-4H")
        kept.write(kind, at)
    return kept.facts


def line(what: str, spent: list[float]) -> None:
    """Prints median, 95th percentile and rate of one measurement (given in seconds)."""
    ordered = sorted(spent)
    median, high = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    rate = len(spent) / sum(spent)
    print(f"{what:<52}{median * 1e6:>10.1f}{high * 1e6:>10.1f}{rate:>12,.0f}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=10_000)
    count = parser.parse_args().episodes
    pack = load_pack()
    print(f"{'':<52}{'median us':>10}{'p95 us':>10}{'per second':>12}")
    config = BOOK["default_config"]
    for history in (0, 20):
        asked = cases(500, history, still_open=False)
        ready = [typed(one) for one in asked]

        def answer(number: int, ready: list[tuple[Any, Any, Any]] = ready) -> object:
            episode, earlier_ones, now = ready[number % 500]
            return assess(episode, earlier_ones, pack, now)

        def plainly(number: int, asked: list[dict[str, Any]] = asked) -> object:
            return oracle.evaluate(asked[number % 500], config)

        line(f"assess, random cases, history of {history}", measure(answer, 5000))
        line(f"  the table read top to bottom, history of {history}", measure(plainly, 1500))
    kept, past = record(), tuple(earlier(day) for day in range(1, 21))
    later = SIX + 20 * HOUR
    settings = {"strategy_days": 9}
    line("fold, a record of 25 facts", measure(lambda _: fold(kept), 2000))
    line("standing, 25 facts", measure(lambda _: standing(kept, past, pack, later), 500))
    line("load of the pack", measure(lambda _: load_pack(), 30))
    line("other settings on it", measure(lambda _: pack.with_settings(settings), 500))
    ready = [typed(one) for one in cases(count, 20, still_open=True)]
    before = time.perf_counter()
    for episode, history, now in ready:
        assess(episode, history, pack, now)
    total = time.perf_counter() - before
    print(f"\n{count:,} open episodes in a row, history of 20: {total:.2f} s")
    print(f"{pack.book.id}: {len(pack.book.rules)} rules, {len(pack.book.duties)} duties")


if __name__ == "__main__":
    main()
