"""The one place where the parts are put together: for the running bot, the simulation, benchmarks
and tests alike. Everything is given to constructors; nothing is set afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from bot import __version__
from bot.access import Access
from bot.activity import Activity
from bot.arrivals import ArrivalsInFolder, TakeArrivals, takers
from bot.audit_trail import AuditTrail
from bot.backups import Backups
from bot.chat_factor import ChatFactor, GoOnInChat
from bot.chat_record import ChatRecord
from bot.config import Config, token
from bot.database import arrivals_in, leading, orders_in, saying_how_it_goes, until_followed
from bot.dispatch import Dispatch
from bot.forgetting import Forgetting
from bot.greeting import Greeting
from bot.health import HealthPage
from bot.kept_updates import KeptUpdates
from bot.late_answers import LateAnswers
from bot.monthly import Rows
from bot.noted_client import noted
from bot.page_forms import PageForms
from bot.pages_parts import RegisterTables, address_of
from bot.phone import TelegramPhone, TelegramSending
from bot.polling import Backlog, Polling, Trouble
from bot.practice import PracticeMode
from bot.reload import Reload
from bot.removals import Removals
from bot.resources import WrongPack, key_setting, keys_of, open_store, pack_of
from bot.second_channel import SecondChannel
from bot.second_place import second_place
from bot.sender import WordedSender
from bot.status_messages import StatusMessages
from bot.storage_alerts import StorageAlerts
from bot.strangers import Strangers
from bot.supervisor import Part
from bot.switch_command import OrdersInFolder, SwitchCommand
from bot.telegram_client import TelegramClient, telegram_client
from bot.under_way import UnderWay
from bot.unfinished_reports import UnfinishedReports
from bot.unsaved import handed_on, kept_beside
from bot.upgrade import backup_before
from bot.watchdog import Watchdog
from handlers.context import Context
from handlers.wording import alarms
from handlers.wording.second import second_channel
from protocol.pack import Pack
from reminders.acknowledge import Acknowledgements
from reminders.alarm import Alarm, SchedulerAlarm, new_scheduler
from reminders.case_states import cases_of
from reminders.clock import Clock, SystemClock
from reminders.delivery_needs import SecondSender
from reminders.engine import Engine
from reminders.limits import Limiter
from reminders.policy import Policy
from reminders.policy_file import unknown_duties
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from storage.keys import Keys
from storage.store import Store, StoreError
from web.links import PageLinks
from web.parts import Parts
from web.second_factor import SecondFactors
from web.sessions import Sessions
from web.settings import WebSettings

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from telegram import Bot


log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """What stands in the way, in one line that a person can act on. Nothing was touched."""


class WrongConfiguration(CannotStart):
    """The configuration, or a protocol that it names, is what stands in the way."""


class Nightlight(msgspec.Struct, frozen=True, kw_only=True):
    """A bot, put together and not yet started.

    Attributes:
        store: the records, open.
        engine: reminds.
        context: what handlers are given; `context.phone` answers people.
        client: talks to Telegram.
        dispatch: takes updates to the handlers.
        polling: receives updates.
        late: answers that a chat could not take at once.
        forgetting: takes out of the chats what has stood there for long enough.
        parts: what runs beside polling, by name.
        take_switch: stops or resumes the service, if a command has left that for it.
        take_arrivals: does what a command has left that the bot alone may write.
        begin_audit: puts on record which configuration holds.
        practice: the extension for practising, if the configuration asks for it.
        silence_seconds: after so long without any answer to polling the process ends.
    """

    store: Store
    engine: Engine
    context: Context
    client: Any
    dispatch: Dispatch
    polling: Polling
    late: LateAnswers
    forgetting: Forgetting
    parts: Mapping[str, Part]
    take_switch: Callable[[], Coroutine[None, None, None]]
    take_arrivals: Callable[[], Coroutine[None, None, None]]
    begin_audit: Callable[[], Coroutine[None, None, None]]
    practice: PracticeMode | None
    silence_seconds: float


async def bootstrap(
    config: Config,
    policy: Policy,
    folder: Path,
    *,
    path: Path | None = None,
    clock: Clock | None = None,
    store: Store | None = None,
    pack: Pack | None = None,
    client: TelegramClient | None = None,
    reminding: Bot | None = None,
    sender: type[WordedSender] = WordedSender,
    second: SecondSender | None = None,
    alarm: Alarm | None = None,
    limiter: Limiter | None = None,
) -> Nightlight:
    """Everything from the configuration, with the records open; nothing has been sent.

    What is given replaces what the configuration would lead to: for a world without network, disk
    or time of its own. `store` is open; `reminding` sends reminders, where that is another client
    than the one that answers people. `path`: the configuration file, to be read again on request.

    Raises:
        CannotStart: what is configured cannot be used.
    """
    practice = None
    if config.practice is not None and clock is None:
        practice = await PracticeMode.begin(config.practice.clock)
        clock = practice.clock
    clock = clock or SystemClock()
    pack = pack or _usable_pack(config, policy, folder)
    first_pack, state = pack, None

    def pack_now() -> Pack:
        return state.pack if state is not None else first_pack

    if store is None:
        try:
            backup_before(config, folder)
        except StoreError as error:
            raise CannotStart(f"book: {error}") from error
        store = await _opened(config, folder, clock, pack_now)
    lease = leading(store)
    if client is None and lease is not None:
        client = telegram_client(token(config), config.telegram.api, lease.may_act)
    client = client or telegram_client(token(config), config.telegram.api)
    limiter = limiter or Limiter(policy.limits, after_restart=True)
    scheduler = new_scheduler()

    beside = kept_beside(store, config, folder)
    cases = cases_of(store, clock, config.configured, policy, pack, beside)
    service_state = state = cases.service_state
    record = ChatRecord(service_state, clock)
    speaking = noted(client, record)
    engine = Engine(
        cases,
        sender(TelegramSending(noted(reminding or client, record)), cases),
        second=second or SecondChannel(lambda: service_state.service, second_channel),
        limiter=limiter,
        alarm=alarm or SchedulerAlarm(clock, scheduler),
    )
    engine.events.beat.listen(Watchdog(policy.watching).beat)
    activity, backlog = Activity(), Backlog()
    under_way = UnderWay(KeptUpdates(store, clock.now))
    late = LateAnswers(speaking, limiter, under_way)
    service_state.events.account_gone.listen(late.drop)
    removals = Removals(client, service_state, clock)
    staff_list = StaffList(engine)

    async def of_the_audit(line: str) -> None:
        await alerts.alarm("audit", line)

    trail = AuditTrail(store, service_state, config, second_place(config, folder), of_the_audit)
    reload = Reload(path, config, policy, engine, staff_list, trail.taken_over, trail.refused)
    shifts = Shifts(engine)

    def reused(chat: int, message: int) -> None:
        cases.reused.add(chat, message)
        record.reused(chat, message)

    phone = TelegramPhone(speaking, limiter, removals, backlog, late, reused)
    sessions = Sessions()
    links = PageLinks(config.web, sessions) if config.web.address else None
    factors = chat_factor = None
    if links is not None:
        factors = SecondFactors(service_state, codes=config.web.activation == "code")
        if config.web.chat_second_factor != "off":
            chat_factor = ChatFactor(factors, service_state, config.web, links)
    context = Context(
        pages=links,
        store=store,
        engine=engine,
        acts=Acknowledgements(engine),
        shifts=shifts,
        staff_list=staff_list,
        reload=reload.run,
        clock=clock,
        phone=phone,
        second_factor=chat_factor,
        version=__version__,
    )
    if factors is not None and chat_factor is not None:
        factors.given.listen(GoOnInChat(context).given)
    alerts = StorageAlerts(context, activity)
    store.watch(alerts.heard)
    access = Access(lambda: service_state.service, clock)
    strangers = Strangers(client, limiter, access, lambda: service_state.service)
    drafts = UnfinishedReports(context, activity)
    # Somebody's time may be ended on a page, which no update follows.
    service_state.events.account_gone.listen(lambda _: drafts.changed())
    dispatch = Dispatch(client, context, access, strangers, drafts, record.came)
    status = StatusMessages(speaking, context, record, limiter)
    forgetting = Forgetting(client, context, record, removals, limiter, drafts, status, activity)

    async def troubled(what: Trouble) -> None:
        if what == "polling" and lease is not None and not lease.certain:
            # The database cannot be asked, and somebody else polls: a standby has taken over.
            lease.give_up()
        await alerts.alarm(what, alarms.POLLING[what], once_a="day")

    polling = Polling(
        client,
        client,
        dispatch.handle,
        troubled=troubled,
        under_way=under_way,
        backlog=backlog,
        busy=activity,
    )
    records = folder / config.book.folder
    switching = SwitchCommand(engine.kill_switch, orders_in(store) or OrdersInFolder(records))

    def keys() -> Keys | None:
        return keys_of(config, folder)

    left = arrivals_in(store) or ArrivalsInFolder(records)
    arrivals = TakeArrivals(left, takers(store, engine.records, keys))
    parts: dict[str, Part] = {
        "switch": switching.keep_looking,
        "arrivals": arrivals.keep_looking,
        "alerts": alerts.run,
        "audit": trail.run,
        "greeting": Greeting(client, context, polling, activity, drafts).run,
        "strangers": strangers.run,
        "removals": removals.run,
        "forgetting": forgetting.run,
        "drafts": drafts.run,
    }
    if factors is not None:
        from web.app import Pages  # a service without pages starts without them

        parts["pages"] = Pages(
            _web_files(config, folder),
            engine,
            token(config),
            Rows(service_state).of_the_last_years,
            Parts(
                forms=PageForms(context),
                register=RegisterTables(),
                staff_list=staff_list,
                shifts=shifts,
                invitation=address_of(phone.link),
            ),
            sessions=sessions,
            factors=factors,
            frames=config.practice.clock if config.practice else "",
        ).run
    if config.health.port:
        allowed = float(config.health.polling_silence_seconds)
        parts["health"] = HealthPage(
            engine, config.health.port, polling, allowed, forgetting.overdue
        ).run
    if config.book.backup_folder and practice is None:
        parts["backups"] = _backups(config, folder, alerts, trail, scheduler).run
    if lease is not None:
        parts["lease"] = until_followed(lease)
    if (saying := saying_how_it_goes(store, engine)) is not None:
        parts["saying"] = saying
    if practice is not None:
        parts |= practice.parts(context, drafts, forgetting, activity)
    return Nightlight(
        store=store,
        engine=engine,
        context=context,
        client=client,
        dispatch=dispatch,
        polling=polling,
        late=late,
        forgetting=forgetting,
        parts=parts,
        begin_audit=lambda: trail.started(config, policy),
        take_switch=switching.run,
        take_arrivals=arrivals.run,
        practice=practice,
        silence_seconds=float(config.health.polling_silence_seconds),
    )


def _web_files(config: Config, folder: Path) -> WebSettings:
    """A relative path counts from the configuration's folder."""
    web = config.web
    if not web.certificate:
        return web
    return msgspec.structs.replace(
        web,
        certificate=str(folder / web.certificate),
        certificate_key=str(folder / web.certificate_key),
    )


