"""Read the times duty managers type: right to the minute, or asked back, never guessed."""

from .dates import parser as _parser
from .formatting import shown
from .grammar import rows as _rows
from .items import Explanation, Taken, Why
from .reader import explain, readings

__all__ = ["Explanation", "Taken", "Why", "explain", "prepare", "readings", "shown"]


def prepare() -> None:
    """Make the tables, and load dateparser, which takes a quarter of a second. Call it off the
    event loop."""
    _rows()
    _parser()
