"""The page for monitoring, on this machine only: /health for a probe, /metrics for Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from reminders.engine import Engine
from reminders.watch import BUCKETS

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"


class Polled(Protocol):
    """How receiving updates goes, in real seconds."""

    @property
    def silence(self) -> float:
        """Since the last readable answer to a poll."""
        ...

    @property
    def oldest(self) -> float:
        """For which the oldest update has been under way."""
        ...


class HealthPage:
    """Serves `/health` (200 or 503, JSON) and `/metrics` (Prometheus' text form).

    polling: knows how long Telegram has been silent.  allowed: seconds of it that are still well.
    """

    def __init__(
        self,
        engine: Engine,
        port: int,
        polling: Polled,
        allowed: float,
        overdue: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """overdue: what should have gone from the chats."""
        self._engine = engine
        self._port = port
        self._polling = polling
        self._allowed = allowed
        self._overdue = overdue

    async def run(self) -> None:
        """Until cancelled. Raises OSError if the port cannot be had."""
        import socket

        import uvicorn

        class Quiet(uvicorn.Server):
            """Leaves the process's signals alone: the bot has handlers of its own."""

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        listening = socket.create_server((HOST, self._port))
        config = uvicorn.Config(self.app(), log_config=None, lifespan="off", access_log=False)
        server = Quiet(config)
        try:
            await server.serve(sockets=[listening])
        except asyncio.CancelledError:
            server.should_exit = True
            raise
        finally:
            listening.close()

    def app(self) -> Starlette:
        """The page itself."""
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, PlainTextResponse
        from starlette.routing import Route

        async def health(_: Request) -> Response:
            found = self.health()
            return JSONResponse(found, status_code=200 if found["ok"] else 503)

        async def metrics(_: Request) -> Response:
            return PlainTextResponse(
                self.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8"
            )

        return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)])

    def health(self) -> dict[str, Any]:
        """What the engine says of itself, and how long Telegram has been silent."""
        found = self._engine.health()
        silence, oldest = self._polling.silence, self._polling.oldest
        found["polling_silence_seconds"] = round(silence, 1)
        found["oldest_update_seconds"] = round(oldest, 1)
        found |= self._overdue()
        found["ok"] = found["ok"] and max(silence, oldest) <= self._allowed
        return found

    def metrics(self) -> str:
        """The figures in Prometheus' text form; no personal data, no references."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            Metric,
        )

        found = self.health()
        figures = self._engine.watch.figures

        def gauge(name: str, text: str, value: float) -> Metric:
            family = GaugeMetricFamily(f"nightlight_{name}", text)
            family.add_metric([], value)
            return family

        def collect() -> Iterator[Metric]:
            sent = CounterMetricFamily(
                "nightlight_messages_sent", "Messages sent, by kind", labels=["kind"]
            )
            for kind, number in sorted(figures.sent.items()):
                sent.add_metric([kind], number)
            yield sent
            late = CounterMetricFamily("nightlight_reminders_late", "Reminders later than allowed")
            late.add_metric([], figures.late)
            yield late
            lateness = HistogramMetricFamily(
                "nightlight_reminder_lateness_seconds", "Due time to arrival at Telegram"
            )
            buckets = [(str(b), float(n)) for b, n in zip(BUCKETS, figures.lateness, strict=True)]
            lateness.add_metric(
                [], [*buckets, ("+Inf", figures.lateness_count)], figures.lateness_sum
            )
            yield lateness
            yield gauge(
                "open_episodes",
                "Episodes that are not closed",
                len(self._engine.planner.open_refs()),
            )
            yield gauge("waiting_messages", "Messages not yet sent", found["waiting_messages"])
            yield gauge("unsaved_records", "Records ahead of the disk", found["unsaved_records"])
            down = found["telegram_down_since"] is not None
            yield gauge("telegram_down", "1 while Telegram does not answer", down)
            stopped = found["reminders_stopped_since"] is not None
            yield gauge("stopped", "1 while the service is stopped on purpose", stopped)
            yield gauge(
                "polling_silence_seconds",
                "Since Telegram last answered a poll",
                found["polling_silence_seconds"],
            )
            yield gauge(
                "seconds_since_tick",
                "Since the engine's last round",
                found["seconds_since_tick"] or 0,
            )

        registry = CollectorRegistry()
        registry.register(_Collector(collect))
        return generate_latest(registry).decode()


class _Collector:
    def __init__(self, collect: Callable[[], Iterator[Any]]) -> None:
        self.collect = collect
