"""The forms of the chat on a page: the same questions, checks and facts, shown in a browser.

A page has a phone of its own, on which the handlers show their screens; what was begun in the chat
is followed there, without the words.
"""

from __future__ import annotations

import msgspec
import structlog

from handlers import draft_session, draft_state, form_screen, router, show_card
from handlers import form as forms
from handlers.chat import Incoming, Phone, Screen, Unreached
from handlers.context import Context, NotAllowed
from handlers.wording import common, menu
from handlers.wording import form as form_words
from handlers.wording import pages as say
from protocol.provider import Staff
from storage.model import Draft
from storage.store import Conflict, NotFound, NotSaved
from web.parts import Shown

log = structlog.get_logger(__name__)


class PagePhone:
    """What handlers show to one request. `link`: how the address of an invitation is made."""

    def __init__(self, chat: Phone) -> None:
        self._chat = chat
        self.screen = Screen("")
        self.said: list[str] = []

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        """The newest screen is the page."""
        self.screen = screen
        return message_id

    async def say(self, chat_id: int, text: str, *, keyboard: bool = False) -> int:
        """Stands above the screen."""
        self.said.append(text)
        return 0

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """A page has no little clock."""
        if text:
            self.said.append(text)

    async def will_remove(self, chat_id: int, message_id: int, update_id: int) -> None:
        """Nothing of a page is in a chat."""

    async def will_remove_once_resumed(self, chat_id: int, message_id: int) -> None:
        """See `will_remove`."""

    async def dealt_with(self, chat_id: int, message_id: int, *, saved: bool) -> None:
        """See `will_remove`."""

    async def remove(self, chat_id: int, message_id: int, *, own: bool = False) -> bool:
        """See `will_remove`."""
        return True

    async def link(self, start: str) -> str:
        """As in the chat."""
        return await self._chat.link(start)

    def later(self, chat_id: int, asked: int = 0) -> None:
        """A page that was not shown is asked for again."""


class PageForms:
    """`web.parts.ChatForms`. context: of the chat."""

    def __init__(self, context: Context) -> None:
        self._chat = context

    async def in_hand(self, staff: Staff, draft_id: str = "") -> Shown | None:
        """The form with that id, or the one shown last; None if there is none."""
        drafts = await draft_state.drafts_of(self._chat, staff.id)
        found = [draft for draft in drafts if draft_id in ("", draft.id)]
        if not found:
            return None
        phone, context = self._page()
        await draft_session.show_again(context, self._from(staff, 0), found[0])
        return await self._shown(staff, phone)

    async def tapped(self, staff: Staff, data: str, once: int) -> Shown:
        """A button. Whatever goes wrong, the person is told whether it was saved."""
        phone, context = self._page()
        before = await draft_state.draft_by_id(self._chat, staff.id, _draft_in(data))
        await router.receive(context, self._from(staff, once, data=data))
        ended = data.endswith((f":{form_screen.CANCEL}", ":drop")) or data.startswith("m:drop:")
        await self._follow(staff, before, phone.screen, form_words.CANCELLED if ended else say.KEPT)
        return await self._shown(staff, phone)

    async def typed(self, staff: Staff, draft_id: str, step: str, text: str, once: int) -> Shown:
        """Words for this question; of one that is not asked any more they are not taken."""
        phone, context = self._page()
        incoming = self._from(staff, once, text=text)
        draft = await draft_state.draft_by_id(context, staff.id, draft_id)
        if draft is None:
            return Shown(said=(form_words.STALE, form_words.NOT_KEPT))
        if await self._asked(staff, draft) != step:
            await draft_session.show_again(context, incoming, draft, form_words.STALE)
            return await self._shown(staff, phone, draft_id)
        try:
            if not await draft_session.typed(context, incoming, draft):
                phone.said.append(form_words.NOT_KEPT)
                await draft_session.show_again(context, incoming, draft)
        except NotSaved:
            phone.said.append(common.NOT_SAVED)
            await draft_session.show_again(context, incoming, draft)
        except NotAllowed as why:
            phone.said.append(str(why))
        except (NotFound, Conflict):
            phone.said.append(menu.FAILED)
        await self._follow(staff, draft, phone.screen, say.KEPT)
        return await self._shown(staff, phone, draft_id)

    # ------------------------------------------------------------------------------------------

    def _page(self) -> tuple[PagePhone, Context]:
        """A phone for one request, and the context with it: there words are taken, and the second
        factor was given."""
        phone = PagePhone(self._chat.phone)
        given = {"phone": phone, "pages": None, "second_factor": None}
        return phone, msgspec.structs.replace(self._chat, **given)

    def _from(self, staff: Staff, once: int, text: str = "", data: str = "") -> Incoming:
        return Incoming(
            update_id=once,
            staff=staff,
            chat_id=staff.telegram_id,
            sent_at=self._chat.clock.now(),
            text=text,
            data=data,
        )

    async def _asked(self, staff: Staff, draft: Draft) -> str:
        """The key of the question that is asked now; "" for none."""
        try:
            state = await draft_state.state_of(self._chat, draft, self._from(staff, 0))
        except draft_state.NoLongerPossible:
            return ""
        step = forms.current(draft_state.form_of(draft.kind), state)
        return step.key if step else ""

    async def _shown(self, staff: Staff, phone: PagePhone, draft_id: str = "") -> Shown:
        rows = [[(b.label, b.data) for b in row if b.data] for row in phone.screen.rows]
        every = [data for row in rows for _, data in row]
        found = draft_id or next((_draft_in(data) for data in every if _draft_in(data)), "")
        takes, step = "", ""
        draft = await draft_state.draft_by_id(self._chat, staff.id, found)
        if draft is not None and any(data.startswith(f"f:{draft.id}:") for data in every):
            step = await self._asked(staff, draft)
            steps = {one.key: one for one in draft_state.form_of(draft.kind).steps}
            match steps.get(step):
                case forms.Words():
                    takes = "words"
                case forms.When():
                    takes = "time"
        return Shown(
            text=phone.screen.text,
            rows=[row for row in rows if row],
            said=phone.said,
            draft=draft.id if draft is not None else "",
            step=step,
            takes=takes,
            ref=_case_in(every),
        )

    async def _follow(self, staff: Staff, before: Draft | None, screen: Screen, end: str) -> None:
        """The question in the chat becomes the next one, or says how it ended."""
        if before is None or not before.message_id:
            return
        context, incoming = self._chat, self._from(staff, 0)
        now = await draft_state.draft_by_id(context, staff.id, before.id)
        ref = before.episode or _case_in([b.data for row in screen.rows for b in row])
        try:
            if now is not None:
                await draft_session.show_again(context, incoming, now)
            elif ref:
                await show_card.card_of(context, incoming, ref, before.message_id, end)
            else:
                await context.phone.show(incoming.chat_id, Screen(end), before.message_id)
        except Unreached:
            log.warning("a form that was filled in on a page stands in the chat", staff=staff.id)
            context.phone.later(incoming.chat_id)
        except NotFound:  # no longer theirs to see
            await context.phone.show(incoming.chat_id, Screen(end), before.message_id)


def _draft_in(data: str) -> str:
    """The form that a button belongs to; "" for none."""
    kind, _, rest = data.partition(":")
    if kind == "m":
        rest = rest.partition(":")[2]
    return rest.partition(":")[0] if kind in ("f", "m") else ""


def _case_in(every: list[str]) -> str:
    """The case that a card is about, from its buttons."""
    return next((data.split(":")[1] for data in every if data.startswith("c:")), "")
