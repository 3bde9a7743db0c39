"""A second evaluator of the decision table, slow and plain, to compare the real one with.

Written from the text of the table alone: dictionaries, no pack, no bits, no memory. It looks at
JSON as the dry run does and answers in the same shape, without `changes_at` (see `changes`).
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def t(text):
    return None if text is None else dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def hours(n):
    return dt.timedelta(hours=n)


def minutes(n):
    return dt.timedelta(minutes=n)


def plus_days(moment, days):
    local = moment.astimezone(LONDON)
    naive = local.replace(tzinfo=None) + dt.timedelta(days=days)
    return naive.replace(tzinfo=LONDON, fold=local.fold).astimezone(dt.UTC)


ONE_DAY_MORE = [
    "1977-06-07", "1981-07-29", "1999-12-31", "2002-06-03", "2011-04-29", "2012-06-05",
    "2022-06-03", "2022-09-19", "2023-05-08",
]  # fmt: skip
"""Jubilees, weddings, a funeral, a coronation, the eve of the millennium."""


def easter_sunday(year):
    """The ecclesiastical full moon by the golden number (as tables of the prayer book do it)."""
    century = year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * (year % 19) + 15) % 30
    if epact == 29 or (epact == 28 and year % 19 >= 11):
        epact -= 1
    moon = dt.date(year, 3, 21) + dt.timedelta(days=epact)
    return moon + dt.timedelta(days=7 - (moon.weekday() + 1) % 7)


def bank_holidays_of(year):
    """England since 1978: Easter, three Mondays, Christmas, New Year, and what was moved."""
    one = dt.timedelta(days=1)
    days = set()

    def next_free(day):
        while day.weekday() > 4 or day in days:
            day += one
        days.add(day)

    next_free(dt.date(year, 1, 1))
    days |= {easter_sunday(year) - 2 * one, easter_sunday(year) + one}
    for month, last in ((5, False), (5, True), (8, True)):
        mondays = [
            dt.date(year, month, n) for n in range(1, 32) if dt.date(year, month, n).weekday() == 0
        ]
        days.add(mondays[-1] if last else mondays[0])
    for ours, moved in (
        ("2020-05-04", "2020-05-08"), ("1995-05-01", "1995-05-08"), ("2002-05-27", "2002-06-04"),
        ("2012-05-28", "2012-06-04"), ("2022-05-30", "2022-06-02"),
    ):  # fmt: skip
        if dt.date.fromisoformat(ours) in days:
            days.remove(dt.date.fromisoformat(ours))
            days.add(dt.date.fromisoformat(moved))
    # The substitute for Christmas Day comes after Boxing Day, where that is a working day.
    christmas, boxing = dt.date(year, 12, 25), dt.date(year, 12, 26)
    if boxing.weekday() < 5:
        days.add(boxing)
    next_free(christmas)
    if boxing.weekday() > 4:
        next_free(boxing)
    return days | {d for d in map(dt.date.fromisoformat, ONE_DAY_MORE) if d.year == year}


def is_bank_holiday(day, cfg):
    if cfg["bank_holidays"] == "england":
        return day in bank_holidays_of(day.year)
    return day.isoformat() in cfg["bank_holidays"]


def next_opening(moment, cfg):
    """Minute by minute would be plainer; days, and the opening of each, are quicker."""
    if not out_of_hours(moment, cfg):
        return moment
    day = moment.astimezone(LONDON).date()
    while True:
        opens = dt.datetime.combine(day, dt.time.fromisoformat(cfg["office_open"]), LONDON)
        opens = opens.astimezone(dt.UTC)
        if opens > moment and not out_of_hours(opens, cfg):
            return opens
        day += dt.timedelta(days=1)


def out_of_hours(moment, cfg):
    local = moment.astimezone(LONDON)
    if local.strftime("%a") in ("Sat", "Sun"):
        return True
    if is_bank_holiday(local.date(), cfg):
        return True
    day = local.replace(tzinfo=None)
    opens = dt.datetime.combine(day.date(), dt.time.fromisoformat(cfg["office_open"]))
    closes = dt.datetime.combine(day.date(), dt.time.fromisoformat(cfg["office_close"]))
    return day < opens or day > closes


def age_on(dob, day):
    born = dt.date.fromisoformat(dob)
    years = day.year - born.year
    if (day.month, day.day) < (born.month, born.day):
        years -= 1
    return years


def evaluate(question, default_config):
    """The home's pack; beside it that of the placing authority (10.9)."""
    answer = by_one_pack(question, {**default_config, **question.get("config", {})})
    answer["placing"] = None
    placing = question.get("placing")
    child = question["episode"]["child"]
    if (
        placing
        and child.get("looked_after")
        and "SG-POLICE" in answer["reasons"]
        and child.get("responsible_la") != child.get("placement_la")
        and child.get("responsible_la") == placing["authority"]
    ):
        cfg = {**default_config, **question.get("config", {}), **placing.get("config", {})}
        cfg["protocol_la"] = placing["authority"]
        theirs = by_one_pack(question, cfg)
        answer["placing"] = {
            "authority": placing["authority"],
            "due": {
                name: due
                for name, due in theirs["due"].items()
                if name not in answer["due"] or t(due["at"]) < t(answer["due"][name]["at"])
            },
            "to_settle": [i for i in theirs["to_settle"] if i not in answer["to_settle"]],
        }
        if answer["placing"]["to_settle"]:
            answer["closable"] = False
    return answer


