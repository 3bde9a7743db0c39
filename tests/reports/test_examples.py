"""The worked examples, reproduced to the figure through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app

DATA = Path(__file__).parents[1] / "data" / "reports"
EXAMPLES = json.loads((DATA / "reports-example.json").read_text("utf-8"))["examples"]


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{n}-{x['arguments'][1]}" for n, x in enumerate(EXAMPLES)]
)
def test_example(example, tmp_path, monkeypatch):
    monkeypatch.chdir(DATA)
    arguments = list(example["arguments"])
    if "context.json" in example:
        context = tmp_path / "context.json"
        context.write_text(json.dumps(example["context.json"]), "utf-8")
        arguments[arguments.index("context.json")] = str(context)
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == example["output"]
    arguments[1] = arguments[1].replace("_", "-")
    assert run(*arguments).stdout == result.stdout
