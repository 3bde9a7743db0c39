"""Read the times duty managers type: right to the minute, or asked back, never guessed."""

from .engine import explain, readings
from .items import Explanation, Taken, Why
from .show import shown

__all__ = ["Explanation", "Taken", "Why", "explain", "readings", "shown"]
