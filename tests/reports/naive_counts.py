"""What `naive` counts with: lengths, shares, breakdowns, interviews, from rows as JSON and the
sentences of the specification alone. Nothing of `reports/` is used; quick to read, not to run."""

from __future__ import annotations

import calendar
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import get_args
from zoneinfo import ZoneInfo

from protocol import codes as allowed

LONDON, DAY, HOUR = ZoneInfo("Europe/London"), timedelta(days=1), timedelta(hours=1)
BANDS = ["0-9", "10-11", "12-13", "14-15", "16-17", "unknown"]
VALUES = {
    "age_band": BANDS,
    "living": ["care", "home", "unknown"],
    **{
        name: get_args(getattr(allowed, kind))
        for name, kind in {
            "sex": "Sex", "ethnicity": "Ethnicity", "legal_status": "LegalStatus",
            "placement": "Placement", "sector": "Sector", "area": "Area", "distance": "Distance",
            "found_place": "FoundPlace", "found_by": "FoundBy", "returned_to": "ReturnedTo",
            "push": "Push", "pull": "Pull", "exploitation": "Exploitation",
            "assessments": "Assessment",
        }.items()
    },
}  # fmt: skip
GROUPS = ["home", "care", "partner", "cicola", "out_of_county", "elsewhere", "unknown"]


def t(text):
    return datetime.fromisoformat(text)


def is_time(value):
    return value not in (None, "unknown")


def day(moment):
    return moment.astimezone(LONDON).date()


def midnight(d):
    return datetime(d.year, d.month, d.day, tzinfo=LONDON).astimezone(UTC)


def who(r):
    return (r["service"], r["child"])


def found_at(r):
    times = [t(r[name]) for name in ("located", "returned") if r[name]]
    return min(times) if times else None


def spans(r):
    """[begin, end or None, category, whether it began by finding]"""
    located = t(r["located"]) if r["located"] else None
    returned = t(r["returned"]) if r["returned"] else None
    begins = [(t(p["from"]), p["category"], False) for p in r["phases"]]
    if located and located != returned:
        begins = [b for n, b in enumerate(begins) if n == 0 or b[0] < located]
        begins.append((located, "unauthorised_absence", True))
    merged = [b for n, b in enumerate(begins) if n == 0 or b[1] != begins[n - 1][1]]
    ends = [b[0] for b in merged[1:]] + [returned]
    return [(b[0], end, b[1], b[2]) for b, end in zip(merged, ends, strict=True)]


def length(r):
    these = [s for s in spans(r) if s[2] == r["category"]]
    return sum(((s[1] or t(r["as_of"])) - s[0] for s in these), timedelta()), these[-1][1] is None


def over(r, hours):
    if r["precision"] == "day":
        return "unknown"
    took, goes_on = length(r)
    return True if took > hours * HOUR else "unknown" if goes_on else False


def pct(n, of, places="0.1"):
    if not of:
        return None
    return float((Decimal(100 * n) / of).quantize(Decimal(places), ROUND_HALF_UP))


def share(n, of):
    return {"n": n, "of": of, "pct": pct(n, of)}


def count(rs):
    return {"episodes": len(rs), "children": len({who(r) for r in rs})}


def triple(rs):
    numbers = Counter(map(who, rs))
    return count(rs) | {"children_2_or_more": sum(n >= 2 for n in numbers.values())}


def value_of(name):
    if name == "living":
        return lambda r: {True: "care", False: "home"}.get(r["looked_after"], "unknown")
    return lambda r: "unknown" if r[name] is None else r[name]


def firsts(rs, value):
    found = {}
    for r in sorted(rs, key=lambda r: (r["start"], r["service"], r["episode"])):
        if found.get(who(r), "unknown") == "unknown":
            found[who(r)] = value(r)
    return found


