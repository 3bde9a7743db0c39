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


def out_of_hours(moment, cfg):
    local = moment.astimezone(LONDON)
    if local.strftime("%a") in ("Sat", "Sun"):
        return True
    if local.date().isoformat() in cfg["bank_holidays"]:
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
    cfg = {**default_config, **question.get("config", {})}
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

    seen, due_back, aware = (t(ep.get(k)) for k in ("last_seen_at", "due_back_at", "aware_at"))
    if cfg["clock_start"] == "later_of_last_seen_and_due_back":
        known = [x for x in (seen, due_back) if x]
        start = max(known) if known else aware
    elif cfg["clock_start"] == "last_seen":
        start = seen or aware
    elif cfg["clock_start"] == "aware":
        start = aware
    else:
        start = police or aware
    end = returned or now
    away = end - start
    is_open = returned is None

    missing = ep["category"] == "missing"
    if police and cfg["police_report_makes_missing"]:
        missing = True
    category = "missing" if missing else "unauthorised_absence"
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
    if (
        not is_open
        and category in cfg["level3_categories"]
        and away > hours(cfg["level3_min_hours"])
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
        pass
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
        if away > hours(24):
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
    interview_due = located and (missing or cfg["ri_for_ua"])
    if located:
        if not lac and not police and away > h4:
            reasons.add("SG-UNREPORTED")
        if ep.get("return_unsafe"):
            reasons.add("SG-OOH-REF" if out_of_hours(located, cfg) else "SG-UNSAFE-REF")
        if lac and is_open and ep.get("contact_blocked"):
            reasons.add("SG-RECOVERY")
        if missing:
            reasons.add("SG-SAFEWELL")
    if interview_due:
        reasons.add("SG-RI")
        if located - start > hours(24):
            reasons.add("SG-RI-P24H")
        if count(cfg["ri_repeat_window_days"], ["missing"]) >= 2:
            reasons.add("SG-RI-P2X")
        triggers = {
            "SG-RI-PCRIME": ep.get("crime_while_away"),
            "SG-RI-PHARM": ep.get("harmed_while_away"),
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
        if level >= 2:
            week = 1
            while plus_days(start, 7 * week) < now:
                week += 1
            due["REV-WEEKLY"] = plus_days(start, 7 * week)
            due["STRAT-14D"] = plus_days(start, cfg["strategy_days"])
        if current and missing and lac:
            due["CUR-STRAT"] = start + hours(cfg["cur_strategy_hours"])
    noticed = aware or start
    if missing and not police and not located:
        due["N-POLICE"] = noticed + minutes(cfg["notify_police_min"])
    if missing and lac and is_open:
        accepted = [
            t(n["at"])
            for n in told
            if n["type"] == "responsible_authority"
            and n.get("recipient_role") in cfg["ra_accepting_roles"]
        ]
        if not accepted:
            due["N-RA"] = noticed + minutes(cfg["notify_ra_min"])
        elif not any(n["type"] == "ra_written" for n in told):
            due["N-RA-WRITTEN"] = min(accepted) + hours(cfg["ra_written_hours"])
        if not withheld and not any(n["type"] == "parents" for n in told):
            due["N-PARENTS"] = noticed + minutes(cfg["notify_parents_min"])
    if interview_due and not interview:
        clock = located if cfg["ri_clock"] == "located_or_returned" else returned
        if clock:
            due["RI-72H"] = clock + hours(72)
    if agency and referral:
        due["S47-48H"] = referral + hours(48)

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
        "closable": returned is not None,
    }


def standing_answer(answer):
    """The part of an answer whose change counts as a change."""
    return answer["level"], answer["reasons"], answer["due"]
