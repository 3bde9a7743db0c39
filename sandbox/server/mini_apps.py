"""Buttons that open a page inside Telegram: the address with what Telegram hands over to it.

Source: core.telegram.org/bots/webapps, "Validating data received via the Mini App".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

from sandbox.server.model import Json, User
from sandbox.server.people import NotPossible
from sandbox.server.world import World


def init_data(world: World, user: User, token: str) -> str:
    """Who opens the page and when (server time), signed with the bot's token."""
    values = {
        "auth_date": str(int(world.now().timestamp())),
        "query_id": f"AA{len(world.queries)}{user.id}",
        "user": json.dumps({"id": user.id, "first_name": user.first_name}, separators=(",", ":")),
    }
    lines = "\n".join(f"{key}={value}" for key, value in sorted(values.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    signed = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    return urlencode(values | {"hash": signed})


def address(world: World, user: User, bot_id: int, button: Json) -> str:
    """What a phone opens when this button is tapped.

    Raises:
        NotPossible: a button of another kind, a deactivated account.
    """
    app = button.get("web_app")
    if not app:
        raise NotPossible(f"the button {button['text']!r} opens no page inside Telegram")
    if user.deactivated:
        raise NotPossible("this account is deactivated")
    handed = init_data(world, user, world.bots_by_id[bot_id].token)
    behind = {"tgWebAppData": handed, "tgWebAppVersion": "9.0", "tgWebAppPlatform": "web"}
    return f"{app['url']}#{urlencode(behind)}"
