"""Photos and documents, both ways."""

import base64
from io import BytesIO

import pytest
from PIL import Image


def picture(width=640, height=480, kind="PNG"):
    buffer = BytesIO()
    Image.new("RGB", (width, height), "#204060").save(buffer, kind)
    return buffer.getvalue()


async def test_a_photo_is_sent_shown_and_fetched(api, client, human, robin):
    data = picture()
    answer = await api.upload(
        "sendPhoto",
        {"photo": ("map.png", data, "image/png")},
        chat_id=robin,
        caption="<b>where</b>",
        parse_mode="HTML",
    )
    message = answer.json()["result"]
    small, large = message["photo"]
    assert (small["width"], small["height"]) == (320, 240)
    assert (large["width"], large["height"], large["file_size"]) == (640, 480, len(data))
    assert message["caption_entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    path = (await api.ok("getFile", file_id=large["file_id"]))["file_path"]
    assert (await client.get(f"/file/bot{api.token}/{path}")).content == data
    assert (await client.get(f"/human/files/{large['file_id']}")).content == data
    again = await api.ok("sendPhoto", chat_id=robin, photo=large["file_id"])
    assert again["photo"][1]["file_unique_id"] == large["file_unique_id"]


async def test_a_caption_can_be_edited(api, robin):
    answer = await api.upload("sendDocument", {"document": ("a.txt", b"hello")}, chat_id=robin)
    message = answer.json()["result"]
    assert message["document"]["mime_type"] == "text/plain"
    given = {"chat_id": robin, "message_id": message["message_id"]}
    assert (await api.ok("editMessageCaption", **given, caption="new"))["caption"] == "new"
    assert "caption" not in await api.ok("editMessageCaption", **given)
    assert "no text in the message" in await api.no("editMessageText", **given, text="x")


async def test_a_file_named_by_attach(api, robin):
    answer = await api.upload(
        "sendDocument", {"x1": ("b.csv", b"a;b", "text/csv")}, chat_id=robin, document="attach://x1"
    )
    assert answer.json()["result"]["document"]["file_name"] == "b.csv"


async def test_what_is_no_picture_is_refused(api, robin):
    for data, words in (
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture(4000, 20), "PHOTO_INVALID_DIMENSIONS"),
        (b"", "file must be non-empty"),
    ):
        answer = await api.upload("sendPhoto", {"photo": ("a.png", data)}, chat_id=robin)
        assert words in answer.json()["description"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "there is no document in the request"),
        ({"document": "https://example.org/x.pdf"}, "failed to get HTTP URL content"),
        ({"document": "nonsense"}, "wrong remote file identifier"),
        ({"document": "attach://x"}, "can't find the attached file"),
    ],
)
async def test_files_that_there_are_not(api, robin, params, words):
    assert words in await api.no("sendDocument", chat_id=robin, **params)
    assert "wrong file_id" in await api.no("getFile", file_id="x")


async def test_sizes(api, human, robin):
    await human.post(
        "/settings", photo_max_bytes=1000, upload_max_bytes=2000, download_max_bytes=1500
    )
    photo = await api.upload("sendPhoto", {"photo": ("a.png", picture())}, chat_id=robin)
    assert "is too big for a photo; the maximum size is 1000 bytes" in photo.json()["description"]
    large = await api.upload("sendDocument", {"document": ("a", b"x" * 2001)}, chat_id=robin)
    assert (large.status_code, large.json()["description"]) == (413, "Request Entity Too Large")
    sent = await api.upload("sendDocument", {"document": ("a", b"x" * 1501)}, chat_id=robin)
    file_id = sent.json()["result"]["document"]["file_id"]
    assert await api.no("getFile", file_id=file_id) == "400 Bad Request: file is too big"
    caption = await api.upload(
        "sendDocument", {"document": ("a", b"x")}, chat_id=robin, caption="x" * 1025
    )
    assert caption.json()["description"] == "Bad Request: message caption is too long"


async def test_a_person_sends_a_picture_a_file_a_place_and_a_number(api, human, robin):
    encoded = base64.b64encode(picture()).decode()
    await human.post("/human/send", user=robin, photo=encoded, caption="/note seen here")
    await human.post("/human/send", user=robin, document=encoded, name="map.png")
    await human.post(
        "/human/send", user=robin, other={"location": {"latitude": 51.5, "longitude": -0.1}}
    )
    await human.post(
        "/human/send",
        user=robin,
        other={"contact": {"phone_number": "07700 900123", "first_name": "Sam"}},
    )
    photo, document, place, number = [u["message"] for u in await api.updates()]
    assert photo["caption_entities"][0]["type"] == "bot_command"
    assert (await api.ok("getFile", file_id=photo["photo"][-1]["file_id"]))["file_size"] > 0
    assert document["document"]["mime_type"] == "image/png"
    assert place["location"]["latitude"] == 51.5
    assert number["contact"]["phone_number"] == "07700 900123"
    assert "base64" in await human.no("/human/send", user=robin, photo="%%%")
    assert "give one of" in await human.no("/human/send", user=robin)


async def test_a_file_of_another_token_is_not_given_out(client):
    assert (await client.get("/file/bot5:unknown/documents/file_1")).status_code == 401
