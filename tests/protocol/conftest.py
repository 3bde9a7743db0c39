"""Hypothesis for this room: no time limit for one example (machines differ), the same examples
on every run, so that a red test is red for everybody."""

from hypothesis import settings

settings.register_profile("protocol", deadline=None, derandomize=True)
settings.load_profile("protocol")
