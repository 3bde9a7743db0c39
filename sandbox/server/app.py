"""The Starlette application: the Bot API, the human side and the controls of one world."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.server import actions, control, human
from sandbox.server.connections import hang_up
from sandbox.server.errors import (
    ApiError,
    bad_request,
    not_found,
    too_large,
    too_many_requests,
    unauthorized,
)
from sandbox.server.faults import Fault
from sandbox.server.followers import Followers
from sandbox.server.methods import Call, call
from sandbox.server.own_requests import OwnRequests
from sandbox.server.params import Params, Upload
from sandbox.server.requests import gone
from sandbox.server.world import TOKEN, Bot, World

# Room for the other fields of a multipart request beside the largest file.
OVERHEAD = 1024 * 1024

log = logging.getLogger(__name__)


def create_app(world: World, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The application on a world; ``routes`` are mounted first, for a page of one's own.

    ``app.state.world`` and ``app.state.followers`` are there for such routes.
    """
    app = Starlette(
        routes=[
            *routes,
            Route("/bot{token}/{method}", bot_api, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", download, methods=["GET"]),
            *control.ROUTES,
            *human.ROUTES,
            *actions.ROUTES,
        ],
        exception_handlers=human.EXCEPTION_HANDLERS,
        middleware=[Middleware(OwnRequests)],
    )
    app.state.world = world
    app.state.followers = Followers(world)
    return app


async def bot_api(request: Request) -> Response:
    """One Bot API request, through the weather."""
    world: World = request.app.state.world
    method = request.path_params["method"]
    try:
        bot = _bot(world, request.path_params["token"])
        params = await _params(request, world.settings.upload_max_bytes)
    except ApiError as error:
        return _answer(error.body(), error.code)
    except ClientDisconnect:
        return Response(status_code=400)
    is_poll = method.lower() == "getupdates"
    fault = world.faults.hit(method, bot.user.id, params.values)
    if not is_poll:
        world.in_flight += 1
    try:
        if fault is not None and fault.effect != "lose_answer":
            spoiled = await _spoil(request, fault)
            if spoiled is not None:
                return spoiled
        response = await _carry_out(method, Call(world, bot, params, lambda: gone(request)))
        if fault is not None and fault.effect == "lose_answer":
            return await _dropped(request)
        return response
    finally:
        if not is_poll:
            world.in_flight -= 1
            world.touch()


async def _carry_out(method: str, request: Call) -> Response:
    try:
        return _answer({"ok": True, "result": await call(method, request)}, 200)
    except ApiError as error:
        return _answer(error.body(), error.code)
    except Exception:
        log.exception("%s failed: a fault of the sandbox itself", method)
        return _answer(ApiError(500, "Internal Server Error").body(), 500)


async def _spoil(request: Request, fault: Fault) -> Response | None:
    """Bad weather before the request is carried out; None when it goes on after all."""
    if fault.effect in ("hang", "slow"):
        try:
            await asyncio.wait_for(gone(request), fault.seconds)
        except TimeoutError:
            if fault.effect == "slow":
                return None
        return await _dropped(request)
    if fault.effect == "bad_gateway":
        page = "<html><head><title>502 Bad Gateway</title></head></html>"
        return Response(page, 502, media_type="text/html")
    if fault.effect == "too_many_requests":
        error = too_many_requests(fault.retry_after)
        return _answer(error.body(), error.code)
    if fault.effect == "unauthorized":
        return _answer(unauthorized().body(), 401)
    return await _dropped(request)


async def _dropped(request: Request) -> Response:
    """Close the connection; the response returned here reaches nobody."""
    await hang_up(request.scope)
    return PlainTextResponse("connection closed", 500)


def _bot(world: World, token: str) -> Bot:
    bot = world.bots.get(token)
    if bot is not None:
        return bot
    if not TOKEN.fullmatch(token):
        raise not_found()
    if not world.settings.any_token:
        raise unauthorized()
    try:
        return world.add_bot(token)
    except ValueError as error:  # another token of a bot that is known by its own
        raise unauthorized() from error


async def _params(request: Request, upload_max: int) -> Params:
    values: dict[str, Any] = dict(request.query_params)
    if request.method == "GET":
        return Params(values)
    if int(request.headers.get("content-length") or 0) > upload_max + OVERHEAD:
        raise too_large()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        uploads = {}
        try:
            form = await request.form(max_part_size=OVERHEAD)
        except HTTPException as error:
            raise bad_request(f"can't parse multipart body: {error.detail}") from error
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                uploads[name] = Upload(value.filename or name, value.content_type, data)
            else:
                values[name] = value
        await form.close()
        return Params(values, uploads)
    body = await request.body()
    if kind == "application/json":
        try:
            document = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError as error:
            raise bad_request("can't parse JSON object") from error
        if not isinstance(document, dict):
            raise bad_request("object expected")
        return Params(values | document)
    values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Params(values)


async def download(request: Request) -> Response:
    """A file, as ``getFile`` said."""
    world: World = request.app.state.world
    token = request.path_params["token"]
    try:
        bot = _bot(world, token)
    except ApiError as error:
        return _answer(error.body(), error.code)
    stored = world.files.by_path(request.path_params["path"])
    if stored is None:
        return _answer(not_found().body(), 404)
    fault = world.faults.hit("file", bot.user.id, {})
    if fault is not None:
        spoiled = await _spoil(request, fault)
        if spoiled is not None:
            return spoiled
    return Response(stored.data, media_type=stored.mime)


def _answer(document: dict[str, Any], status: int) -> Response:
    try:
        body = orjson.dumps(document)
    except TypeError:  # an update that was given as it stands may hold numbers of any size
        body = json.dumps(document).encode()
    return Response(body, status, media_type="application/json")
