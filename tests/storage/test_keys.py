"""Where keys come from, what happens with a wrong one, and how one is changed."""

import base64
import secrets

import pytest

from bot.cli import maintenance
from storage import files
from storage.envelope import HEADER, NewerFormat, Sealer
from storage.format_mark import StoreProblem
from storage.keys import KeyProblem, Keys, key_id, load_keys, new_key_file
from storage.layout import Layout
from storage.verify import verify
from tests.storage.conftest import Shelf, make_keys
from tests.storage.contract import report
from tests.storage.people import NIGHT
from tests.storage.test_tinydb_store import a_night, everything


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "book.key"
    new_key_file(path, NIGHT)
    return path


@pytest.fixture
async def filed(tmp_path, key_file):
    """A book whose key is in a file."""
    shelf = Shelf(tmp_path / "book", load_keys({"file": str(key_file)}))
    yield shelf
    await shelf.close()


def test_a_key_file_is_for_its_owner_only(key_file):
    assert key_file.stat().st_mode & 0o777 == 0o600
    key_file.chmod(0o640)
    with pytest.raises(KeyProblem, match="chmod 600"):
        load_keys({"file": str(key_file)})


def test_a_key_file_that_is_there_is_never_written_over(key_file):
    before = key_file.read_bytes()
    assert maintenance.key_new(key_file) == 2
    assert key_file.read_bytes() == before


def test_a_key_from_a_variable_or_a_credential_is_the_same_key(tmp_path):
    raw = secrets.token_bytes(32)
    text = base64.b64encode(raw).decode()
    (tmp_path / "nightlight").write_text(text + "\n")
    environ = {"NIGHTLIGHT_KEY": text, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    for setting in ({"env": "NIGHTLIGHT_KEY"}, {"credential": "nightlight"}):
        assert load_keys(setting, environ).current_id == key_id(raw)


@pytest.mark.parametrize(
    ("setting", "environ", "says"),
    [
        ({"file": "/nonexistent/book.key"}, {}, "does not exist"),
        ({"env": "NIGHTLIGHT_KEY"}, {}, "is not set"),
        ({"env": "NIGHTLIGHT_KEY"}, {"NIGHTLIGHT_KEY": ""}, "holds no key"),
        ({"env": "NIGHTLIGHT_KEY"}, {"NIGHTLIGHT_KEY": "abc"}, "not a key"),
        ({"env": "NIGHTLIGHT_KEY"}, {"NIGHTLIGHT_KEY": "c2hvcnQ="}, "not a key"),
        ({"credential": "nightlight"}, {}, "no systemd credentials"),
        ({"credential": "x"}, {"CREDENTIALS_DIRECTORY": "/nonexistent"}, "cannot be read"),
        ({}, {}, "exactly one of"),
        ({"file": "a", "env": "B"}, {}, "exactly one of"),
    ],
)
def test_a_missing_or_malformed_key_is_named(setting, environ, says):
    with pytest.raises(KeyProblem, match=says):
        load_keys(setting, environ)


async def test_a_wrong_key_is_refused_and_nothing_is_touched(shelf):
    await a_night(await shelf.open())
    await shelf.close()
    before = shelf.files()
    for wrong, says in ((make_keys(), "not in"), (None, "is encrypted, and no key")):
        with pytest.raises(KeyProblem, match=says):
            await shelf.open(keys=wrong)
        assert shelf.files() == before
        assert verify(shelf.folder, wrong)
        assert shelf.files() == before


async def test_a_wrong_key_is_refused_even_without_the_mark(shelf):
    await a_night(await shelf.open())
    await shelf.close()
    (shelf.folder / "book.nlb").unlink()
    before = shelf.files()
    with pytest.raises(KeyProblem):
        await shelf.open(keys=make_keys())
    with pytest.raises(KeyProblem):
        await shelf.open(keys=None)
    assert shelf.files() == before
    assert len(await (await shelf.open()).open_episodes()) == 2


async def test_a_plain_book_is_not_opened_as_an_encrypted_one(shelf):
    await a_night(await shelf.open(keys=None))
    await shelf.close()
    before = shelf.files()
    with pytest.raises(KeyProblem, match="is plain, but a key is given"):
        await shelf.open()
    assert shelf.files() == before


async def test_a_book_of_a_later_version_is_refused_and_left_alone(shelf):
    await a_night(await shelf.open())
    await shelf.close()
    place = Layout(shelf.folder).mark
    place.path.write_bytes(Sealer(shelf.keys).seal("book", "book", 3, b"{}", form=3))
    before = shelf.files()
    with pytest.raises(StoreProblem, match="format 3"):
        await shelf.open()
    assert shelf.files() == before
    with pytest.raises(NewerFormat):
        Sealer(shelf.keys).unseal("book", "book", place.path.read_bytes())


def test_the_same_content_is_never_sealed_the_same_way_twice(keys):
    sealer = Sealer(keys)
    assert sealer.seal("office", "office", 1, b"x") != sealer.seal("office", "office", 1, b"x")


def sealed_with(folder):
    """Key ids of all files of a book."""
    return {HEADER.unpack_from(path.read_bytes())[3] for path in folder.rglob("*.nlb")}


async def test_a_key_is_changed(filed, key_file, capsys):
    await a_night(await filed.open())
    before = await everything(filed.store)
    await filed.close()
    old = filed.keys
    assert maintenance.key_rotate(filed.folder, {"file": str(key_file)}) == 0
    filed.keys = load_keys({"file": str(key_file)})
    assert filed.keys.current_id != old.current_id
    assert sealed_with(filed.folder) == {filed.keys.current_id}
    assert await everything(await filed.open()) == before
    assert filed.troubles == []
    await filed.close()
    assert maintenance.key_rotate(filed.folder, {"file": str(key_file)}, forget_old=True) == 0
    assert len(load_keys({"file": str(key_file)}).by_id) == 1
    assert key_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyProblem):
        await filed.open()
    assert "Older keys are gone" in capsys.readouterr().out


