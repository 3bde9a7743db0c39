"""Reading a method's parameters, which arrive as form fields, a query string or JSON."""

from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.server.errors import bad_request
from sandbox.server.model import Json


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request."""

    name: str
    mime: str | None
    data: bytes


class Params:
    """Parameters by name; each reader converts as Telegram does and refuses as Telegram does."""

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}
        self.uploads = uploads or {}

    def __contains__(self, name: str) -> bool:
        return name in self.values or name in self.uploads

    def names(self) -> set[str]:
        """Names of all parameters that were given."""
        return set(self.values) | set(self.uploads)

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers and booleans of a JSON body are written out."""
        value = self.values.get(name, default)
        if isinstance(value, str):
            return value
        return orjson.dumps(value).decode()

    def number(self, name: str, default: int = 0) -> int:
        """An integer; what can't be read as one counts as the default, as at Telegram."""
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """A boolean; Telegram takes true, yes and 1 in any case."""
        value = self.values.get(name, False)
        if isinstance(value, str):
            return value.lower() in ("true", "yes", "1")
        return bool(value)

    def json(self, name: str, what: str | None = None) -> Any:
        """A value written as JSON, or None when it was not given.

        Raises:
            ApiError: 400 when it is no JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"can't parse {what or name} JSON object") from error

    def thing(self, name: str, what: str | None = None) -> Json | None:
        """A JSON object, or None.

        Raises:
            ApiError: 400 when it is JSON of another kind.
        """
        value = self.json(name, what)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {what or name}")
        return value

    def things(self, name: str) -> list[Any] | None:
        """A JSON array, or None.

        Raises:
            ApiError: 400 when it is JSON of another kind.
        """
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {name}: expected an Array")
        return value
