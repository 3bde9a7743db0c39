"""Telegram's way of saying no: error code, description and, for two errors, parameters."""

from typing import Any


class ApiError(Exception):
    """A refusal that is answered as ``{"ok": false, ...}`` with the HTTP status of its code.

    Attributes:
        code: HTTP status and ``error_code`` of the answer.
        description: Telegram's wording, prefix included.
        parameters: ``retry_after``, where Telegram gives it.
    """

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON document of the answer."""
        document: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            document["parameters"] = self.parameters
        return document


def bad_request(message: str) -> ApiError:
    """A 400: the request can never succeed as it stands."""
    return ApiError(400, f"Bad Request: {message}")


def forbidden(message: str) -> ApiError:
    """A 403: the person does not want the bot, or not yet."""
    return ApiError(403, f"Forbidden: {message}")


def conflict(message: str) -> ApiError:
    """A 409: two programs receive updates at once."""
    return ApiError(409, f"Conflict: {message}")


def too_many_requests(seconds: int) -> ApiError:
    """A 429: the bot must wait this many seconds."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def unauthorized() -> ApiError:
    """A 401: no bot has this token."""
    return ApiError(401, "Unauthorized")


def not_found() -> ApiError:
    """A 404: no such method, or something that is no token at all."""
    return ApiError(404, "Not Found")


def too_large() -> ApiError:
    """A 413: the upload is over Telegram's limit."""
    return ApiError(413, "Request Entity Too Large")


def refused(what: str) -> ApiError:
    """A 400 of the sandbox's own: Telegram has this, the sandbox has not, and says so."""
    return bad_request(f"the sandbox does not offer {what}")
