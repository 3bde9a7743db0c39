"""The book's own mark: which format it has, sealed with its key.

It is read before anything else and before anything is touched. A wrong key, a missing one, a plain
book where an encrypted one is expected: the mark settles it in one place, so that files that
simply are damaged are not taken for a wrong key, nor the other way round.
"""

from __future__ import annotations

import msgspec

from storage import files
from storage.envelope import FORMAT, Damaged, NewerFormat, Sealer, UnknownKey, WrongSeal
from storage.keys import KeyProblem
from storage.layout import Layout
from storage.store import StoreError


class StoreProblem(StoreError):
    """The book cannot be opened as it is. The text says why and what to do; nothing was touched."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """format: of the records."""

    format: int = FORMAT


def read(layout: Layout, sealer: Sealer) -> Mark | None:
    """The mark, or None if there is none, or only a damaged one.

    Raises KeyProblem or StoreProblem where the book must not be opened with these keys.
    """
    place = layout.mark
    try:
        content = sealer.unseal(place.kind, place.name, files.read(place.path))
        return msgspec.json.decode(content.data, type=Mark)
    except FileNotFoundError:
        _try_records(layout, sealer)
        return None
    except UnknownKey as error:
        msg = f"the book in {layout.folder} is {error}"
        raise KeyProblem(msg) from error
    except WrongSeal as error:
        raise _wrong_seal(layout, sealer) from error
    except NewerFormat as error:
        msg = f"the book in {layout.folder} has {error}"
        raise StoreProblem(msg) from error
    except (Damaged, msgspec.MsgspecError):
        _try_records(layout, sealer)
        return None
    except OSError as error:
        msg = f"the book in {layout.folder} cannot be read: {error.strerror}"
        raise StoreProblem(msg) from error


def write(layout: Layout, sealer: Sealer) -> None:
    """The mark of the present format. Raises OSError."""
    place = layout.mark
    files.write_whole(place.path, sealed(sealer, place.kind, place.name))


def sealed(sealer: Sealer, kind: str, name: str) -> bytes:
    """The mark of the present format as it is stored."""
    return sealer.seal(kind, name, 1, msgspec.json.encode(Mark()), form=FORMAT)


def is_behind(found: Mark | None) -> bool:
    """Whether the mark has to be written before anything else is: without it, a version that cannot
    read what this one writes would take it for damage."""
    return found is None or found.format < FORMAT


def has_files(layout: Layout) -> bool:
    """Whether there are records of the present form."""
    return next(layout.records(), None) is not None


def _try_records(layout: Layout, sealer: Sealer) -> None:
    """The mark is missing or damaged: the records have to show whether the key fits. One that
    opens is enough; if all that can be told apart say no, the key is wrong."""
    refusal: StoreError | None = None
    for place in layout.records():
        try:
            sealer.unseal(place.kind, place.name, files.read(place.path))
        except UnknownKey as error:
            msg = f"the book in {layout.folder} is {error}"
            refusal = KeyProblem(msg)
        except NewerFormat as error:
            msg = f"the book in {layout.folder} has {error}"
            refusal = StoreProblem(msg)
        except WrongSeal:
            refusal = _wrong_seal(layout, sealer)
        except (Damaged, OSError):
            continue
        else:
            return
    if refusal is not None:
        raise refusal


def _wrong_seal(layout: Layout, sealer: Sealer) -> KeyProblem:
    if sealer.keys is None:
        return KeyProblem(
            f"the book in {layout.folder} is encrypted, and no key is given: "
            "name it under [book] in the configuration"
        )
    return KeyProblem(
        f"the book in {layout.folder} is plain, but a key is given: "
        "encrypt it with: nightlight key rotate"
    )
