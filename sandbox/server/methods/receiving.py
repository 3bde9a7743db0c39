"""Receiving updates: long polling and the webhook."""

import re
from urllib.parse import urlsplit

from sandbox.server.errors import bad_request
from sandbox.server.methods.registry import Call, offers
from sandbox.server.model import Json
from sandbox.server.views import bot_account
from sandbox.server.webhook import Webhook

HERE = frozenset({"127.0.0.1", "localhost", "::1"})
SECRET = re.compile(r"[A-Za-z0-9_-]+")


@offers("getMe", "The bot's own account")
def get_me(call: Call) -> Json:
    """Who the bot is."""
    return bot_account(call.bot)


def _allowed(call: Call) -> list[str] | None:
    kinds = call.params.things("allowed_updates")
    if kinds is not None and not all(isinstance(kind, str) for kind in kinds):
        raise bad_request("can't parse allowed_updates: expected an Array of String")
    return kinds


@offers(
    "getUpdates",
    "Long poll; a newer poll ends the older with 409; negative offsets",
    "offset limit timeout allowed_updates",
)
async def get_updates(call: Call) -> list[Json]:
    """Confirm what is below the offset and wait for more."""
    settings = call.world.settings
    limit = call.params.number("limit", settings.poll_limit_max)
    limit = min(max(limit, 1), settings.poll_limit_max)
    call.bot.updates.allow(_allowed(call))
    timeout = min(max(call.params.number("timeout"), 0), settings.poll_timeout_max)
    return await call.bot.updates.get(call.params.number("offset"), limit, timeout, call.gone)


@offers(
    "setWebhook",
    "http or https on this machine only; secret token; certificates are not checked",
    "url secret_token allowed_updates drop_pending_updates max_connections",
)
def set_webhook(call: Call) -> bool:
    """Have updates posted to a URL; an empty URL takes the webhook away."""
    url = call.params.text("url")
    if not url:
        _take_away(call)
        return True
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if parts.hostname not in HERE:
        raise bad_request("bad webhook: the sandbox posts to this machine only")
    secret = call.params.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    allowed = _allowed(call)
    updates = call.bot.updates
    updates.allow(allowed)
    if call.params.flag("drop_pending_updates"):
        updates.clear()
    if updates.webhook is not None:
        updates.webhook.stop()
    updates.end_poll("webhook")
    most = min(max(call.params.number("max_connections", 40), 1), 100)
    updates.webhook = Webhook(call.world, call.bot, url, secret, most)
    return True


@offers("deleteWebhook", "Updates wait for getUpdates again", "drop_pending_updates")
def delete_webhook(call: Call) -> bool:
    """Have updates wait for getUpdates again."""
    _take_away(call)
    return True


def _take_away(call: Call) -> None:
    updates = call.bot.updates
    if updates.webhook is not None:
        updates.webhook.stop()
        updates.webhook = None
    if call.params.flag("drop_pending_updates"):
        updates.clear()


@offers("getWebhookInfo", "With the last error of posting")
def get_webhook_info(call: Call) -> Json:
    """Where updates are posted, how many wait, what went wrong last."""
    updates = call.bot.updates
    info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates)}
    if updates.webhook is not None:
        info |= updates.webhook.info()
    if updates.allowed is not None:
        info["allowed_updates"] = updates.allowed
    return info
