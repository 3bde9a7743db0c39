"""A machine that stands by: what its pages say, and what can be read there while another leads."""

from __future__ import annotations

import asyncio
import html
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.bootstrap import bootstrap
from bot.config_file import load
from bot.record_reading import open_for_reading
from handlers.wording import pages as say
from tests.storage.contract import report
from tests.storage.people import NIGHT
from tests.storage.test_postgres import Installation
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)
ADDRESS = "https://pages.example.org"
CONFIG = """
homes = [{{ id = "rowan", name = "Rowan House", prefix = "RH", authority = "Camden" }}]
[[authorities]]
name = "Camden"
emergency_duty_team = {{ label = "Out of hours", phone = "07700 900112" }}
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "duty_manager"
homes = ["rowan"]
phone = "07700 900203"
[[staff]]
id = "sam"
name = "Sam Example"
telegram_id = 7004
role = "manager"
phone = "07700 900204"
[[staff]]
id = "quinn"
name = "Quinn Specimen"
telegram_id = 7005
role = "administrator"
phone = "07700 900205"
[telegram]
token = "1000003:token-of-a-standby"
api = "http://127.0.0.1:9"
[book]
database = "{database}"
service = "{service}"
unencrypted = "yes, plain files"
[web]
address = "https://pages.example.org"
port = {port}
[health]
port = 0
"""


@pytest.fixture
async def service(server: postgres.Server) -> AsyncIterator[Installation]:
    service = Installation(server, None)
    yield service
    await service.close()


def configured(service: Installation, folder: Path) -> tuple[Path, int]:
    """The configuration that both machines have, and the port of this one's pages."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    path = folder / "config.toml"
    text = CONFIG.format(database=service.server.address, service=service.service, port=port)
    path.write_text(text, encoding="utf-8")
    return path, port


async def answer(port: int, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(10):
        while True:
            try:
                return await client.request(
                    method,
                    f"http://127.0.0.1:{port}{path}",
                    headers={"Host": ADDRESS[8:], "Origin": ADDRESS},
                )
            except httpx.ConnectError:
                await asyncio.sleep(0.02)


async def test_the_pages_of_a_standby_say_where_to_go_and_a_proxy_turns_away(
    service: Installation, tmp_path: Path
) -> None:
    """The machine leads after the other one has ended; then the port is free for the pages."""
    await service.open()
    path, port = configured(service, tmp_path)
    config, policy = load(path)
    starting = asyncio.create_task(bootstrap(config, policy, tmp_path, path=path))
    for way, method in (("/", "GET"), ("/cases/RH-2222", "GET"), ("/in", "POST")):
        said = await answer(port, way, method)
        assert said.status_code == 503
        assert said.headers["retry-after"] == "5"
        assert said.headers["cache-control"] == "no-store"
        assert say.STANDING_BY[1] in html.unescape(said.text)
        assert say.DANGER in html.unescape(said.text)
    assert (await answer(port, "/pages.css")).status_code == 200
    assert not starting.done()
    await service.close()
    bot = await asyncio.wait_for(starting, 20)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert "pages" in bot.parts
    await bot.store.close()


async def test_a_standby_whose_port_is_taken_stands_by_all_the_same(
    service: Installation, tmp_path: Path
) -> None:
    await service.open()
    path, port = configured(service, tmp_path)
    config, policy = load(path)
    with socket.create_server(("127.0.0.1", port)):
        starting = asyncio.create_task(bootstrap(config, policy, tmp_path, path=path))
        await asyncio.sleep(0.3)
        assert not starting.done()
        await service.close()
        bot = await asyncio.wait_for(starting, 20)
        await bot.store.close()


async def test_reports_read_what_the_leader_has_saved_from_any_machine(
    service: Installation, tmp_path: Path
) -> None:
    """From the database: what the leader confirmed a moment ago is among the rows."""
    store = await service.open()
    path, _ = configured(service, tmp_path)
    config, _ = load(path)
    assert await (await open_for_reading(config, tmp_path)).past(NIGHT - timedelta(days=30)) == ()
    made = await report(store)
    reader = await open_for_reading(config, tmp_path)
    assert [row.ref for row in await reader.past(NIGHT - timedelta(days=30))] == [made.ref]
    assert await reader.episode(made.ref) == made
