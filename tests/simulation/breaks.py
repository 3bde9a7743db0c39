"""Small deliberate faults, one for each invariant: each must be caught."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

Patch = Callable[[contextlib.ExitStack], None]
BREAKS: dict[str, Patch] = {}


@contextlib.contextmanager
def applied(name: str) -> Iterator[None]:
    """With this fault in the code; "" for none."""
    with contextlib.ExitStack() as stack:
        if name:
            BREAKS[name](stack)
        yield