async def test_changing_the_key_can_be_interrupted_at_any_point(filed, key_file, monkeypatch):
    """The power goes at the n-th write, for every n; the next run does the rest, and in between
    the book can be used."""
    await a_night(await filed.open())
    before = await everything(filed.store)
    await filed.close()
    real = files.write_whole
    at = 0
    while True:
        at += 1
        left = [at]

        def failing(path, data, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(5, "Input/output error")
            real(path, data)

        monkeypatch.setattr(files, "write_whole", failing)
        status = maintenance.key_rotate(filed.folder, {"file": str(key_file)})
        monkeypatch.setattr(files, "write_whole", real)
        filed.keys = load_keys({"file": str(key_file)})
        assert await everything(await filed.open()) == before
        await filed.close()
        assert filed.troubles == []
        if status == 0:
            break
        assert maintenance.key_rotate(filed.folder, {"file": str(key_file)}) == 0
        assert sealed_with(filed.folder) == {load_keys({"file": str(key_file)}).current_id}
    assert at > 8


async def test_a_plain_book_is_encrypted(filed, key_file):
    await a_night(await filed.open(keys=None))
    before = await everything(filed.store)
    await filed.close()
    assert maintenance.key_rotate(filed.folder, {"file": str(key_file)}) == 0
    assert await everything(await filed.open()) == before
    assert b"supper" not in b"".join(filed.files().values())


async def test_a_key_in_a_variable_is_changed_by_putting_a_new_one_first(shelf, monkeypatch):
    first, second = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    monkeypatch.setenv("NIGHTLIGHT_KEY", first)
    await report(await shelf.open(keys=load_keys({"env": "NIGHTLIGHT_KEY"})))
    await shelf.close()
    assert maintenance.key_rotate(shelf.folder, {"env": "NIGHTLIGHT_KEY"}) == 0
    monkeypatch.setenv("NIGHTLIGHT_KEY", f"{second} {first}")
    assert maintenance.key_rotate(shelf.folder, {"env": "NIGHTLIGHT_KEY"}) == 0
    monkeypatch.setenv("NIGHTLIGHT_KEY", second)
    store = await shelf.open(keys=load_keys({"env": "NIGHTLIGHT_KEY"}))
    assert len(await store.open_episodes()) == 1


async def test_the_key_is_not_changed_under_a_running_bot(filed, key_file, capsys):
    await a_night(await filed.open())
    before = filed.files()
    assert maintenance.key_rotate(filed.folder, {"file": str(key_file)}) == 2
    assert "in use by process" in capsys.readouterr().err
    assert filed.files() == before


def test_keys_say_where_they_come_from():
    with pytest.raises(KeyProblem, match="the drawer holds no key"):
        Keys([], source="the drawer")
