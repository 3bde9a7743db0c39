"""Groups: making them, who is in them, and the day a group becomes a supergroup."""

from sandbox.server.model import PRESENT, Chat, User
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.world import World

STATUSES = frozenset({"creator", "administrator", "member", "left", "kicked"})


def create(world: World, creator: User, title: str, kind: str = "group") -> Chat:
    """Make a group with its creator as only member.

    Raises:
        NotPossible: a title that is empty or a kind that is no group.
    """
    if not title.strip() or kind not in ("group", "supergroup"):
        raise NotPossible("a group needs a title; its type is group or supergroup", 400)
    number = len(world.groups) + 1
    chat_id = -(5000 + number) if kind == "group" else -(1_000_000_000_000 + 5000 + number)
    chat = Chat(id=chat_id, peer=chat_id, type=kind, title=title.strip(), started=True)
    chat.members[creator.id] = "creator"
    world.groups[chat_id] = chat
    world.post(chat, creator, {"group_chat_created": True})
    return chat


def group_of(world: World, chat_id: int) -> Chat:
    """A group by id.

    Raises:
        Nowhere: there is none.
    """
    chat = world.groups.get(chat_id)
    if chat is None:
        raise Nowhere(f"there is no group {chat_id}")
    return chat


def set_status(world: World, chat: Chat, by: User, user: User, status: str) -> None:
    """Add somebody to a group, make them administrator, or take them out.

    Bots get ``my_chat_member``, everybody the service message.

    Raises:
        NotPossible: a status Telegram does not have.
    """
    if status not in STATUSES:
        raise NotPossible(f"status must be one of {', '.join(sorted(STATUSES))}", 400)
    old = chat.members.get(user.id, "left")
    if old == status:
        return
    chat.members[user.id] = status
    bot = world.bots_by_id.get(user.id)
    if bot is not None:
        world.tell_membership(bot, chat, by, old, status)
    if old not in PRESENT and status in PRESENT:
        world.post(chat, by, {"new_chat_members": [user.public()]})
    elif old in PRESENT and status not in PRESENT:
        world.post(chat, by, {"left_chat_member": user.public()})
    world.note_chat("members", chat)


def upgrade(world: World, chat: Chat, by: User) -> Chat:
    """Turn a group into a supergroup: a new chat with a new id and the same people.

    Raises:
        NotPossible: it is one already, or became one before.
    """
    if chat.type != "group" or chat.migrated_to is not None:
        raise NotPossible("only a basic group that is still one can be upgraded")
    new_id = -(1_000_000_000_000 - chat.id)
    fresh = Chat(id=new_id, peer=new_id, type="supergroup", title=chat.title, started=True)
    fresh.members = dict(chat.members)
    world.groups[new_id] = fresh
    world.post(chat, by, {"migrate_to_chat_id": new_id})
    chat.migrated_to = new_id
    world.post(fresh, by, {"migrate_from_chat_id": chat.id})
    return fresh