OWN_TO_TELL = ("N-RA", "N-RA-WRITTEN", "N-BACK-RA", "N-BACK-POLICE", "REF-OOH", "REF-DUTY")


def by_one_pack(question, cfg):
    now = t(question["now"])
    ep = question["episode"]
    child = ep["child"]
    history = question.get("history", [])

    def happened(name):
        moment = t(ep.get(name))
        return moment if moment is not None and moment <= now else None

    returned = happened("returned_at")
    located = happened("located_at") or returned
    police = happened("police_reported_at")
    referral = happened("reported_to_csc_at")
    interview = happened("ri_completed_at")
    told = [n for n in ep.get("notifications", []) if t(n["at"]) <= now]

    # Decisions (10.6): the latest for each id, of equal times the last in the list.
    decided = {}
    for d in ep.get("decisions", []):
        if t(d["at"]) > now:
            continue
        if d["id"] not in decided or t(d["at"]) >= t(decided[d["id"]]["at"]):
            decided[d["id"]] = d

    def note_of(d):
        return (d.get("note") or "").strip()

    def not_needed(name):
        """The decision not_needed with a note, if that is the latest."""
        d = decided.get(name)
        return d if d and d["outcome"] == "not_needed" and note_of(d) else None

    def done(name):
        return name in decided and decided[name]["outcome"] == "done"

    def put_off(name):
        d = decided.get(name)
        if not d or not d.get("until") or t(d["until"]) <= now:
            return False
        return d["outcome"] == "booked" or (d["outcome"] == "handed_over" and bool(note_of(d)))

    seen, due_back = (t(ep.get(k)) for k in ("last_seen_at", "due_back_at"))
    noticings = [
        t(n["at"]) for n in told if n["type"] in ("responsible_authority", "ra_written", "parents")
    ]
    noticings += [x for x in (t(ep.get("aware_at")), police) if x]
    aware = min(noticings) if noticings else None
    if cfg["clock_start"] == "later_of_last_seen_and_due_back":
        known = [x for x in (seen, due_back) if x]
        start = max(known) if known else aware
    elif cfg["clock_start"] == "last_seen":
        start = seen or aware
    elif cfg["clock_start"] == "aware":
        start = aware
    else:
        start = police or aware
    aware = aware or start
    end = returned or now
    away = end - start
    is_open = returned is None

    # Missing, and since when.
    reported_missing = ep["category"] == "missing"
    since = None
    if reported_missing and ep.get("missing_since"):
        since = happened("missing_since")
        if since is None:
            reported_missing = False
    by_police = police is not None and cfg["police_report_makes_missing"]
    missing = reported_missing or by_police
    category = "missing" if missing else "unauthorised_absence"
    if reported_missing:
        became = since or start
        if by_police and police < became:
            became = police
    else:
        became = police
    missing_from = max(aware, became) if missing else None
    missing_starts = max(start, since) if since else start
    time_missing = (located or now) - missing_starts
    lac = bool(child.get("looked_after"))

    age_at = start if cfg["age_evaluated_at"] == "clock_start" else now
    age = age_on(child["dob"], age_at.astimezone(LONDON).date())
    young = age < cfg["older_band_min_age"]

    reasons = set()
    historical = child.get("historical_concerns", "unknown")
    if historical == "unknown":
        reasons.add("HAR-HC-UNKNOWN")
        historical = cfg["unknown_concerns_as"]
    concerns = historical or any(child.get(f) for f in cfg["additional_factors"])
    if cfg["historical_concerns_scope"] == "under_11" and not young:
        concerns = False

    # 3.2 -----------------------------------------------------------------------------------
    h4, h2 = hours(cfg["short_return_hours"]), hours(cfg["u11_concern_hours"])
    rows = []
    if missing and ((is_open and away >= h4) or (not is_open and away > h4)):
        rows.append(("HAR-L2-4H", 2))
    if not missing and young and away > h2:
        rows.append(("HAR-L2-U11", 2))
    if is_open and not missing and concerns:
        rows.append(("HAR-L2-HC", 2))
    if not is_open and missing and (young or concerns):
        rows.append(("HAR-L2-RET", 2))
    if not is_open and not missing and concerns:
        rows.append(("HAR-L2-RET", 2))
    long = away if cfg["level3_clock"] == "away" else time_missing
    if (
        not is_open
        and category in cfg["level3_categories"]
        and long > hours(cfg["level3_min_hours"])
    ):
        rows.append(("HAR-L3-RET", 3))
    if not is_open and not missing and not young and not concerns and away <= h4:
        rows.append(("HAR-L1-UA", 1))
    if is_open and missing and young:
        rows.append(("HAR-GAP-U11OPEN", cfg["under11_missing_open_level"]))
    if is_open and missing and concerns:
        rows.append(("HAR-GAP-HCOPEN", 2))
    if not is_open and missing and not young and not concerns and away <= h4:
        rows.append(("HAR-GAP-MISSHORT", 1))
    if not is_open and not missing and young and not concerns and away <= h2:
        rows.append(("HAR-GAP-U11SHORT", cfg["under11_short_ua_level"]))
    if not missing and ((is_open and away >= h4) or (not is_open and away > h4)):
        rows.append(("HAR-GAP-UA4H", cfg["ua_over_4h_level"]))
    if is_open and not rows:
        rows.append(("HAR-GAP-OPEN", 1))
    level = max(row[1] for row in rows)
    level_reasons = sorted({name for name, row_level in rows if row_level == level})
    reasons |= {name for name, _ in rows}

    # 3.1 -----------------------------------------------------------------------------------
    here = cfg["protocol_la"]
    if lac and child.get("responsible_la") != here and child.get("placement_la") == here:
        reasons.add("HAR-RT-1")
    elif lac and child.get("responsible_la") == here:
        reasons.add("HAR-RT-2")
    elif lac:
        reasons.add("HAR-RT-NONE")
    elif child.get("allocated_worker"):
        reasons.add("HAR-RT-3")
    else:
        reasons.add("HAR-RT-4")
    agency = ep.get("reported_by_other_agency") and not ep.get("parents_reported")
    if agency:
        reasons.add("HAR-SH-AGENCY")

    # Counts ----------------------------------------------------------------------------------
    def count(days, categories):
        first = plus_days(start, -days)
        earlier = [
            h for h in history if h["category"] in categories and first <= t(h["start"]) < start
        ]
        return len(earlier) + (category in categories)

    both = cfg["episode_categories"]
    count_90 = count(cfg["episode_window_days"], both)
    if count_90 >= cfg["har_episode_count"]:
        reasons.add("HAR-L1-3EP")
    for name, on in (("STF", "staffs"), ("LAN", "lancs")):
        if cfg[on + "_enabled"]:
            n = count(cfg[on + "_window_days"], both)
            reached = [tier for tier in cfg[on + "_tiers"] if n >= tier]
            if reached:
                reasons.add(f"{name}-{max(reached)}")
    if lac and count_90 >= cfg["marm_count"]:
        reasons.add("SG-MARM")
    if count(cfg["episode_window_days"], ["unauthorised_absence"]) >= cfg["repeat_ua_count"]:
        reasons.add("APPG-26")

    # Missing ---------------------------------------------------------------------------------
    withheld = ep.get("parents_withheld_reason") or child.get("parents_withheld_reason")
    if missing:
        reasons.add("SG-POLICE")
        if lac and time_missing > hours(24):
            reasons.add("SG-24H-REPORT")
        if child.get("trafficking_indicators"):
            reasons.add("APPG-29")
        if child.get("uasc"):
            reasons.add("APPG-30")
    if missing and lac:
        reasons |= {"SG-RA", "APPG-3", "SG-PARENTS-WITHHELD" if withheld else "SG-PARENTS"}
        if child.get("responsible_la") != child.get("placement_la"):
            reasons |= {"SG-OOA", "SG-NI71-OOA"}
    if ep.get("abducted"):
        reasons.add("SG-ABDUCT")

    # Located ---------------------------------------------------------------------------------
    def answer(name):
        return ep.get(name, False)

    crime = answer("crime_suspected")
    if ep.get("crime_while_away") is True or (
        ep.get("crime_while_away") == "unknown" and crime is not True
    ):
        crime = ep["crime_while_away"]
    by_placement = interview and ep.get("ri_held_by") == "placement" and lac
    interview_held = interview and not (by_placement and cfg["ri_independence"] == "required")
    interview_over = bool(interview_held or happened("ri_declined_at") or not_needed("RI"))
    unsafe_id = None
    interview_due = located and (missing or cfg["ri_for_ua"])
    if located:
        if not lac and not police and away > h4:
            reasons.add("SG-UNREPORTED")
        if answer("return_unsafe") is True:
            unsafe_id = "REF-OOH" if out_of_hours(located, cfg) else "REF-DUTY"
            reasons.add("SG-OOH-REF" if unsafe_id == "REF-OOH" else "SG-UNSAFE-REF")
        if lac and is_open and answer("contact_blocked") is True:
            reasons.add("SG-RECOVERY")
        if missing:
            reasons.add("SG-SAFEWELL")
    if interview_due:
        reasons.add("SG-RI")
        if located - start > hours(24):
            reasons.add("SG-RI-P24H")
        if count(cfg["ri_repeat_window_days"], ["missing"]) >= 2:
            reasons.add("SG-RI-P2X")
        harms = [answer("harmed_while_away")]
        if cfg["crime_victim_as_harm"]:
            harms.append(answer("crime_victim"))
        maybe = cfg["unknown_priority_as"]
        triggers = {
            "SG-RI-PCRIME": crime is True,
            "SG-RI-PCRIME-UNKNOWN": crime == "unknown" and maybe,
            "SG-RI-PHARM": True in harms,
            "SG-RI-PHARM-UNKNOWN": "unknown" in harms and True not in harms and maybe,
            "RI-NOT-INDEPENDENT": by_placement,
            "SG-RI-PMH": child.get("mental_health"),
            "SG-RI-PCSE": child.get("cse_risk"),
            "SG-RI-PCONTACT": child.get("risky_contacts"),
        }
        reasons |= {name for name, fires in triggers.items() if fires}
        if lac:
            reasons.add("APPG-27")

    # The overlay -----------------------------------------------------------------------------
    current = cfg["profile"] == "current"
    if current and missing:
        if located:
            reasons.add("CUR-RHI-ALL")
        if lac:
            reasons.add("CUR-REG40")
            if is_open and away >= hours(cfg["cur_strategy_hours"]):
                reasons.add("CUR-STRAT")

    # Due -------------------------------------------------------------------------------------
    due = {}
    if is_open:
        if young and not missing:
            due["CP-2H-U11"] = start + h2
        due["CP-4H"] = start + h4
        due["CP-24H"] = start + hours(24)
        if cfg["cp_72h_open"]:
            due["CP-72H-OPEN"] = start + hours(72)
        if level >= 2 and category in cfg["review_categories"]:
            due["REV-WEEKLY"] = weekly_review(start, ep, now, cfg)
            due["STRAT-14D"] = plus_days(start, cfg["strategy_days"])
        if current and missing and lac:
            due["CUR-STRAT"] = start + hours(cfg["cur_strategy_hours"])
    abducted = bool(ep.get("abducted"))
    why_not_told = done("POLICE-NOT-TOLD") and bool(note_of(decided["POLICE-NOT-TOLD"]))
    why_not_told = why_not_told or bool(not_needed("POLICE-NOT-TOLD"))
    if abducted and not police:
        if is_open or not why_not_told:
            due["N-POLICE"] = aware
    elif missing and not police and not located:
        due["N-POLICE"] = missing_from + minutes(cfg["notify_police_min"])

    def after_return(name):
        d = not_needed(name)
        return bool(d and returned and t(d["at"]) >= returned)

    counting = told
    if (
        since
        and ep["category"] == "missing"
        and cfg["told_before_missing"] == "again"
        and not (by_police and police < since)
    ):
        counting = [n for n in told if t(n["at"]) >= since]
    accepting, back_roles = cfg["ra_accepting_roles"], cfg["ra_back_roles"]
    if missing and lac:
        accepted = [
            t(n["at"])
            for n in counting
            if n["type"] in ("responsible_authority", "ra_back")
            and n.get("recipient_role") in accepting
        ]
        if not accepted and not after_return("N-RA"):
            due["N-RA"] = missing_from + minutes(cfg["notify_ra_min"])
        written = any(n["type"] == "ra_written" for n in counting)
        if accepted and not written and not after_return("N-RA-WRITTEN"):
            due["N-RA-WRITTEN"] = min(accepted) + hours(cfg["ra_written_hours"])
        parents = any(n["type"] in ("parents", "parents_back") for n in counting)
        if not withheld and not parents and not after_return("N-PARENTS"):
            due["N-PARENTS"] = missing_from + minutes(cfg["notify_parents_min"])
    if located:
        since_found = [n for n in told if t(n["at"]) >= located]
        before = [n for n in told if t(n["at"]) < located]
        if (
            police
            and police < located
            and ep.get("located_by") != "police"
            and not any(n["type"] == "police_back" for n in since_found)
            and not not_needed("N-BACK-POLICE")
        ):
            due["N-BACK-POLICE"] = located + minutes(cfg["notify_back_police_min"])
        ra_knows = any(
            (n["type"] == "ra_back" and n.get("recipient_role") in back_roles)
            or (n["type"] == "responsible_authority" and n.get("recipient_role") in accepting)
            for n in since_found
        )
        if missing and lac and returned and not ra_knows and not not_needed("N-BACK-RA"):
            due["N-BACK-RA"] = returned + minutes(cfg["notify_back_ra_min"])
        if (
            any(n["type"] == "parents" for n in before)
            and not withheld
            and ep.get("located_by") != "parents"
            and not any(n["type"] in ("parents", "parents_back") for n in since_found)
            and not not_needed("N-BACK-PARENTS")
        ):
            due["N-BACK-PARENTS"] = located + minutes(cfg["notify_back_parents_min"])
    if unsafe_id and not happened("referred_at"):
        d = not_needed(unsafe_id)
        if not (d and (d.get("by_role") or "").strip()):
            due[unsafe_id] = located
    if interview_due and not interview_over:
        clock = located if cfg["ri_clock"] == "located_or_returned" else returned
        if clock:
            due["RI-72H"] = clock + hours(72)
    if agency and referral and not happened("s47_started_at"):
        due["S47-48H"] = referral + hours(48)

    # To settle (10.7) -------------------------------------------------------------------------
    open_ids = {
        name
        for name in (*OWN_TO_TELL, "N-PARENTS", "N-BACK-PARENTS")
        if name in due and (name in OWN_TO_TELL or not put_off(name))
    }

    def settled(name):
        return done(name) or bool(not_needed(name)) or put_off(name)

    to_explain = (abducted and returned) or (missing and located and not abducted)
    if to_explain and not police and not why_not_told:
        open_ids.add("POLICE-NOT-TOLD")
    if "SG-SAFEWELL" in reasons and not happened("safe_well_at") and not settled("SAFE-WELL"):
        open_ids.add("SAFE-WELL")
    if "SG-RI" in reasons and not interview_over and not put_off("RI"):
        open_ids.add("RI")
    of_level = {
        "HAR-A2-CHECKS": ["HAR-L2-U11", "HAR-L2-HC"],
        "HAR-A2-DECIDE": ["HAR-L2-U11", "HAR-L2-HC", "HAR-L2-RET"],
        "HAR-A2-GATHER": ["HAR-L2-4H", "HAR-L2-RET"],
        "HAR-A3-MEETING": ["HAR-L3-RET"],
        "HAR-A3-LEAD": ["HAR-L3-RET"],
        "HAR-A3-ASSESS": ["HAR-L3-RET"],
        "HAR-A3-CSE": ["HAR-L3-RET"],
    }
    wanted = [a for a, because in of_level.items() if set(because) & set(level_reasons)]
    for name in ("SG-RECOVERY", "SG-MARM", "CUR-REG40"):
        if name in reasons:
            wanted.append(name)
    if "HAR-L1-3EP" in reasons:
        wanted.append("HAR-A1-EARLY")
    wanted += [family for family in ("STF", "LAN") if any(r.startswith(family) for r in reasons)]
    if "APPG-3" in reasons and cfg["settle_recommendations"]:
        wanted.append("APPG-3")
    found_elsewhere = False
    if located and (ep.get("located_la") or "").strip():
        own = child.get("placement_la") if lac else cfg["protocol_la"]
        found_elsewhere = ep["located_la"].strip() != own
    applies = {
        "SG-SEARCH": missing and not located,
        "RET-COLLECT": missing and located,
        "RET-PLACEMENT": missing and located and lac,
        "RET-WHERE": located and answer("return_unsafe") is True,
        "RET-HOST": found_elsewhere,
        "RET-MEDICAL": missing and returned and lac,
        "RI-AGREED": "SG-RI" in reasons and lac,
        "RI-CONTENT": interview,
        "RI-ACTIONS": interview,
        "RI-SHARED": interview,
        "RI-IRO": interview and lac,
        "RET-CARE-PLAN": missing and located and lac,
        "RET-STRATEGY": missing and located and lac,
        "SG-REVIEW": missing and returned and lac,
        "RET-SUPPORT": missing and located and lac,
        "RET-RECORD": missing and located and lac,
        "RET-ASSESS": missing and located and not lac,
        "SG-UNREPORTED": "SG-UNREPORTED" in reasons,
        "SG-NI71-OOA": "SG-NI71-OOA" in reasons,
    }
    wanted += [name for name in cfg["settle_also"] if applies[name]]
    open_ids |= {name for name in wanted if not settled(name)}

    # Prompts (10.4) ---------------------------------------------------------------------------
    prompts = set()
    if child.get("historical_concerns", "unknown") == "unknown":
        prompts.add("ASK-CONCERNS")
    if located:
        if "unknown" in (crime, answer("crime_victim")):
            prompts.add("ASK-CRIME")
        if answer("harmed_while_away") == "unknown":
            prompts.add("ASK-HARM")
        if answer("return_unsafe") == "unknown":
            prompts.add("ASK-SAFE")
        if answer("contact_blocked") == "unknown" and lac and is_open:
            prompts.add("ASK-CONTACT")

    emergency = abducted and not police and is_open
    if emergency:
        due = {"N-POLICE": due.pop("N-POLICE"), **due}
    route = None
    if missing and lac:
        route = "EDT" if out_of_hours(now, cfg) else "duty_team"
    return {
        "level": level,
        "level_reasons": level_reasons,
        "reasons": sorted(reasons),
        "due": {
            name: {
                "at": at.astimezone(LONDON).isoformat(),
                "status": "due" if now >= at else "pending",
            }
            for name, at in due.items()
        },
        "out_of_hours": out_of_hours(now, cfg),
        "age": age,
        "count_90": count_90,
        "elapsed_minutes": int((end - start) / minutes(1) // 1),
        "ra_route": route,
        "to_settle": sorted(open_ids),
        "emergency": emergency,
        "prompts": sorted(prompts),
        "closable": returned is not None and not open_ids,
    }


def weekly_review(start, ep, now, cfg):
    """The oldest week not settled (10.8)."""

    def week(k):
        at = plus_days(start, 7 * k)
        return next_opening(at, cfg) if cfg["review_office_hours"] else at

    reviews = [d for d in ep.get("decisions", []) if d["id"] == "REV-WEEKLY" and t(d["at"]) <= now]
    settled = []
    for d in sorted(reviews, key=lambda d: t(d["at"])):
        note = (d.get("note") or "").strip()
        if not (d["outcome"] == "done" or (d["outcome"] == "not_needed" and note)):
            continue
        at, come, k = t(d["at"]), [], 1
        while week(k) <= at:
            if k not in settled:
                come.append(k)
            k += 1
        if come:
            settled += come if note else come[:1]
        else:
            coming = len(settled) + 1
            if week(coming) - at <= hours(cfg["review_early_hours"]):
                settled.append(coming)
    return week(len(settled) + 1)


def standing_answer(answer):
    """The part of an answer whose change counts as a change."""
    names = ("level", "reasons", "due", "to_settle", "emergency", "prompts", "placing")
    return {name: answer[name] for name in names}
