"""Sending an e-mail by SMTP; or printing it, where no mail server is set."""

import smtplib
import ssl
import sys
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

from bot.errors import BotError, SettingsError

TIMEOUT = 20
"""Seconds a mail server may take for one step; well under a job's lease."""

_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailError(BotError):
    """The mail did not leave.

    MailError
    ├── MailLater    worth another try
    └── MailRefused  the server will never take this one
    """


class MailLater(MailError):
    """Worth another try."""


class MailRefused(MailError):
    """The server will never take this one."""


@dataclass(frozen=True)
class Mail:
    """A plain text mail. `fact` names what it tells: the same fact sent twice is recognised by mail programmes."""

    to: tuple[str, ...]
    subject: str
    body: str
    fact: str


class Mailer(Protocol):
    """Something that takes mails."""

    def send(self, mail: Mail) -> None:
        """Hands the mail over; raises MailLater or MailRefused."""
        ...


class PrintingMailer:
    """Shows on standard error to whom mails would go and what about, never of whom: for demonstrations."""

    def send(self, mail: Mail) -> None:
        print(f"✉ {', '.join(mail.to)}: {mail.fact}", file=sys.stderr, flush=True)


class SmtpMailer:
    """A mail server, from a URL: `smtp://`, `smtp+starttls://` or `smtps://`, then `user:password@host:port`.

    `smtp://` uses TLS when the server offers it; the two others insist. A password never travels in clear but to this
    machine itself.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise SettingsError(f"ALLERVERS_SMTP_URL: write {'://host:port or '.join(_SCHEMES)}://host:port")
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = parts.port or _SCHEMES[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "")
        self._sender = sender

    def send(self, mail: Mail) -> None:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(mail.to)
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<{mail.fact.replace(':', '.')}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.body)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise _failure(min(code for code, _ in error.recipients.values())) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailLater(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        try:
            self._secure(server, context)
        except BaseException:
            server.close()
            raise
        return server

    def _secure(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        secure = self._scheme == "smtps"
        if self._scheme == "smtp+starttls" or (self._scheme == "smtp" and server.has_extn("starttls")):
            server.starttls(context=context)
            server.ehlo()
            secure = True
        if self._user is None:
            return
        if not secure and not _is_this_machine(self._host):
            raise MailLater("the mail server offers no TLS: the password stays here; set smtps:// or another server")
        server.login(self._user, self._password)


def _failure(code: int) -> MailError:
    """What an SMTP code means; a refused login is the operator's to mend, hence worth another try."""
    if code >= 500 and code not in (530, 534, 535, 538):
        return MailRefused(f"SMTP {code}")
    return MailLater(f"SMTP {code}")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
