"""The weekly digest for managers: figures and references, never a name."""

from __future__ import annotations

from typing import Any

from handlers.chat import Screen, bold, plain
from handlers.wording import duties
from handlers.wording.common import clock, due
from handlers.wording.messages import Words, moment
from handlers.wording.service import case_lines
from storage.model import Message

MOST = 12


def weekly(message: Message, words: Words) -> Screen:
    """Open cases, unmet duties, interviews, levels and homes, repeats, unanswered reminders."""
    data, now = message.data, words.now
    lines = [
        f"<b>Your week: {clock(moment(data['from']), now)} to {clock(moment(data['to']), now)}</b>"
    ]
    if late := int(data.get("late_minutes", 0)):
        lines.append(f"(sent late, by {late // 60} h {late % 60:02d} min)")
    lines += ["", f"<b>Open cases: {len(data['open'])}</b>"]
    for case in data["open"][:MOST]:
        lines += case_lines(case, words)
    if len(data["open"]) > MOST:
        lines.append(f"… and {len(data['open']) - MOST} more: /open")
    lines += ["", f"<b>Duties not met: {len(data['unmet'])}</b>"]
    for duty in data["unmet"][:MOST]:
        title = plain(duties.title(duty["duty"], words.pack))
        lines.append(f"‼️ {plain(duty['ref'])} {title}: {due(moment(duty['at']), now)}")
    lines += ["", *_interviews(data["interviews"])]
    lines += ["", "<b>Episodes this week (mean of the four weeks before)</b>"]
    for level, figure in sorted(data["by_level"].items()):
        lines.append(f"Level {level}: {figure['week']} ({figure['before_mean']:.1f})")
    for home_id, figure in sorted(data["by_home"].items()):
        home = words.home(home_id)
        name = plain(home.name if home else home_id)
        lines.append(f"{name}: {figure['week']} ({figure['before_mean']:.1f})")
    if data["repeats"]:
        lines += ["", "<b>3, 5 or 9 episodes in 90 days</b>"]
        lines += [f"{plain(r['person'])}: {r['episodes']}" for r in data["repeats"]]
    if data.get("out_of_hours_referrals"):
        lines += ["", f"Out-of-hours referrals: {data['out_of_hours_referrals']}"]
    lines += ["", *_unanswered(data["unanswered"], words)]
    return Screen("\n".join(lines))


def _interviews(figures: dict[str, Any]) -> list[str]:
    percent = figures["on_time_percent"]
    share = f"{percent} % on time" if percent is not None else "none was due"
    lines = [
        f"<b>Return interviews: {share}</b>",
        f"72 h ended: {figures['ended']}, held: {figures['held']}, declined: {figures['declined']}",
    ]
    if figures["waiting"]:
        lines.append(f"Still to be held: {plain(', '.join(figures['waiting'][:MOST]))}")
    return lines


def _unanswered(found: list[dict[str, Any]], words: Words) -> list[str]:
    if not found:
        return ["Every reminder was answered."]
    lines = [bold(f"Reminders that nobody answered: {len(found)}")]
    for one in found[:MOST]:
        lines.append(f"{plain(one['ref'])} {plain(duties.title(one['duty'], words.pack))}")
    return lines
