"""What goes into the log: no words of people, whoever logs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SECRET = "Robin was seen at Invented Street"
WAYS = {
    "an exception of ours": "log.exception('a handler failed', update_id=1)",
    "an exception as a value": "log.warning('odd', error=error)",
    "a library's error": "logging.getLogger('telegram.ext').error('bad answer: %s', str(error))",
    "a library's traceback": "logging.getLogger('httpx').exception('bad: %r', error)",
    "a library's text": "logging.getLogger('anything').critical(f'bad {error}')",
    "a warning that nobody captures": "import warnings; warnings.warn(str(error))",
    "a thread that fails": (
        "import threading\n"
        "    def fails(why=str(error)): raise RuntimeError(why)\n"
        "    one = threading.Thread(target=fails, name=str(error)); one.start(); one.join()"
    ),
    "an object that fails when it goes": (
        "class Gone:\n"
        "        def __del__(self, why=str(error)): raise RuntimeError(why)\n"
        "    Gone()"
    ),
    "a warning": "import warnings; logging.captureWarnings(True); warnings.warn(str(error))",
    "an end that nobody foresaw": "raise RuntimeError(str(error)) from error",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_words_of_people_are_logged(way: str) -> None:
    program = f"""
import logging
import structlog
from bot.logs import configure_logging
configure_logging()
log = structlog.get_logger("bot.x")
try:
    try:
        {{}}[{SECRET!r}]
    except KeyError as inner:
        raise ValueError({SECRET!r}) from inner
except ValueError as error:
    {WAYS[way]}
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines), done.stderr
    assert lines
    if "exception of ours" in way:
        assert "ValueError at" in done.stderr
        assert "from KeyError" in done.stderr


def test_a_task_that_nobody_waited_for_tells_only_its_kind() -> None:
    program = f"""
import asyncio
from bot.logs import configure_logging
configure_logging()
async def fails():
    raise ValueError({SECRET!r})
async def main():
    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task
    import gc
    gc.collect()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert SECRET not in done.stderr
    assert "ValueError" in done.stderr


def test_every_line_names_the_request_that_it_belongs_to() -> None:
    """Also what a task logs that was begun meanwhile; afterwards none."""
    program = """
import asyncio
import structlog
from bot.logs import configure_logging, request
configure_logging()
log = structlog.get_logger("bot.x")
async def later():
    await asyncio.sleep(0.01)
    log.info("in a task")
async def main():
    with request("update", 712):
        task = asyncio.create_task(later())
        log.warning("in it")
    log.info("after it")
    await task
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line.get("request")) for line in lines] == [
        ("in it", "update 712"),
        ("after it", None),
        ("in a task", "update 712"),
    ]
