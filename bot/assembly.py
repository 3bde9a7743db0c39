"""The one place where the rooms are put together."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path

import msgspec
from telegram import Bot

from bot.config import Config
from bot.late_answers import LateAnswers
from bot.phone import TelegramPhone, TelegramSending
from bot.polling import Backlog
from bot.removals import Removals
from bot.sender import WordedSender
from bot.summary import RULES, summarise
from handlers.context import Context
from handlers.wording.second import second_channel
from protocol.london import england_bank_holidays
from protocol.pack import Pack, load_pack
from protocol.packfile import PackError
from protocol.provider import Provider
from protocol.settings import SettingError
from reminders.acknowledge import Acknowledgements
from reminders.alarm import Alarm
from reminders.clock import Clock, SystemClock
from reminders.delivery import SecondSender
from reminders.engine import Engine
from reminders.limits import Limiter
from reminders.policy import Policy
from reminders.policy_file import unknown_duties
from reminders.second import SecondChannel
from reminders.shifts import Shifts
from storage.keys import Keys, load_keys
from storage.model import Episode, Past
from storage.store import Store, StoreError
from storage.tinydb_store import TinyStore


class CannotStart(Exception):
    """What stands in the way, in one line that a person can act on. Nothing was touched."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a running bot is made of."""

    store: Store
    engine: Engine
    handlers: Context
    phone: TelegramPhone
    late: LateAnswers
    removals: Removals
    backlog: Backlog
    limiter: Limiter
    service: Provider
    clock: Clock


def key_setting(config: Config, folder: Path) -> dict[str, str]:
    """Where the key is, as `storage.keys` takes it; empty for a plain book.

    folder: that of the configuration file, from which a relative path counts.
    """
    book = config.book
    ways = {
        "file": str(folder / book.key_file) if book.key_file else "",
        "env": book.key_variable,
        "credential": book.key_credential,
    }
    return {name: value for name, value in ways.items() if value}


def keys_of(config: Config, folder: Path) -> Keys | None:
    """The book's keys; None for a plain book, which the configuration says in words."""
    setting = key_setting(config, folder)
    return load_keys(setting) if setting else None


def pack_of(config: Config, folder: Path, closed_days: Collection[date], now: datetime) -> Pack:
    """The pack with preset, local settings, and the bank holidays of three years around now.

    closed_days: further days on which the office is closed.
    """
    choice = config.protocol
    path = folder / choice.pack if choice.pack.endswith(".toml") else Path(choice.pack)
    days = {*england_bank_holidays(range(now.year - 1, now.year + 2)), *closed_days}
    return load_pack(
        path,
        choice.preset or None,
        {"bank_holidays": sorted(d.isoformat() for d in days), **choice.settings},
    )


def row_maker(config: Config, pack: Pack, clock: Clock) -> tuple[Callable[[Episode], Past], str]:
    """How a summary row is made of an episode, and the name of the rules it is made by."""
    made_by = f"{RULES}/{config.protocol.pack}/{config.protocol.preset}"
    return lambda episode: summarise(episode, pack, clock.now()), made_by


async def open_store(config: Config, folder: Path, clock: Clock, pack: Pack) -> TinyStore:
    """The book, open. Raises StoreError when it is in use or has another key."""
    make, made_by = row_maker(config, pack, clock)
    store = TinyStore(
        folder / config.book.folder,
        keys=keys_of(config, folder),
        summarise=make,
        now=clock.now,
        rows_by=made_by,
    )
    await store.open()
    return store


async def open_alone(config: Config, folder: Path) -> TinyStore:
    """The book for a command that works while the bot does not run."""
    clock = SystemClock()
    try:
        return await open_store(config, folder, clock, pack_of(config, folder, (), clock.now()))
    except (PackError, SettingError) as error:
        raise StoreError(f"the protocol pack cannot be used: {error}") from error


async def build(config: Config, policy: Policy, folder: Path, clock: Clock, bot: Bot) -> Parts:
    """Everything, with the book open; nothing has been sent. Raises CannotStart."""
    try:
        pack = pack_of(config, folder, policy.holidays, clock.now())
        if wrong := unknown_duties(policy, {duty.id for duty in pack.book.duties}):
            raise CannotStart("\n".join(map(str, wrong)))
        store = await open_store(config, folder, clock, pack)
    except PackError as error:
        raise CannotStart(f"protocol: {error}") from error
    except SettingError as error:
        raise CannotStart(f"protocol.settings.{error.key}: {error}") from error
    except StoreError as error:
        raise CannotStart(f"book: {error}") from error
    return assemble(config, policy, pack, store, clock, bot)


def assemble(
    config: Config,
    policy: Policy,
    pack: Pack,
    store: Store,
    clock: Clock,
    bot: Bot,
    *,
    reminding: Bot | None = None,
    sender: type[WordedSender] = WordedSender,
    second: SecondSender | None = None,
    alarm: Alarm | None = None,
) -> Parts:
    """Puts the rooms together on an open store; nothing has been sent. Needs a running loop.

    bot: the client that answers people; `reminding`: the one that sends reminders, if that is
    another. The others replace what the running bot uses, for a world without network and time.
    """
    service = config.service
    limiter = Limiter(policy.limits, after_restart=True)
    worded = sender(
        TelegramSending(reminding or bot), store, service, pack, clock, config.privacy.identifiers
    )
    engine = Engine(
        store=store,
        clock=clock,
        service=service,
        policy=policy,
        pack=pack,
        sender=worded,
        second=second or SecondChannel(service, second_channel),
        limiter=limiter,
        alarm=alarm,
    )
    worded.engine = engine
    backlog = Backlog()
    late = LateAnswers(bot, limiter)
    removals = Removals(bot, engine.service_state, clock, late)
    phone = TelegramPhone(bot, limiter, removals, backlog, late)
    handlers = Context(
        store=store,
        engine=engine,
        acts=Acknowledgements(engine),
        shifts=Shifts(engine),
        clock=clock,
        phone=phone,
        service=service,
        pack=pack,
        identifiers=config.privacy.identifiers,
    )
    return Parts(
        store=store,
        engine=engine,
        handlers=handlers,
        phone=phone,
        late=late,
        removals=removals,
        backlog=backlog,
        limiter=limiter,
        service=service,
        clock=clock,
    )
