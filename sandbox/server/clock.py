"""The server's clock: real time plus an offset, or frozen; moved by hand, followed by bots."""

from datetime import UTC, datetime, timedelta

from sandbox.server.model import Json


class Clock:
    """Server time (UTC). Every change by hand counts ``version`` up, so that followers notice."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._frozen_at = frozen_at.astimezone(UTC) if frozen_at else None
        self._offset = timedelta(0)
        self.version = 1

    def now(self) -> datetime:
        """The server's time, aware, in UTC."""
        return self._frozen_at if self._frozen_at else datetime.now(UTC) + self._offset

    @property
    def mode(self) -> str:
        """``running`` or ``frozen``."""
        return "frozen" if self._frozen_at else "running"

    def set(self, moment: datetime) -> None:
        """Go to a moment, forward or back; a naive one is taken as UTC."""
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if self._frozen_at:
            self._frozen_at = moment
        else:
            self._offset = moment - datetime.now(UTC)
        self.version += 1

    def advance(self, span: timedelta) -> None:
        """Go forward (or back, if negative) by a span."""
        if self._frozen_at:
            self._frozen_at += span
        else:
            self._offset += span
        self.version += 1

    def set_mode(self, mode: str) -> None:
        """Freeze the clock where it stands, or let it run on from there.

        Raises:
            ValueError: a mode that is neither ``running`` nor ``frozen``.
        """
        if mode not in ("running", "frozen"):
            raise ValueError(f"mode must be running or frozen, not {mode!r}")
        if mode == self.mode:
            return
        now = self.now()
        if mode == "frozen":
            self._frozen_at = now
        else:
            self._frozen_at = None
            self._offset = now - datetime.now(UTC)
        self.version += 1

    def document(self) -> Json:
        """What ``GET /clock`` answers."""
        return {
            "now": self.now().isoformat(timespec="microseconds"),
            "mode": self.mode,
            "rate": 1,
            "version": self.version,
        }
