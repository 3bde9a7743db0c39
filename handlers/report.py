"""Logging a report: the questions, and the facts that the answers become."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, Form, FormState, Option, Ticks, When, Words
from handlers.form_screen import ago
from handlers.recording.questions import tell_pair
from handlers.recording.time_order import POLICE, SEEN, beside
from handlers.times import shown
from handlers.wording import report as say
from handlers.wording.common import DANGER
from handlers.wording.form import KEPT_OUT, answer
from handlers.wording.recording import SAID
from protocol.facts import Category
from protocol.london import day_of
from storage.model import Person

NOT_LISTED = " +"
"""No reference begins with a space."""
TIMES = {"seen": SEEN, "pol": POLICE}
"""Answers that are times, by their name in the order of times."""
FACTORS = tuple(say.FACTOR_LABELS)


def _homes(state: FormState) -> list[Option]:
    mine = [h for h in state.service.homes if state.staff.covers(h.id)]
    return [Option(h.name, h.id) for h in mine]


def _one_home(state: FormState) -> bool:
    return len(_homes(state)) == 1


def home_of(state: FormState) -> str:
    """The home the report is for: that of the young person, the only one there is, or as answered;
    "" as long as nobody has said."""
    person = person_of(state)
    if person is not None:
        return person.home
    if _one_home(state):
        return _homes(state)[0].value
    said = (state.answers.get(key, UNKNOWN) for key in ("home", "place"))
    return next((home for home in said if home != UNKNOWN and state.staff.covers(home)), "")


def person_of(state: FormState) -> Person | None:
    """The young person of the register whom the report is about; None if not listed."""
    ref = state.answers.get("who")
    return next((p for p in state.people if p.ref == ref), None)


def _people(state: FormState) -> list[Option]:
    """Those of the chosen home (or of all, if that is not known) who live there today."""
    home = _homes(state)[0].value if _one_home(state) else state.answers.get("home", UNKNOWN)
    today = day_of(state.now)
    here = [p for p in state.people if home in (UNKNOWN, p.home) and p.lives_there(today)]
    return [*(Option(p.ref, p.ref) for p in here), Option(say.NOT_LISTED, NOT_LISTED)]


def _unlisted(state: FormState) -> bool:
    return state.answers.get("who") == NOT_LISTED


def _nowhere(state: FormState) -> bool:
    """Not on the list, and the home was not known either: a case belongs to a home."""
    return _unlisted(state) and not _one_home(state) and state.answers.get("home") == UNKNOWN


def _not_looked_after(state: FormState) -> bool:
    person = person_of(state)
    if person is not None:
        return not person.child.looked_after
    return _unlisted(state) and state.answers.get("live") == "home"


def young(state: FormState) -> bool:
    """Below the age from which the protocol treats them as older; also where no age is known."""
    person = person_of(state)
    if person is not None:
        on, dob = day_of(state.now), person.child.dob
        age = person.child.age
        if dob is not None:
            age = on.year - dob.year - ((on.month, on.day) < (dob.month, dob.day))
        return age is None or age < state.young_below
    age_said = state.answers.get("age", UNKNOWN)
    return age_said == UNKNOWN or int(age_said) < state.young_below


FEARED_FOR = frozenset(
    {
        "cse_risk",
        "trafficking_indicators",
        "gang_risk",
        "forced_marriage_risk",
        "hbv_risk",
        "self_harm",
        "risky_contacts",
    }
)
"""What the register says of a young person for whom police are rung before anything is asked."""


def taken(state: FormState) -> bool:
    """Said to be taken or forced away: a crime in action (000:1132)."""
    return state.answers.get("known") == "taken"


def police_first(state: FormState) -> bool:
    """The young, those feared for, those whom the register knows to be in danger."""
    person = person_of(state)
    at_risk = person is not None and any(getattr(person.child, flag) for flag in FEARED_FOR)
    return young(state) or at_risk or state.answers.get("known") in ("feared", "taken")


def _looked_after_unlisted(state: FormState) -> bool:
    return _unlisted(state) and state.answers.get("live") != "home"


def _has_open_case(state: FormState) -> bool:
    return state.answers.get("who") in state.open_cases


def _case(state: FormState) -> str:
    return state.open_cases[state.answers["who"]]


def _concerns_not_on_register(state: FormState) -> bool:
    person = person_of(state)
    return person is None or person.child.historical_concerns == "unknown"


def _quick_times(_: FormState) -> list[Option]:
    return [
        Option("Just now", ago(0)),
        Option("15 min ago", ago(15)),
        Option("30 min ago", ago(30)),
        Option("1 h ago", ago(60)),
        Option("2 h ago", ago(120)),
    ]


def _preset_factors(state: FormState) -> list[str]:
    person = person_of(state)
    return [f for f in FACTORS if person is not None and getattr(person.child, f, False)]


def _tell_time(none: str) -> Any:
    def tell(value: str, state: FormState) -> str:
        if value == UNKNOWN:
            return answer(value)
        return shown(datetime.fromisoformat(value), state.now) if value else none

    return tell


def _options(pairs: Sequence[tuple[str, str]]) -> Any:
    return lambda _: [Option(label, value) for label, value in pairs]


def _authorities(state: FormState) -> list[Option]:
    return [Option(a.name, a.name) for a in state.service.authorities]


def _tell_home(value: str, state: FormState) -> str:
    home = state.service.home(value)
    return plain(home.name) if home else say.HOME_UNSURE.lower()


def _tell_person(value: str, _: FormState) -> str:
    return say.NOT_LISTED.lower() if value in (NOT_LISTED, UNKNOWN) else plain(value)


FORM = Form(
    kind="report",
    title=lambda _: say.HEADING,
    notice=DANGER,
    steps=(
        Choice(
            key="home",
            label=say.LABELS["home"],
            ask=lambda _: say.HOME,
            options=_homes,
            applies=lambda c: not _one_home(c),
            tell=_tell_home,
        ),
        Choice(
            key="who",
            label=say.LABELS["who"],
            ask=lambda _: say.PERSON,
            options=_people,
            width=2,
            unknown=False,
            tell=_tell_person,
        ),
        Choice(
            key="place",
            label=say.LABELS["home"],
            ask=lambda _: say.WHICH_HOME_AFTER_ALL,
            options=_homes,
            applies=_nowhere,
            unknown=False,
            tell=_tell_home,
        ),
        Choice(
            key="dup",
            label=say.LABELS["dup"],
            ask=lambda c: say.already_open(_case(c)),
            options=lambda c: [Option(say.NEW_ONE, "new"), Option(say.open_that(_case(c)), "open")],
            applies=_has_open_case,
            unknown=False,
            tell=lambda *_: say.NEW_ONE_SAID,
        ),
        Choice(
            key="age",
            label=say.LABELS["age"],
            ask=lambda _: say.AGE,
            options=_options(say.ages()),
            width=5,
            applies=_unlisted,
            tell=tell_pair(say.ages()),
        ),
        Choice(
            key="live",
            label=say.LABELS["live"],
            ask=lambda _: say.LIVING,
            options=_options(say.LIVING_OPTIONS),
            applies=_unlisted,
            tell=tell_pair(say.LIVING_OPTIONS),
        ),
        Choice(
            key="auth",
            label=say.LABELS["auth"],
            ask=lambda _: say.AUTHORITY,
            options=_authorities,
            applies=_looked_after_unlisted,
            tell=lambda value, _: answer(value),
        ),
        Choice(
            key="by",
            label=say.LABELS["by"],
            ask=lambda _: say.REPORTED_BY,
            options=_options(say.REPORTED_BY_OPTIONS),
            applies=_not_looked_after,
            tell=tell_pair(say.REPORTED_BY_OPTIONS),
        ),
        Choice(
            key="known",
            label=say.LABELS["known"],
            ask=lambda _: say.WHEREABOUTS,
            options=_options(say.WHEREABOUTS_OPTIONS),
            tell=lambda value, _: say.whereabouts(value),
        ),
        When(
            key="pol",
            label=say.LABELS["pol"],
            ask=lambda c: say.police(first=police_first(c), taken=taken(c)),
            quick=lambda _: [
                Option("Just now", ago(0)),
                Option("15 min ago", ago(15)),
                Option("30 min ago", ago(30)),
            ],
            conflict=beside(POLICE, TIMES),
            optional=say.NOT_YET,
            tell=_tell_time(say.NOT_YET.lower()),
        ),
        When(
            key="seen",
            label=say.LABELS["seen"],
            ask=lambda _: say.LAST_SEEN,
            quick=_quick_times,
            conflict=beside(SEEN, TIMES),
            tell=_tell_time("not known"),
        ),
        When(
            key="back",
            label=say.LABELS["back"],
            ask=lambda _: say.DUE_BACK,
            quick=_quick_times,
            optional=say.NO_SET_TIME,
            tell=_tell_time(say.NO_SET_TIME.lower()),
        ),
        Words(
            key="what",
            label=say.LABELS["what"],
            ask=lambda _: say.CIRCUMSTANCES,
            options=_options(say.CIRCUMSTANCE_OPTIONS),
            tell=lambda value, _: circumstances_shown(value),
        ),
        Ticks(
            key="worse",
            label=say.LABELS["worse"],
            ask=lambda _: say.FACTORS,
            options=lambda _: [Option(label, key) for key, label in say.FACTOR_BUTTONS.items()],
            width=3,
            preset=_preset_factors,
            tell=lambda value, _: say.how_many(value),
        ),
        Choice(
            key="past",
            label=say.LABELS["past"],
            ask=lambda _: say.CONCERNS,
            options=_options(say.YES_NO),
            width=2,
            applies=_concerns_not_on_register,
            tell=tell_pair(say.YES_NO, SAID["con"]),
        ),
    ),
    review=lambda c: say.review(category(c)),
    save_label=say.SAVE,
)


def circumstances_shown(value: str) -> str:
    """A usual answer is shown; a person's own words stay out of the chat."""
    labels = {code: label for label, code in say.CIRCUMSTANCE_OPTIONS}
    if value == UNKNOWN:
        return answer(value)
    return plain(labels[value]) if value in labels else KEPT_OUT


def category(state: FormState) -> Category:
    """Known and confirmed is an absence; unconfirmed or not known is missing (S-08)."""
    return "unauthorised_absence" if state.answers.get("known") == "known" else "missing"
