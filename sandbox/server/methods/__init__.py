"""The Bot API methods, by subject; importing this package fills the table in ``registry``."""

from sandbox.server.methods import chats, editing, media, profile, receiving, sending
from sandbox.server.methods.refused import REFUSED
from sandbox.server.methods.registry import METHODS, Call, Method, call

__all__ = [
    "METHODS",
    "REFUSED",
    "Call",
    "Method",
    "call",
    "chats",
    "editing",
    "media",
    "profile",
    "receiving",
    "sending",
]
