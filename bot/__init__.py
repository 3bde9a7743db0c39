"""Puts Nightlight together: configuration, Telegram at the edge, access, health."""

import os

__version__ = "0.2.0"
"""Of the program; pyproject.toml takes it from here."""

# The library's coming form of time spans; without it every 429 prints a warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")
