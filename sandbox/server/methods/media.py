"""Photos, documents and fetching files."""

from pathlib import PurePosixPath

from sandbox.server.errors import bad_request, too_large
from sandbox.server.files import StoredFile
from sandbox.server.methods.registry import Call, offers
from sandbox.server.methods.sending import COMMON, caption_of, may_write, send
from sandbox.server.model import Json
from sandbox.server.params import Upload

NO_FILE = "wrong file identifier/HTTP URL specified"


def given_file(call: Call, name: str) -> Upload | StoredFile:
    """The file of a parameter: uploaded with the request, or known by its ``file_id``.

    Raises:
        ApiError: 400 when there is none (nothing is fetched from the internet), 413 when it is
            too large to be uploaded.
    """
    upload = call.params.uploads.get(name)
    if upload is None:
        value = call.params.text(name)
        if not value:
            raise bad_request(f"there is no {name} in the request")
        if value.startswith("attach://"):
            upload = call.params.uploads.get(value.removeprefix("attach://"))
            if upload is None:
                raise bad_request(f"can't find the attached file {value}")
        elif "://" in value:
            raise bad_request("failed to get HTTP URL content")
        else:
            stored = call.world.files.by_id(value)
            if stored is None:
                raise bad_request(f"{NO_FILE}: wrong remote file identifier specified")
            return stored
    if len(upload.data) > call.world.settings.upload_max_bytes:
        raise too_large()
    if not upload.data:
        raise bad_request("file must be non-empty")
    return upload


@offers(
    "sendPhoto",
    "Uploaded or by file_id; not by URL",
    f"{COMMON} photo caption parse_mode caption_entities",
)
def send_photo(call: Call) -> Json:
    """Send a picture."""
    chat = call.chat()
    may_write(call, chat)
    given = given_file(call, "photo")
    most = call.world.settings.photo_max_bytes
    if len(given.data) > most:
        raise bad_request(
            f"file of size {len(given.data)} bytes is too big for a photo; "
            f"the maximum size is {most} bytes"
        )
    if isinstance(given, StoredFile) and not given.path.startswith("photos/"):
        raise bad_request("can't use file of type Document as Photo")
    sizes = call.world.files.add_photo(PurePosixPath(given.name).name, given.data)
    return send(call, chat, {"photo": sizes} | caption_of(call))


@offers(
    "sendDocument",
    "Uploaded or by file_id; not by URL",
    f"{COMMON} document caption parse_mode caption_entities disable_content_type_detection",
)
def send_document(call: Call) -> Json:
    """Send a file."""
    chat = call.chat()
    may_write(call, chat)
    given = given_file(call, "document")
    document = call.world.files.add_document(
        PurePosixPath(given.name).name or "document", given.data, given.mime
    )
    return send(call, chat, {"document": document} | caption_of(call))


@offers("getFile", "Files up to 20 MB, fetched from /file/bot<TOKEN>/<path>", "file_id")
def get_file(call: Call) -> Json:
    """Say where a file can be fetched."""
    stored = call.world.files.by_id(call.params.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > call.world.settings.download_max_bytes:
        raise bad_request("file is too big")
    return stored.public() | {"file_path": stored.path}
