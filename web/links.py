"""Addresses of the pages, for buttons and messages in the chat."""

from __future__ import annotations

from protocol.provider import Staff
from web.sessions import Sessions
from web.settings import WebSettings


class PageLinks:
    """What the chat knows of the pages."""

    def __init__(self, settings: WebSettings, sessions: Sessions) -> None:
        self._settings = settings
        self._sessions = sessions

    @property
    def address(self) -> str:
        """The public address."""
        return self._settings.address.rstrip("/")

    @property
    def take_words(self) -> bool:
        """Whether the chat leaves words to the pages."""
        return self._settings.words == "pages"

    def opening(self, path: str) -> str:
        """The address of a button that opens this page inside Telegram."""
        return f"{self.address}/in?to={path}"

    def link(self, staff: Staff) -> str:
        """An address that lets this person in once, within five minutes. Its secret stands behind
        the #, which no browser sends and no server logs."""
        return f"{self.address}/in#{self._sessions.link(staff.id, staff.telegram_id)}"
