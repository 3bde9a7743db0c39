"""What Telegram hands to a page opened in the chat (`initData`), checked.

It proves a Telegram account, not a person: whoever holds the bot's token can forge it. So it is
only the first of two factors. Source: core.telegram.org/bots/webapps, "Validating data received
via the Mini App".
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import msgspec

OLDEST = timedelta(minutes=5)
AHEAD = timedelta(minutes=1)
"""So far Telegram's clock may be ahead of ours."""
LONGEST = 8192


class NotFromTelegram(Exception):
    """Forged, too old, or not readable; never says which."""


class _User(msgspec.Struct):
    id: int


def account_in(raw: str, token: str, now: datetime) -> int:
    """The Telegram id that this initData proves. Raises NotFromTelegram."""
    try:
        pairs = parse_qsl(
            raw[: LONGEST + 1], keep_blank_values=True, strict_parsing=True, max_num_fields=40
        )
    except ValueError:
        raise NotFromTelegram from None
    values = dict(pairs)
    if len(raw) > LONGEST or len(values) != len(pairs):
        raise NotFromTelegram
    given = values.pop("hash", "")
    if not hmac.compare_digest(given.encode(), signature(values, token).encode()):
        raise NotFromTelegram
    try:
        made_at = datetime.fromtimestamp(int(values["auth_date"]), UTC)
        user = msgspec.json.decode(values["user"], type=_User)
    except (KeyError, ValueError, OverflowError, OSError, msgspec.MsgspecError):
        raise NotFromTelegram from None
    if not -AHEAD <= now - made_at <= OLDEST:
        raise NotFromTelegram
    return user.id


def signature(values: dict[str, str], token: str) -> str:
    """The hash of these values without their own (hex HMAC-SHA256), as Telegram makes it."""
    text = "\n".join(f"{key}={value}" for key, value in sorted(values.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
