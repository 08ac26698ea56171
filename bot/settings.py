"""Every setting, read from `ALLERVERS_*` variables here and nowhere else."""

import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.channels.senders import check_number, check_sms_sender
from bot.errors import SettingsError
from bot.mail import SmtpMailer

PREFIX = "ALLERVERS_"
DATABASES = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")

CURES = {
    "url_parsing": "write the whole address, from https://",
    "url_scheme": "write the whole address, from https://",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "string_pattern_mismatch": "copy it from the provider's console",
}
"""By pydantic's kind of problem, where its own words give no cure."""


class Settings(BaseSettings):
    """What an operator chooses. A variable that is set but empty counts as not set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

    database_url: str = "sqlite:///var/allervers.db"
    """Where rows live: `sqlite:///path` (one process) or `postgresql://…` (several)."""
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Encrypts contact details; several keys, newest first, with commas. Without it, `var/secret.key` is made."""
    data_dir: Path = Path("var")
    """Folder for what this machine keeps: the embedded database's key and the trained model."""
    public_url: AnyHttpUrl | None = None
    """Address the outside reaches us at; webhooks and QR codes need it."""
    timezone: str = "Europe/Paris"
    """Zone in which a resident's "demain" is understood."""
    operator_name: str = "Entrepreneuriat Quartiers 2030"
    """Who is responsible for the data, as residents read it."""
    privacy_url: AnyHttpUrl | None = None
    """The full privacy notice; `/confidentialite` of this site when not set."""
    retention_days: int = Field(default=365, ge=1, le=1095)
    """Days after the last message at which a conversation is erased."""
    human_phone: str | None = None
    """A number a resident can call when nobody can answer here."""
    smtp_url: SecretStr | None = None
    """Where notifications leave: `smtp://user:password@host:587`. Not set: they are printed on standard error."""
    mail_from: str = "allervers@localhost"
    """Sender of notification e-mails."""
    turn_threads: int = Field(default=4, ge=1, le=32)
    """Turns taken at once by one process."""
    telegram_token: SecretStr | None = None
    """The bot's token from @BotFather; Telegram is off without it."""
    telegram_api_url: AnyHttpUrl | None = None
    """Where Telegram's Bot API answers; Telegram's own address when not set."""
    telegram_username: str | None = None
    """The bot's name, without its @; QR codes lead to it."""
    telegram_leads_chat: int | None = None
    """The group with topics in which leads receive cases, as a chat id; e-mail and the desk only when not set."""
    speech_url: AnyHttpUrl | None = None
    """A server with OpenAI's interface that writes down voice messages; nobody listens to them when not set."""
    speech_key: SecretStr | None = None
    """What the speech server wants as a bearer token, if anything."""
    speech_model: str = "whisper-1"
    """The speech server's model."""
    voice_program: str | None = None
    """The program that says answers aloud, such as `espeak-ng`; nobody is offered sound when not set."""
    twilio_account_sid: str | None = None
    """The Twilio account; SMS and WhatsApp are off without it."""
    twilio_auth_token: SecretStr | None = None
    """Signs what Twilio sends us and opens what we ask of it."""
    twilio_api_url: AnyHttpUrl | None = None
    """Where Twilio's API answers; Twilio's own address when not set."""
    sms_from: str | None = None
    """The number (E.164) residents text and are answered from, or a messaging service (MG…)."""
    sms_number: str | None = None
    """The number (E.164) that posters print, where `sms_from` is not one."""
    whatsapp_from: str | None = None
    """The WhatsApp number (E.164) residents write to."""
    whatsapp_template: str | None = Field(default=None, pattern=r"^HX[0-9a-f]{32}$")
    """The approved content (HX…) whose variable 1 carries a text past WhatsApp's 24 hours; refused when not set."""
    sms_per_second: float = Field(default=10.0, gt=0)
    """Text messages the provider lets us send in a second."""
    sms_price: float | None = Field(default=None, ge=0)
    """What one segment of a text message costs, in euros, on the operator's contract; costs are not told otherwise."""
    nlu_url: AnyHttpUrl | None = None
    """A Rasa server; the embedded engine when not set."""
    nlu_token: SecretStr | None = None
    """What the Rasa server wants as `token`."""
    embedding_url: AnyHttpUrl | None = None
    """An OpenAI-compatible endpoint that embeds sentences (`…/v1`); nothing leaves this machine when not set."""
    embedding_token: SecretStr | None = None
    """What that endpoint wants as bearer token."""
    embedding_model: str = "intfloat/multilingual-e5-small"
    """The model asked of that endpoint."""
    embedding_file: Path | None = None
    """An ONNX sentence model, its `tokenizer.json` beside it; the bundled model when neither is set."""
    """A file for messages that were not understood, masked, to be labelled; none is kept when not set."""
    geocoder_url: AnyHttpUrl | None = None
    """A BAN-like address search; communes and places only when not set."""

    @field_validator("secret_key", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in DATABASES:
            raise ValueError("write sqlite:///folder/file.db or postgresql://user:password@host:port/name")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("not a time zone; write one such as Europe/Paris or Indian/Reunion") from error
        return value

    @field_validator("smtp_url")
    @classmethod
    def _usable_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                SmtpMailer(value.get_secret_value(), "")
        except SettingsError as error:
            raise ValueError(str(error).partition(": ")[2]) from error
        except ValueError as error:
            raise ValueError("the port is not a number; write host:587, for example") from error
        return value

    @field_validator("mail_from")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise ValueError("not an e-mail address; write one such as bonjour@example.org")
        return value

    @field_validator("telegram_username")
    @classmethod
    def _a_bot(cls, value: str | None) -> str | None:
        name = value.removeprefix("@") if value else None
        if name is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{4,31}", name):
            raise ValueError("not a bot's name; write the one @BotFather gave, such as allervers_bot")
        return name

    @field_validator("sms_number")
    @classmethod
    def _an_international_number(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\+[1-9]\d{6,14}", value):
            raise ValueError("not an international number; write one such as +33639980001")
        return value

    @field_validator("human_phone")
    @classmethod
    def _a_number(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\+?\d[\d .]{1,18}\d", value):
            raise ValueError("not a phone number; write it as people dial it, with digits and spaces")
        return value

    @field_validator("sms_from")
    @classmethod
    def _may_text_people(cls, value: str | None) -> str | None:
        if value is not None:
            check_sms_sender(value)
        return value

    @field_validator("whatsapp_from")
    @classmethod
    def _a_whatsapp_number(cls, value: str | None) -> str | None:
        if value is not None:
            check_number(value)
        return value

    @property
    def sms_number_shown(self) -> str | None:
        """The number people write to by SMS, when there is one to read."""
        return self.sms_number or (self.sms_from if self.sms_from and self.sms_from.startswith("+") else None)

    @property
    def desk_url(self) -> str | None:
        """Where leads find the desk, when the outside can reach us."""
        return f"{str(self.public_url).rstrip('/')}/desk" if self.public_url else None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError naming each variable that is wrong, why, and the cure."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"{PREFIX}{str(problem['loc'][0]).upper()}: {_words(problem['type'], problem['msg'])}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("Settings cannot be used:\n  " + "\n  ".join(lines)) from None


def _words(kind: str, said: str) -> str:
    """A problem without pydantic's accent, with a cure. Never the value: it may be a secret."""
    plain = said.removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{plain}; {CURES[kind]}" if kind in CURES else plain
