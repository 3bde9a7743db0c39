"""The chats of the stand-in for Telegram: which case somebody was reminded of, and when."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from datetime import datetime

import httpx

PATIENCE_SECONDS = 60.0
REFERENCE = re.compile(r"OH-\d{4}")


class Chats:
    """What arrives in the chats of the stand-in for Telegram."""

    def __init__(self, url: str) -> None:
        self.heard: dict[str, list[tuple[float, str]]] = {}
        """By case: when (seconds since 1970) a reminder came, and its text."""
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self._grown = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def next_after(self, moment: float, cases: Sequence[tuple[str, float]]) -> float:
        """When the first reminder of a case came that fell due after this moment."""
        due_later = [ref for ref, due in cases if due > moment]
        until = time.time() + PATIENCE_SECONDS
        with self._grown:
            while time.time() < until:
                came = [self.heard[ref][0][0] for ref in due_later if ref in self.heard]
                if came:
                    return min(came)
                self._grown.wait(1.0)
        raise AssertionError(f"nobody was reminded within {PATIENCE_SECONDS} s")

    def end(self) -> None:
        """Nothing is listened to any more."""
        self._ended = True
        self._thread.join()
        self._client.close()

    def _listen(self) -> None:
        since = 0
        while not self._ended:
            asked = {"since": since, "wait": 1}
            found = self._client.get("/human/events", params=asked).json()
            since = found["last"]
            with self._grown:
                for event in found["events"]:
                    if event["kind"] == "message":
                        self._take(event)
                self._grown.notify_all()

    def _take(self, event: dict[str, object]) -> None:
        message = event["message"]
        assert isinstance(message, dict)
        text = str(message.get("text", ""))
        if not message["from"].get("is_bot") or message.get("disable_notification"):
            return
        at = datetime.fromisoformat(str(event["at"])).timestamp()
        for ref in dict.fromkeys(REFERENCE.findall(text)):
            self.heard.setdefault(ref, []).append((at, text))
