"""The worked phrases: none silently wrong, next to none of the clear ones asked back."""

import json
from datetime import UTC, datetime
from pathlib import Path

from handlers.times import readings

DATA = Path(__file__).parents[2] / "data" / "times"


def minute(t: datetime) -> datetime:
    return t.astimezone(UTC).replace(second=0, microsecond=0)


def items() -> list[dict]:
    files = [DATA / "dev.jsonl", DATA / "dev2.jsonl"]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def right(item: dict) -> set[datetime]:
    stamps = [item["expect"], *item["accept"]] if item["expect"] else []
    return {minute(datetime.fromisoformat(s)) for s in stamps}


def test_both_files_are_read() -> None:
    assert len(items()) == 311 + 1080


def test_no_worked_phrase_is_silently_wrong() -> None:
    wrong = []
    for item in items():
        got = {minute(t) for t in readings(item["text"], datetime.fromisoformat(item["now"]))}
        if len(got) == 1 and (item["ambiguous"] or not got <= right(item)):
            wrong.append((item["id"], item["text"], got))
    assert wrong == []


def test_no_clear_phrase_is_asked_back() -> None:
    """The aim is two in a hundred at most; the worked phrases are all read."""
    clear = [i for i in items() if not i["ambiguous"] and not i["ask_ok"]]
    asked = [
        i["text"] for i in clear if len(readings(i["text"], datetime.fromisoformat(i["now"]))) != 1
    ]
    assert asked == []


def test_offers_hold_a_right_reading() -> None:
    """Where several times are offered as buttons, a plausible one is mostly among them."""
    judged = []
    for item in items():
        accepted = {minute(datetime.fromisoformat(s)) for s in item["accept"]} | right(item)
        got = {minute(t) for t in readings(item["text"], datetime.fromisoformat(item["now"]))}
        if accepted and len(got) > 1:
            judged.append(bool(got & accepted))
    assert len(judged) > 50
    assert sum(judged) / len(judged) > 0.85
