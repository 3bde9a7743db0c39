"""The dry run for protocol owners (`assess`) and the check of packs, for the command line."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import msgspec

from protocol.assess import Due, assess
from protocol.episode import utc
from protocol.episode_json import InputError, one_slip_apart, read_episode, read_history, read_time
from protocol.london import is_out_of_hours
from protocol.mistakes import Mistake
from protocol.pack import DEFAULT, Pack, load_pack, shipped
from protocol.packfile import PackError
from protocol.settings import SettingError

KEYS = ("now", "episode", "history", "config", "pack", "preset", "placing")
_REMEMBERED = 64


class DryRun:
    """Answers questions of the dry run; keeps the packs it has read.

    `base` is the pack that applies when a question names none (None: the shipped default).
    """

    def __init__(self, base: str | Path = DEFAULT, preset: str | None = None) -> None:
        self._base, self._preset = base, preset
        self._packs: dict[tuple[str, str | None], Pack] = {}
        self._variants: dict[tuple[int, bytes], tuple[Pack, Pack]] = {}
        """By the pack (kept, so that its number stays its own) and the changes."""

    def answer(self, line: bytes) -> dict[str, Any]:
        """One JSON object in, one answer out; {"error": …} names the path of what is wrong."""
        try:
            question = msgspec.json.decode(line)
            return self._answer(question)
        except (InputError, PackError) as error:
            return {"error": str(error)}
        except msgspec.DecodeError as error:
            return {"error": f"not JSON: {error}"}
        except UnicodeDecodeError:
            return {"error": "not JSON: a text in it is not UTF-8"}
        except RecursionError:
            return {"error": "not JSON that can be used: nested too deeply"}

    def _answer(self, question: Any) -> dict[str, Any]:
        if not isinstance(question, dict):
            raise InputError("input", "needs one JSON object")
        ignored: list[str] = []
        for key in question:
            meant = [name for name in KEYS if key not in KEYS and one_slip_apart(key, name)]
            if meant:
                raise InputError(key, f"unknown field; is {meant[0]} meant?")
            if key == "patch":
                raise InputError(key, "merge the patch into the episode before asking")
            if key not in KEYS:
                ignored.append(key)
        if question.get("now") is None:
            raise InputError("now", "is missing")
        now = read_time(question["now"], "now")
        pack = self._pack(question)
        if question.get("episode") is None:
            out = is_out_of_hours(utc(now), pack.opens, pack.closes, pack.holidays, pack.zone)
            return {"out_of_hours": out}
        episode = read_episode(question["episode"], ignored)
        history = read_history(question.get("history"), ignored)
        placing = self._placing(question, pack)
        found = assess(episode, history, pack, now, placing)
        answer: dict[str, Any] = {
            "level": found.level,
            "level_reasons": found.level_reasons,
            "reasons": found.reasons,
            "due": _due(found.due),
            "out_of_hours": found.out_of_hours,
            "age": found.age,
            "count_90": found.counts.get("count_90"),
            "elapsed_minutes": found.elapsed_minutes,
            "ra_route": found.ra_route,
            "closable": found.closable,
            "to_settle": found.to_settle,
            "emergency": found.emergency,
            "prompts": found.prompts,
            "placing": found.placing
            and {
                "authority": found.placing.authority,
                "due": _due(found.placing.due),
                "to_settle": found.placing.to_settle,
            },
            "changes_at": found.changes_at.isoformat() if found.changes_at else None,
        }
        if ignored:
            answer["ignored"] = ignored
        return answer

    def _pack(self, question: Mapping[str, Any]) -> Pack:
        name, preset = question.get("pack"), question.get("preset")
        for key, value in (("pack", name), ("preset", preset)):
            if value is not None and not isinstance(value, str):
                raise InputError(key, "is not text")
        if name is None and preset is None:
            preset = self._preset
        wanted = (str(self._base if name is None else name), preset)
        if wanted not in self._packs:
            try:
                self._packs[wanted] = load_pack(*wanted)
            except PackError as error:
                key = "preset" if "has no preset" in str(error) else "pack"
                raise InputError(key, str(error)) from None
        return self._with(self._packs[wanted], question.get("config"), "config")

    def _placing(self, question: Mapping[str, Any], pack: Pack) -> Pack | None:
        """The pack of the placing authority: the home's, with its settings in their place."""
        placing = question.get("placing")
        if placing is None:
            return None
        if not isinstance(placing, dict):
            raise InputError("placing", "is not an object")
        for key in placing:
            if key not in ("authority", "config"):
                raise InputError(f"placing.{key}", "unknown field; allowed: authority, config")
        authority = placing.get("authority")
        if not isinstance(authority, str) or not authority:
            raise InputError("placing.authority", "needs the name of an authority")
        config = placing.get("config")
        if config is not None and not isinstance(config, dict):
            raise InputError("placing.config", "is not an object")
        changes = {**(config or {}), "protocol_la": authority}
        return self._with(pack, changes, "placing.config")

    def _with(self, pack: Pack, config: Any, path: str) -> Pack:
        """The pack with these settings changed; remembered, as questions repeat them."""
        if config is None or config == {}:
            return pack
        if not isinstance(config, dict):
            raise InputError(path, "is not an object")
        variant = (id(pack), msgspec.json.encode(config, order="sorted"))
        if variant not in self._variants:
            if len(self._variants) >= _REMEMBERED:
                self._variants.clear()
            try:
                self._variants[variant] = (pack, pack.with_settings(config))
            except SettingError as error:
                raise InputError(f"{path}.{error.key}", str(error)) from None
        return self._variants[variant][1]


