"""The pictures of docs/REPORTS.md, made from random rows of two invented services.

`python -m bench.report_pictures [FOLDER]`. It needs `pdftoppm` (poppler).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from reports.rows import encode

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ROWS, SEED = 480, 5
AUTHORITY = "E10000099"
PERIODS = {
    "lead-member": ("2025-07-01", "2025-12-31"),
    "timeliness": ("2025-01-01", "2025-12-31"),
    "sources": ("2025-01-01", "2025-12-31"),
}
DOTS_PER_INCH = "75"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    sample = import_module("tests.reports.randomrows").rows(SEED, ROWS, children=60)
    with tempfile.TemporaryDirectory() as made:
        rows, page = Path(made) / "rows.jsonl", Path(made) / "page.pdf"
        rows.write_bytes(b"".join(encode(row) + b"\n" for row in sample))
        for name, (first, last) in PERIODS.items():
            report = [sys.executable, "main.py", "report", name, "--rows", str(rows)]
            asked = ["--from", first, "--to", last, "--authority", AUTHORITY, "--pdf", str(page)]
            subprocess.run([*report, *asked], cwd=FOLDER.parents[1], check=True)
            picture = folder / f"report-{name}"
            size = ["-r", DOTS_PER_INCH, "-png", "-gray", "-singlefile"]
            subprocess.run(["pdftoppm", *size, str(page), str(picture)], check=True)
            print(f"{picture}.png")


if __name__ == "__main__":
    main()