def _usable_pack(config: Config, policy: Policy, folder: Path) -> Pack:
    try:
        pack = pack_of(config, folder, policy.holidays)
    except WrongPack as error:
        where = ".".join(str(part) for part in error.place)
        raise WrongConfiguration(f"{where}: {error}") from error
    if wrong := unknown_duties(policy, pack.duty_ids()):
        raise WrongConfiguration("\n".join(map(str, wrong)))
    return pack


async def _opened(config: Config, folder: Path, clock: Clock, pack: Callable[[], Pack]) -> Store:
    try:
        async with _while_another_leads(config, folder), handed_on(config, folder):
            store = await open_store(config, folder, clock, pack)
    except StoreError as error:
        raise CannotStart(f"book: {error}") from error
    if not key_setting(config, folder):
        log.warning("the book is NOT encrypted, as the configuration says")
    return store


def _while_another_leads(
    config: Config, folder: Path
) -> contextlib.AbstractAsyncContextManager[None]:
    """Where the pages are, which this machine has only when it leads."""
    if not (config.book.database and config.web.address):
        return contextlib.nullcontext()
    from web.standing_by import standing_by

    return standing_by(_web_files(config, folder))


def _backups(
    config: Config,
    folder: Path,
    alerts: StorageAlerts,
    trail: AuditTrail,
    scheduler: AsyncIOScheduler,
) -> Backups:
    async def failed(why: str) -> None:
        await alerts.alarm("backup", why)

    async def ended(what: str, files: int, problems: int) -> None:
        await trail.note(what, files=files, problems=problems)

    book = config.book
    return Backups(
        folder / book.folder,
        folder / book.backup_folder,
        keys_of(config, folder),
        book.backups_kept,
        failed,
        ended,
        scheduler,
    )
