"""Checking reply markup as Telegram does before a message with it is sent."""

from urllib.parse import urlsplit

from sandbox.server.errors import bad_request, refused
from sandbox.server.limits import Settings
from sandbox.server.model import Json
from sandbox.server.params import Params

INLINE_ACTIONS = ("url", "callback_data", "copy_text", "web_app", "switch_inline_query",
                  "switch_inline_query_current_chat", "login_url", "pay", "callback_game",
                  "switch_inline_query_chosen_chat")  # fmt: skip
OFFERED_ACTIONS = frozenset({"callback_data", "url", "web_app"})
REPLY_ACTIONS = ("request_contact", "request_location", "request_poll", "request_users",
                 "request_chat", "request_managed_bot", "web_app")  # fmt: skip


def reply_markup(params: Params, settings: Settings) -> Json | None:
    """Read ``reply_markup``; None when there is none.

    Raises:
        ApiError: 400 with Telegram's words, or the sandbox's for a button it does not offer.
    """
    markup = params.thing("reply_markup", "reply keyboard markup")
    if not markup:
        return None
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline_keyboard", settings)
        return {"inline_keyboard": [[_inline(button, settings) for button in row] for row in rows]}
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], "keyboard", settings)
        return markup | {"keyboard": [[_reply(button) for button in row] for row in rows]}
    if "remove_keyboard" in markup or "force_reply" in markup:
        return markup
    return None


def _rows(rows: object, field: str, settings: Settings) -> list[list[object]]:
    if not isinstance(rows, list):
        raise bad_request(f'field "{field}" must be of type Array')
    for row in rows:
        if not isinstance(row, list):
            raise bad_request(f'field "{field}" must be an Array of Arrays')
    if sum(len(row) for row in rows) > settings.buttons_max:
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _inline(button: object, settings: Settings) -> Json:
    if not isinstance(button, dict):
        raise bad_request(
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object"
        )
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    # An empty URL or empty data is no action, as Telegram reads it.
    actions = [
        name
        for name in INLINE_ACTIONS
        if button.get(name) or (name in button and name.startswith("switch"))
    ]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    action = actions[0]
    if action not in OFFERED_ACTIONS:
        raise refused(f"inline buttons with {action}")
    if action == "callback_data":
        data = button["callback_data"]
        if (
            not isinstance(data, str)
            or len(data.encode("utf-8", "surrogatepass")) > settings.callback_data_max_bytes
        ):
            raise bad_request("BUTTON_DATA_INVALID")
    elif action == "url":
        _check_url(str(button["url"]))
    elif not str((button["web_app"] or {}).get("url", "")).startswith(
        ("https://", "http://127.0.0.1:") if settings.pages_here else "https://"
    ):
        raise bad_request(
            "inline keyboard button Web App URL is invalid: Only HTTPS links are allowed"
        )
    return button


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url or ":" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg", "ton", "tonsite"):
        raise bad_request(
            f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol"
        )
    if not parts.hostname:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: URL host is empty")
    if parts.scheme in ("http", "https") and "." not in parts.hostname:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _reply(button: object) -> Json:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad_request(
            "can't parse keyboard button: KeyboardButton must be a String or an Object"
        )
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("keyboard button text must be non-empty")
    for action in REPLY_ACTIONS:
        if button.get(action):
            raise refused(f"keyboard buttons with {action}")
    return button
