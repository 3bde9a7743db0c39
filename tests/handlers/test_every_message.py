"""Every kind of message that the bot sends by itself: what each has to say, and what none may.

The kinds are read from the code, in the words and where messages are made, so that a new one is
not forgotten: without a sample here these tests fail.
"""

from __future__ import annotations

import ast
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.message_parts import visible
from handlers.wording import alarms, people, service
from handlers.wording.second import second_channel
from handlers.wording.storage_alerts import TEXTS
from protocol.pack import load_pack
from reminders import monthly
from storage.model import Message
from tests.bot.test_sender import DIGEST, DONE, Speaking, edit

ROOT = Path(__file__).parents[2]
LATER, SOON = "2026-11-22T08:00:00+00:00", "2026-11-21T22:00:00+00:00"
CASE = {
    "ref": "RH-7K2D", "home": "rowan", "person": "YP-01", "age": 15, "category": "missing",
    "last_seen_at": SOON, "back_at": None, "done": {"police_told": SOON}, "level": 2,
    "unmet": [{"duty": "N-RA", "at": SOON, "in_protocol": True, "authority": "", "owner": "ben"}],
    "falls_due": [{"duty": "CP-4H", "at": LATER, "in_protocol": True, "authority": ""}],
    "next": None,
}  # fmt: skip
TURN = {"staff": "ben", "instead_of": "amy", "homes": ["rowan"], "start": SOON, "end": LATER}
CASES: dict[str, list[dict[str, Any]]] = {
    "reminder": [{}, {"gap": True, "late_minutes": 95, "was_with": "ben"}],
    "escalation": [{"asked": ["ben"], "since": SOON}],
    "telephone": [{"people": ["ben", "cat"], "asked": ["ben"]}, {"people": []}],
    "level": [{"level": 2, "before": 1}, {"level": 3, "before": 2, "announced": True}],
    "not_enough": [{"role": "childs_social_worker"}, {"role": "message_left"}],
    "taken": [{"owner": "ben", "until": SOON, "next_step": "phoning"}],
    "over": [{"by": "ben", "what": what, "at": SOON, "fact": "f9"} for what in ("back", "found")],
    "card": [{}],
}
"""About one case, by what is in their data."""
SERVICE: dict[str, list[dict[str, Any]]] = {
    "handover_offer": [{"giver": "ben", "homes": ["rowan"], "expires_at": SOON, "offer": "o1"}],
    "handover_accepted": [{"taker": "ben", "homes": ["rowan"]}],
    "handover_kept": [
        {"why": why, "giver": "amy", "taker": "ben", "keeper": keeper, "homes": ["rowan"]}
        for why in ("unanswered", "refused")
        for keeper in ("amy", "ben", "mia")
    ],
    "handover": [{"homes": ["rowan"], "giver": "ben", "episodes": [CASE]}],
    "shift_list": [{"homes": ["rowan"], "episodes": [CASE]}, {"homes": ["rowan"], "episodes": []}],
    "taken_over": [{"home": "rowan", "by": "ben"}],
    "gap_taken": [{"home": "rowan", "by": "ben", "start": SOON, "end": LATER}],
    "swap": [{"parts": [TURN]}],
    "swap_offer": [{"parts": [TURN, TURN], "expires_at": SOON, "swap": "s1"}, {"parts": [TURN],
                   "expires_at": SOON, "swap": "s1"}],
    "swap_kept": [{"parts": [TURN], "why": why}
                  for why in ("unanswered", "declined", "changed", "left")],
    "night_check": [
        {"homes": [{"home": "rowan", "uncovered_from": SOON, "gaps": [[SOON, LATER]],
                    "never_started": ["ben"], "blocked": ["cat"], "expired": ["dot"],
                    "not_allowed": ["amy"]}]}
    ],
    "nobody_covers": [{"homes": ["rowan"]}],
    "covered_again": [{"homes": ["rowan"]}],
    "unreachable": [{"person": "ben", "why": why} for why in
                    ("Forbidden: bot was blocked by the user", "Bad Request: chat not found", "?")],
    "refused": [
        {"person": "ben", "about": about, "kind": kind, "ref": ref, "why": "message is too long"}
        for about, kind, ref in (("N-RA", "reminder", "RH-7K2D"), ("", "handover_offer", ""))
    ],
    "address": [{"person": "ben", "why": "the address is not complete"}],
    "alarm": [
        *({"what": what, "line": "Please look at the log.", "count": 3, "seconds": 700,
           "module": "planning"} for what in service.TROUBLES),
        *({"what": "module", "module": name} for name in alarms.MODULES),
        *({"what": "part", "line": alarms.part(name)} for name in alarms.PARTS),
        *({"what": what, "line": line} for what, line in alarms.POLLING.items()),
    ],
    "not_removed": [{"since": SOON}],
    "not_recorded": [{"since": SOON}],
    "joined": [{"name": "Dee", "staff": "dee"}, {"name": "Dee", "staff": "d", "account_of": "d"}],
    "invitation_declined": [{"name": "Dee"}],
    "invitation_twice": [{"name": "Dee"}],
    "offer_off": [{"giver": "amy", "taker": "ben"}],
    "shift_back": [{"staff": "ben", "home": "rowan", "start": SOON, "end": LATER}],
    "takes_over": [{"leaver": "ben", "successor": "amy", "episodes": [CASE]},
                   {"leaver": "ben", "successor": "", "episodes": [CASE]}],
    "reload": [{"problems": ["config.toml:3: staff: nobody is a manager"], "changes": []},
               {"problems": [], "changes": ["Rowan House has a new name."]}],
    "pages_set_up": [{"staff": "ben"}],
    "pages_passkey": [{}],
    "switched": [
        {"what": "stop", "by": ["amy", "machine"], "at": SOON, "episodes": []},
        {"what": "resume", "by": ["amy"], "at": LATER, "since": SOON, "episodes": [CASE]},
    ],
    "switch_asked": [{"what": what, "by": "amy", "until": SOON} for what in ("stop", "resume")],
    "digest": [DIGEST, {**DIGEST, "open": [CASE]}],
    "monthly": [{"month": "2026-11"}],
}  # fmt: skip
"""About the service itself."""
EDITED = {"settled", "collapsed", "amended", "no_longer"}
"""No message of their own: what one turns into."""
ALERTS = {"reminder", "escalation", "telephone", "level", "not_enough", "card"}
TO_DO = ALERTS - {"card"} | {
    "handover_offer", "swap_offer", "night_check", "nobody_covers", "unreachable", "refused",
    "address", "not_removed", "not_recorded", "joined", "invitation_declined", "invitation_twice",
    "switch_asked", "pages_set_up", "pages_passkey", "takes_over", "shift_back",
}  # fmt: skip
LISTS = {"handover", "shift_list", "takes_over", "digest", "monthly", "switched", "card", "reload"}
"""Of these Telegram's limits count; all others have at most 600 characters."""
TELEGRAM, SHORT = 4096, 600
IMPERATIVE = re.compile(
    r"(?:^|[.:!?;,] |\n|<b>|\d\. |[Pp]lease |and )(?:then )?"
    r"(?:Ring|ring|Tell|tell|Ask|ask|Look|look|Telephone|telephone|Report|report|Answer|answer|"
    r"Arrange|arrange|Delete|delete|Send|send|Reset|Record|record|End|Open|Make|Confirm|Offer|"
    r"have|log|Put|put|use|Use|/duty|see|Find|find|Refer|Check|check|Hold|Agree|say)\b"
)
PACK = load_pack("haringey-2011")
PRIVATE = re.compile(
    r"\b(?:ladder|outbox|ledger|lanes?|rounds?|the book|office file|snooze[ds]?|engine|payload|"
    r"duty_at|draft|tick|backlog|None|True|False|null|enum|slot|crew|"
    r"[a-z]+(?:_[a-z]+)+)\b|[{}]"
)
"""Words of ours, codes of facts and kinds, and what Python writes for nothing."""
DUTY = re.compile(
    "|".join(re.escape(one) for one in sorted({*PACK.duty_ids(), "SAFE-WELL", "RI-OFFER"}))
)
NATIONAL = re.compile(r"(?<![\dA-Z+])0\d{3,4} ?\d{3}")


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def sends() -> set[str]:
    """Kinds that are made or worded anywhere: read from the code."""
    found: set[str] = {*people.TOLD, monthly.KEY}
    for path in (*(ROOT / "reminders").glob("*.py"), *(ROOT / "bot").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= _made(node)
    worded = (ROOT / "bot" / "sender.py", ROOT / "handlers" / "wording" / "service.py")
    for path in (*worded, ROOT / "handlers" / "wording" / "people.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= _worded(node)
    return found


MAKERS = {"office_message": 2, "tell": 2, "_tell": 0, "_tell_inviter": 1}
"""Functions that make a message, and which of their arguments is the kind."""


def _made(call: ast.Call) -> set[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given = [k.value for k in call.keywords if k.arg == "kind" and name == "Message"]
    place = MAKERS.get(name)
    if place is not None and len(call.args) > place:
        given.append(call.args[place])
    texts = {text for node in given for text in _texts(node)}
    return {text for text in texts if re.fullmatch(r"[a-z_]+", text)}


def _texts(node: ast.AST) -> set[str]:
    """The text itself, or both of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp():
            return _texts(node.body) | _texts(node.orelse)
        case _:
            return set()


def _worded(node: ast.AST) -> set[str]:
    """The cases of a match on a kind, and comparisons with one."""
    if isinstance(node, ast.Match) and "kind" in ast.unparse(node.subject):
        return {
            value.value
            for case in node.cases
            for part in ast.walk(case.pattern)
            if isinstance(part, ast.MatchValue)
            and isinstance(value := part.value, ast.Constant)
            and isinstance(value.value, str)
        }
    if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("message.kind"):
        return {text for one in node.comparators for text in _texts(one)}
    return set()


def test_every_kind_that_is_made_or_worded_has_a_sample() -> None:
    found = sends()
    assert {"reminder", "shift_list", "monthly", "switched", "swap_kept", "over"} <= found
    whats = service.TROUBLES.keys()
    assert found - EDITED - whats == (CASES.keys() | SERVICE.keys()), "a kind without a sample"


SAMPLES = [
    (kind, data, number)
    for table in (CASES, SERVICE)
    for kind, several in table.items()
    for number, data in enumerate(several)
]


@pytest.mark.parametrize(
    ("kind", "data", "number"), SAMPLES, ids=[f"{kind}-{n}" for kind, _, n in SAMPLES]
)
async def test_every_message_says_what_somebody_just_woken_needs(
    kind: str, data: dict[str, Any], number: int
) -> None:
    """Reference and age of a case, an act where one is wanted, 999 on alerts, plain numbers."""
    async with Speaking() as it:
        ref = await it.reports() if kind in CASES else ""
        about = "N-RA" if kind in CASES and kind not in ("level", "over", "card") else ""
        text = plain(await it.says(it.message(kind, about, to="amy", data=data), ref))
    first = text.splitlines()[0]
    if kind in CASES:
        age = "" if kind == "card" else " · age 15"  # of the card it is a setting
        assert f"{ref} · YP-01{age} · MISSING since" in first, first
    assert first.strip() and first[0] != " ", "says what it is about in its first line"
    assert ("Call 999" in text) or kind not in ALERTS
    assert IMPERATIVE.search(text) or kind not in TO_DO, text
    assert visible(text) <= (TELEGRAM if kind in LISTS else SHORT), visible(text)
    assert not PRIVATE.search(text), (PRIVATE.search(text), text)
    assert not DUTY.search(text), text
    assert not NATIONAL.search(text), text
    assert text.count("  ") == 0 and "..." not in text and " ." not in text


@pytest.mark.parametrize("kind", sorted(EDITED))
async def test_what_a_message_turns_into_says_so_in_a_line(kind: str) -> None:
    async with Speaking() as it:
        ref = await it.reports()
        ended = [{**DONE, "why": why, "at": SOON} for why in ("done", "back", "held", "not_due")]
        data: dict[str, Any] = {"ended": ended}
        if kind == "no_longer":
            for why in ({"why": "reached", "person": "ben"}, {"why": "night"}, {"why": "swap"}):
                await it.sender.send(it.message(kind, data={"of": 70, **why}), None, None)
        else:
            await it.sender.send(edit(it, kind, ref, **data), None, None)
        changed = [*it.telegram.changed, *it.telegram.removed]
    assert changed
    for _, _, screen in changed:
        for line in plain(screen.text).splitlines():
            assert len(line) <= 160
            assert not PRIVATE.search(line) and not DUTY.search(line), line


def test_what_is_said_straight_away_is_short_and_says_what_to_do() -> None:
    """Without the record: that nothing can be saved; and the one text message."""
    for text in TEXTS.values():
        assert len(text) <= SHORT and not PRIVATE.search(plain(text)), text
        assert IMPERATIVE.search(plain(text)), text
    now = datetime.fromisoformat(SOON)
    made = Message(id="x", to="amy", kind="telephone", about="N-RA", created_at=now, due_at=now)
    for ref in ("RH-7K2D", ""):
        text = second_channel(made, ref)
        assert len(text) <= 160 and not PRIVATE.search(text) and not DUTY.search(text)


# Every sentence ---------------------------------------------------------------------------------


def sentences() -> list[tuple[str, str]]:
    """Every text of handlers/wording with a space in it, as it stands in the code."""
    found = []
    for path in sorted((ROOT / "handlers" / "wording").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if text and id(node) not in docs and " " in node.value.strip():
                found.append((f"{path.name}:{node.lineno}", node.value))
    return found


OWN_WORDS = re.compile(
    r"\b(?:ladder|outbox|ledger|the book|book of|office file|snooze[ds]?|payload|backlog|"
    r"episode file|staff id)\b|\bNone(?! (?:of|at|given))\b"
)


def test_no_sentence_has_a_word_that_only_the_code_knows() -> None:
    found = sentences()
    assert len(found) > 700
    assert [one for one in found if OWN_WORDS.search(one[1])] == []


def test_no_sentence_has_a_number_that_a_phone_does_not_dial() -> None:
    """101, 999 and +44; examples of how a number is typed are in code style."""
    shown = [(at, re.sub(r"<code>.*?</code>", "", text)) for at, text in sentences()]
    assert [one for one in shown if NATIONAL.search(one[1])] == []
