"""The database and the keys as a command needs them; or one line: which setting, what is wrong, the cure."""

from contextlib import ExitStack

from alembic.util import CommandError
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot import keys
from bot.conversations.models import Address
from bot.errors import SettingsError
from bot.settings import Settings
from db.errors import KeyRejected
from db.migrate import current, head, upgrade
from db.session import Database

URL = "ALLERVERS_DATABASE_URL"


def prepare_keys(settings: Settings) -> None:
    """Gives the process its keys; raises SettingsError when there is none to be had."""
    path = settings.data_dir / "secret.key"
    try:
        keys.prepare(settings)
    except OSError as error:
        cure = f"make {settings.data_dir} a folder this user can write, or set ALLERVERS_SECRET_KEY"
        raise SettingsError(f"ALLERVERS_DATA_DIR: {path} cannot be used ({error.strerror}); {cure}") from None
    except UnicodeError:
        cure = "put the former key back, or set ALLERVERS_SECRET_KEY"
        raise SettingsError(f"ALLERVERS_DATA_DIR: {path} does not hold a key; {cure}") from None


def reach(settings: Settings) -> Database:
    """The database, which has just answered."""
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        database = Database(settings.database_url)
        with ExitStack() as unless_it_answers:
            unless_it_answers.callback(database.close)
            database.ping()
            unless_it_answers.pop_all()
    except OSError as error:
        cure = "choose a file in a folder that can be written"
        raise SettingsError(f"{URL}: {shown} cannot be opened ({error.strerror}); {cure}") from None
    except SQLAlchemyError as error:
        cure = "check that it runs and that this address is right"
        if shown.startswith("sqlite"):
            cure = "choose a file in a folder that can be written, or put a backup in its place"
        raise SettingsError(f"{URL}: {shown} does not answer ({_reason(error)}); {cure}") from None
    return database


def bring_up(database: Database) -> None:
    """Brings the tables to this version."""
    try:
        upgrade(database.url)
    except CommandError:
        cure = "install that version again, or put back a backup made with this one"
        raise SettingsError(f"{URL}: its tables were made by a newer version of allervers; {cure}") from None
    except SQLAlchemyError as error:
        cure = "nothing was changed; use an empty database, a user who may make tables, or a backup"
        raise SettingsError(f"{URL}: its tables cannot be made ({_reason(error)}); {cure}") from None


def is_up_to_date(database: Database) -> bool:
    """Whether the tables are those of this version."""
    return current(database.url) == head()


def check_keys(database: Database, settings: Settings) -> None:
    """Makes sure that the keys open what is stored: a new key over former data would hide every name and message."""
    try:
        with database.reading() as session:
            latest = select(Address.external_id).where(Address.external_id.is_not(None)).order_by(Address.id.desc())
            session.scalar(latest.limit(1))
    except KeyRejected as error:
        where = "ALLERVERS_SECRET_KEY" if settings.secret_key else str(settings.data_dir / "secret.key")
        raise SettingsError(
            f"{where}: this key does not open what the database holds; put the former key back (after the new one)"
        ) from error


def _reason(error: SQLAlchemyError) -> str:
    """What the driver said, in one line: no statement, no parameter."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return said.splitlines()[0] if said else type(error).__name__
