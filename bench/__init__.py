"""Measurements beside the obvious alternative: `make bench`."""