def by(rs, name, value=None, order=None, three=False):
    value = value or value_of(name)
    first = firsts(rs, value)
    if order == []:
        order = sorted({value(r) for r in rs} | set(first.values()))
    numbers = Counter(map(who, rs))
    made = {}
    for x in VALUES[name] if order is None else order:
        children = [child for child, its in first.items() if its == x]
        made[x] = {"episodes": sum(value(r) == x for r in rs), "children": len(children)}
        if three:
            made[x]["children_2_or_more"] = sum(numbers[child] >= 2 for child in children)
    return made


def codes(rs, name):
    made = {x: count([r for r in rs if x in r[name] and r[name] != "unknown"])
            for x in VALUES[name]}  # fmt: skip
    return made | {
        "none": count([r for r in rs if r[name] == []]),
        "unknown": count([r for r in rs if r[name] == "unknown"]),
    }


def flag(rs, name):
    yes = [r for r in rs if r[name] is True]
    known = {who(r) for r in rs if r[name] in (True, False) and r[name] is not None}
    unknown = [r for r in rs if r[name] in ("unknown", None)]
    children = len({who(r) for r in yes})
    return {
        "episodes": len(yes), "children": children, "episodes_unknown": len(unknown),
        "children_known": len(known), "pct": pct(children, len(known)),
    }  # fmt: skip


def lengths(rs):
    made = dict.fromkeys(
        ["up_to_2h", "over_2h_to_4h", "over_4h_to_24h", "over_24h_to_48h", "over_48h_to_7d",
         "over_7d", "open", "unknown"], 0)  # fmt: skip
    for r in rs:
        took, goes_on = length(r)
        if r["precision"] == "day":
            made["unknown"] += 1
        elif goes_on:
            made["open"] += 1
        else:
            place = sum(took > n * HOUR for n in (2, 4, 24, 48, 168))
            made[list(made)[place]] += 1
    for hours in (24, 48):
        made[f"over_{hours}h"] = count([r for r in rs if over(r, hours) is True])
    return made


