"""The `when` command: read one phrase, or JSON Lines of them, and print what was understood."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import IO, Any

from protocol.london import LONDON

from .formatting import shown
from .items import Explanation
from .reader import explain
from .wall_clock import to_minute

_PROBLEM = 1
_WRONG_CALL = 2


def run(text: str | None, now: str | None, why: bool, lines: IO[str] | None) -> int:
    """Print the readings of `text`, or of every line of `lines`.

    Args:
        text: the phrase; None when `lines` is given.
        now: ISO time with an offset, to read the phrase at; None for the present moment.
        why: also print which rule took which words.
        lines: JSON Lines of {"text", "now"}, answered by one JSON object a line.

    Returns:
        0 when all could be attempted, 1 when a line was bad, 2 when the call was.
    """
    if lines is not None:
        return _run_lines(lines, why)
    try:
        moment = _moment(now)
    except ValueError as error:
        print(f"when: --now: {error}", file=sys.stderr)
        return _WRONG_CALL
    if text is None:
        print("when: give a phrase, or --lines FILE", file=sys.stderr)
        return _WRONG_CALL
    _print_one(explain(text, moment), moment, why)
    return 0


def _moment(stamp: str | None) -> datetime:
    if stamp is None:
        return datetime.now(LONDON)
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        raise ValueError(
            f"{stamp!r} is not an ISO time such as 2026-11-22T02:10:00+00:00"
        ) from None
    if moment.utcoffset() is None:
        raise ValueError(f"{stamp!r} has no offset from UTC (+00:00)")
    return moment


def _print_one(read: Explanation, now: datetime, why: bool) -> None:
    if len(read.readings) == 1:
        print(f"{read.readings[0].isoformat(timespec='minutes')}  {shown(read.readings[0], now)}")
    else:
        print(f"asked back: {read.refused}")
        for reading in read.readings:
            print(f"  or {reading.isoformat(timespec='minutes')}  {shown(reading, now)}")
    if why:
        for taken in read.taken:
            print(f"  {taken.rule}: {taken.words!r}" if taken.words else f"  {taken.rule}")


def _run_lines(lines: IO[str], why: bool) -> int:
    status = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        answer = _answer(line, why)
        if "error" in answer:
            answer["line"] = number
            status = _PROBLEM
        print(json.dumps(answer, ensure_ascii=False))
    return status


def _answer(line: str, why: bool) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except json.JSONDecodeError as error:
        return {"error": f"not JSON: {error.msg}"}
    except RecursionError:
        return {"error": "not JSON: nested too deeply"}
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        return {"error": 'an object with a string "text" is needed'}
    stamp = asked.get("now")
    if stamp is not None and not isinstance(stamp, str):
        return {"error": '"now" must be an ISO time'}
    try:
        now = _moment(stamp)
        to_minute(now)
        read = explain(asked["text"], now)
    except (ValueError, OverflowError) as error:
        return {"error": f"now: {error}"}
    answer: dict[str, Any] = {
        "text": asked["text"],
        "readings": [t.isoformat(timespec="minutes") for t in read.readings],
        "refused": read.refused,
    }
    if why:
        answer["why"] = [{"rule": t.rule, "words": t.words} for t in read.taken]
    return answer
