"""The only wiring: settings become a database, a mind, a worker and a web application."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

import nlu
from bot import keys, outbox
from bot.calendar_files import routes as calendar_routes
from bot.channels import twilio
from bot.channels.base import SOUNDING, Channel, InboundMessage
from bot.channels.rendering import Rendered
from bot.channels.voice import find_voice
from bot.channels.web import WebChannel
from bot.conversations import consent, threads
from bot.conversations.notifications import NOTIFY, Notifier
from bot.conversations.reminder_job import Reminder
from bot.conversations.reminders import REMIND
from bot.embedding import embedder_of
from bot.mail import Mailer, PrintingMailer, SmtpMailer
from bot.metrics import RASA, Metrics
from bot.runtime.interpreter import Interpreter
from bot.runtime.turn import Mind, Turns
from bot.runtime.unprompted import say_unprompted
from bot.settings import Settings
from bot.sounds import Sounds
from bot.understanding import Parse, RasaFirst
from bot.web import create_app as create_site
from bot.web_twilio import Webhooks as TwilioWebhooks
from bot.worker import Worker
from db.session import Database
from directory.geography import gazetteer
from directory.models import Qpv
from flows.actions import ACTIONS
from flows.actions.tools import Service
from flows.engine.engine import Engine
from flows.knowledge_live import LiveKnowledge
from flows.loader import load_domain, load_flows
from nlu.cache import load_or_train
from nlu.engine import Engine as Understander
from nlu.progress import Bar
from nlu.remote import RasaServer

if TYPE_CHECKING:
    from bot.telegram import Telegram

APPS = "allervers.apps"
TRAINING_DATA = Path(nlu.__file__).parent / "data"


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


class Services:
    """Everything a process shares, made once and on first use."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        keys.prepare(settings)
        self.web = WebChannel()
        self.metrics = Metrics()

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that are configured, by name."""
        channels: list[Channel] = [self.web]
        if self.telegram is not None:
            channels.append(self.telegram.channel)
        channels.extend(twilio.channels(self.settings, self.database, self.clock).values())
        return {channel.name: channel for channel in channels}

    @cached_property
    def telegram(self) -> "Telegram | None":
        """Telegram, when it is configured; imported only then: its library costs 22 MB and most of a second."""
        token = self.settings.telegram_token
        if token is None:
            return None
        telegram: Telegram = import_module("bot.telegram").Telegram(self, token.get_secret_value())
        return telegram

    @cached_property
    def database(self) -> Database:
        """The database the settings name."""
        return Database(self.settings.database_url)

    @cached_property
    def engine(self) -> Engine:
        """Flows, texts and actions, validated."""
        return Engine(load_flows(), load_domain(), ACTIONS)

    @cached_property
    def understanding(self) -> Understander:
        """What texts mean; trained anew when its data changed."""
        with self.database.reading() as session:
            neighbourhoods = tuple(session.scalars(select(Qpv.name).distinct().order_by(Qpv.name)))
        lookups = {"qpv": neighbourhoods} if neighbourhoods else None
        cache, embedder = self.settings.data_dir / "nlu", embedder_of(self.settings)
        model = load_or_train(TRAINING_DATA, cache, gazetteer().names(), lookups, embedder=embedder, progress=Bar())
        return model.engine(embedder)

    @cached_property
    def parse(self) -> Parse:
        """Reads texts: with Rasa first where there is a server of it, with the embedded engine otherwise."""
        embedded, settings = self.understanding, self.settings
        if settings.nlu_url is None:
            return embedded.parse
        fallback = embedded.classifier.fallback
        token = settings.nlu_token.get_secret_value() if settings.nlu_token else None
        rasa = RasaServer(str(settings.nlu_url), token, fallback)
        intents = {*embedded.intents, fallback}
        return RasaFirst(rasa.parse, embedded.parse, intents, lambda how: self.metrics.count(RASA, how)).parse

    @cached_property
    def mind(self) -> Mind:
        """What turns think with."""
        knowledge, towns = LiveKnowledge(), gazetteer()
        return Mind(
            engine=self.engine,
            interpreter=Interpreter(self.engine, knowledge, towns),
            parse=self.parse,
            knowledge=knowledge,
            gazetteer=towns,
            service=self._service(),
            zone=self.settings.zone,
            hear=self._hear,
            variants={channel.name: channel.variant for channel in self.channels.values()},
            sounding=SOUNDING & self.channels.keys() if self.sounds else frozenset(),
        )

    def _service(self) -> Service:
        settings = self.settings
        site = str(settings.public_url).rstrip("/") if settings.public_url else ""
        return Service(
            operator=settings.operator_name,
            privacy_url=str(settings.privacy_url) if settings.privacy_url else f"{site}/confidentialite",
            retention_days=settings.retention_days,
            human_phone=settings.human_phone,
            site_url=site,
        )

    @cached_property
    def taker(self) -> Turns:
        """Takes turns."""
        return Turns(self.database, self.mind, self.clock, committed=self.web.bell.ring)

    @cached_property
    def sounds(self) -> Sounds | None:
        """Answers as sound, where a voice is set and installed."""
        voice = find_voice(self.settings.voice_program)
        return Sounds(voice) if voice else None

    @cached_property
    def worker(self) -> Worker:
        """Takes turns and does what is owed, in threads of its own once started."""
        rates = {channel.name: channel.per_second for channel in self.channels.values() if channel.per_second}
        rates |= self.telegram.rates() if self.telegram else {}
        return Worker(self.database, self.taker.take, self._handlers(), self.clock, self.settings.turn_threads, rates)

    @property
    def turns(self) -> Worker:
        """Whom a channel wakes once a message is stored."""
        return self.worker

    def _handlers(self) -> Mapping[str, Callable[[outbox.ClaimedJob], object]]:
        notifier = Notifier(self.database, self._mailer(), self.clock, self.settings.desk_url)
        reminder = Reminder(self.database, self.clock, self._say)
        return {
            outbox.DELIVER: lambda job: outbox.deliver(self.database, self.channels, job, self.clock()),
            NOTIFY: notifier.notify_lead,
            REMIND: reminder.remind_booking,
            **consent.handlers(self.database, self.clock, self.settings.retention_days),
            **threads.without_group(self.database, self.clock),
            **(self.telegram.handlers() if self.telegram else {}),
        }

    def _hear(self, inbound: InboundMessage) -> str:
        """What a voice message says; empty when nobody can tell."""
        return self.telegram.hear(inbound) if self.telegram and inbound.channel == self.telegram.channel.name else ""

    def _mailer(self) -> Mailer:
        url = self.settings.smtp_url
        return SmtpMailer(url.get_secret_value(), self.settings.mail_from) if url else PrintingMailer()

    def _say(self, response: str, values: Mapping[str, Any]) -> Rendered:
        return say_unprompted(self.engine.domain, self.mind.variants, response, values)

    def close_database(self) -> None:
        """Gives the connections back, if any was made."""
        if "database" in self.__dict__:
            self.database.close()

    def close(self) -> None:
        """Gives everything back."""
        if self.telegram is not None:
            self.telegram.close()
        self.database.close()


def create_app(services: Services) -> Starlette:
    """The site with every mounted application; its worker lives as long as the server."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        await anyio.to_thread.run_sync(services.worker.start)
        if services.telegram is not None:
            services.telegram.intake.start()
        try:
            yield
        finally:
            services.web.bell.close()
            if services.telegram is not None:
                await anyio.to_thread.run_sync(services.telegram.intake.stop)
            await anyio.to_thread.run_sync(services.worker.stop)
            services.close()

    webhooks = [*(services.telegram.routes() if services.telegram else []), *TwilioWebhooks(services).routes()]
    return create_site(services, services.web, [*_routes(services), *webhooks, *mounted(services)], lifespan)


def _routes(services: Services) -> list[Route]:
    """What is neither the phone's nor a channel's."""
    return [*calendar_routes(services), *services.metrics.routes()]


def mounted(services: Services) -> Iterator[BaseRoute]:
    """Applications installed beside the bot, each under its entry point's name."""
    for entry_point in entry_points(group=APPS):
        yield Mount(f"/{entry_point.name}", entry_point.load()(services))
