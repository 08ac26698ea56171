"""Every setting, read from `ALLERVERS_*` variables here and nowhere else."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError


class Settings(BaseSettings):
    """What an operator chooses. A variable that is set but empty counts as not set."""

    model_config = SettingsConfigDict(env_prefix="ALLERVERS_", env_ignore_empty=True, extra="ignore")

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
    telegram_api_url: AnyHttpUrl | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_api_url: AnyHttpUrl | None = None
    nlu_url: AnyHttpUrl | None = None
    """A Rasa server; the embedded engine when not set."""
    geocoder_url: AnyHttpUrl | None = None
    """A BAN-like address search; communes and places only when not set."""

    @field_validator("secret_key", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("not a time zone; for example Europe/Paris") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError naming each variable that is wrong and why."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"ALLERVERS_{str(problem['loc'][0]).upper()}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        ]
        raise SettingsError("Settings cannot be used:\n  " + "\n  ".join(lines)) from None
