"""Somebody opens hundreds of connections and says nothing, or sends slowly: another person's page
comes all the same. Sockets, TLS and the server are real."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.certificates import certificate
from tests.web.pages_world import ADDRESS, PagesWorld
from tests.web.test_crooked_requests import answer, get, served
from web.connections import LimitedListener, network_of
from web.guard import AT_ONCE
from web.server import CONNECTIONS_EACH, Listening, serve

HOST = ADDRESS.removeprefix("https://")


@asynccontextmanager
async def by_tls(world: PagesWorld, folder: Path) -> AsyncIterator[int]:
    """The port of the pages, with a certificate of their own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    pem, key = certificate(folder)
    listening = Listening(host="127.0.0.1", port=port, certificate=pem, certificate_key=key)
    task = asyncio.create_task(serve(world.app, listening))
    try:
        async with asyncio.timeout(10):
            while await status_of(port, folder) == 0:
                await asyncio.sleep(0.02)
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def status_of(port: int, folder: Path, come_from: str = "127.0.0.2") -> int:
    """Of the first page, for somebody at that address; 0: nobody answers."""
    trusted = ssl.create_default_context(cafile=str(folder / "own.pem"))
    way = httpx.AsyncHTTPTransport(verify=trusted, local_address=come_from)
    async with httpx.AsyncClient(transport=way, timeout=5) as client:
        try:
            found = await client.get(f"https://127.0.0.1:{port}/", headers={"host": HOST})
        except httpx.TransportError:
            return 0
    return found.status_code


async def test_five_hundred_connections_of_one_address_keep_nobody_else_out(tmp_path):
    async with PagesWorld() as world, by_tls(world, tmp_path) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
        begun = b"\x16\x03\x01"  # the first bytes of a handshake, and never the rest
        for _, writer in held:
            writer.write(begun)
        assert await status_of(port, tmp_path) == 200, "another person's page comes"
        assert await status_of(port, tmp_path, "127.0.0.1") == 0, "theirs has to wait"
        open_still = 0
        for reader, _ in held:
            try:
                async with asyncio.timeout(0.001):
                    await reader.read()
            except TimeoutError:
                open_still += 1
            except ConnectionError:
                pass
        assert open_still == CONNECTIONS_EACH
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(5):
            while await status_of(port, tmp_path, "127.0.0.1") != 200:
                await asyncio.sleep(0.02)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_nobody_speaks_an_old_tls_with_the_pages(tmp_path):
    async with PagesWorld() as world, by_tls(world, tmp_path) as port:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", port, ssl=old)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=old)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.close()


async def test_slow_requests_of_one_client_behind_the_proxy_hold_no_more_than_twenty():
    async with PagesWorld() as world, served(world) as port:
        slow = f"POST /outside HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ADDRESS}\r\n"
        slow += "X-Forwarded-For: 203.0.113.9\r\nContent-Length: 1000\r\n"
        slow += "Content-Type: application/x-www-form-urlencoded\r\n\r\nl"
        held = []
        for _ in range(AT_ONCE):
            # An entrance takes fewer of one address: these are forms of somebody signed in.
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(slow.replace("/outside", "/forms/tap").encode())
            held.append(writer)
        async with asyncio.timeout(5):
            while world.app._under_way["203.0.113.9"] < AT_ONCE:
                await asyncio.sleep(0.01)
        theirs = f"Host: {HOST}\r\nX-Forwarded-For: "
        status, page = await answer(port, get("/", f"{theirs}203.0.113.9"))
        assert status == 429 and b"Please wait a minute" in page
        assert (await answer(port, get("/", f"{theirs}203.0.113.10")))[0] == 200
        for writer in held:
            writer.close()
        async with asyncio.timeout(5):
            while world.app._under_way:
                await asyncio.sleep(0.01)
        assert (await answer(port, get("/", f"{theirs}203.0.113.9")))[0] == 200


def test_so_many_in_all_and_a_closed_one_makes_room():
    listener = LimitedListener(socket.create_server(("127.0.0.1", 0)), most=3)
    listener.setblocking(False)
    with listener:
        at = listener.getsockname()
        theirs = [socket.create_connection(at) for _ in range(5)]
        ours = [listener.accept()[0] for _ in range(3)]
        with pytest.raises(BlockingIOError):
            listener.accept()
        assert [one.recv(1) for one in theirs[3:]] == [b"", b""], "closed at once"
        ours[0].close()
        ours[0].close()
        theirs.append(socket.create_connection(at))
        ours.append(listener.accept()[0])
        theirs.append(socket.create_connection(at))
        with pytest.raises(BlockingIOError):
            listener.accept()
        for one in (*ours, *theirs):
            one.close()


def test_a_customer_s_whole_network_is_one_client():
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7")
    assert network_of("fe80::1%eth0") == network_of("fe80::1")