def _due(due: Mapping[str, Due]) -> dict[str, dict[str, str]]:
    return {name: {"at": one.at.isoformat(), "status": one.status} for name, one in due.items()}


def run_assess(file: str | Path, lines: bool, out: TextIO, *, dry_run: DryRun | None = None) -> int:
    """`assess FILE|- [--lines]`: one JSON object, or one for each line. Answers go to `out`.

    Returns the exit status: 1 if any question could not be answered.
    """
    run = dry_run or DryRun()
    if str(file) == "-":
        return _answer_all(run, sys.stdin.buffer, lines, out)
    try:
        with Path(file).open("rb") as source:
            return _answer_all(run, source, lines, out)
    except OSError as error:
        _print(out, {"error": f"{file}: cannot be read: {error.strerror}"})
        return 1


def _answer_all(run: DryRun, source: BinaryIO, lines: bool, out: TextIO) -> int:
    questions: Iterable[bytes] = source if lines else [source.read()]
    bad = False
    for question in questions:
        answer = run.answer(question.removeprefix(codecs.BOM_UTF8))  # some editors begin with it
        bad = bad or "error" in answer
        _print(out, answer, indent=not lines)
    return int(bad)


def _print(out: TextIO, answer: Mapping[str, Any], *, indent: bool = False) -> None:
    text = msgspec.json.encode(answer)
    if indent:
        text = msgspec.json.format(text, indent=2)
    try:
        out.write(text.decode() + "\n")
    except UnicodeEncodeError:  # a terminal without Unicode: the same JSON, escaped
        out.write(json.dumps(answer, indent=2 if indent else None) + "\n")


def pack_mistakes(paths: Sequence[str | Path] = ()) -> list[Mistake]:
    """What is wrong with the shipped packs and with those named; [] if all is well."""
    problems = []
    for name in (*shipped(), *paths):
        try:
            load_pack(name)
        except PackError as error:
            problems.append(error.mistake)
    return problems


def review_due(pack: Pack, today: date) -> list[Mistake]:
    """A warning when the pack itself is to be reviewed: the guidance wants that every two years."""
    by = pack.book.review_by
    if by is None or by > today:
        return []
    what = f"the review of the pack {pack.book.id} was due on {by.isoformat()}"
    remedy = "Read the pack against the protocol as it is now, then set review_by in it anew."
    return [Mistake(place=("protocol", "pack"), what=what, remedy=remedy, severity="warning")]
