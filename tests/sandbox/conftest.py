"""A server in a thread, emptied before each test, and the two sides of it."""

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.driver import Stage
from sandbox.serve import Server
from sandbox.server import Settings, World
from sandbox.server.clock import Clock

TOKEN = "110201:sandbox-example"
EVENING = datetime(2026, 1, 10, 21, 30, tzinfo=UTC)
ROBIN = 7001
SAM = 7002
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain HTTP: no authorities to load


class Api:
    """The bot's side: calls methods and reads Telegram's answers."""

    def __init__(self, client: httpx.AsyncClient, token: str = TOKEN) -> None:
        self.client = client
        self.token = token

    async def raw(self, method: str, **params: Any) -> httpx.Response:
        return await self.client.post(f"/bot{self.token}/{method}", json=params)

    async def ok(self, method: str, **params: Any) -> Any:
        """The result of a method that must succeed."""
        response = await self.raw(method, **params)
        document = response.json()
        assert document["ok"], document
        assert response.status_code == 200
        return document["result"]

    async def no(self, method: str, **params: Any) -> str:
        """Code and description of a refusal, whose HTTP status must be the same."""
        document = await self.refusal(method, **params)
        return f"{document['error_code']} {document['description']}"

    async def refusal(self, method: str, **params: Any) -> dict[str, Any]:
        response = await self.raw(method, **params)
        document = response.json()
        assert document["ok"] is False, document
        assert response.status_code == document["error_code"]
        return document

    async def upload(self, method: str, files: dict[str, Any], **params: Any) -> httpx.Response:
        return await self.client.post(f"/bot{self.token}/{method}", data=params, files=files)

    async def updates(self, **params: Any) -> list[dict[str, Any]]:
        """Everything that waits, confirmed at once."""
        found = await self.ok("getUpdates", **params)
        if found:
            await self.ok("getUpdates", offset=found[-1]["update_id"] + 1)
        return found


class Human:
    """The people's side."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, **body: Any) -> Any:
        response = await self.client.post(path, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def no(self, path: str, **body: Any) -> str:
        response = await self.client.post(path, json=body)
        assert response.status_code in (400, 404, 409), response.text
        return f"{response.status_code} {response.json()['error']}"

    async def get(self, path: str, **query: Any) -> Any:
        response = await self.client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def starts(self, user: int, name: str = "Robin") -> None:
        """A person who has pressed Start; the update is still waiting."""
        await self.post("/human/users", first_name=name, last_name="Example", id=user)
        await self.post("/human/send", user=user, text="/start")

    async def messages(self, user: int, chat: int | None = None) -> list[dict[str, Any]]:
        where = "chat" if chat is None else f"chats/{chat}"
        found = await self.get(f"/human/users/{user}/{where}")
        return found["messages"]


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    world = World(Settings(), Clock(EVENING))
    world.add_bot(TOKEN, "nightlight_example_bot", "Night", configured=True)
    with Server(world) as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    """The server, emptied, at 21:30 on a frozen clock, with all settings as they come."""
    defaults = {name: getattr(Settings(), name) for name in Settings.__dataclass_fields__}
    with httpx.Client(base_url=_server.url, trust_env=False, verify=NO_TLS) as client:
        client.post("/settings", json=defaults | {"any_token": False}).raise_for_status()
        client.post("/reset", json={}).raise_for_status()
        clock = {"mode": "frozen", "set": EVENING.isoformat(), "wait": 0}
        client.post("/clock", json=clock).raise_for_status()
    return _server


@pytest.fixture
def sync_client(server: Server) -> Iterator[httpx.Client]:
    """Without an event loop, for libraries that block; Robin is there and has pressed Start."""
    with httpx.Client(base_url=server.url, trust_env=False, verify=NO_TLS) as client:
        client.post("/settings", json={"flood": False})
        person = {"first_name": "Robin", "last_name": "Example", "id": ROBIN, "started": True}
        client.post("/human/users", json=person)
        yield client


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def api(client: httpx.AsyncClient) -> Api:
    return Api(client)


@pytest.fixture
def human(client: httpx.AsyncClient) -> Human:
    return Human(client)


@pytest.fixture
async def robin(api: Api, human: Human) -> int:
    """Robin has pressed Start, and the bot has taken note of it."""
    await human.starts(ROBIN)
    await api.updates()
    return ROBIN


@pytest.fixture
async def stage(server: Server) -> AsyncIterator[Stage]:
    async with Stage(server.url, wait=5) as stage:
        yield stage
