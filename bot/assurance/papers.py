"""The assurance papers: templates in `papers/`, filled from the configuration; the hazard log from
`hazards.toml`, where each control names the test that holds it."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bot import __version__
from bot.config import Audit, Config
from bot.syslog import TLS
from reminders.policy import Policy
from reports.paper import Paper

DRAFT = (
    "**A draft, made from the configuration and the code. A person has to judge it, add what is "
    "marked, and sign.** England only."
)
SEVERITY = ("minor", "significant", "considerable", "major", "catastrophic")
LIKELIHOOD = ("very low", "low", "medium", "high", "very high")
RATING = (
    (1, 1, 2, 2, 3),
    (1, 2, 2, 3, 4),
    (2, 2, 3, 3, 4),
    (2, 3, 3, 4, 5),
    (3, 4, 4, 5, 5),
)
"""By severity and likelihood, each from 0: 1 is acceptable, 5 is not. Our own table, in the form of
the one in NHS standard DCB0129."""
CONFIDENTIAL = ("H-28", "H-29", "H-30", "H-31", "H-32", "H-33", "H-41", "H-43", "H-49")
PAGES_FLOWS = """\
| browser of a member of staff | this service's own pages | case file, register, files, figures; what is typed | https; a link for the moment and a second factor; by role and home; reading and saving are lines of the audit |
| browser of somebody outside, by a link | this service's own pages | the answer to one question about one case; no child is named | https; for 24 hours or 7 days, once; making, ending and answering are lines of the audit |
"""  # noqa: E501 - rows of a table


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What keeps a hazard away, and the tests (below tests/) that hold it."""

    what: str
    tests: tuple[str, ...]


class Hazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One hazard. severity, before, after: 1 to 5; before and with the controls.  people: what the
    organisation has to do itself."""

    id: str
    title: str
    cause: str
    effect: str
    severity: Annotated[int, Meta(ge=1, le=5)]
    before: Annotated[int, Meta(ge=1, le=5)]
    after: Annotated[int, Meta(ge=1, le=5)]
    controls: tuple[Control, ...]
    people: str

    def rating(self, when: Literal["before", "after"]) -> int:
        """1 (acceptable) to 5 (not)."""
        likelihood = self.before if when == "before" else self.after
        return RATING[self.severity - 1][likelihood - 1]


def hazards() -> tuple[Hazard, ...]:
    """The log, as it is shipped."""
    text = files("bot.assurance").joinpath("hazards.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["hazard"], tuple[Hazard, ...])


def papers(config: Config, policy: Policy) -> dict[str, str]:
    """Every paper in Markdown, by its name without ending."""
    known = _known(config, policy)
    made = {"07-hazards": _hazard_log()}
    for template in files("bot.assurance").joinpath("papers").iterdir():
        if template.name.endswith(".md"):
            text = template.read_text(encoding="utf-8")
            made[template.name.removesuffix(".md")] = text.format_map(known)
    return dict(sorted(made.items()))


def _known(config: Config, policy: Policy) -> dict[str, str]:
    book = config.book
    channels = [address for one in config.staff for address in one.second_channel]
    initials = config.privacy.identifiers == "initials"
    card = {"home", "age", "authority"} & set(config.chat.card_shows)
    homes = len(config.homes)
    return {
        "draft": DRAFT,
        "version": __version__,
        "hazards": str(len(hazards())),
        "homes": f"{homes} home{'s' if homes != 1 else ''} "
        f"({', '.join(home.name for home in config.homes)})",
        "staff": str(len(config.staff)),
        "pack": f"pack {config.protocol.pack}, preset {config.protocol.preset}",
        "chat_shows": _chat_shows(initials=initials, home="home" in card),
        "young_code": "There you are a short code"
        + (", your initials and your age." if initials else " and your age."),
        "outage": f"{48 - config.chat.forget_after_hours} hours",
        "second_place": _second_place(config.audit),
        "pages_flows": PAGES_FLOWS if config.web.address else "",
        "made_where": "made by command on the service's machine"
        + (", and on the pages by managers and auditors" if config.web.address else ""),
        "inbound": "one inbound port, of its own pages (https)"
        if config.web.address
        else "no inbound port is needed (pages of its own are switched off)",
        "records": f"PostgreSQL, service {book.service}" if book.database else "files on its disk",
        "encryption": "NOT encrypted, as the configuration says"
        if book.unencrypted
        else "AES-256-GCM, the key kept apart",
        "second": ", ".join(sorted({one.partition(":")[0] for one in channels})) or "none",
        "monitoring": "an address is called" if policy.watching.alive_url else "none outside",
        "health": f"on port {config.health.port}, this machine only"
        if config.health.port
        else "switched off",
        "chat_factor": _chat_factor(config),
        "backups": book.backup_folder or "none is configured",
        "backups_kept": f"the newest {book.backups_kept}",
        "forget_after": f"{config.chat.forget_after_hours} hours",
        "kept": f"{config.retention.months} months after the return",
        "audit_kept": f"{config.retention.audit_years} years",
        "privacy_risks": _short([one for one in hazards() if one.id in CONFIDENTIAL]),
    }


def _second_place(audit: Audit) -> str:
    if audit.syslog and not audit.syslog.startswith(("/", TLS)):
        return f"{audit.syslog}, not encrypted on its way"
    return audit.file or audit.syslog or "none is set"


def _chat_factor(config: Config) -> str:
    web = config.web
    if web.chat_second_factor == "off":
        return "the chat asks for no second factor (`[web] chat_second_factor`)"
    where = "tapped in the chat" if web.chat_second_factor == "buttons" else "given on a page"
    return (
        f"the chat asks for a second factor, {where}, before it opens a case after "
        f"{web.chat_second_factor_hours} hours without that, and to sign off"
    )


def _chat_shows(*, initials: bool, home: bool) -> str:
    """What names a young person in the chat, as it is configured."""
    young = "initials and age" if initials else "age"
    shown = f"references of the case and of the young person, {young}"
    return f"{shown}, home" if home else shown


def _short(chosen: list[Hazard]) -> str:
    lines = ["| risk | severity | likelihood | rating |", "|---|---|---|---|"]
    lines += [
        f"| {one.id} {one.title} | {SEVERITY[one.severity - 1]} "
        f"| {LIKELIHOOD[one.before - 1]}, with the controls {LIKELIHOOD[one.after - 1]} "
        f"| {one.rating('before')}, then {one.rating('after')} |"
        for one in chosen
    ]
    return "\n".join(lines)


def _hazard_log() -> str:
    parts = [
        "# Hazard log",
        DRAFT,
        "Severity from 1 (minor) to 5 (catastrophic), likelihood from 1 (very low) to 5 (very "
        "high); rating from 1 (acceptable) to 5 (not acceptable). Each control names the tests "
        "that hold it; that these tests exist is itself tested.",
    ]
    for one in hazards():
        rows = [f"- {control.what}: {_named(control.tests)}" for control in one.controls]
        if one.people:
            rows.append(f"- For the organisation: {one.people}")
        parts.append(
            f"## {one.id} {one.title}\n\n"
            f"Cause: {one.cause} Effect: {one.effect}\n\n"
            f"Severity: {SEVERITY[one.severity - 1]}. Likelihood: {LIKELIHOOD[one.before - 1]} "
            f"without, {LIKELIHOOD[one.after - 1]} with the controls. "
            f"Rating: {one.rating('before')}, then {one.rating('after')}.\n\n" + "\n".join(rows)
        )
    return "\n\n".join(parts) + "\n"


def _named(tests: tuple[str, ...]) -> str:
    return ", ".join(f"`{test}`" for test in tests)


def page(name: str, text: str) -> bytes:
    """A paper as PDF: the few forms of Markdown that the templates use."""
    paper = Paper(name, f"Nightlight {__version__}: {name}; a draft for a person to judge")
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        if line.startswith("|"):
            rows = [line]
            while lines and lines[0].startswith("|"):
                rows.append(lines.pop(0))
            _table(paper, rows)
        elif line.startswith("# "):
            paper.heading(line[2:])
        elif line.startswith("#"):
            paper.section(line.lstrip("# "))
        elif line.strip():
            block = [line]
            while lines and lines[0].strip() and not lines[0].startswith(("|", "#", "- ")):
                block.append(lines.pop(0))
            bullet = line.startswith("- ")
            said = _plain(" ".join(block))
            paper.text_block(f"•  {said[2:]}" if bullet else said)
            paper.ln(0.6 if bullet else 1.6)
    return bytes(paper.output())


def _table(paper: Paper, rows: list[str]) -> None:
    cells = [[_plain(cell.strip()) for cell in row.strip("|").split("|")] for row in rows]
    cells = [row for row in cells if not all(set(cell) <= {"-"} and cell for cell in row)]
    longest = [
        max(len(row[n]) if n < len(row) else 1 for row in cells) for n in range(len(cells[0]))
    ]
    widths = [min(max(length, 8), 60) for length in longest]
    paper.grid(cells[0], cells[1:], widths)
    paper.ln(1.5)


def _plain(text: str) -> str:
    return re.sub(r"\*\*?([^*]+)\*\*?|`([^`]+)`", lambda found: found[1] or found[2], text)
