"""The one place where the rooms are put together."""

from __future__ import annotations

from pathlib import Path

import msgspec
from telegram import Bot

from bot.config import Config
from bot.late_answers import LateAnswers
from bot.phone import TelegramPhone, TelegramSending
from bot.polling import Backlog
from bot.removals import Removals
from bot.resources import open_store, pack_of
from bot.sender import WordedSender
from handlers.context import Context
from handlers.wording.second import second_channel
from protocol.pack import Pack
from protocol.packfile import PackError
from protocol.provider import Provider
from protocol.settings import SettingError
from reminders.acknowledge import Acknowledgements
from reminders.alarm import Alarm
from reminders.case_states import cases_of
from reminders.clock import Clock
from reminders.delivery import SecondSender
from reminders.engine import Engine
from reminders.limits import Limiter
from reminders.policy import Policy
from reminders.policy_file import unknown_duties
from reminders.second import SecondChannel
from reminders.shifts import Shifts
from storage.store import Store, StoreError


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
    cases = cases_of(store, clock, service, policy, pack)
    engine = Engine(
        cases,
        sender(TelegramSending(reminding or bot), cases, config.privacy.identifiers),
        second=second or SecondChannel(service, second_channel),
        limiter=limiter,
        alarm=alarm,
    )
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
