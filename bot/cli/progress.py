"""A progress bar for commands that take their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

LONG = 500
"""From this many files or records on, the bar is shown (on a terminal)."""


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, shown only if there is much to do."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, visible=False)

        def tell(done: int, total: int) -> None:
            if total >= LONG and (done % 50 == 0 or done == total):
                progress.update(task, completed=done, total=total, visible=True)

        yield tell
