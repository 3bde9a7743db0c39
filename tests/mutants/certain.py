"""The mutants that die for certain, each in the tests of the room it lives in."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One change: in `file`, `old` (which occurs once) becomes `new`; `tests` must notice."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


HANDLERS = ("tests/handlers", "--ignore=tests/handlers/times")
BOT = tuple(
    f"tests/bot/test_{name}.py" for name in ("access", "answers", "polling", "sender", "whole_bot")
)
MUTANTS = (
    Mutant(
        "a case is closed without a sign-off",
        "handlers/case_buttons.py",
        'return "" if last_of(episode.facts, SignedOff) else case_answers.NEEDS_SIGN_OFF',
        'return ""',
        HANDLERS,
    ),
    Mutant(
        "a case is closed with more open than was signed off",
        "handlers/case_buttons.py",
        "if why_not := settling.why_not_close(now_on, incoming.staff):",
        'if why_not := "":',
        HANDLERS,
    ),
    Mutant(
        "a card shows a case of another home",
        "handlers/show_card.py",
        "episode = await context.records.seen_by(incoming.staff, ref)",
        "episode = await context.records.episode(ref)",
        HANDLERS,
    ),
    Mutant(
        "a button of a case works for another home",
        "handlers/case_buttons.py",
        """max(3, len(parts))]
    episode = await context.records.seen_by(incoming.staff, ref)""",
        """max(3, len(parts))]
    episode = await context.records.episode(ref)""",
        HANDLERS,
    ),
    Mutant(
        "a button of a reminder works for another home",
        "handlers/reminder_buttons.py",
        """(*parts, "", "")[:3]
    episode = await context.records.seen_by(incoming.staff, ref)""",
        """(*parts, "", "")[:3]
    episode = await context.records.episode(ref)""",
        HANDLERS,
    ),
    Mutant(
        "a list shows the cases of another home",
        "handlers/lists.py",
        "if sees(staff, e.home)]",
        "if sees]",
        HANDLERS,
    ),
    Mutant(
        "what is for managers only is saved without a look at who saves it",
        "handlers/draft_state.py",
        "if RECORDINGS[draft.kind].manager_only and not incoming.staff.manages:",
        "if False:",
        HANDLERS,
    ),
    Mutant(
        "something late is saved in a closed case by anybody",
        "handlers/draft_session.py",
        "if current.closed_at is not None and not incoming.staff.manages:",
        "if False:",
        HANDLERS,
    ),
    Mutant(
        "no card is owed when it did not arrive",
        "handlers/show_card.py",
        "        await _owe_card(context, ref, incoming.staff)",
        "        return",
        HANDLERS,
    ),
    Mutant(
        "an unfinished draft is thrown away unseen",
        "handlers/draft_session.py",
        "if unfinished is not None and _worth_keeping(unfinished):",
        "if False:",
        HANDLERS,
    ),
    Mutant(
        "an answer may take a hundred times longer",
        "bot/phone.py",
        "ANSWER_SECONDS = 8.0",
        "ANSWER_SECONDS = 800.0",
        BOT,
    ),
    Mutant(
        "an answer waits a hundred times longer for leave to be sent",
        "bot/phone.py",
        "LEAVE_SECONDS = 2.0",
        "LEAVE_SECONDS = 200.0",
        BOT,
    ),
    Mutant(
        "an update is confirmed before it was handled",
        "bot/polling.py",
        "return self._next if first is None else first",
        "return self._next",
        BOT,
    ),
    Mutant(
        "whose time on the list is over still gets in",
        "bot/access.py",
        "if person is None or not person.active(self._clock.now()):",
        "if person is None:",
        BOT,
    ),
    Mutant(
        "a message goes out to somebody who left the list",
        "bot/sender.py",
        "if person is None or not person.active(self._clock.now()) or message.chat_id is None:",
        "if person is None or message.chat_id is None:",
        BOT,
    ),
    Mutant(
        "an answer to a delivery that came twice is a second record",
        "handlers/router.py",
        "if await context.store.seen(incoming.update_id):",
        "if False:",
        HANDLERS,
    ),
    Mutant(
        "nobody is told that nothing was saved",
        "handlers/router.py",
        "await _tell(context, incoming, common.NOT_SAVED, common.SAVED_BUT_NOT_ALL)",
        "pass",
        HANDLERS,
    ),
)
