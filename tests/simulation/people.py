"""People with phones: who answer late, sleep, forget, press old buttons, type nonsense.

A person knows only what stands on the phone, and what is true of the young people. They press the
buttons that they see and type when a question has none.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

import msgspec

from handlers.wording.menu import REPORT
from protocol.london import LONDON
from protocol.provider import Staff
from tests.simulation import needs
from tests.simulation.telegram import Shown

if TYPE_CHECKING:
    from tests.simulation.life import Absence
    from tests.simulation.world import SimWorld

NONSENSE = (
    "asdf", "??", "ok", "21-22", "tomorrow at 5", "25:99", "half", "yes", "thanks love", "1",
    "/case", "/nonsense", "who is this", "12 o clock or so", "😀", "x" * 700,
)  # fmt: skip
COMMANDS = ("/open", "/duty", "/today", "/help", "/case", "/returned", "/cancel", "/start")
RECORDS = {
    "police", "authority", "parents", "withheld", "written", "back_police", "back_authority",
    "back_parents", "acknowledged", "referral", "police_said",
}  # fmt: skip
AFTER = {
    "safewell", "offered", "answered", "held", "signoff", "close", "closing", "came_back",
    "medical", "time_away", "booked", "content", "shared", "ask_safe", "referral_result",
}  # fmt: skip


class Intent(msgspec.Struct, kw_only=True):
    """What somebody has taken out the phone for."""

    what: str
    """report, tell (record what was done), back, give (hand over what one covers), or look."""
    absence: Absence | None = None
    ref: str = ""
    steps: int = 45


class PersonAtPhone:
    """One member of staff."""

    def __init__(self, world: SimWorld, staff: Staff, rng: Random) -> None:
        self.world = world
        self.staff = staff
        self.rng = rng
        self.intent: Intent | None = None
        self.diligence = rng.uniform(0.55, 0.97)
        self._busy = False

    # When they look -------------------------------------------------------------------------

    def awake(self, now: datetime) -> bool:
        hour = now.astimezone(LONDON).hour
        if self.world.is_on_duty(self.staff.id, now):
            return self.rng.random() < 0.93
        return 7 <= hour < 23

    def sees(self, shown: Shown) -> None:
        """Something new stands on the phone."""
        if shown.proactive:
            if self.intent is None:
                self._notices(shown)
        elif self.intent is not None:
            self._later(self.rng.uniform(1.5, 9.0), self._step, shown)

    def _notices(self, shown: Shown) -> None:
        rng = self.rng
        if not shown.rows or rng.random() > self.diligence:
            return
        if self.awake(self.world.clock.true()):
            wait = min(5400.0, rng.lognormvariate(4.3, 1.2))
        elif rng.random() < 0.15:
            wait = rng.uniform(60, 1800)
        elif rng.random() < 0.3:
            wait = rng.uniform(3, 8) * 3600
        else:
            return
        self._later(wait, self._answers, shown)

    def _later(self, seconds: float, act, *args) -> None:
        self.world.later(seconds, act, *args)

    # What they do ---------------------------------------------------------------------------

    def wants(self, intent: Intent) -> None:
        """Takes out the phone with something in mind."""
        if self._gone():
            return
        self.intent = intent
        if intent.what == "report":
            self._type(self.rng.choice((REPORT, "/missing")))
        elif intent.what == "give":
            self._type("/duty")
        elif intent.ref and self.rng.random() < 0.7:
            self._type(self.rng.choice((f"/case {intent.ref}", intent.ref)))
        elif intent.what == "back":
            self._type("/returned")
        else:
            self._type("/open")
        self._later(600.0, self._puts_away, intent)

    def fidgets(self) -> None:
        """Nothing in mind: an old button, a command, nonsense, a picture."""
        if self._gone():
            return
        rng = self.rng
        luck = rng.random()
        line = self.world.telegram.by_person[self.staff.id]
        old = [s for s in line.shown.values() if s.rows]
        if luck < 0.5 and old:
            shown = rng.choice(old)
            self._tap(shown, rng.choice([d for row in shown.rows for _, d in row]))
        elif luck < 0.75:
            self._type(rng.choice(COMMANDS))
        elif luck < 0.8 and self.staff.manages:
            self.wants_digest(rng.randrange(7), rng.randrange(6, 22))
        elif luck < 0.9:
            self._type(rng.choice(NONSENSE))
        else:
            self.intent = Intent(what="look", steps=3)
            self._type("/duty")
            self._later(300.0, self._puts_away, self.intent)

    def wants_digest(self, day: int, hour: int) -> None:
        """Every week, on that day (0: Monday) at that hour."""
        self.world.telegram.taps(self.staff.id, 1, f"d:digest:hour:{day}:{hour}")

    def _answers(self, shown: Shown) -> None:
        """A reminder, read some time after it came."""
        if self._gone() or self.intent is not None:
            return
        data = [d for row in shown.rows for _, d in row]
        if not data:
            return
        weights = [self._appeal_of_reminder(d) for d in data]
        chosen = self.rng.choices(data, weights)[0]
        ref = chosen.split(":")[1] if ":" in chosen else ""
        absence = self.world.absence_of(ref)
        self.intent = Intent(what="tell", ref=ref, absence=absence, steps=40)
        self._later(900.0, self._puts_away, self.intent)
        self._tap(shown, chosen)

    def _puts_away(self, intent: Intent) -> None:
        if self.intent is intent:
            self.intent = None

    def _step(self, shown: Shown) -> None:
        """The next tap or text in what they are about."""
        intent = self.intent
        if intent is None or self._gone():
            return
        intent.steps -= 1
        data = [d for row in shown.rows for _, d in row]
        if intent.steps < 0 or not data or self.rng.random() < 0.01:
            self.intent = None
            return
        form = [d for d in data if d.startswith("f:")]
        if form:
            self._fills_in(shown, form, intent)
            return
        drafts = [d for d in data if d.startswith("m:")]
        if drafts:
            going = [d for d in drafts if d.startswith("m:go")]
            wanted = going if going and self.rng.random() < 0.75 else drafts
            self._tap(shown, self.rng.choice(wanted))
            return
        self._on_card(shown, data, intent)

    def _fills_in(self, shown: Shown, form: list[str], intent: Intent) -> None:
        rng = self.rng
        split = [d.split(":", 3) for d in form]
        step = split[0][2]
        values = {d[3].removeprefix(".") for d in split}
        luck = rng.random()
        if luck < 0.012:
            self._tap(shown, next((d for d in form if d.endswith(":x")), form[-1]))
            return
        if luck < 0.03 and "<" in values:
            self._tap(shown, next(d for d in form if d.endswith(":<")))
            return
        if luck < 0.045:
            self._type(rng.choice(NONSENSE))
            return
        options = [d for d in form if d.split(":", 3)[3] not in ("x", "<")]
        asked = [d for d in options if d.split(":", 3)[3] != "?"]
        when = any(v.startswith("a") and v[1:].isdigit() for v in values)
        if when:
            self._gives_time(shown, asked, step, intent)
        elif not asked or (rng.random() < 0.2 and _is_words(step)):
            self._type(f"some words of theirs, qzx{self.world.more_words()}")
        elif "ok" in values:
            ready = rng.random() < 0.75 or step == "!"
            done = next(d for d in options if d.endswith(":ok"))
            self._tap(shown, done if ready else rng.choice(asked))
        else:
            self._tap(shown, self._choice(options, asked, step, intent))

    def _choice(self, options: list[str], asked: list[str], step: str, intent: Intent) -> str:
        rng = self.rng
        absence = intent.absence
        wanted = ""
        if absence is not None and rng.random() < 0.97:
            wanted = {
                "home": absence.home,
                "who": absence.person,
                "known": "known" if absence.whereabouts_known else "missing",
            }.get(step, "")
        if step == "role" and rng.random() < 0.7:
            wanted = rng.choice(("accountable_manager", "edt_duty_manager"))
        if step in ("done", "ans") and rng.random() < 0.8:
            wanted = "yes"
        exact = [d for d in asked if d.split(":", 3)[3] == f".{wanted}"]
        if exact:
            return exact[0]
        if rng.random() < 0.06 and len(options) > len(asked):
            return next(d for d in options if d.endswith(":?"))
        return rng.choice(asked)

    def _gives_time(self, shown: Shown, asked: list[str], step: str, intent: Intent) -> None:
        rng = self.rng
        if rng.random() < 0.7:
            self._tap(shown, rng.choice(asked))
            return
        now = self.world.clock.true().astimezone(LONDON)
        minutes = rng.randrange(1, 300)
        hour, minute = rng.randrange(24), rng.choice((0, 5, 15, 20, 30, 45))
        self._type(
            rng.choice(
                (
                    f"{minutes} min ago",
                    f"{hour}:{minute:02}",
                    f"{hour:02}{minute:02}",
                    f"{now.hour}:{now.minute:02}",
                    "half nine last night",
                    "yesterday 18:00",
                    f"{(hour % 12) + 1} pm",
                    "just now",
                    "an hour ago",
                    rng.choice(NONSENSE),
                )
            )
        )

    def _on_card(self, shown: Shown, data: list[str], intent: Intent) -> None:
        weights = [self._appeal(d, intent) for d in data]
        if sum(weights) < self.rng.random():
            self.intent = None
            return
        self._tap(shown, self.rng.choices(data, weights)[0])

    def _appeal(self, data: str, intent: Intent) -> float:
        """How likely this button is pressed next."""
        kind, _, rest = data.partition(":")
        parts = rest.split(":")
        if kind == "d" and intent.what == "give":
            return 5.0 if parts[0] == "give" and parts[1:] in ([], ["*"]) else float(len(parts) > 2)
        if kind == "d":
            return {"accept": 3.0, "agree": 3.0, "swap": 1.5}.get(parts[0], 0.5)
        if kind == "r":
            action = parts[2]
            return {"mine": 0.5, "back": 0.05, "have": 1.0, "do": 1.0}.get(
                action, 0.6 if action.startswith("n") else 0.1
            )
        if kind != "c":
            return 0.1
        ref, action = parts[0], parts[1]
        absence = self.world.absence_of(ref) or intent.absence
        away = self._is_away(absence)
        if intent.ref and ref != intent.ref:
            return 0.01
        if action in RECORDS:
            return 0.15 if action == "withheld" else 2.0
        if action in ("back", "home", "found"):
            if away:
                return self.world.profile.mistaken * (0.01 if action == "back" else 0.03)
            return 6.0 if action in ("back", "home") else 0.4
        if action in AFTER:
            return 2.0
        if action == "done" and parts[2] in needs.BY_DAY:
            return self.world.profile.recorded_early
        if action in ("done", "settle", "item", "do", "decide"):
            return 1.0
        return {
            "card": 0.15, "more": 0.12, "note": 0.08, "why": 0.05, "fix": 0.25, "raise": 0.08,
            "lower": 0.1, "category": 0.05, "worse": 0.1, "concerns": 1.0, "timeline": 0.05,
            "again": 0.05,
        }.get(action, 0.1)  # fmt: skip

    def _appeal_of_reminder(self, data: str) -> float:
        kind, _, rest = data.partition(":")
        parts = rest.split(":")
        if kind == "d":
            return 3.0 if rest.startswith(("accept", "agree")) else 1.0
        if kind == "r":
            return {"have": 4.0, "do": 3.0, "later": 0.5}.get(parts[2], 0.3)
        if parts[1:] == ["back"] and self._is_away(self.world.absence_of(parts[0])):
            return self.world.profile.mistaken
        return 1.0

    def _is_away(self, absence: Absence | None) -> bool:
        return absence is not None and not absence.is_back(self.world.clock.true())

    # The phone --------------------------------------------------------------------------------

    def _gone(self) -> bool:
        return self.world.telegram.by_person[self.staff.id].blocked

    def _type(self, text: str) -> None:
        self.world.telegram.types(self.staff.id, text)

    def _tap(self, shown: Shown, data: str) -> None:
        tap = self.world.telegram.taps
        tap(self.staff.id, shown.number, data)
        profile = self.world.profile
        often = profile.closes_twice if ":clos" in data else profile.twice
        if self.rng.random() < often:
            self.world.hit("a button was tapped twice")
            self._later(self.rng.uniform(0.05, 0.5), tap, self.staff.id, shown.number, data)


def _is_words(step: str) -> bool:
    return step in ("what", "why", "note", "ref", "who", "where", "by")
