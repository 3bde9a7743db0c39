"""Time is moved by weeks in this room, so that a heartbeat every 15 seconds is most of the work. It
only makes up for an alarm that did not ring: without it, what is due is done by the alarm alone."""

import pytest

from reminders import engine

OWN_HEARTBEAT = engine.HEARTBEAT_SECONDS


@pytest.fixture(autouse=True)
def rare_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "HEARTBEAT_SECONDS", 3600.0)


@pytest.fixture
def own_heartbeat(rare_heartbeat: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which the heartbeat does something, as a failed module that is tried again."""
    monkeypatch.setattr(engine, "HEARTBEAT_SECONDS", OWN_HEARTBEAT)
