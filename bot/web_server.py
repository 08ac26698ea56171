"""Serving the site: uvicorn, with long polls that let go as soon as it must stop."""

from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from bot.channels.web_bell import Bell

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


def serve(app: ASGIApp, bell: Bell, host: str, port: int) -> None:
    """Serves until a signal says stop. Requests are not logged: an address may say who asks."""
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE
    )
    SiteServer(config, bell).run()
