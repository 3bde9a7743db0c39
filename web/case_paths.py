"""The case that a path names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.store import NotFound

if TYPE_CHECKING:
    from starlette.requests import Request


def case_ref(request: Request) -> str:
    """Raises NotFound for what can be no reference."""
    ref = str(request.path_params["ref"])
    if len(ref) > 20 or not all(x.isalnum() or x == "-" for x in ref):
        raise NotFound(ref)
    return ref
