"""The controls over HTTP: clock, followers, settling, weather, settings, reset."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.server.faults import Fault
from sandbox.server.followers import Followers
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.requests import (
    LONGEST_WAIT,
    Follow,
    Reset,
    SetClock,
    Settle,
    Wait,
    answer,
    body_of,
    gone,
    while_connected,
)
from sandbox.server.world import World


def _parts(request: Request) -> tuple[World, Followers]:
    return request.app.state.world, request.app.state.followers


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


async def get_clock(request: Request) -> Response:
    """What time it is."""
    return answer(_parts(request)[0].clock.document())


async def set_clock(request: Request) -> Response:
    """Move the clock, at once or from one follower's moment to the next."""
    world, followers = _parts(request)
    wanted = await body_of(request, SetClock)
    if wanted.set is not None and wanted.advance_seconds is not None:
        raise NotPossible("give set or advance_seconds, not both", 400)
    if wanted.mode is not None:
        world.clock.set_mode(wanted.mode)
    target = None
    if wanted.set is not None:
        target = _utc(wanted.set)
    elif wanted.advance_seconds is not None:
        target = world.now() + timedelta(seconds=wanted.advance_seconds)
    if target is not None and wanted.stepwise and target > world.now():
        rest = await while_connected(request, followers.step_to(target, wanted.wait))
    else:
        if target is not None:
            world.clock.set(target)
        followers.clock_changed()
        rest = await while_connected(request, followers.settle(wanted.wait))
    return answer(world.clock.document() | {k: v for k, v in rest.items() if k != "clock"})


async def follow(request: Request) -> Response:
    """A follower's report and long poll."""
    _, followers = _parts(request)
    report = await body_of(request, Follow)
    document = await followers.follow(
        report.follower,
        report.seen,
        idle=report.idle,
        next_at=_utc(report.next_at) if report.next_at else None,
        wait=min(report.wait, LONGEST_WAIT),
        gone=lambda: asyncio.ensure_future(gone(request)),
    )
    return answer(document)


async def get_followers(request: Request) -> Response:
    """Who follows the clock, and what each said last."""
    return answer(_parts(request)[1].documents())


async def advance_to_next(request: Request) -> Response:
    """Move to the next moment at which a follower does something by itself."""
    world, followers = _parts(request)
    wanted = await body_of(request, Wait)
    rest = await while_connected(request, followers.settle(wanted.wait))
    moment = followers.next_at(world.now())
    if moment is None:
        return answer(
            world.clock.document() | {"moved": False, "why": "no follower has anything planned"}
        )
    before = world.now()
    who = [f["follower"] for f in followers.documents() if f["next_at"] == moment.isoformat()]
    world.clock.set(moment)
    followers.clock_changed()
    rest = await while_connected(request, followers.settle(wanted.wait))
    return answer(
        world.clock.document()
        | {"moved": True, "seconds": (moment - before).total_seconds(), "followers": who}
        | {"settled": rest["settled"], "why": rest["why"]}
    )


async def settle(request: Request) -> Response:
    """Wait until nothing is left to do."""
    wanted = await body_of(request, Settle)
    rest = _parts(request)[1].settle(wanted.wait, wanted.followers, wanted.quiet)
    return answer(await while_connected(request, rest))


async def add_fault(request: Request) -> Response:
    """Make a rule of bad weather."""
    fault = msgspec.json.decode(await request.body() or b"{}", type=Fault)
    world, _ = _parts(request)
    world.faults.add(fault)
    world.note("weather", (), faults=msgspec.to_builtins(world.faults.all()))
    return answer(msgspec.to_builtins(fault))


async def get_faults(request: Request) -> Response:
    """The rules in force."""
    return answer(msgspec.to_builtins(_parts(request)[0].faults.all()))


async def clear_faults(request: Request) -> Response:
    """Take all rules away."""
    world, _ = _parts(request)
    world.faults.clear()
    world.note("weather", (), faults=[])
    return answer({"ok": True})


async def remove_fault(request: Request) -> Response:
    """Take one rule away."""
    world, _ = _parts(request)
    if not world.faults.remove(request.path_params["id"]):
        raise Nowhere("there is no such fault")
    world.note("weather", (), faults=msgspec.to_builtins(world.faults.all()))
    return answer({"ok": True})


async def get_settings(request: Request) -> Response:
    """All limits and switches."""
    return answer(asdict(_parts(request)[0].settings))


async def set_settings(request: Request) -> Response:
    """Change some of them."""
    world, _ = _parts(request)
    values = msgspec.json.decode(await request.body() or b"{}", type=dict)
    world.settings.change(values)
    return answer(asdict(world.settings))


async def reset(request: Request) -> Response:
    """Everything back to empty; the bots given at the start stay."""
    world, followers = _parts(request)
    wanted = await body_of(request, Reset)
    world.reset(wanted.seed)
    followers.forget_absent()
    if wanted.clock is not None:
        world.clock.set(_utc(wanted.clock))
        followers.clock_changed()
    return answer({"ok": True, "clock": world.clock.document()})


ROUTES = [
    Route("/clock", get_clock, methods=["GET"]),
    Route("/clock", set_clock, methods=["POST"]),
    Route("/clock/follow", follow, methods=["POST"]),
    Route("/clock/followers", get_followers, methods=["GET"]),
    Route("/clock/advance_to_next", advance_to_next, methods=["POST"]),
    Route("/settle", settle, methods=["POST"]),
    Route("/faults", add_fault, methods=["POST"]),
    Route("/faults", get_faults, methods=["GET"]),
    Route("/faults", clear_faults, methods=["DELETE"]),
    Route("/faults/{id:int}", remove_fault, methods=["DELETE"]),
    Route("/settings", get_settings, methods=["GET"]),
    Route("/settings", set_settings, methods=["POST"]),
    Route("/reset", reset, methods=["POST"]),
]
