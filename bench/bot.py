"""How quickly the bot answers and starts, beside the smallest bot that python-telegram-bot makes.

    python -m bench.bot [--rounds 100] [--beside 20]

Answer: from the moment a person's tap or text is at the stand-in for Telegram until the answer
has arrived there; the way through the server is part of it, for both bots. Start: from the start
of the process to its first getUpdates. Memory: resident, at rest, five seconds after the start.

With --beside: how long one person waits for /open while another one is in trouble (bench.beside).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from bench import beside
from bench.one_bot import PACE_SECONDS, ROOT, TOKEN, Bench, memory, prepare, report
from bench.table import Row, show

ECHO = """
import sys
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

async def echo(update, context):
    await update.effective_message.reply_text(update.effective_message.text)

app = Application.builder().token(sys.argv[2]).base_url(sys.argv[1] + "/bot").build()
app.add_handler(MessageHandler(filters.TEXT, echo))
app.run_polling()
"""


async def run_one(command: list[str], rounds: int, *, real: bool, server: Bench) -> Row:
    """One bot from its start to the last round."""
    starts = []
    process = None
    for _ in range(5):
        if process is not None:
            process.terminate()
            process.wait(10)
            await asyncio.sleep(0.2)
        process, begun = server.launch(command)
        starts.append(await server.started(begun))
    assert process is not None
    await asyncio.sleep(5)
    at_rest = memory(process.pid)
    times = []
    await server.answered("/human/send", {"text": "/start" if real else "hello"})
    for i in range(rounds):
        if not real:
            times.append(await server.answered("/human/send", {"text": f"hello {i}"}))
            continue
        for path, body in report():
            times.append(await server.answered(path, body))
        await asyncio.sleep(PACE_SECONDS)
    process.terminate()
    process.wait(10)
    times.sort()
    return Row(
        what="Nightlight" if real else "echo bot (stock library)",
        figures={
            "answer p50 ms": statistics.median(times),
            "answer p95 ms": times[int(len(times) * 0.95)],
            "start to first getUpdates s": statistics.median(starts),
            "memory at rest MB": at_rest,
            "answers": float(len(times)),
        },
    )


async def main_async(rounds: int) -> list[Row]:
    """Both bots, one after the other."""
    rows = []
    for real in (True, False):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            bench = Bench(folder)
            await bench.begin()
            if real:
                command = [sys.executable, str(ROOT / "main.py"), "run", "--config"]
                command.append(str(await asyncio.to_thread(prepare, folder, bench.url)))
            else:
                command = [sys.executable, "-c", ECHO, bench.url, TOKEN]
            rows.append(await run_one(command, rounds, real=real, server=bench))
            await bench.end()
    return rows


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--beside", type=int, default=0, metavar="ANSWERS")
    parser.add_argument("--only", default="", metavar="WORDS", help="troubles with these words")
    given = parser.parse_args()
    troubles = [one for one in beside.TROUBLES if given.only in one.what]
    if not troubles:
        parser.error("--only: " + "; ".join(one.what for one in beside.TROUBLES))
    if given.rounds:
        show("The bot against the local server", asyncio.run(main_async(given.rounds)))
    if given.beside:
        show(beside.TITLE, asyncio.run(beside.measure(given.beside, troubles)), ratio=False)


if __name__ == "__main__":
    main()
