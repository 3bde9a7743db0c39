"""`assurance`: writes the papers for the people who have to judge, from the configuration."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.assurance.papers import page, papers
from bot.config import ConfigError
from bot.config_file import load


def run(out: Path, config_path: Path, *, check: bool, pdf: bool) -> int:
    """Exit status: 0; 1 if `check` found another state in the folder; 2 if it cannot be done."""
    try:
        config, policy = load(config_path, token_needed=False)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    made = papers(config, policy)
    if check:
        return _compare(out, made)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (out / f"{name}.md").write_text(text, encoding="utf-8")
            if pdf:
                (out / f"{name}.pdf").write_bytes(page(name, text))
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"{len(made)} papers are in {out}. They are drafts: a person has to judge and sign them.")
    return 0


def _compare(out: Path, made: dict[str, str]) -> int:
    differs = []
    for name, text in made.items():
        try:
            there = (out / f"{name}.md").read_text(encoding="utf-8")
        except OSError:
            there = ""
        if there != text:
            differs.append(f"{name}.md")
    for name in differs:
        print(f"{out / name}: is not what the configuration and the code say now.")
    return 1 if differs else 0
