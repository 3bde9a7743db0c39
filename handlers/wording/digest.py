"""The weekly digest: figures and references, never a name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from handlers.chat import Screen, bold, plain
from handlers.wording import duties, settling
from handlers.wording.common import day, due, span
from handlers.wording.messages import Words, moment
from handlers.wording.service import case_lines
from storage.model import Message

MOST = 12


def weekly(message: Message, words: Words) -> Screen:
    """Open cases, unmet duties, interviews, levels and homes, repeats, unanswered reminders."""
    data, now = message.data, words.now
    lines = [f"<b>Your week: {day(moment(data['from']))} to {day(moment(data['to']))}</b>"]
    if late := int(data.get("late_minutes", 0)):
        lines.append(f"(sent {span(timedelta(minutes=late))} late)")
    lines += ["", f"<b>Open cases: {len(data['open'])}</b>"]
    for case in data["open"][:MOST]:
        lines += case_lines(case, words)
    if len(data["open"]) > MOST:
        lines.append(f"… and {len(data['open']) - MOST} more: /open")
    lines += ["", f"<b>Duties not met: {len(data['unmet'])}</b>"]
    for duty in data["unmet"][:MOST]:
        title = plain(duties.listed(duty["duty"], words.pack))
        own = not duty.get("in_protocol", True)
        set_by = "none" if own else duties.set_by(duty["duty"], words.pack)
        lines.append(f"‼️ {plain(duty['ref'])} {title}: {due(moment(duty['at']), now, set_by)}")
    if len(data["unmet"]) > MOST:
        lines.append(f"… and {len(data['unmet']) - MOST} more")
    lines += ["", *_interviews(data["interviews"])]
    lines += ["", "<b>Episodes this week</b> (usual: mean of the 4 weeks before)"]
    for level, figure in sorted(data["by_level"].items()):
        lines.append(f"Level {level}: {_against(figure)}")
    for home_id, figure in sorted(data["by_home"].items()):
        home = words.home(home_id)
        name = plain(home.name if home else home_id)
        lines.append(f"{name}: {_against(figure)}")
    if data["repeats"]:
        tiers = " or ".join(map(str, data.get("repeat_tiers", ())))
        days = data.get("repeat_days", 0)
        lines += ["", f"<b>Often away: {tiers} times in {days} days</b>"]
        lines += [
            f"{plain(r['person'])}: {r['episodes']} times (reached {r['tier']})"
            for r in data["repeats"][:MOST]
        ]
    lines += ["", *_referrals(data["out_of_hours_referrals"])]
    lines += ["", *_unanswered(data["unanswered"], words)]
    lines += _left_open(data.get("left_open", []), words)
    lines += _reviews(data.get("reviews", []))
    return Screen("\n".join(lines))


def _reviews(found: list[dict[str, Any]]) -> list[str]:
    """Missing profiles, by reference: they are read and written on the service's pages."""
    if not found:
        return []
    lines = ["", bold(f"Missing profiles to look at again: {len(found)}")]
    for one in found[:MOST]:
        by = f"{date.fromisoformat(one['by']):%-d %b %Y}"
        when = f"was due by {by}" if one["overdue"] else f"due by {by}"
        lines.append(f"{plain(one['person'])}: {when}")
    if len(found) > MOST:
        lines.append(f"… and {len(found) - MOST} more")
    return [*lines, "On the service's pages, under Register."]


def _against(figure: dict[str, Any]) -> str:
    """This week beside what is usual: "3 (usual 1.5)"."""
    return f"{figure['week']} (usual {figure['before_mean']:.1f})"


def _referrals(figures: dict[str, int]) -> list[str]:
    return [
        f"<b>Out-of-hours referrals: {figures['week']}</b>",
        f"In 12 weeks: {figures['weeks']}",
    ]


def _interviews(figures: dict[str, Any]) -> list[str]:
    percent = figures["on_time_percent"]
    if percent is None:
        ended = figures["ended"]
        none = f"{ended} due, all declined" if ended else "none was due"
        lines = [f"<b>Return interviews: {none}</b>"]
    else:
        lines = [
            f"<b>Return interviews: {percent} % within 72 h</b>",
            f"Due: {figures['ended']}, held: {figures['held']}, in time: {figures['on_time']}, "
            f"declined: {figures['declined']}",
        ]
    if figures["waiting"]:
        lines.append(f"Still to be held: {plain(', '.join(figures['waiting'][:MOST]))}")
    return lines


def _left_open(found: list[dict[str, Any]], words: Words) -> list[str]:
    """Signed off or closed with something left to settle: what and by whom. The reason is
    somebody's own words, which do not come back into a chat."""
    if not found:
        return []
    lines = ["", bold(f"Signed off with something open: {len(found)}")]
    for one in found[:MOST]:
        open_ = ", ".join(duties.title(duty, words.pack) for duty in one["duties"])
        lines.append(
            f"{plain(one['ref'])} ({plain(words.name(one['by']))}): {plain(open_)}. "
            f"Reason: {plain(settling.reason_shown(one['reason']))}"
        )
    if len(found) > MOST:
        lines.append(f"… and {len(found) - MOST} more")
    return lines


def _unanswered(found: list[dict[str, Any]], words: Words) -> list[str]:
    if not found:
        return ["Every reminder was answered."]
    lines = [bold(f"Reminders that nobody answered: {len(found)}")]
    for one in found[:MOST]:
        lines.append(f"{plain(one['ref'])} {plain(duties.listed(one['duty'], words.pack))}")
    return lines
