"""Why: one phone screen that explains the level."""

from __future__ import annotations

from datetime import datetime

from handlers.chat import bold, plain
from protocol.pack import Pack
from protocol.standing import Standing
from storage.model import Episode


def why(episode: Episode, standing: Standing, pack: Pack, now: datetime) -> str:
    lines = [bold(f"{episode.ref} · why level {standing.shown}")]
    for reason in standing.computed.level_reasons:
        rule = pack.rule(reason)
        if rule is not None:
            lines.append(f"• {plain(rule.text)} <i>({plain(rule.source)})</i>")
    return "\n".join(lines)
