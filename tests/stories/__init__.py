"""Nights on duty, told from the outside: the real process, over HTTP, against the stand-in."""
