"""What comes with a question: days, areas, and the file of young people."""

from pathlib import Path

import pytest

from reports.arguments import Unusable, people


def test_a_quote_that_closes_rows_later_swallows_none(tmp_path: Path) -> None:
    """Two rows with a quote each, one line apart: as one cell they would have been read as one."""
    path = tmp_path / "people.csv"
    keys = [f"{n:016x}" for n in range(3)]
    rows = [
        f'{keys[0]},"12,01/02/2011,',
        f"{keys[1]},13,01/02/2012,",
        f'{keys[2]},1","01/02/2011",',
    ]
    path.write_text("\n".join(["child,CHILD,DOB,DEC", *rows]), encoding="utf-8")
    with pytest.raises(Unusable, match=r"people.csv:2: .* quotes that are closed"):
        people(path)
