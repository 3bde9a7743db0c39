"""The table of methods in docs/SANDBOX_SERVER.md, written from the code.

``python -m sandbox.server.method_table docs/SANDBOX_SERVER.md`` brings the page up to date.
"""

import sys
from pathlib import Path

from sandbox.server.methods import METHODS, REFUSED
from sandbox.server.methods.registry import REFUSED_PARAMETERS

BEGIN = "<!-- methods: written by sandbox/server/method_table.py -->"
END = "<!-- end of methods -->"


def method_table() -> str:
    """Offered methods with what to know about each, then the refused ones."""
    lines = ["| method | here | parameters |", "|---|---|---|"]
    for method in sorted(METHODS.values(), key=lambda method: method.name):
        lines.append(f"| `{method.name}` | {method.summary} | {', '.join(method.parameters)} |")
    lines += [
        "",
        "Refused with 400 `the sandbox does not offer the method ...`: "
        + ", ".join(f"`{name}`" for name in sorted(REFUSED.values()))
        + ".",
        "",
        "Refused wherever they are given: the parameters "
        + ", ".join(f"`{name}`" for name in sorted(REFUSED_PARAMETERS))
        + ". Any other parameter a method does not know is ignored, as by Telegram.",
    ]
    return "\n".join(lines)


def with_table(page: str) -> str:
    """A page with the table between its two marks brought up to date.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{method_table()}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_table(path.read_text()))
