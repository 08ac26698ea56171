"""A mail server of our own on the loopback: it takes mails, or refuses as it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpServer(socketserver.ThreadingTCPServer):
    """`mails` were taken; `refusals` are answered to the next recipients, one each; `extensions` are offered."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.refusals: list[str] = []
        self.extensions: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Session(socketserver.StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever was refused may hang up without a word
            self.talk()

    def talk(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().strip():
            verb = line.split(b" ", 1)[0].upper()
            if verb == b"EHLO":
                names = ["here", *self.server.extensions]
                for name in names[:-1]:
                    self.say(f"250-{name}")
                self.say(f"250 {names[-1]}")
            elif verb == b"RCPT" and self.server.refusals:
                self.say(self.server.refusals.pop(0))
            elif verb == b"DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                mail = message_from_bytes(
                    b"".join(line.removeprefix(b".").replace(b"\r", b"") for line in lines), policy=policy.default
                )
                assert isinstance(mail, EmailMessage)
                self.server.mails.append(mail)
                self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    """A running server."""
    with SmtpServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
