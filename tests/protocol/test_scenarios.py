"""The worked scenarios, asked through the dry run exactly as a protocol owner would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.command import DryRun

BOOK = json.loads(
    (Path(__file__).parents[1] / "data" / "protocol" / "scenarios.json").read_text("utf-8")
)
SCENARIOS = [s for s in BOOK["scenarios"] if "evaluations" in s]
EXACT = {
    "level", "out_of_hours", "age", "count_90", "elapsed_minutes", "ra_route", "closable",
    "emergency",
}  # fmt: skip
LISTS = {"level_reasons", "to_settle", "prompts"}


def merged(episode, patch):
    """The patch merges objects and replaces everything else."""
    result = dict(episode)
    for key, value in patch.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


@pytest.mark.parametrize("whole_config", [False, True], ids=["changes", "whole config"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s['id']} {s['title']}")
def test_scenario(scenario, whole_config):
    run = DryRun()
    episode = scenario.get("episode")
    peak = 0
    for evaluation in scenario["evaluations"]:
        if episode is not None:
            episode = merged(episode, evaluation.get("patch", {}))
        config = {**scenario.get("config", {}), **evaluation.get("config", {})}
        if whole_config:
            config = {**BOOK["default_config"], **config}
        question = {"now": evaluation["now"], "config": config}
        if "placing" in scenario:
            question["placing"] = scenario["placing"]
        if episode is not None:
            question |= {"episode": episode, "history": scenario.get("history", [])}
        answer = run.answer(json.dumps(question).encode())
        assert "error" not in answer and "ignored" not in answer
        if "config" not in evaluation and episode is not None:
            peak = max(peak, answer["level"])
        check(answer, evaluation["expect"], peak)


def check(answer, expect, peak):
    """Whether the answer is what the case expects; every kind of expectation is looked at."""
    rest = dict(expect)
    for key in EXACT & rest.keys():
        assert answer[key] == rest.pop(key), key
    for key in LISTS & rest.keys():
        assert list(answer[key]) == sorted(rest.pop(key)), key
    for key in ("reasons", "to_settle"):
        assert set(rest.pop(f"{key}_include", ())) <= set(answer.get(key, ())), key
        assert not set(rest.pop(f"{key}_exclude", ())) & set(answer.get(key, ())), key
    for name, due in rest.pop("due", {}).items():
        assert answer["due"][name] == due, name
    assert not set(rest.pop("due_absent", ())) & set(answer.get("due", ()))
    if "due_first" in rest:
        assert next(iter(answer["due"])) == rest.pop("due_first")
    placing = answer.get("placing")
    if rest.pop("placing_absent", False):
        assert placing is None
    for name, due in rest.pop("placing_due", {}).items():
        assert placing["due"][name] == due, name
    for name in rest.pop("placing_due_absent", ()):
        assert name not in placing["due"]
    if "placing_to_settle" in rest:
        assert list(placing["to_settle"]) == sorted(rest.pop("placing_to_settle"))
    assert peak == rest.pop("peak_level", peak)
    assert not rest, "an expectation that nothing looks at"


def test_the_default_settings_are_those_of_the_scenarios():
    """The shipped pack without a preset, and the preset cautious, are the default config."""
    from protocol.pack import load_pack

    for pack in (load_pack("haringey-2011"), load_pack("haringey-2011", "cautious")):
        for key, value in BOOK["default_config"].items():
            ours = getattr(pack.settings, key)
            assert (list(ours) if isinstance(ours, tuple) else ours) == value, key