def median(numbers):
    ordered, n = sorted(numbers), len(numbers)
    if not n:
        return None
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def p90(numbers):
    n = len(numbers)
    return sorted(numbers)[-(-9 * n // 10) - 1] if n else None


def missing(rs):
    return [r for r in rs if r["category"] == "missing"]


def absent(rs):
    return [r for r in rs if r["category"] != "missing"]


def care(rs):
    return [r for r in rs if r["looked_after"] is True]


def due(rs):
    return [r for r in missing(rs) if found_at(r)]


def held(rs):
    return [r for r in rs if r["ri_held"] is True and r["ri_by"] != "not_independent"]


def distinct(rs):
    return len({(r["service"], r["ri_id"] or ("alone", r["episode"])) for r in rs})


def interviews(rs):
    owed = due(rs)
    spoken, offered = held(owed), [r for r in owed if r["ri_offered"] is True]
    waits = [t(r["ri_held_at"]) - found_at(r) for r in spoken
             if r["precision"] == "minute" and is_time(r["ri_held_at"])]  # fmt: skip
    in_time = sum(w <= 72 * HOUR for w in waits)
    waiting = [r for r in owed if r["ri_held"] is not True and r["ri_accepted"] is not False]
    not_yet = sum(found_at(r) + 72 * HOUR > t(r["as_of"]) for r in waiting)
    hours = [max(0, w // HOUR) for w in waits]
    return {
        "due": count(owed),
        "not_yet_due": not_yet,
        "offered": share(len(offered), len(owed)),
        "offered_unknown": sum(r["ri_offered"] == "unknown" for r in owed),
        "accepted": share(sum(r["ri_accepted"] is True for r in offered), len(offered)),
        "declined": sum(r["ri_accepted"] is False for r in offered),
        "answer_unknown": sum(r["ri_accepted"] in (None, "unknown") for r in offered),
        "held": share(len(spoken), len(owed)),
        "held_unknown": sum(r["ri_held"] == "unknown" for r in owed),
        "interviews": distinct(spoken),
        "children_seen": count(spoken)["children"],
        "within_72h_of_held": share(in_time, len(waits)),
        "within_72h_of_due": share(in_time, len(owed) - not_yet),
        "held_late": len(waits) - in_time,
        "held_time_unknown": len(spoken) - len(waits),
        "not_held_after_72h": sum(
            r["ri_held"] is False and found_at(r) + 72 * HOUR <= t(r["as_of"]) for r in waiting
        ),
        "hours_median": median(hours),
        "hours_p90": p90(hours),
        "held_not_independent": sum(
            r["ri_held"] is True and r["ri_by"] == "not_independent" for r in owed
        ),
        "held_by_unknown": sum(r["ri_by"] in (None, "unknown") for r in spoken),
    }


def told(rs, name):
    waits = []
    for r in rs:
        if is_time(r[name]) and is_time(r["aware"]) and r["precision"] == "minute":
            began = min(t(p["from"]) for p in r["phases"] if p["category"] == "missing")
            waits.append(max(timedelta(), t(r[name]) - max(began, t(r["aware"]))))
    minutes = [w // timedelta(minutes=1) for w in waits]
    return {
        "told": share(sum(is_time(r[name]) for r in rs), len(rs)),
        "told_unknown": sum(r[name] == "unknown" for r in rs),
        "within_60_minutes": share(sum(w <= HOUR for w in waits), len(waits)),
        "minutes_median": median(minutes),
        "minutes_p90": p90(minutes),
    }


def notifications(rs):
    rs = missing(rs)
    allowed_to = [r for r in rs if r["parents_withheld"] is not True]
    return {
        "police": told(rs, "police_told"),
        "authority": told(care(rs), "authority_told"),
        "parents": told(allowed_to, "parents_told") | {"withheld": len(rs) - len(allowed_to)},
    }


def homes(rs):
    made = []
    for service, home in {(r["service"], r["home"]) for r in rs}:
        these = [r for r in rs if (r["service"], r["home"]) == (service, home)]
        made.append({"service": service, "home": home, "missing": len(missing(these))}
                    | count(these))  # fmt: skip
    middle = median([x["missing"] for x in made]) or 0
    for x in made:
        x["high"] = x["missing"] >= 5 and x["missing"] >= 2 * middle
    return sorted(made, key=lambda x: (-x["missing"], x["service"], x["home"]))


def placements(rs):
    names = ("placement", "sector", "area")
    episodes = Counter(tuple(r[name] for name in names) for r in rs)
    three = [firsts(rs, value_of(name)) for name in names]
    children = Counter(tuple(first[child] for first in three) for child in three[0])
    cells = [
        (p, s, a) for p in VALUES["placement"] for s in VALUES["sector"] for a in VALUES["area"]
        if episodes[p, s, a] or children[p, s, a]
    ]  # fmt: skip
    return [
        dict(zip(names, c, strict=True)) | {"episodes": episodes[c], "children": children[c]}
        for c in cells
    ]


def months_back(d, k):
    year, month = divmod(d.year * 12 + d.month - 1 - k, 12)
    month += 1
    last = calendar.monthrange(year, month)[1]
    if d.day == calendar.monthrange(d.year, d.month)[1]:
        return date(year, month, last)
    return date(year, month, min(d.day, last))


def parts(first, last, names):
    """Days of a period grouped by month or quarter: name, first, last, partial."""
    under: dict[str, list[date]] = {}
    for n in range((last - first).days + 1):
        d = first + n * DAY
        under.setdefault(names(d), []).append(d)
    for name, days in under.items():
        partial = names(days[0] - DAY) == name or names(days[-1] + DAY) == name
        yield {"from": days[0].isoformat(), "to": days[-1].isoformat(), "partial": partial}, name


def month(d):
    return f"{d:%Y-%m}"


def quarter(d):
    return f"{d.year}-Q{(d.month - 1) // 3 + 1}"
