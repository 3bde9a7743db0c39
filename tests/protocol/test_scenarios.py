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
PARTIAL = {"reasons_include", "reasons_exclude", "due", "due_absent", "peak_level", "level_reasons"}


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
        if episode is not None:
            question |= {"episode": episode, "history": scenario.get("history", [])}
        answer = run.answer(json.dumps(question).encode())
        assert "error" not in answer and "ignored" not in answer
        if "config" not in evaluation and episode is not None:
            peak = max(peak, answer["level"])
        check(answer, evaluation["expect"], peak)


def check(answer, expect, peak):
    for key in expect.keys() - PARTIAL:
        assert answer[key] == expect[key], key
    if set(answer) == {"out_of_hours"}:
        return
    if "level_reasons" in expect:
        assert list(answer["level_reasons"]) == sorted(expect["level_reasons"])
    assert set(expect.get("reasons_include", ())) <= set(answer["reasons"])
    assert not set(expect.get("reasons_exclude", ())) & set(answer["reasons"])
    for name, due in expect.get("due", {}).items():
        assert answer["due"][name] == due, name
    assert not set(expect.get("due_absent", ())) & set(answer["due"])
    if "peak_level" in expect:
        assert peak == expect["peak_level"]


def test_the_default_settings_are_those_of_the_scenarios():
    """The shipped pack without a preset, and the preset cautious, are the default config."""
    from protocol.pack import load_pack

    for pack in (load_pack("haringey-2011"), load_pack("haringey-2011", "cautious")):
        for key, value in BOOK["default_config"].items():
            ours = getattr(pack.settings, key)
            if key == "bank_holidays":
                ours = [day.isoformat() for day in ours]
            assert (list(ours) if isinstance(ours, tuple) else ours) == value, key
