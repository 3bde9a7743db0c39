"""The closed vocabulary in which a pack writes its conditions.

What is known of an episode at a moment is a set of words ("missing", "looked_after" …). A
condition holds when the words that it asks for are in the set and those that it excludes are not.
Limits, counts and decisions become words, too; see `conditions`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from protocol.settings import FLAGS


class Word(msgspec.Struct, frozen=True):
    """How a yes/no word reads when it holds and when it does not."""

    yes: str
    no: str


_WORDS: tuple[tuple[str, str, str], ...] = (
    ("returned", "back", "not back yet"),
    ("located", "found", "not found yet"),
    ("missing", "missing", "away without authorisation"),
    ("young", "in the younger age band", "not in the younger age band"),
    ("concerns", "historical concerns or an additional factor", "no known concerns"),
    ("concerns_unknown", "not known whether there are concerns", "it is known about concerns"),
    ("responsible_here", "looked after by this authority", "not looked after by this authority"),
    ("placed_here", "placed in this authority's area", "not placed in this authority's area"),
    ("out_of_area", "placed outside the responsible authority", "placed in the own authority"),
    ("police_told", "reported to the police", "not reported to the police"),
    ("authority_told", "placing authority told", "placing authority not told yet"),
    ("authority_written", "placing authority has it in writing", "not in writing yet"),
    ("parents_told", "parents told", "parents not told yet"),
    ("parents_withheld", "a reason not to tell parents is on record", "no reason to withhold"),
    (
        "police_told_earlier",
        "police told before the young person was found",
        "police not told before that",
    ),
    (
        "parents_told_earlier",
        "parents told before the young person was found",
        "parents not told before that",
    ),
    ("police_told_back", "police told that it is over", "police not told that it is over"),
    ("authority_told_back", "authority told that it is over", "authority not told that it is over"),
    ("parents_told_back", "parents told that it is over", "parents not told that it is over"),
    ("located_by_police", "found by the police", "not found by the police"),
    ("located_by_parents", "found by the parents", "not found by the parents"),
    ("found_elsewhere", "found in another authority's area", "not known to be found elsewhere"),
    ("safe_well_done", "safe and well check done", "safe and well check not on record"),
    ("interview_held", "return interview held", "return interview not held"),
    ("held_by_placement", "held by somebody of the placement", "not held by the placement"),
    ("interview_closed", "return interview held or declined", "return interview still open"),
    ("return_unsafe", "it may not be right to return there", "no doubt about the return"),
    (
        "return_unsafe_unknown",
        "not known whether it is safe to return",
        "it is known whether it is safe",
    ),
    ("contact_blocked", "no meaningful contact possible", "contact possible"),
    (
        "contact_blocked_unknown",
        "not known whether contact is possible",
        "it is known about contact",
    ),
    ("referral_made", "referral on record", "no referral on record"),
    ("abducted", "abducted or taken by force", "not known to be abducted"),
    ("other_agency_reported", "reported by another agency", "not reported by another agency"),
    ("parents_reported", "reported by the parents", "not reported by the parents"),
    ("referred", "referred to social care", "not referred yet"),
    ("enquiries_started", "section 47 enquiries started", "enquiries not started yet"),
    ("located_out_of_hours", "found out of office hours", "found in office hours"),
    ("crime_suspected", "engaged, or believed engaged, in crime while away", "no crime known"),
    ("crime_suspected_unknown", "not known whether crime was involved", "known about crime"),
    ("crime_victim", "victim of crime while away", "not known as a victim while away"),
    (
        "crime_victim_unknown",
        "not known whether a victim of crime",
        "it is known about being a victim",
    ),
    ("harmed_while_away", "hurt or harmed while away", "no harm known"),
    ("harmed_while_away_unknown", "not known whether hurt or harmed", "known about harm"),
    ("overnight", "away overnight (still away at 04:00)", "not away overnight"),
    ("looked_after", "looked after", "not looked after"),
    ("allocated_worker", "has an allocated worker", "has no allocated worker"),
    ("child_protection_plan", "on a child protection plan", "not on a child protection plan"),
    ("s47_open", "section 47 enquiry open", "no section 47 enquiry open"),
    ("privately_fostered", "privately fostered", "not privately fostered"),
    ("victim_of_crime", "victim of crime", "not known as a victim of crime"),
    ("avoiding_contact", "constantly avoids contact", "does not avoid contact"),
    ("criminal_activity", "at risk through crime", "no known risk through crime"),
    ("forced_marriage_risk", "at risk of forced marriage", "no known forced marriage risk"),
    ("hbv_risk", "at risk of honour-based violence", "no known honour-based violence risk"),
    ("cse_risk", "at risk of sexual exploitation", "no known sexual exploitation risk"),
    ("gang_risk", "at risk through gangs", "no known gang risk"),
    ("trafficking_indicators", "signs of trafficking", "no signs of trafficking"),
    ("mental_health", "mental health needs", "no known mental health needs"),
    ("risky_contacts", "in contact with risky people", "no known risky contacts"),
    ("health_need", "serious health or physical need", "no known serious health need"),
    ("learning_difficulty", "learning difficulty", "no known learning difficulty"),
    ("self_harm", "at risk of self-harm or suicide", "no known risk of self-harm"),
    ("uasc", "unaccompanied migrant child", "not an unaccompanied migrant child"),
    ("in_childrens_home", "lives in a children's home", "does not live in a children's home"),
    ("some_level", "another level rule applies", "no other level rule applies"),
    ("level_2", "level 2 or higher", "level 1"),
    ("level_3", "level 3", "below level 3"),
)

WORDS: dict[str, Word] = {name: Word(yes, no) for name, yes, no in _WORDS}
assert set(FLAGS) <= set(WORDS), "every flag of a young person can be a condition"  # noqa: S101

_SPELT_OTHERWISE = frozenset(
    {"returned", "missing", "responsible_here", "placed_here", "some_level", "level_2", "level_3"}
)
YES_NO: tuple[str, ...] = tuple(name for name in WORDS if name not in _SPELT_OTHERWISE)
"""Words that a pack uses with true or false."""

CHOICES: dict[str, dict[str, tuple[str, bool]]] = {
    "state": {"open": ("returned", False), "returned": ("returned", True)},
    "category": {"missing": ("missing", True), "unauthorised_absence": ("missing", False)},
    "responsible_authority": {
        "this": ("responsible_here", True),
        "another": ("responsible_here", False),
    },
    "placement_authority": {"this": ("placed_here", True), "another": ("placed_here", False)},
    "otherwise": {"true": ("some_level", False)},
    "level_at_least": {"2": ("level_2", True), "3": ("level_3", True)},
    "level_at_most": {"1": ("level_2", False), "2": ("level_3", False)},
}
"""Words with a fixed choice: each choice is a word above and whether it holds."""

LIMITS: dict[str, tuple[str, bool, bool]] = {
    "away_over": ("away", True, True),
    "away_at_most": ("away", True, False),
    "away_at_least": ("away", False, True),
    "away_under": ("away", False, False),
    "missing_over": ("missing", True, True),
    "found_after_over": ("found", True, True),
}
"""Words with a number of hours (or a setting that holds one): which clock, whether the limit is
strict, and whether the condition is that the limit has been passed."""

WORDS_WITH_SETTING = ("category_in", "enabled", "profile", "chosen")
WORDS_WITH_REFERENCE = ("rule", "no_rule", "episodes", "decided", "undecided")

ALLOWED: tuple[str, ...] = (
    *CHOICES,
    *YES_NO,
    *LIMITS,
    *WORDS_WITH_SETTING,
    *WORDS_WITH_REFERENCE,
)
"""Every word that a condition may use."""

IMPLIED: Mapping[str, str] = {
    "returned": "located",
    "located_out_of_hours": "located",
    "police_told_earlier": "located",
    "parents_told_earlier": "located",
    "police_told_back": "located",
    "authority_told_back": "located",
    "parents_told_back": "located",
    "found_elsewhere": "located",
    "held_by_placement": "interview_held",
    "level_3": "level_2",
}
"""If the first holds, so does the second: used to find conditions that can never hold."""
