"""Bad weather, one switch each: a rule of faults on the server while the switch is on."""

from __future__ import annotations

import msgspec

from sandbox.server.faults import Fault
from sandbox.server.world import World


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A switch of the page; `rule` is what it puts in force."""

    name: str
    label: str
    help: str
    rule: dict[str, object]


SWITCHES = (
    Switch(
        name="slow",
        label="Telegram is slow",
        help="Every answer takes three seconds.",
        rule={"effect": "slow", "seconds": 3.0},
    ),
    Switch(
        name="down",
        label="Telegram is down",
        help="Nothing gets through, in either direction.",
        rule={"effect": "drop"},
    ),
    Switch(
        name="limiting",
        label="Telegram is limiting",
        help="Sending is refused with 429: wait three seconds.",
        rule={"effect": "too_many_requests", "method": "send*", "retry_after": 3},
    ),
    Switch(
        name="lost",
        label="Answers get lost",
        help="Messages arrive, but the bot does not always learn that they did.",
        rule={"effect": "lose_answer", "method": "send*", "probability": 0.5},
    ),
)


class Weather:
    """Which switches are on. A reset of the server takes all rules away; so do we then."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: dict[str, int] = {}

    def states(self) -> dict[str, bool]:
        """Name to whether its rule is in force."""
        there = {fault.id for fault in self._world.faults.all()}
        return {switch.name: self._rules.get(switch.name) in there for switch in SWITCHES}

    def turn(self, name: str, *, on: bool) -> None:
        """Turn a switch.

        Raises:
            ValueError: there is no such switch.
        """
        switch = next((s for s in SWITCHES if s.name == name), None)
        if switch is None:
            raise ValueError(f"there is no switch {name!r}")
        if self.states()[name] == on:
            return
        if on:
            rule = self._world.faults.add(msgspec.convert(switch.rule, Fault))
            self._rules[name] = rule.id
        else:
            self._world.faults.remove(self._rules.pop(name))
        self._world.note("weather", (), faults=msgspec.to_builtins(self._world.faults.all()))
