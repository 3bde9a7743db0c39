"""The checker of the stories finds what it is there for."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.traffic import Traffic

REGISTER = Path(__file__).parents[1] / "stories" / "people.csv"
TYPED = "She rang Tobias from the harbour"


def sent(watched: Traffic, kind: str = "application/x-www-form-urlencoded", **fields: str) -> None:
    watched.asked("/bot1:x/sendMessage", "", kind, urlencode(fields).encode())


def typed(watched: Traffic, text: str) -> None:
    watched.asked("/human/send", "", "application/json", json.dumps({"text": text}).encode())


@pytest.mark.parametrize(
    "text",
    [
        "Ash is missing",
        "born 14 May 2011",
        "born <b>14/05/2011</b>",
        "born 2011-05-14",
        "a note: tobias",
        "note: she rang tobias",
        "from the harbour",
        "from <i>the</i>\nharbour",
        "her friend &#84;obias",
    ],
)
async def test_a_name_a_date_of_birth_and_what_was_typed_are_found_in_a_message(text: str) -> None:
    watched = Traffic(REGISTER)
    typed(watched, TYPED)
    sent(watched, chat_id="7001", text=text)
    assert len(await watched.leaks()) == 1


async def test_they_are_found_in_a_button_a_file_an_address_and_a_log_line() -> None:
    watched = Traffic(REGISTER)
    typed(watched, TYPED)
    keyboard = {"inline_keyboard": [[{"text": "Tobias", "callback_data": "n:1"}]]}
    sent(watched, chat_id="7001", text="Level 1", reply_markup=json.dumps(keyboard))
    body = (
        b'--b\r\nContent-Disposition: form-data; name="document"; filename="list.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\nYP-01,Ash\r\n--b--\r\n"
    )
    watched.asked("/bot1:x/sendDocument", "", "multipart/form-data; boundary=b", body)
    watched.asked("/bot1:x/getChat", "chat_id=Ash", "", b"")
    found = await watched.leaks(['{"event": "saved"}\n{"event": "saved", "text": "Tobias"}'])
    assert [one.partition(":")[0] for one in found] == [
        "Telegram, sendMessage",
        "Telegram, sendDocument",
        "Telegram, getChat",
        "log",
    ]


async def test_of_a_page_the_address_the_title_the_headers_and_an_error_are_looked_at() -> None:
    watched = Traffic(REGISTER)
    watched.typed(TYPED)
    page = "<title>Case RH-1</title><p>Tobias</p>"
    address = "http://127.0.0.1/cases/RH-1"
    for answer in (
        httpx.Response(200, text=page, request=httpx.Request("GET", address)),
        httpx.Response(200, text=page, request=httpx.Request("GET", f"{address}?by=Tobias")),
        httpx.Response(404, text=page, request=httpx.Request("GET", address)),
        httpx.Response(
            303, headers={"location": "/x#tobias"}, request=httpx.Request("GET", address)
        ),
        httpx.Response(200, text="<title>Tobias</title>", request=httpx.Request("GET", address)),
    ):
        watched.page(answer)
    found = await watched.leaks()
    assert [one.partition(":")[0] for one in found] == [
        "address", "page of error 404", "header location", "title"
    ]  # fmt: skip


async def test_what_the_service_says_by_itself_and_names_of_staff_are_no_leak() -> None:
    watched = Traffic(REGISTER)
    body = json.dumps({"first_name": "Jo", "last_name": "Specimen"}).encode()
    watched.asked("/human/users", "", "application/json", body)
    typed(watched, "Jo Specimen")
    typed(watched, "the police were told")
    typed(watched, "/case Ash")
    sent(watched, text="Jo Specimen is on the list. Police told. YP-01, age 15, dashed")
    assert await watched.leaks(['{"event": "started", "file": "police.py"}']) == []
