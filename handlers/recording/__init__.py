"""What the buttons of an episode card put on record: one short form each, and its facts."""

from __future__ import annotations

from handlers.recording import (
    after_return,
    correcting,
    deciding,
    interview,
    judging,
    returning,
    taking_back,
    telling,
    told_of_return,
)
from handlers.recording.questions import Recording

RECORDINGS: dict[str, Recording] = {
    **telling.RECORDINGS,
    **returning.RECORDINGS,
    **judging.RECORDINGS,
    **correcting.RECORDINGS,
    **told_of_return.RECORDINGS,
    **after_return.RECORDINGS,
    **interview.RECORDINGS,
    **deciding.RECORDINGS,
    **taking_back.RECORDINGS,
}
"""By the name that stands in the card's buttons and in the draft."""

__all__ = ["RECORDINGS", "Recording"]
