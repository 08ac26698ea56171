"""Serving the site: uvicorn, with long polls that let go as soon as it must stop."""

import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from bot.channels.web_bell import Bell
from bot.errors import SettingsError

GRACE = 5
"""Seconds a request in progress has to end once the server must stop."""


class SiteServer(uvicorn.Server):
    """A server that releases the phones that wait: uvicorn alone would wait for them, up to half a minute."""

    def __init__(self, config: uvicorn.Config, bell: Bell) -> None:
        super().__init__(config)
        self._bell = bell

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks to stop."""
        self._bell.close()
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """Takes the address, before anything says that we are there; raises SettingsError when it cannot be had."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        cure = "stop what listens there, or choose others with --host and --port"
        said = str(error.strerror).partition(" (")[0]
        raise SettingsError(f"{host}:{port} cannot be listened on ({said}); {cure}") from None


def serve(app: ASGIApp, bell: Bell, listening: socket.socket) -> None:
    """Serves until a signal says stop. Requests are not logged: an address may say who asks."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE)
    SiteServer(config, bell).run(sockets=[listening])
