"""Receiving updates: long polling. Webhooks are not offered; one that is set is taken away."""

from sandbox.server.errors import bad_request
from sandbox.server.methods.registry import Call, offers
from sandbox.server.model import Json
from sandbox.server.views import bot_account


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
    "deleteWebhook", "There is never one; waiting updates can be dropped", "drop_pending_updates"
)
def delete_webhook(call: Call) -> bool:
    """Have updates wait for getUpdates, as they always do here."""
    if call.params.flag("drop_pending_updates"):
        call.bot.updates.clear()
    return True


@offers("getWebhookInfo", "There is never one")
def get_webhook_info(call: Call) -> Json:
    """That no webhook is set, and how many updates wait."""
    updates = call.bot.updates
    info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates)}
    if updates.allowed is not None:
        info["allowed_updates"] = updates.allowed
    return info
