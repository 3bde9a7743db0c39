"""The audit of an open folder: what commands left is taken into its chain, old pages go."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from storage import files, quarantine
from storage.audit import AUDIT_DELETED, Anchor, AuditPage
from storage.audit_files import AT_A_TIME, left
from storage.record_folder import RecordFolder


def take_left(records: RecordFolder) -> int:
    """What commands left is in the chain, its files are gone; how many. Raises OSError."""

    def damaged(name: str, why: str) -> None:
        place = records.layout.left_line(name)
        what = quarantine.set_aside(records.layout, place, why, records.now())
        records.report("set_aside", what)

    count = 0
    while True:
        found = left(records.layout, records.sealer, damaged)
        lines = dict(islice(found, AT_A_TIME))
        new = {name: line for name, line in lines.items() if name not in records.office.taken}
        if new:
            records.update_office(None, (), tuple(new.values()), None, taken=tuple(lines))
        records.lock.check()
        for name in lines:
            files.remove(records.layout.left_line(name).path)
        count += len(new)
        if len(lines) < AT_A_TIME:
            return count


def forget_audit(records: RecordFolder, before: datetime) -> int:
    """Deletes the oldest pages, as far as all in them is older; how many records. That it was
    done, and from where the chain goes on, is on record first. Raises OSError."""
    begin, tail = records.office.audit_from, records.office.audit
    new = begin
    for name in records.layout.audit_pages():
        place = records.layout.audit_page(name)
        page = records.files.load(place, AuditPage, expected=0)
        records.files.forget(place)
        if page is None or (tail and page.first >= tail[0].number):
            break
        last = page.records[-1]
        if last.number <= new.number:
            continue  # left over from a crash
        if last.at is None or last.at >= before or page.first != new.number + 1:
            break
        new = Anchor(number=last.number, digest=last.digest)
    if new != begin:
        line = {"at": records.now().isoformat(), "what": AUDIT_DELETED, "through": new.number}
        records.update_office(None, (), [line], None, audit_from=new)
    records.lock.check()
    for name in records.layout.audit_pages():
        if int(name) <= new.number:
            files.remove(records.layout.audit_page(name).path)
    return new.number - begin.number
