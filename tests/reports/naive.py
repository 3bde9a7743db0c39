"""Every report counted a second time, slowly, by the sentences of the specification alone."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import get_args

from protocol import codes as allowed
from tests.reports.naive_counts import (
    DAY,
    GROUPS,
    HOUR,
    LONDON,
    VALUES,
    absent,
    by,
    care,
    codes,
    count,
    day,
    distinct,
    due,
    firsts,
    flag,
    found_at,
    held,
    homes,
    interviews,
    is_time,
    lengths,
    midnight,
    missing,
    month,
    months_back,
    notifications,
    over,
    parts,
    pct,
    placements,
    quarter,
    share,
    spans,
    t,
    triple,
    value_of,
    who,
)


class Naive:
    """All rows (newest versions, nobody of 18+), a period, and what a request has beside them."""

    def __init__(self, rs, first, last, authority, partners, people=None, context=None):
        self.all = sorted(rs, key=lambda r: (r["start"], r["service"], r["episode"]))
        self.first, self.last = first, last
        self.a, self.partners, self.people, self.context = authority, partners, people, context
        self.w = self.inside(first, last)

    def inside(self, first, last):
        return [r for r in self.all if first <= day(t(r["start"])) <= last]

    def before(self):
        end = self.first - DAY
        if self.first.day == 1 and (self.last + DAY).day == 1:
            k = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
            return months_back(end, k) + DAY, end
        return end - (self.last - self.first), end

    def each(self, names, key):
        for part, name in parts(self.first, self.last, names):
            inside = self.inside(date.fromisoformat(part["from"]), date.fromisoformat(part["to"]))
            yield {key: name} | part, inside

    def still(self, rs):
        end = midnight(self.last + DAY)
        return [
            r for r in rs
            if t(r["start"]) < end and any(
                s[2] == "missing" and s[0] < end and (s[1] is None or s[1] >= end)
                for s in spans(r)
            )
        ]  # fmt: skip

    def repeats(self):
        made = {}
        for k in ("1", "3", "6", "12", "period"):
            first = self.first if k == "period" else months_back(self.last, int(k)) + DAY
            rs = self.inside(first, self.last)
            numbers = Counter(map(who, rs))
            level = [r for r in absent(rs) if r["level_peak"] == 1 and r["age"] != "unknown"
                     and r["age"] >= 12]  # fmt: skip
            three = [r for r in rs if r["n90"] != "unknown" and r["n90"] >= 3]
            home = [r for r in rs if r["looked_after"] is False and r["returned"]]
            bounds = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-8": (5, 8), "9+": (9, 10**9)}
            often = sorted((c for c, n in numbers.items() if n >= 3),
                           key=lambda c: (-numbers[c], c))  # fmt: skip
            these = {c: [r for r in rs if who(r) == c] for c in often}
            made[k] = {
                "from": first.isoformat(), "to": self.last.isoformat(),
                "all": count(rs), "missing": count(missing(rs)),
                "unauthorised_absence": count(absent(rs)),
                "level_1_over_11": triple(level)
                | {"children_3_or_more": sum(n >= 3 for n in Counter(map(who, level)).values())},
                "children_by_episodes": {
                    name: sum(a <= n <= b for n in numbers.values())
                    for name, (a, b) in bounds.items()
                },
                "children_2_or_more": sum(n >= 2 for n in numbers.values()),
                "children_3_or_more": len(often),
                "episodes_of_children_3_or_more": share(sum(map(len, these.values())), len(rs)),
                "levels": {
                    str(x): sum(r["level_peak"] == x for r in rs) for x in (1, 2, 3, "unknown")
                },
                "three_in_90_days": count(three)
                | {"episodes_unknown": sum(r["n90"] == "unknown" for r in rs)},
                "early_help_after_return_home": {
                    "of": len(home),
                    "considered": sum(r["early_help_considered"] is True for r in home),
                    "not_considered": sum(r["early_help_considered"] is False for r in home),
                    "unknown": sum(r["early_help_considered"] == "unknown" for r in home),
                },
                "children_list": [
                    {
                        "service": c[0], "child": c[1], "episodes": len(these[c]),
                        "missing": len(missing(these[c])),
                        "unauthorised_absence": len(absent(these[c])),
                        "level_peak": max(
                            (r["level_peak"] for r in these[c] if r["level_peak"] != "unknown"),
                            default="unknown",
                        ),
                    }
                    for c in often
                ],
            }  # fmt: skip
        return made

    def missing_from_care(self):
        rs = care(self.w)
        sides = {x: [r for r in missing(rs) if over(r, 24) is x or over(r, 24) == x]
                 for x in (True, False, "unknown")}  # fmt: skip
        long, away = ({who(r) for r in these} for these in (sides[True], absent(rs)))
        still = self.still(care(self.all))
        return {
            "all": count(rs),
            "missing_over_24h": count(sides[True]),
            "missing_up_to_24h": count(sides[False]),
            "missing_length_not_known": count(sides["unknown"]),
            "unauthorised_absence": count(absent(rs)),
            "children_over_24h_or_unauthorised": len(long | away),
            "children_over_24h_and_unauthorised": len(long & away),
            "still_missing": count(still) | {
                "turned_18_while_away": sum(r["aged_out"] is True for r in still),
                "by_age": dict(Counter(map(str, firsts(still, value_of("age")).values()))),
            },
            "legal_status": by(rs, "legal_status"),
            "placements": placements(rs),
            "unauthorised_push": codes(absent(rs), "push"),
            "unauthorised_pull": codes(absent(rs), "pull"),
        }  # fmt: skip

    def ni71(self):
        rs, owed = self.w, due(self.w)
        made = [(r, x) for r in rs for x in r["referrals"] if x["out_of_hours"] is True]
        placed = [x for _, x in made if x["outcome"] in
                  ("emergency_accommodation", "family", "foster", "residential")]  # fmt: skip
        needed = [r for r in rs if r["found_out_of_hours"] is True and r["return_unsafe"] is True]
        triggers: dict[str, Callable] = {
            "over_24h": lambda r: (
                r["precision"] == "minute" and found_at(r) - t(r["start"]) > 24 * HOUR
            ),
            "two_or_more": lambda r: r["m365"] != "unknown" and r["m365"] >= 2,
            "crime": lambda r: r["crime_suspected"] is True,
            "harm": lambda r: r["harm"] is True,
            "mental_health": lambda r: r["mental_health"] is True,
            "exploitation_or_contacts": lambda r: True in (r["cse_risk"], r["risky_contacts"]),
        }
        all_triggers = list(triggers.values())
        triggers["any"] = lambda r: any(fits(r) for fits in all_triggers)

        def offered(fits):
            these = [r for r in owed if fits(r)]
            return share(sum(r["ri_offered"] is True for r in these), len(these))

        return {
            "all": triple(rs), "missing": triple(missing(rs)),
            "unauthorised_absence": triple(absent(rs)),
            **{x: by(rs, x, three=True) for x in ("age_band", "sex", "ethnicity", "living")},
            "area": by(care(rs), "area", three=True),
            "patterns": {
                "two_or_more": triple(rs)["children_2_or_more"],
                "over_24h": count([r for r in rs if over(r, 24) is True]),
                "over_48h": count([r for r in rs if over(r, 48) is True]),
                "crime_victim": flag(rs, "crime_victim"),
                "crime_suspected": flag(rs, "crime_suspected"),
                "crime_either": count(
                    [r for r in rs if True in (r["crime_victim"], r["crime_suspected"])]
                ),
                **{x: flag(rs, x) for x in ("mental_health", "cse_risk", "risky_contacts")},
                "assessments": codes(rs, "assessments"),
            },
            "with_meeting": count([r for r in rs if r["meetings"]]),
            "meetings": {
                kind: sum(m["kind"] == kind for r in rs for m in r["meetings"])
                for kind in get_args(allowed.MeetingKind)
            },
            "harm": flag(rs, "harm"), "offence": flag(rs, "crime_suspected"),
            "homes": homes([r for r in rs if r["placement"] == "childrens_home"]),
            "found_districts": by([r for r in rs if found_at(r)], "found_district", order=[]),
            "interview_offered": {name: offered(fits) for name, fits in triggers.items()},
            "out_of_hours": {
                "referrals": len(made),
                "children": len({who(r) for r, _ in made}),
                "to": {v: sum(x["to"] == v for _, x in made) for v in get_args(allowed.ReferredTo)},
                "outcome": {
                    v: sum(x["outcome"] == v for _, x in made)
                    for v in get_args(allowed.ReferralOutcome)
                },
                "protocol_followed": {
                    str(v).lower(): sum(x["protocol_followed"] == v for _, x in made)
                    for v in (True, False, "unknown")
                },
                "placed_suitably": share(sum(x["suitable"] is True for x in placed), len(placed)),
                "hours_unknown": sum(
                    x["out_of_hours"] == "unknown" for r in rs for x in r["referrals"]
                ),
                "made_when_needed": share(
                    sum(any(x["out_of_hours"] is True for x in r["referrals"]) for r in needed),
                    len(needed),
                ),
            },
            "quarters": [part | triple(these) for part, these in self.each(quarter, "quarter")],
        }  # fmt: skip

    def care_monitoring(self):
        rs = care(self.w)
        ended = [r for r in rs if found_at(r)]
        long = [r for r in missing(rs) if over(r, 24) is True]
        needs = ("uasc", "child_protection_plan", "mental_health", "cse_risk", "risky_contacts")
        safe = ("harm", "crime_victim", "crime_suspected", "substance", "slept_rough")
        return {
            "all": triple(rs), "missing": triple(missing(rs)),
            "unauthorised_absence": triple(absent(rs)),
            "still_missing": count(self.still(care(self.all))),
            "placements": placements(rs),
            "homes": homes([r for r in rs if r["placement"] == "childrens_home"]),
            "lengths": lengths(rs),
            "safeguarding": {x: flag(rs, x) for x in safe}
            | {"exploitation": codes(rs, "exploitation")},
            "found_place": by(ended, "found_place"), "found_by": by(ended, "found_by"),
            "returned_to": by([r for r in rs if r["returned"]], "returned_to"),
            "practice": {
                "notifications": notifications(rs), "interviews": interviews(rs),
                "safe_and_well": {
                    x: sum((r["safe_and_well"] or "unknown") == x for r in missing(ended))
                    for x in ("done", "not_done", "unknown")
                },
                "with_meeting": count([r for r in rs if r["meetings"]]),
                "plan_updated": flag(rs, "plan_updated"),
            },
            "over_24h": count(long)
            | {x: by(long, x) for x in ("age_band", "sex", "legal_status")}
            | {"needs": {x: flag(long, x) for x in needs}}
            | {x: codes(long, x) for x in ("push", "pull")},
        }  # fmt: skip

    def stream(self, r):
        if r["looked_after"] is not True:
            return "home" if r["looked_after"] is False else "unknown"
        if r["responsible"] == self.a:
            return "own_care"
        if "unknown" in (r["responsible"], r["host"]) or r["responsible"] is None:
            return "unknown"
        return "other_care_here" if r["host"] == self.a else "elsewhere"

    def sources(self):
        rs = self.w
        names = ["own_care", "home", "other_care_here", "elsewhere", "unknown"]
        week = list(map(str.lower, calendar.day_name))
        hours = [f"{n:02}-{n + 4:02}" for n in range(0, 24, 4)]

        def hour(r):
            if r["precision"] == "day":
                return "unknown"
            return hours[t(r["start"]).astimezone(LONDON).hour // 4]

        groups: dict[tuple, set] = {}
        for r in rs:
            if r["group"]:
                groups.setdefault((r["service"], r["group"]), set()).add(who(r))
        several = [g for g in groups.values() if len(g) >= 2]
        return {
            "all": count(rs),
            "streams": by(rs, "", self.stream, names, three=True),
            "months": [
                part | {"all": count(these), "streams": by(these, "", self.stream, names)}
                for part, these in self.each(month, "month")
            ],
            "homes": homes(rs),
            "weekday": by(rs, "", lambda r: week[day(t(r["start"])).weekday()], week),
            "hour": by(rs, "", hour, [*hours, "unknown"]),
            "found_districts": by([r for r in rs if found_at(r)], "found_district", order=[]),
            **{x: codes(rs, x) for x in ("push", "pull", "exploitation")},
            "together": {"groups": len(several), "children": len(set().union(*several))},
        }

    def monthly(self):
        made = []
        for part, rs in self.each(month, "month"):
            highest = {
                c: max((r["n90"] for r in rs if who(r) == c and r["n90"] != "unknown"), default=0)
                for c in {who(r) for r in rs}
            }
            tiers = {"1-2": (1, 2), "3-4": (3, 4), "5-8": (5, 8), "9+": (9, 10**9),
                     "unknown": (0, 0)}  # fmt: skip
            often = sorted((c for c in highest if highest[c] >= 3), key=lambda c: (-highest[c], c))
            met = {who(r) for r in rs for m in r["meetings"] if m["kind"] == "intervention"}
            planned = {who(r) for r in rs if r["plan_updated"] is True}
            made.append(part | {
                "all": triple(rs), "missing": triple(missing(rs)), "living": by(rs, "living"),
                "tiers": {x: sum(a <= n <= b for n in highest.values())
                          for x, (a, b) in tiers.items()},
                "reached": {str(n): sum(r["n90"] == n for r in rs) for n in (3, 5, 9)},
                "with_intervention_meeting": share(len(met & set(often)), len(often)),
                "plans_updated": share(len(planned & set(often)), len(often)),
                "within_72h_of_due": interviews(rs)["within_72h_of_due"],
                "children_list": [
                    {"service": c[0], "child": c[1], "n90": highest[c],
                     "episodes": sum(who(r) == c for r in rs),
                     "intervention_meeting": c in met, "plan_updated": c in planned}
                    for c in often
                ],
            })  # fmt: skip
        return {"months": made}

    def interview_table(self):
        def numbers(rs):
            rs = missing(rs)
            return {
                "incidents": len(rs), "individuals": count(rs)["children"],
                "interviews": distinct(held(rs)), "individuals_seen": count(held(rs))["children"],
            }  # fmt: skip

        listed = [part | numbers(rs) for part, rs in self.each(quarter, "quarter")]
        return {
            "quarters": listed,
            "sum_of_quarters": {x: sum(q[x] for q in listed) for x in numbers([])},
            "whole_period": numbers(self.w),
        }

    def group(self, r):
        if "unknown" in (r["looked_after"], r["host"]):
            return "unknown"
        if r["looked_after"] is False:
            return "home" if r["host"] == self.a else "elsewhere"
        if r["responsible"] in ("unknown", None):
            return "unknown"
        if r["host"] != self.a:
            return "out_of_county" if r["responsible"] == self.a else "elsewhere"
        if r["responsible"] == self.a:
            return "care"
        return "partner" if r["responsible"] in self.partners else "cicola"

    def demographics(self):
        rs = self.w
        made, first = by(rs, "", self.group, GROUPS), firsts(rs, self.group)
        sexes, ages = firsts(rs, value_of("sex")), firsts(rs, value_of("age"))
        for x, entry in made.items():
            those = [c for c in first if first[c] == x]
            known = [ages[c] for c in those if ages[c] != "unknown"]
            entry["sex"] = {s: sum(sexes[c] == s for c in those) for s in VALUES["sex"]}
            entry["average_age"] = (
                float((Decimal(sum(known)) / len(known)).quantize(Decimal("0.01"), ROUND_HALF_UP))
                if known else None
            )  # fmt: skip
            entry["age_unknown"] = len(those) - len(known)
        here = [r for r in rs if r["host"] == self.a]
        districts = by(here, "district", order=[], three=True)
        return {"all": count(rs), "groups": made, "districts": districts}

    def _headlines(self, rs):
        numbers = Counter(map(who, rs))
        ages = [age for age in firsts(rs, value_of("age")).values() if age != "unknown"]
        often = Counter(ages)
        sides = [over(r, 24) for r in missing(rs)]
        n = {x: entry["children"] for x, entry in by(rs, "", self.group, GROUPS).items()}
        other = n["partner"] + n["cicola"]
        own = n["care"] + n["out_of_county"]
        outside = [r for r in rs if self.group(r) == "out_of_county"]
        kinds, sectors, whose = (
            firsts(rs, value_of(x)) for x in ("placement", "sector", "responsible")
        )
        living = [c for c in kinds if kinds[c] == "childrens_home"
                  and sectors[c] in ("local_authority", "private", "voluntary")]  # fmt: skip
        independent = [c for c in living if sectors[c] != "local_authority"]
        known = [c for c in independent if whose[c] != "unknown"]
        return {
            "all": count(rs), "missing": count(missing(rs)),
            "children_over_50_episodes": sum(x > 50 for x in numbers.values()),
            "most_episodes": max(numbers.values(), default=0),
            "aged_14_or_over": share(sum(x >= 14 for x in ages), len(ages)),
            "aged_15_or_over": share(sum(x >= 15 for x in ages), len(ages)),
            "most_frequent_age": min((x for x in often if often[x] == max(often.values())),
                                     default=None),
            "found_within_24h": share(sum(x is False for x in sides),
                                      sum(x != "unknown" for x in sides)),
            "own_care": share(own, own + other),
            "other_authorities_children": share(other, n["home"] + n["care"] + other),
            "out_of_county": count(outside)
            | {"interview_offered": interviews(outside)["offered"]},
            "independent_homes": share(len(independent), len(living)),
            "independent_homes_other_authorities": share(
                sum(whose[c] != self.a for c in known), len(known)
            ),
        }  # fmt: skip

    def headlines(self):
        first, last = self.before()
        now, then = self._headlines(self.w), self._headlines(self.inside(first, last))
        more = now["all"]["episodes"] - then["all"]["episodes"]
        points = [x["independent_homes"]["pct"] for x in (now, then)]
        return {
            "now": now,
            "before": {"from": first.isoformat(), "to": last.isoformat()} | then,
            "change": {
                "episodes": more,
                "episodes_pct": pct(more, then["all"]["episodes"]),
                "children": now["all"]["children"] - then["all"]["children"],
                "independent_homes_points": None
                if None in points
                else float(Decimal(str(points[0])) - Decimal(str(points[1]))),
            },
        }

    def appg9(self):
        def theirs(rs):
            return [r for r in care(rs) if r["responsible"] == self.a]

        rs = theirs(self.w)
        out, uasc = ([r for r in rs if fits(r)] for fits in
                     (lambda r: r["area"] == "out", lambda r: r["uasc"] is True))  # fmt: skip
        still = self.still([r for r in theirs(self.all) if r["uasc"] is True])
        placed = (self.context or {}).get("looked_after")
        return {
            "context": self.context,
            "all": triple(rs), "missing": triple(missing(rs)),
            "out_of_area": triple(out) | {
                "missing": triple(missing(out)),
                "distance": by(out, "distance", three=True),
                "placement": by(out, "placement", three=True),
                "interviews": interviews(out),
            },
            "in_area": triple([r for r in rs if r["area"] == "in"]),
            "area_unknown": triple([r for r in rs if r["area"] not in ("in", "out")]),
            "uasc": triple(uasc) | {"still_missing": count(still)},
            "children_missing_of_looked_after": None if placed is None
            else share(count(missing(rs))["children"], placed),
            "lengths": lengths(rs), "push": codes(rs, "push"), "pull": codes(rs, "pull"),
            "harm": flag(rs, "harm"), "interviews": interviews(rs),
        }  # fmt: skip

    def lead_member(self):
        def page(rs):
            found = interviews(rs)
            three = sum(n >= 3 for n in Counter(map(who, rs)).values())
            return {
                "all": triple(rs), "missing": triple(missing(rs)),
                "living": by(rs, "living", three=True),
                "over_24h": count([r for r in missing(rs) if over(r, 24) is True]),
                "children_3_or_more": three,
                **{x: by(rs, x) for x in ("age_band", "sex", "ethnicity")},
                "harm": flag(rs, "harm"), "offence": flag(rs, "crime_suspected"),
                "substance": flag(rs, "substance"), "exploitation": codes(rs, "exploitation"),
                "interview_offered": found["offered"],
                "within_72h_of_due": found["within_72h_of_due"],
            }  # fmt: skip

        first, last = self.before()
        return {
            "now": page(self.w),
            "before": {"from": first.isoformat(), "to": last.isoformat()}
            | page(self.inside(first, last)),
            "still_missing": count(self.still(care(self.all))),
        }

    def hub(self):
        def side(rs):
            return triple(rs) | {
                "missing": count(missing(rs)), "unauthorised_absence": count(absent(rs)),
                "living": by(rs, "living"), "area": by(care(rs), "area"),
                "age_band": by(rs, "age_band"), "sex": by(rs, "sex"),
            }  # fmt: skip

        services = []
        for code in sorted({r["service"] for r in self.all}):
            rs = [r for r in self.all if r["service"] == code]
            days = [day(t(r["start"])).isoformat() for r in rs]
            services.append({
                "service": code, "rows": len(rs), "first": min(days), "last": max(days),
                "as_of": max(r["as_of"] for r in rs), "homes": len({r["home"] for r in rs}),
                "in_period": sum(r["service"] == code for r in self.w),
            })  # fmt: skip
        overlapping, ends = 0, {}
        never = datetime.max.replace(tzinfo=UTC)
        for r in self.all:
            overlapping += who(r) in ends and t(r["start"]) < ends[who(r)]
            end = t(r["returned"]) if r["returned"] else never
            ends[who(r)] = max(end, ends.get(who(r), end))
        hosts = sorted({r["host"] for r in self.w})  # "unknown" sorts after the codes
        return {
            "services": services, "total": side(self.w),
            "authorities": {h: side([r for r in self.w if r["host"] == h]) for h in hosts},
            "months": [part | count(these) for part, these in self.each(month, "month")],
            "overlapping_episodes": overlapping,
        }  # fmt: skip

    def timeliness(self):
        def each(name):
            value = value_of(name)
            return {x: interviews([r for r in self.w if value(r) == x]) for x in VALUES[name]}

        return {
            "all": interviews(self.w),
            "months": [part | interviews(these) for part, these in self.each(month, "month")],
            "area": each("area"), "living": each("living"),
            "notifications": notifications(self.w),
        }  # fmt: skip

    def home_summary(self):
        def kinds(rs):
            return {"all": count(rs), "missing": count(missing(rs)),
                    "unauthorised_absence": count(absent(rs))}  # fmt: skip

        listed = []
        for service, home in sorted({(r["service"], r["home"]) for r in self.w}):
            theirs = [r for r in self.all if (r["service"], r["home"]) == (service, home)]
            rs = [r for r in theirs if r in self.w]
            found, gone = interviews(rs), missing(rs)
            listed.append({"service": service, "home": home} | kinds(rs) | {
                "lengths": lengths(rs), "still_missing": count(self.still(theirs)),
                "police_told": share(sum(is_time(r["police_told"]) for r in gone), len(gone)),
                "reg40": {x: sum(r["reg40"] == x for r in gone) for x in get_args(allowed.Reg40)},
                "children_3_or_more": sum(n >= 3 for n in Counter(map(who, rs)).values()),
                "harm": flag(rs, "harm"),
                "interviews": {x: found[x] for x in (
                    "due", "offered", "held", "within_72h_of_held", "within_72h_of_due")},
            })  # fmt: skip
        return {"homes": listed, "total": kinds(self.w)}

    def annex_a(self):
        first = months_back(self.last, 12) + DAY
        rs, listed = care(self.inside(first, self.last)), []
        for c in sorted({who(r) for r in rs}):
            theirs = [r for r in rs if who(r) == c]
            offered = accepted = "NA"
            if missing(theirs):
                last = missing(theirs)[-1]
                offered = {True: "Y", False: "N", None: "NA"}.get(last["ri_offered"], "unknown")
                if offered == "Y":
                    accepted = {True: "Y", False: "N"}.get(last["ri_accepted"], "unknown")
                elif offered == "unknown":
                    accepted = "unknown"
            listed.append({
                "service": c[0], "child": c[1], "missing_episodes": len(missing(theirs)),
                "absent_episodes": len(absent(theirs)), "offered": offered, "accepted": accepted,
            })  # fmt: skip
        return {"from": first.isoformat(), "to": self.last.isoformat(), "children": listed}

    def ssda903(self):
        written, away, unsaid = [], {False: 0, "unknown": 0}, set()
        for r in self.all:
            if r["looked_after"] is not True:
                end = day(t(r["returned"])) if r["returned"] else date.max
                away[r["looked_after"]] += day(t(r["start"])) <= self.last and end >= self.first
                continue
            number, born, ceased = r["child"], None, None
            if self.people is not None:
                if r["child"] not in self.people:
                    unsaid.add(r["child"])
                    continue
                number, born, ceased = self.people[r["child"]]
            cut = ceased or date.max
            if born:
                grown = (date(born.year + 18, 3, 1) if (born.month, born.day) == (2, 29)
                         and not calendar.isleap(born.year + 18)
                         else date(born.year + 18, born.month, born.day))  # fmt: skip
                cut = min(cut, grown)
            for begin, end, category, finding in spans(r):
                start, stop = day(begin), day(end) if end else date.max
                if (finding and start == stop) or start >= cut:
                    continue
                stop = min(stop, cut)
                if start <= self.last and stop >= self.first:
                    written.append((number, start, stop, category != "missing", born))
        written.sort(key=lambda x: x[:4])

        def dmy(d):
            return f"{d:%d/%m/%Y}"

        return {
            "rows": [
                {"CHILD": c, "DOB": dmy(born) if born else None, "MISSING": "A" if a else "M",
                 "MIS_START": dmy(start), "MIS_END": dmy(stop) if stop <= self.last else ""}
                for c, start, stop, a, born in written
            ],
            "problems": [
                {"CHILD": two[0], "rule": "574", "MIS_START": dmy(two[1])}
                for one, two in pairwise(written)
                if one[0] == two[0] and one[2] > two[1]
            ],
            "not_in_people": sorted(unsaid),
            "not_looked_after": away[False], "looked_after_unknown": away["unknown"],
        }  # fmt: skip
