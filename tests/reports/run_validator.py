"""Our file `Missing` under the sector's validator, in an environment of its own.

    make .venv-validator/.installed
    .venv-validator/bin/python tests/reports/run_validator.py 2026 THIS.csv [PREVIOUS.csv]

2026 is the year in which the collection ends. Prints how many rows each rule names, and nothing of
the rows. The package cannot be installed beside Nightlight: it needs older pandas, numpy and rich.
"""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path

RULES = "lac_validator.rules.lac2026_27"


def main(year: str, this: str, *previous: str) -> int:
    """Exit status 1 if a rule names a row or cannot run."""
    logging.disable(logging.CRITICAL)
    validator = importlib.import_module("lac_validator.lac_validator")
    files = [("This year", this), *(("Prev year", file) for file in previous)]
    found = validator.LacValidator(
        metadata={"collectionYear": year, "localAuthority": "E09000014"},
        files=[
            {"name": Path(file).name, "description": which, "file_content": Path(file).read_bytes()}
            for which, file in files
        ],
        registry=importlib.import_module(RULES).registry,
    )
    table = found.ds_results["Missing"]
    named = [column for column in table.columns if column.startswith("ERR_")]
    for column in named:
        print(f"rule {column[4:]}: {int(table[column].eq(True).sum())} rows")
    print(f"{len(table)} rows, {len(found.dones)} rules, {len(found.fails)} could not run")
    return int(bool(named or found.fails))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
